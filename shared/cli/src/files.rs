//! Files on this machine: configuration folders, directories, tokens.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use curfew_policy::Bundle;
use etcetera::BaseStrategy as _;

use crate::answer::Failure;

/// Deepest nesting that is followed: links could lead in circles.
const DEEPEST: usize = 16;
/// Largest single file that is read, in bytes: that of a whole configuration.
const LARGEST: u64 = Bundle::BYTES as u64;

/// A configuration folder.
///
/// `tests/` and `invariants/` speak about the configuration and are no part of it: they are not published, and changing
/// them makes no new version. Of the rest, `.toml` and `.cedar` files are the configuration.
#[derive(Debug)]
pub(crate) struct Folder {
    /// What is checked, compared and published.
    pub(crate) bundle: Bundle,
    /// Texts of `tests/**.toml` by path.
    pub(crate) expectations: BTreeMap<String, String>,
    /// Texts of `invariants/**.cedar` by path.
    pub(crate) invariants: BTreeMap<String, String>,
}

impl Folder {
    /// Reads a folder.
    ///
    /// # Errors
    /// It is none, or something in it cannot be read or has no place in a configuration.
    pub(crate) fn read(root: &Path) -> Result<Self, Failure> {
        if root.is_file() {
            return Err(Failure::usage(format!("`{}` is a file; name the folder that it is in", root.display())));
        }
        let mut texts = BTreeMap::new();
        collect(root, "", 0, &mut texts)?;
        let (mut expectations, mut invariants) = (BTreeMap::new(), BTreeMap::new());
        let mut files = BTreeMap::new();
        for (path, text) in texts {
            let of = if path.starts_with("tests/") {
                &mut expectations
            } else if path.starts_with("invariants/") {
                &mut invariants
            } else {
                &mut files
            };
            of.insert(path, text);
        }
        if files.is_empty() {
            let hint = "name the folder with your configuration, or begin with a copy of `infra/configuration`";
            return Err(Failure::usage(format!("`{}` has no .toml and no .cedar files; {hint}", root.display())));
        }
        let bundle = Bundle::new(files).map_err(|error| Failure::usage(format!("`{}`: {error}", root.display())))?;
        Ok(Self { bundle, expectations, invariants })
    }
}

fn collect(root: &Path, below: &str, depth: usize, texts: &mut BTreeMap<String, String>) -> Result<(), Failure> {
    let here = root.join(below);
    let cannot = |error: std::io::Error| Failure::usage(format!("`{}` cannot be read: {error}", here.display()));
    if depth > DEEPEST {
        return Err(Failure::usage(format!("`{}` is nested more than {DEEPEST} folders deep", here.display())));
    }
    for entry in fs::read_dir(&here).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        // Follows links: configurations that are mounted, as in Kubernetes, consist of them.
        let kind = fs::metadata(entry.path()).map_err(cannot)?;
        if kind.is_dir() {
            collect(root, &path, depth + 1, texts)?;
        } else if is_ours(&name) {
            texts.insert(path, text_of(&entry.path())?);
        }
    }
    Ok(())
}

fn is_ours(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "toml" || extension == "cedar")
}

/// The text of a file that is not larger than a whole configuration.
pub(crate) fn text_of(path: &Path) -> Result<String, Failure> {
    bounded_text_of(path, LARGEST)
}

/// The text of a file of at most so many bytes.
pub(crate) fn bounded_text_of(path: &Path, limit: u64) -> Result<String, Failure> {
    let cannot = |error: std::io::Error| Failure::usage(format!("`{}` cannot be read: {error}", path.display()));
    let size = fs::metadata(path).map_err(cannot)?.len();
    if size > limit {
        return Err(Failure::usage(format!("`{}` has {size} bytes; at most {limit} are read", path.display())));
    }
    fs::read_to_string(path).map_err(cannot)
}

/// Home of who runs this, if the system names one.
pub(crate) fn home() -> Option<PathBuf> {
    etcetera::home_dir().ok()
}

/// Where their configuration lives.
pub(crate) fn config_folder() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|places| places.config_dir())
}

/// Where what can be had again lives.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|places| places.cache_dir())
}

/// The token in a file that only its owner may read.
pub(crate) fn token_of(path: &Path) -> Result<String, Failure> {
    refuse_if_shared(path)?;
    Ok(bounded_text_of(path, 64 << 10)?.trim().to_owned())
}

/// Refuses a file with tokens that others could read.
pub(crate) fn refuse_if_shared(path: &Path) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let cannot = |error: std::io::Error| Failure::usage(format!("`{}` cannot be read: {error}", path.display()));
        let mode = fs::metadata(path).map_err(cannot)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let shown = path.display();
            return Err(Failure::usage(format!(
                "`{shown}` has mode {mode:04o}: others could read the token; run `chmod 600 {shown}`"
            )));
        }
    }
    Ok(())
}

/// Writes a file that only its owner may read, whole or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| Failure::usage(format!("`{}` cannot be written: {error}", path.display()));
    let mut name = path.file_name().map(std::ffi::OsStr::to_owned).unwrap_or_default();
    name.push(".new");
    let fresh = path.with_file_name(name);
    // One that a killed run left behind.
    let _ = fs::remove_file(&fresh);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&fresh).map_err(cannot)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(cannot)?;
    fs::rename(&fresh, path).map_err(cannot)
}

/// Writes the files of a bundle into a folder that does not exist or is empty.
pub(crate) fn write_folder(folder: &Path, bundle: &Bundle) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| Failure::usage(format!("`{}` cannot be written: {error}", folder.display()));
    if folder.exists() && fs::read_dir(folder).map_err(cannot)?.next().is_some() {
        return Err(Failure::usage(format!("`{}` is not empty; name another folder", folder.display())));
    }
    // A bundle has no paths that lead out of a folder.
    for (path, text) in bundle.files() {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(cannot)?;
        }
        fs::write(&path, text).map_err(cannot)?;
    }
    Ok(())
}
