//! Files of this repository, and what cargo says of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// The top of the repository.
pub(super) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The text of a file.
pub(super) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Names in a folder, sorted.
pub(super) fn entries(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Rust files below a folder, each with its path from the top of the repository.
pub(super) fn rust_files(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for name in entries(folder.to_str().unwrap()) {
            let path = folder.join(name);
            if root().join(&path).is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let path = path.to_str().unwrap().to_owned();
                files.push((path.clone(), read(&path)));
            }
        }
    }
    assert!(!files.is_empty(), "{folder} has no Rust files");
    files
}

/// All code below a folder, without white space: a call is found however it is broken into lines.
pub(super) fn dense_code(folder: &str) -> String {
    let without_comments = |text: &str| -> String {
        text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(str::split_whitespace).collect()
    };
    rust_files(folder).iter().map(|(_, text)| without_comments(text)).collect()
}

/// Packages of the workspace, as `cargo metadata` lists them.
pub(super) fn packages() -> &'static [Value] {
    static PACKAGES: OnceLock<Vec<Value>> = OnceLock::new();
    PACKAGES.get_or_init(|| {
        let metadata: Value =
            serde_json::from_str(&cargo(&["metadata", "--format-version=1", "--no-deps", "--offline"])).unwrap();
        metadata["packages"].as_array().unwrap().clone()
    })
}

/// Names of the functions: the folders below `functions/`.
pub(super) fn functions() -> Vec<String> {
    entries("functions").into_iter().filter(|name| root().join("functions").join(name).is_dir()).collect()
}

/// `name version` of everything that goes into these packages on this machine, without tests and build scripts' needs.
pub(super) fn tree(packages: &[String]) -> Vec<String> {
    let mut arguments = vec!["tree", "--offline", "--edges=normal", "--prefix=none", "--format={p}"];
    for package in packages {
        arguments.extend(["--package", package]);
    }
    let listing = cargo(&arguments);
    let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let mut names: Vec<String> = listing.lines().filter(|line| !line.is_empty()).map(name).collect();
    names.sort();
    names.dedup();
    names
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
