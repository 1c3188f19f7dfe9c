//! A configuration folder as a value: names and texts of files.

use std::collections::BTreeMap;

use curfew_domain::hex::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The files of a configuration folder. What `publish` stores and `load` reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Bundle {
    files: BTreeMap<String, String>,
}

/// Which configuration: the first 16 hexadecimal digits of the SHA-256 over names and texts of all files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(String);

/// Why files are no bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBundle {
    /// More files than a configuration has.
    #[error("{0} files are more than the {limit} that a configuration may have; merge some", limit = Bundle::FILES)]
    TooMany(usize),
    /// More text than a configuration has.
    #[error("{0} bytes are more than the {limit} that a configuration may have", limit = Bundle::BYTES)]
    TooLarge(usize),
    /// A path that could mean another place, or another file on another system.
    #[error(
        "`{0}` is no path of a configuration file; write it relative to the folder with `/`, of letters, digits, `.`, `_` \
         and `-`, at most {limit} characters, no part beginning with a `.`",
        limit = Bundle::PATH
    )]
    Path(String),
    /// Two files that are one file where case does not count.
    #[error("`{0}` and `{1}` differ in case only; rename one")]
    SameName(String, String),
    /// No bundle in JSON.
    #[error("no configuration bundle: {0}")]
    Json(String),
}

impl Bundle {
    /// Most files.
    pub const FILES: usize = 500;
    /// Most bytes of text and paths in all.
    pub const BYTES: usize = 4 << 20;
    /// Longest path, in characters.
    pub const PATH: usize = 200;

    /// Checks the bounds and takes the files over, by path relative to the folder with `/` between its parts.
    ///
    /// # Errors
    /// The first bound that is broken.
    pub fn new(files: BTreeMap<String, String>) -> Result<Self, InvalidBundle> {
        if files.len() > Self::FILES {
            return Err(InvalidBundle::TooMany(files.len()));
        }
        let bytes = files.iter().map(|(path, text)| path.len() + text.len()).sum();
        if bytes > Self::BYTES {
            return Err(InvalidBundle::TooLarge(bytes));
        }
        let mut lower: BTreeMap<String, &String> = BTreeMap::new();
        for path in files.keys() {
            if !is_path(path) {
                return Err(InvalidBundle::Path(path.chars().take(Self::PATH).collect()));
            }
            if let Some(other) = lower.insert(path.to_ascii_lowercase(), path) {
                return Err(InvalidBundle::SameName(other.clone(), path.clone()));
            }
        }
        Ok(Self { files })
    }

    /// Texts by path.
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    /// The version that these files are. Lengths are hashed too, so that no two bundles run together to the same bytes.
    pub fn version(&self) -> Version {
        let mut hash = Sha256::new();
        for part in self.files.iter().flat_map(|(path, text)| [path, text]) {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let mut digest = hex(&hash.finalize());
        digest.truncate(16);
        Version(digest)
    }

    /// As JSON: `{"files": {"<path>": "<text>"}}`, canonical, so that equal bundles have equal texts.
    pub fn to_json(&self) -> String {
        serde_json::json!({ "files": self.files }).to_string()
    }

    /// Reads what `to_json` wrote, or anybody else; the bounds are checked again.
    ///
    /// # Errors
    /// No JSON of this form, or a bound that is broken.
    pub fn from_json(text: &str) -> Result<Self, InvalidBundle> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wire {
            files: BTreeMap<String, String>,
        }
        let wire: Wire = serde_json::from_str(text).map_err(|error| InvalidBundle::Json(error.to_string()))?;
        Self::new(wire.files)
    }
}

impl Version {
    /// Reads a version that was written down.
    pub fn parse(text: &str) -> Option<Self> {
        let hexadecimal = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 16 && text.bytes().all(hexadecimal)).then(|| Self(text.to_owned()))
    }

    /// Hexadecimal text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_path(path: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    path.len() <= Bundle::PATH && path.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(files: &[(&str, &str)]) -> Result<Bundle, InvalidBundle> {
        Bundle::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn the_version_names_every_path_and_text() {
        let version = |files| bundle(files).unwrap().version();
        let one = version(&[("a.toml", "x = 1"), ("b.toml", "")]);
        assert_eq!(one, version(&[("b.toml", ""), ("a.toml", "x = 1")]));
        assert_eq!(Version::parse(one.as_str()), Some(one.clone()));
        for other in [
            &[("a.toml", "x = 1")][..],
            &[("a.toml", "x = 2"), ("b.toml", "")],
            &[("a.toml", "x = 1"), ("c.toml", "")],
            &[("a.toml", "x = 1b.toml"), ("c", "")],
            &[],
        ] {
            assert_ne!(one, version(other), "{other:?}");
        }
    }

    #[test]
    fn json_brings_back_the_same_bundle_and_checks_it_again() {
        let files = bundle(&[("curfew.toml", "a = \"ä\"\n"), ("rules/a.cedar", "permit(principal);")]).unwrap();
        assert_eq!(Bundle::from_json(&files.to_json()), Ok(files));
        for bad in ["", "[]", "{}", r#"{"files": {"../a": ""}}"#, r#"{"files": {}, "more": 1}"#] {
            assert!(Bundle::from_json(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_stay_in_the_folder_and_bounds_hold() {
        for bad in ["", "/a", "a/", "../a", "a/../b", "a//b", "a\\b", ".git/a", "ä.toml", "a b", "a\0"] {
            assert!(matches!(bundle(&[(bad, "")]), Err(InvalidBundle::Path(_))), "{bad:?}");
        }
        assert!(matches!(bundle(&[("a.toml", ""), ("A.toml", "")]), Err(InvalidBundle::SameName(..))));
        assert!(matches!(bundle(&[("a", &"x".repeat(Bundle::BYTES))]), Err(InvalidBundle::TooLarge(_))));
        let many = (0..=Bundle::FILES).map(|n| (n.to_string(), String::new())).collect();
        assert_eq!(Bundle::new(many), Err(InvalidBundle::TooMany(501)));
    }
}
