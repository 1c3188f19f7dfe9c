//! Builds the Lambda binaries with the same cargo, profile and target folder as everything else.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::error::Error;
use crate::prerequisites::Prerequisites;
use crate::processes::{Processes, log_to};

/// One line of `cargo build --message-format=json`, as far as we need it.
#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    manifest_path: Option<PathBuf>,
    executable: Option<PathBuf>,
}

/// Builds; returns the Lambda binaries by name. `live` lets cargo show its own progress.
pub(crate) fn build(
    workspace: &Path,
    found: &Prerequisites,
    logs: &Path,
    live: bool,
    processes: &Processes,
) -> Result<BTreeMap<String, PathBuf>, Error> {
    let (messages, log) = (logs.join("cargo.json"), logs.join("cargo.log"));
    let mut cargo = Command::new(&found.cargo);
    cargo.current_dir(workspace).args(["build", "--locked", "--workspace", "--bins"]);
    cargo.arg("--message-format=json-render-diagnostics");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_ours_alone) {
            cargo.env_remove(name);
        }
    }
    log_to(&mut cargo, &log)?;
    cargo.stdout(File::create(&messages).map_err(Error::io(format!("create {}", messages.display())))?);
    if live {
        cargo.stderr(Stdio::inherit());
    }
    processes.run("cargo build", &mut cargo, &log)?;
    let text = fs::read_to_string(&messages).map_err(Error::io(format!("read {}", messages.display())))?;
    Ok(executables(&text, &workspace.join("functions")))
}

/// What `cargo run` sets for us alone; build scripts that look at it would run again for every other caller.
fn is_ours_alone(name: &str) -> bool {
    name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_MANIFEST_")
        || matches!(name, "CARGO" | "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE" | "OUT_DIR")
}

/// The executables of packages below `functions`.
fn executables(messages: &str, functions: &Path) -> BTreeMap<String, PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact")
        .filter(|message| message.manifest_path.as_ref().is_some_and(|path| path.starts_with(functions)))
        .filter_map(|message| message.executable)
        .filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_functions_are_lambda_binaries() {
        let messages = r#"{"reason":"compiler-artifact","manifest_path":"/w/functions/sweep/Cargo.toml","executable":"/t/debug/curfew-sweep"}
{"reason":"compiler-artifact","manifest_path":"/w/infra/local/Cargo.toml","executable":"/t/debug/curfew-local"}
{"reason":"compiler-artifact","manifest_path":"/w/shared/domain/Cargo.toml","executable":null}
{"reason":"build-finished","success":true}"#;
        let found = executables(messages, Path::new("/w/functions"));
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("curfew-sweep".into(), "/t/debug/curfew-sweep".into())]);
    }

    #[test]
    fn the_users_own_cargo_settings_reach_the_build() {
        assert!(is_ours_alone("CARGO_PKG_NAME") && is_ours_alone("CARGO_MANIFEST_DIR") && is_ours_alone("CARGO"));
        assert!(!is_ours_alone("CARGO_TARGET_DIR") && !is_ours_alone("CARGO_HOME") && !is_ours_alone("PATH"));
    }
}
