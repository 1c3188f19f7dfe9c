//! Credentials that are still good, so that not every command of the AWS CLI asks again. Only their owner may read them.

use std::fs;
use std::path::PathBuf;

use curfew_domain::hex::hex;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::files;

/// Largest file that is read, in bytes.
const LARGEST: u64 = 64 << 10;
/// Credentials that end within so many seconds are not given out any more.
const MARGIN: i64 = 60;

/// What was given out last for this profile, if it is good for a while. A cache that cannot be read is none.
pub(super) fn get(name: &str, now: Timestamp) -> Option<Value> {
    let path = path(name)?;
    files::refuse_if_shared(&path).ok()?;
    let cached: Value = serde_json::from_str(&files::bounded_text_of(&path, LARGEST).ok()?).ok()?;
    let ends: Timestamp = cached.get("Expiration")?.as_str()?.parse().ok()?;
    (ends.as_second() > now.as_second() + MARGIN).then_some(cached)
}

/// Keeps what is given out. One that cannot be written is asked for again the next time.
pub(super) fn put(name: &str, credentials: &Value) {
    let Some(path) = path(name) else { return };
    let made = path.parent().is_some_and(|folder| fs::create_dir_all(folder).is_ok());
    if made {
        let _ = files::write_private(&path, &credentials.to_string());
    }
}

/// Forgets all of them: some access has ended, and nobody should work on with what is left of it.
pub(crate) fn clear() {
    if let Some(folder) = folder() {
        let _ = fs::remove_dir_all(folder);
    }
}

fn path(name: &str) -> Option<PathBuf> {
    let file = format!("{}.json", hex(&Sha256::digest(name)));
    Some(folder()?.join(file))
}

fn folder() -> Option<PathBuf> {
    Some(files::cache_folder()?.join("curfew").join("credentials"))
}
