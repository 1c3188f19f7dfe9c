use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use curfew_local::Ready;
use serde_json::Value;

use super::entitlements;

/// How long a start may take: on a fresh clone it builds the functions and installs the emulator.
const START: Duration = Duration::from_mins(15);
/// How long Identity Center takes for an assignment here: short, but not at once.
const LATENCY_MS: &str = "300";

/// The running instance.
pub(crate) struct LocalRun {
    /// Addresses, ids and tokens.
    pub(crate) ready: Ready,
    /// Holds standard input open: the instance ends with this process, however that ends.
    _child: Child,
    /// Keeps other test runs out of the folder.
    _slot: File,
}

/// The local run; the first caller starts it.
pub(crate) fn local_run() -> &'static LocalRun {
    static RUN: OnceLock<Result<LocalRun, String>> = OnceLock::new();
    match RUN.get_or_init(start) {
        Ok(run) => run,
        Err(why) => panic!("the local run did not start: {why}"),
    }
}

fn start() -> Result<LocalRun, String> {
    let (slot, folder) = take_folder();
    let binary = build()?;
    let (state, log, ready_file) = (folder.join("state"), folder.join("log"), folder.join("ready.json"));
    let _ = fs::remove_file(&ready_file);
    let output = File::create(&log).map_err(|error| format!("create {}: {error}", log.display()))?;
    let child = Command::new(&binary)
        .args(["--quiet-until-ready", "--exit-on-stdin-eof", "--port", "0", "--operation-latency-ms", LATENCY_MS])
        .arg("--ready-file")
        .arg(&ready_file)
        .arg("--state-dir")
        .arg(&state)
        .stdin(Stdio::piped())
        .stdout(output.try_clone().map_err(|error| error.to_string())?)
        .stderr(output)
        .spawn();
    let mut child = child.map_err(|error| format!("run {}: {error}", binary.display()))?;
    let mut ready = wait_until_ready(&mut child, &ready_file)
        .map_err(|why| format!("{why}\n--- end of {}\n{}", log.display(), tail(&log)))?;
    entitlements::publish(&mut ready);
    Ok(LocalRun { ready, _child: child, _slot: slot })
}

/// The first folder that no other test run holds.
fn take_folder() -> (File, PathBuf) {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("end_to_end");
    let folder = |n: u32| all.join(n.to_string());
    (0..100)
        .find_map(|n| {
            fs::create_dir_all(folder(n)).ok()?;
            let lock = File::create(folder(n).join("lock")).ok()?;
            lock.try_lock().ok().map(|()| (lock, folder(n)))
        })
        .unwrap_or_else(|| panic!("no free folder in {}", all.display()))
}

/// Builds `curfew-local` with the command that it will itself build the functions with, so that nothing is built twice;
/// returns the binary.
fn build() -> Result<PathBuf, String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace).args(["build", "--locked", "--workspace", "--bins"]);
    cargo.arg("--message-format=json-render-diagnostics");
    // What `cargo test` sets for us alone; build scripts that look at it would run again.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO" {
            cargo.env_remove(name);
        }
    }
    // On a fresh clone this takes minutes: cargo shows its own progress, past the test harness.
    let built = cargo.stderr(Stdio::inherit()).output().map_err(|error| format!("run cargo: {error}"))?;
    if !built.status.success() {
        return Err(format!("cargo build ended with {}; it says why above", built.status));
    }
    String::from_utf8_lossy(&built.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "curfew-local")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or_else(|| "cargo build made no curfew-local".to_owned())
}

fn wait_until_ready(child: &mut Child, file: &Path) -> Result<Ready, String> {
    let began = Instant::now();
    loop {
        if let Ok(text) = fs::read_to_string(file) {
            return serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()));
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Err(format!("it ended with {status}"));
        }
        if began.elapsed() > START {
            return Err(format!("it was not ready within {} s", START.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
