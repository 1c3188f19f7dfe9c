//! Who is signed in where: one file in the person's configuration folder, which only they may read.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::answer::Failure;
use crate::files;

/// Largest file that is read, in bytes: tokens of a few servers.
const LARGEST: u64 = 1 << 20;

/// A sign-in at one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Identity provider.
    pub(crate) issuer: String,
    /// Client of the command line there.
    pub(crate) client_id: String,
    /// The API takes tokens with one of these as `aud`.
    pub(crate) audiences: Vec<String>,
    /// What is sent to the API.
    pub(crate) token: String,
    /// When that ends, in seconds since the epoch.
    pub(crate) expires_at: i64,
    /// Gets the next one, if the provider gives such tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<String>,
}

/// All sign-ins.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Sessions {
    /// Where somebody signed in last: the server of commands that name none.
    #[serde(default)]
    latest: Option<String>,
    #[serde(default)]
    servers: BTreeMap<String, Session>,
}

/// The server of commands that name none.
pub(crate) fn latest() -> Result<Option<String>, Failure> {
    Ok(read()?.latest)
}

/// The sign-in at a server.
pub(crate) fn at(base: &str) -> Result<Option<Session>, Failure> {
    Ok(read()?.servers.remove(base))
}

/// Keeps a sign-in, in place of an earlier one at the same server.
pub(crate) fn keep(base: &str, session: Session) -> Result<(), Failure> {
    let mut sessions = read()?;
    sessions.servers.insert(base.to_owned(), session);
    sessions.latest = Some(base.to_owned());
    write(&sessions)
}

/// Forgets a sign-in; whether there was one.
pub(crate) fn forget(base: &str) -> Result<bool, Failure> {
    let mut sessions = read()?;
    let was = sessions.servers.remove(base).is_some();
    if sessions.latest.as_deref() == Some(base) {
        sessions.latest = sessions.servers.keys().next().cloned();
    }
    if was {
        write(&sessions)?;
    }
    Ok(was)
}

fn path() -> Result<PathBuf, Failure> {
    let folder = files::config_folder().ok_or_else(|| {
        Failure::usage("this machine names no folder for configuration; set HOME, or send a token in `CURFEW_TOKEN`")
    })?;
    Ok(folder.join("curfew").join("sessions.json"))
}

fn read() -> Result<Sessions, Failure> {
    let path = path()?;
    if !path.exists() {
        return Ok(Sessions::default());
    }
    files::refuse_if_shared(&path)?;
    let text = files::bounded_text_of(&path, LARGEST)?;
    let unreadable = |error| {
        let shown = path.display();
        Failure::usage(format!("`{shown}` is not what `curfew login` writes ({error}); delete it and sign in again"))
    };
    serde_json::from_str(&text).map_err(unreadable)
}

fn write(sessions: &Sessions) -> Result<(), Failure> {
    let path = path()?;
    let cannot = |error: std::io::Error| Failure::usage(format!("`{}` cannot be written: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(cannot)?;
    }
    let text = serde_json::to_string_pretty(sessions).map_err(|error| cannot(error.into()))?;
    files::write_private(&path, &text)
}
