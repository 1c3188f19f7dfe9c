//! What the machine must have: Python 3.10 or later with `venv`, and cargo.

use std::path::PathBuf;
use std::process::Command;

use crate::error::Error;

/// Asks Python for its version and whether it can make virtual environments with pip (Debian splits that off).
const PROBE: &str = "import sys, venv, ensurepip; print('.'.join(map(str, sys.version_info[:3])))";
const CANDIDATES: [&str; 6] = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];

/// The programs that we found.
#[derive(Debug, Clone)]
pub(crate) struct Prerequisites {
    /// Python 3.10 or later.
    pub(crate) python: PathBuf,
    /// Its version.
    pub(crate) python_version: String,
    /// The cargo that runs us, or the one on the path.
    pub(crate) cargo: PathBuf,
}

/// Looks for what we need; names the first thing that is missing.
pub(crate) fn check() -> Result<Prerequisites, Error> {
    let (python, python_version) = python()?;
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    if !Command::new(&cargo).arg("--version").output().is_ok_and(|output| output.status.success()) {
        let hint = "install Rust from https://rustup.rs, then try again".into();
        return Err(Error::Missing { what: "cargo".into(), hint });
    }
    Ok(Prerequisites { python, python_version, cargo })
}

fn python() -> Result<(PathBuf, String), Error> {
    let mut seen = Vec::new();
    for name in CANDIDATES {
        let Ok(output) = Command::new(name).args(["-c", PROBE]).output() else { continue };
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() {
            seen.push(format!("{name} cannot make virtual environments"));
        } else if recent_enough(&version) {
            return Ok((PathBuf::from(name), version));
        } else {
            seen.push(format!("{name} is {version}"));
        }
    }
    let found = if seen.is_empty() { "none is on the path".to_owned() } else { seen.join(", ") };
    Err(Error::Missing {
        what: "Python 3.10 or later with the module venv".into(),
        hint: format!("{found}; install it (Debian and Ubuntu: `apt install python3 python3-venv`), then try again"),
    })
}

fn recent_enough(version: &str) -> bool {
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    matches!((parts.next(), parts.next()), (Some(3), Some(minor)) if minor >= 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_ten_is_after_three_nine() {
        assert!(recent_enough("3.10.0") && recent_enough("3.14.1"));
        assert!(!recent_enough("3.9.18") && !recent_enough("2.7.18") && !recent_enough(""));
    }
}
