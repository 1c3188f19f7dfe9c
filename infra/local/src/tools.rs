//! The emulators: a virtual environment of their own, from a hash-locked list, made once and shared by all instances.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::prerequisites::Prerequisites;
use crate::processes::{Processes, log_to};
use crate::state::write_whole;

/// The virtual environment.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    /// Its Python.
    pub(crate) python: PathBuf,
    /// Whether this call had to install it.
    pub(crate) installed_now: bool,
}

/// Finds or makes the environment for `requirements` under `home`. Another instance that does the same is waited for.
pub(crate) fn install(
    home: &Path,
    requirements: &Path,
    found: &Prerequisites,
    processes: &Processes,
) -> Result<Tools, Error> {
    let list = fs::read(requirements).map_err(Error::io(format!("read {}", requirements.display())))?;
    let dir = home.join(folder_name(&list, &found.python_version));
    let complete = dir.join("complete");
    fs::create_dir_all(home).map_err(Error::io(format!("create {}", home.display())))?;
    let lock_path = dir.with_extension("lock");
    let lock = File::create(&lock_path).map_err(Error::io(format!("create {}", lock_path.display())))?;
    lock.lock().map_err(Error::io(format!("lock {}", lock_path.display())))?;
    let python = dir.join("bin/python");
    if complete.is_file() && python.exists() {
        return Ok(Tools { python, installed_now: false });
    }
    if dir.exists() {
        fs::remove_dir_all(&dir).map_err(Error::io(format!("remove {}", dir.display())))?;
    }
    let log = dir.with_extension("log");
    let mut venv = Command::new(&found.python);
    processes.run("python -m venv", log_to(venv.args(["-m", "venv"]).arg(&dir), &log)?, &log)?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--no-input", "--disable-pip-version-check"]);
    pip.args(["--require-hashes", "--no-deps", "--requirement"]).arg(requirements);
    processes.run("pip install", log_to(&mut pip, &log)?, &log)?;
    write_whole(&complete, "")?;
    Ok(Tools { python, installed_now: true })
}

/// Another list or another Python needs another environment.
fn folder_name(list: &[u8], python_version: &str) -> String {
    let digest = Sha256::new().chain_update(list).chain_update([0]).chain_update(python_version).finalize();
    format!("emulator-{:016x}", digest.first_chunk().map_or(0, |head| u64::from_be_bytes(*head)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_list_or_python_is_another_folder() {
        let name = folder_name(b"ministack==1.5.33", "3.11.7");
        assert_eq!(name, folder_name(b"ministack==1.5.33", "3.11.7"));
        assert_ne!(name, folder_name(b"ministack==1.5.34", "3.11.7"));
        assert_ne!(name, folder_name(b"ministack==1.5.33", "3.12.1"));
    }
}
