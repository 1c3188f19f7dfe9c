//! Folders and files of one instance: where they are, who holds them, how they are written.

use std::fs::{self, File};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The first port that is tried when none was asked for.
const FIRST_PORT: u16 = 8484;
/// Held by the instance that uses the folder; also the mark that the folder is ours to empty.
const LOCK: &str = "lock";

/// The folder that Curfew was built from.
pub(crate) fn workspace() -> Result<PathBuf, Error> {
    let local = Path::new(env!("CARGO_MANIFEST_DIR"));
    match local.ancestors().nth(2) {
        Some(root) if root.join("infra/template.yaml").is_file() => Ok(root.into()),
        _ => Err(Error::Missing {
            what: format!("infra/template.yaml of the workspace of {}", local.display()),
            hint: "run `cargo run --bin curfew-local` in a clone of Curfew".into(),
        }),
    }
}

/// Takes the port asked for, or the first free one. It stays taken from here on.
pub(crate) fn listen(port: Option<u16>) -> Result<TcpListener, Error> {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    match port {
        Some(port) => {
            bind(port).map_err(Error::io(format!("listen on 127.0.0.1:{port}; choose another port with --port")))
        }
        None => (FIRST_PORT..FIRST_PORT + 100)
            .find_map(|port| bind(port).ok())
            .map_or_else(|| bind(0).map_err(Error::io("listen on 127.0.0.1")), Ok),
    }
}

/// One instance's folder, emptied and held for as long as this value lives.
#[derive(Debug)]
pub(crate) struct State {
    dir: PathBuf,
    _lock: File,
}

impl State {
    /// Takes the folder. Refuses one that another instance holds, and one with somebody else's files.
    pub(crate) fn take(dir: &Path) -> Result<Self, Error> {
        let foreign = dir.is_dir() && !dir.join(LOCK).is_file() && !is_empty(dir)?;
        if foreign {
            return Err(Error::Busy(format!(
                "{} has files that are not ours; name an empty or a new folder with --state-dir",
                dir.display()
            )));
        }
        fs::create_dir_all(dir).map_err(Error::io(format!("create {}", dir.display())))?;
        let dir = dir.canonicalize().map_err(Error::io(format!("find {}", dir.display())))?;
        let lock = File::create(dir.join(LOCK)).map_err(Error::io(format!("create {}/{LOCK}", dir.display())))?;
        if lock.try_lock().is_err() {
            return Err(Error::Busy(format!(
                "{} is in use by another curfew-local; name another folder with --state-dir",
                dir.display()
            )));
        }
        empty(&dir)?;
        for sub in ["logs", "emulator", "home"] {
            fs::create_dir(dir.join(sub)).map_err(Error::io(format!("create {}/{sub}", dir.display())))?;
        }
        Ok(Self { dir, _lock: lock })
    }

    /// The folder.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A file or folder in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The log of one of our programs.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.dir.join("logs").join(format!("{name}.log"))
    }
}

fn is_empty(dir: &Path) -> Result<bool, Error> {
    let mut entries = fs::read_dir(dir).map_err(Error::io(format!("read {}", dir.display())))?;
    Ok(entries.next().is_none())
}

/// Removes what the last run left: everything but the lock.
fn empty(dir: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(dir).map_err(Error::io(format!("read {}", dir.display())))? {
        let entry = entry.map_err(Error::io(format!("read {}", dir.display())))?;
        if entry.file_name() == LOCK {
            continue;
        }
        let path = entry.path();
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let removed = if is_dir { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(Error::io(format!("remove {}", path.display())))?;
    }
    Ok(())
}

/// Writes a file so that a reader sees all of it or nothing.
pub(crate) fn write_whole(path: &Path, content: &str) -> Result<(), Error> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(content.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, path)
    });
    written.map_err(Error::io(format!("write {}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("curfew-local-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        dir
    }

    #[test]
    fn a_folder_is_held_by_one_instance_and_emptied_for_the_next() {
        let dir = scratch("held");
        let state = State::take(&dir).unwrap();
        fs::write(state.log("emulator"), "old").unwrap();
        assert!(State::take(&dir).unwrap_err().to_string().contains("in use"));
        drop(state);
        let state = State::take(&dir).unwrap();
        assert!(!state.log("emulator").exists());
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_folder_with_other_files_is_left_alone() {
        let dir = scratch("foreign");
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("thesis.txt"), "years of work").unwrap();
        assert!(State::take(&dir).unwrap_err().to_string().contains("not ours"));
        assert!(dir.join("thesis.txt").exists());
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let dir = scratch("whole");
        fs::create_dir(&dir).unwrap();
        let file = dir.join("ready.json");
        write_whole(&file, "one").unwrap();
        write_whole(&file, "two").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "nothing is left beside it");
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn without_a_wish_the_first_free_port_is_taken() {
        let (one, other) = (listen(None).unwrap(), listen(None).unwrap());
        assert_ne!(one.local_addr().unwrap().port(), other.local_addr().unwrap().port());
        assert!(listen(Some(one.local_addr().unwrap().port())).is_err());
    }
}
