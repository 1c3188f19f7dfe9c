//! Negative controls: builds of Curfew that are broken on purpose. The campaign must catch each of them; what it does not
//! catch, it does not test.
//!
//! The workspace is copied, one patch at a time is applied to the copy, the simulator is built there and run.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// One way to break Curfew: a file of `controls/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// What it is called; the file's name without its ending.
    #[serde(skip)]
    pub name: String,
    /// What is broken, in a sentence.
    pub about: String,
    /// Scenarios of which at least one must show it.
    pub scenarios: Vec<String>,
    /// Invariants that may be the first to break, such as `I5`.
    pub breaks: BTreeSet<String>,
    /// What to change.
    pub patch: Vec<Patch>,
}

/// A change of one file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// Path from the root of the workspace.
    pub file: String,
    /// Text that occurs exactly once.
    pub from: String,
    /// What to write instead.
    pub to: String,
}

/// What came of one control.
#[derive(Debug, Clone, Serialize)]
pub struct Caught {
    /// Which control.
    pub name: String,
    /// The invariant that broke first, if one did.
    pub invariant: Option<String>,
    /// Whether it is one of those that were expected.
    pub expected: bool,
    /// The schedule that shows it.
    pub schedule: Option<String>,
    /// Schedules run until then.
    pub schedules: u64,
    /// Seconds of building and running.
    pub seconds: u64,
}

/// Why a control could not be tried. That is a failure, too.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// A file or folder could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A control file is not as it should be.
    #[error("{path}: {message}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// The code has changed, and the control no longer fits it.
    #[error("control {name}: its text occurs {times} times in {file}, not once; adapt the control to the code")]
    Stale {
        /// Which control.
        name: String,
        /// Which file.
        file: String,
        /// How often the text is there.
        times: usize,
    },
    /// A program failed.
    #[error("{what}:\n{output}")]
    Program {
        /// What was tried.
        what: String,
        /// The end of what it printed.
        output: String,
    },
}

/// Every control of this folder, by name.
///
/// # Errors
/// A file cannot be read, or says something that no control says.
pub fn load(folder: &Path) -> Result<Vec<Control>, ControlError> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(at(folder))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    paths.sort();
    paths.iter().map(|path| load_one(path)).collect()
}

fn load_one(path: &Path) -> Result<Control, ControlError> {
    let text = std::fs::read_to_string(path).map_err(at(path))?;
    let control: Control = toml::from_str(&text)
        .map_err(|error| ControlError::Malformed { path: path.to_owned(), message: error.to_string() })?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Control { name, ..control })
}

/// Checks that every patch fits the sources below `root`, without building anything.
///
/// # Errors
/// The first patch that does not.
pub fn check_fit(controls: &[Control], root: &Path) -> Result<(), ControlError> {
    for control in controls {
        patched(control, root)?;
    }
    Ok(())
}

/// The files that a control changes, with their new texts.
fn patched(control: &Control, root: &Path) -> Result<Vec<(String, String)>, ControlError> {
    let mut files: Vec<(String, String)> = Vec::new();
    for patch in &control.patch {
        if !files.iter().any(|(file, _)| *file == patch.file) {
            let path = root.join(&patch.file);
            files.push((patch.file.clone(), std::fs::read_to_string(&path).map_err(at(&path))?));
        }
        let Some((_, text)) = files.iter_mut().find(|(file, _)| *file == patch.file) else { continue };
        let times = text.matches(&patch.from).count();
        if times != 1 {
            return Err(ControlError::Stale { name: control.name.clone(), file: patch.file.clone(), times });
        }
        *text = text.replacen(&patch.from, &patch.to, 1);
    }
    Ok(files)
}

/// Where things are.
#[derive(Debug, Clone)]
pub struct Places {
    /// Root of the workspace.
    pub root: PathBuf,
    /// Cargo's target folder: the crates of the registry are not built twice.
    pub target: PathBuf,
}

impl Places {
    /// The workspace that this binary was built from, and `CARGO_TARGET_DIR` or its `target`.
    pub fn of_build() -> Self {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = package.ancestors().nth(2).unwrap_or(package).to_owned();
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        Self { root, target }
    }

    /// Where the controls are described.
    pub fn controls(&self) -> PathBuf {
        self.root.join("tests/simulator/controls")
    }

    fn copy(&self) -> PathBuf {
        self.target.join("controls/src")
    }

    /// The target folder of the broken builds.
    fn own_target(&self) -> PathBuf {
        self.target.join("controls/target")
    }
}

/// How controls are run.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Longest search for a violation, per control.
    pub time_limit: Duration,
    /// Threads of the campaign.
    pub threads: usize,
}

/// Tries every control; `told` hears of each step.
///
/// # Errors
/// A control does not fit the code, or does not build.
pub fn run(
    controls: &[Control],
    places: &Places,
    bounds: &Bounds,
    mut told: impl FnMut(&str),
) -> Result<Vec<Caught>, ControlError> {
    check_fit(controls, &places.root)?;
    copy_sources(places)?;
    link_registry_crates(places)?;
    let mut results = Vec::new();
    for control in controls {
        let since = Instant::now();
        told(&format!("{}: {}", control.name, control.about));
        let files = patched(control, &places.root)?;
        for (file, text) in &files {
            write(&places.copy().join(file), text.as_bytes())?;
        }
        let tried = build(control, places).and_then(|binary| campaign(control, &binary, bounds));
        for (file, _) in &files {
            copy_file(&places.root.join(file), &places.copy().join(file))?;
        }
        let caught = Caught { seconds: since.elapsed().as_secs(), ..tried? };
        told(&line(&caught));
        results.push(caught);
    }
    Ok(results)
}

/// One line of the table.
fn line(caught: &Caught) -> String {
    let verdict = match (&caught.invariant, caught.expected) {
        (Some(invariant), true) => format!("caught by {invariant}"),
        (Some(invariant), false) => format!("CAUGHT BY {invariant}, WHICH WAS NOT EXPECTED"),
        (None, _) => "NOT CAUGHT".to_owned(),
    };
    let schedule = caught.schedule.as_deref().unwrap_or("-");
    format!("  {verdict} after {} schedules, {} s: {schedule}", caught.schedules, caught.seconds)
}

/// The table of all results.
pub fn table(results: &[Caught]) -> String {
    let width = results.iter().map(|caught| caught.name.len()).max().unwrap_or_default();
    let mut table = String::new();
    for caught in results {
        let _ = writeln!(table, "{:width$}{}", caught.name, line(caught));
    }
    table
}

/// Links what Cargo has built of the registry's crates into the target folder of the controls, so that it is not built
/// again.
///
/// A target folder of their own, because Cargo knows crates of a workspace by their path below its root: two workspaces
/// with one target folder take each other's crates for theirs.
fn link_registry_crates(places: &Places) -> Result<(), ControlError> {
    let (from, to) = (places.target.join("debug"), places.own_target().join("debug"));
    for folder in ["deps", "build", ".fingerprint"] {
        if from.join(folder).is_dir() {
            link(&from.join(folder), &to.join(folder))?;
        }
    }
    Ok(())
}

/// Hard links of all files below a folder, without those of our own crates.
fn link(from: &Path, to: &Path) -> Result<(), ControlError> {
    std::fs::create_dir_all(to).map_err(at(to))?;
    for entry in std::fs::read_dir(from).map_err(at(from))? {
        let entry = entry.map_err(at(from))?;
        let (name, path) = (entry.file_name(), entry.path());
        let text = name.to_string_lossy();
        let target = to.join(&name);
        if text.trim_start_matches("lib").starts_with("curfew") || text.starts_with("it-") {
            continue;
        }
        if path.is_dir() {
            link(&path, &target)?;
        } else if !target.exists() {
            // What Cargo is just writing may be gone the next moment.
            let _ = std::fs::hard_link(&path, &target);
        }
    }
    Ok(())
}

/// Copies every file that git knows or would add. Files that are the same keep their time, for Cargo.
fn copy_sources(places: &Places) -> Result<(), ControlError> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(&places.root);
    let listed = output(&mut git, "git ls-files")?;
    let mut wanted = BTreeSet::new();
    for file in listed.split('\0').filter(|file| !file.is_empty()) {
        let from = places.root.join(file);
        if from.is_file() {
            copy_file(&from, &places.copy().join(file))?;
            wanted.insert(places.copy().join(file));
        }
    }
    remove_others(&places.copy(), &wanted)
}

/// Removes what an earlier copy left and the workspace has no more.
fn remove_others(folder: &Path, wanted: &BTreeSet<PathBuf>) -> Result<(), ControlError> {
    for entry in std::fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        if path.is_dir() {
            remove_others(&path, wanted)?;
        } else if !wanted.contains(&path) {
            std::fs::remove_file(&path).map_err(at(&path))?;
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<(), ControlError> {
    write(to, &std::fs::read(from).map_err(at(from))?)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), ControlError> {
    if std::fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(at(folder))?;
    }
    std::fs::write(path, bytes).map_err(at(path))
}

/// Builds the broken simulator.
fn build(control: &Control, places: &Places) -> Result<PathBuf, ControlError> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Without `--package`: the features of the whole workspace, with which the linked crates were built.
    cargo
        .args(["build", "--quiet", "--bin", "curfew-sim"])
        .current_dir(places.copy())
        .env("CARGO_TARGET_DIR", places.own_target());
    output(&mut cargo, &format!("control {} does not build", control.name))?;
    Ok(places.own_target().join("debug/curfew-sim"))
}

/// What `exhaustive --json` prints, as far as it matters here.
#[derive(Deserialize)]
struct Report {
    schedules: u64,
    violations: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    schedule: String,
    invariant: String,
}

/// Runs the campaign of the broken build until its first violation.
fn campaign(control: &Control, binary: &Path, bounds: &Bounds) -> Result<Caught, ControlError> {
    let mut command = Command::new(binary);
    command
        .args(["exhaustive", "--json", "--scenario", &control.scenarios.join(",")])
        .args(["--threads", &bounds.threads.to_string()])
        .args(["--time-limit", &format!("{}s", bounds.time_limit.as_secs())]);
    let what = format!("control {}: its campaign", control.name);
    let ran = command.output().map_err(at(binary))?;
    let said = String::from_utf8_lossy(&ran.stdout);
    let report: Report = serde_json::from_str(&said).map_err(|error| ControlError::Program {
        what,
        output: format!("{error}\n{}", tail(&String::from_utf8_lossy(&ran.stderr))),
    })?;
    let first = report.violations.into_iter().next();
    Ok(Caught {
        name: control.name.clone(),
        expected: first.as_ref().is_some_and(|found| control.breaks.contains(&found.invariant)),
        schedule: first.as_ref().map(|found| found.schedule.clone()),
        invariant: first.map(|found| found.invariant),
        schedules: report.schedules,
        seconds: 0,
    })
}

/// What a program prints; its failure, with the end of what it complained about.
fn output(command: &mut Command, what: &str) -> Result<String, ControlError> {
    let ran = command.output().map_err(at(Path::new(command.get_program())))?;
    if ran.status.success() {
        return Ok(String::from_utf8_lossy(&ran.stdout).into_owned());
    }
    Err(ControlError::Program { what: what.to_owned(), output: tail(&String::from_utf8_lossy(&ran.stderr)) })
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(40)..).unwrap_or_default().join("\n")
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> ControlError {
    let path = path.to_owned();
    move |source| ControlError::File { path, source }
}
