//! Where configurations and directories come from: folders and files here, or the API.

use std::collections::BTreeMap;
use std::path::Path;

use curfew_domain::time::Timestamp;
use curfew_policy::bundle::Bundle;
use curfew_policy::directory::{Directory, StoredDirectory};
use curfew_policy::evaluator::Configuration;
use curfew_policy::problem::Problem;
use serde_json::{Value, json};

use crate::answer::{Answer, Failure};
use crate::arguments::{Asked, Known, SaveDirectory, Server};
use crate::files::{self, Folder};
use crate::problems;
use crate::remote::Remote;

/// Largest saved directory that is read, in bytes.
const LARGEST_DIRECTORY: u64 = 64 << 20;

/// A valid configuration and where it was read.
pub(super) struct Loaded {
    pub(super) configuration: Configuration,
    pub(super) bundle: Bundle,
    pub(super) warnings: Vec<Problem>,
}

/// A directory and the instant at which it is asked by default.
pub(super) struct Organisation {
    pub(super) directory: Directory,
    /// For a saved directory when it was taken; now for one that was fetched.
    pub(super) at: Timestamp,
    saved: bool,
}

impl Organisation {
    /// The instant to ask at. A saved directory counts as fresh then: that it was saved some time ago is not what is asked
    /// about, and would deny everything.
    pub(super) fn ask_at(&mut self, at: Option<Timestamp>) -> Timestamp {
        let at = at.unwrap_or(self.at);
        if self.saved {
            self.directory.taken_at = at;
        }
        at
    }
}

/// A version as the API tells it.
pub(super) struct Published {
    pub(super) version: String,
    /// How it came into force; only of the version that is in force.
    pub(super) publication: Option<Publication>,
    pub(super) bundle: Bundle,
}

/// How a version came into force.
pub(super) struct Publication {
    pub(super) number: u64,
    pub(super) by: String,
    pub(super) at: String,
}

/// Validates a bundle; everything wrong is told at once, in its source.
pub(super) fn load(bundle: Bundle) -> Result<Loaded, Failure> {
    match Configuration::load(&bundle) {
        Ok((configuration, warnings)) => Ok(Loaded { configuration, bundle, warnings }),
        Err(problems) => Err(problems::invalid(problems, bundle.files())),
    }
}

/// The folder that is asked, or else the published version.
pub(super) fn asked(asked: &Asked) -> Result<(Loaded, Organisation), Failure> {
    let organisation = required(&asked.known)?;
    let bundle = match &asked.folder {
        Some(folder) => Folder::read(folder)?.bundle,
        None if asked.known.server.url.is_none() => {
            let hint =
                "name a folder with `--folder`, or the server with `--url`, for the version that it has published";
            return Err(Failure::usage(format!("which configuration? {hint}")));
        }
        None => published(&Remote::required(&asked.known.server)?, None)?.bundle,
    };
    Ok((load(bundle)?, organisation))
}

/// The directory of a file, or else of the API; `None` where neither is named.
pub(super) fn organisation(known: &Known) -> Result<Option<Organisation>, Failure> {
    if let Some(path) = &known.directory {
        let text = files::bounded_text_of(path, LARGEST_DIRECTORY)?;
        let directory = read(&text).map_err(|error| {
            let hint = "save one with `curfew config directory --output FILE`";
            Failure::usage(format!("`{}` is no saved directory: {error}; {hint}", path.display()))
        })?;
        return Ok(Some(Organisation { at: directory.taken_at, directory, saved: true }));
    }
    let Some(remote) = Remote::given(&known.server)? else { return Ok(None) };
    let value = remote.get("/v1/directory/snapshot")?;
    let directory = read(&value.to_string())
        .map_err(|error| Failure::Server(format!("the server sent a directory that cannot be read: {error}")))?;
    Ok(Some(Organisation { directory, at: Timestamp::now(), saved: false }))
}

/// The same where nothing can be said without one.
pub(super) fn required(known: &Known) -> Result<Organisation, Failure> {
    let missing = "this needs the directory of your organisation: name a saved one with `--directory FILE` (`curfew config \
                   directory --output FILE` saves it), or the server with `--url`";
    organisation(known)?.ok_or_else(|| Failure::usage(missing))
}

fn read(text: &str) -> Result<Directory, String> {
    let stored: StoredDirectory = serde_json::from_str(text).map_err(|error| error.to_string())?;
    stored.into_directory().map_err(|error| error.to_string())
}

/// A published version; the one in force without a name.
pub(super) fn published(remote: &Remote, version: Option<&str>) -> Result<Published, Failure> {
    let path = match version {
        None => "/v1/configuration".to_owned(),
        Some(version) => format!("/v1/configuration/versions/{}", checked(version)?),
    };
    let value = remote.get(&path)?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let files: Option<BTreeMap<String, String>> =
        value.get("files").and_then(|files| serde_json::from_value(files.clone()).ok());
    let unreadable = |why: String| Failure::Server(format!("the server sent a version that cannot be read: {why}"));
    let files = files.ok_or_else(|| unreadable("it has no `files`".to_owned()))?;
    let bundle = Bundle::new(files).map_err(|error| unreadable(error.to_string()))?;
    let publication = value.get("number").and_then(Value::as_u64);
    let publication = publication.map(|number| Publication { number, by: text("by"), at: text("at") });
    Ok(Published { version: text("version"), publication, bundle })
}

/// A version that can stand in a path.
pub(super) fn checked(version: &str) -> Result<&str, Failure> {
    let form = "a version has 16 hexadecimal digits, as `curfew config versions` shows them";
    match curfew_policy::bundle::Version::parse(version) {
        Some(_) => Ok(version),
        None => Err(Failure::usage(format!("`{version}` is no version: {form}"))),
    }
}

/// What a folder is compared with: another folder, or the published version; `None` where nothing was published yet.
pub(super) fn compared(against: Option<&Path>, server: &Server) -> Result<Option<Loaded>, Failure> {
    if let Some(folder) = against {
        return load(Folder::read(folder)?.bundle).map(Some);
    }
    if server.url.is_none() {
        let hint = "name the server with `--url` for its published version, or another folder with `--against`";
        return Err(Failure::usage(format!("compared with what? {hint}")));
    }
    match published(&Remote::required(server)?, None) {
        Ok(published) => load(published.bundle).map(Some),
        Err(Failure::Refused { code, .. }) if code == "not_found" || code == "not_configured" => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// `curfew config directory`.
pub(super) fn save_directory(given: &SaveDirectory) -> Result<Answer, Failure> {
    let value = Remote::required(&given.server)?.get("/v1/directory/snapshot")?;
    let text = value.to_string();
    let directory = read(&text)
        .map_err(|error| Failure::Server(format!("the server sent a directory that cannot be read: {error}")))?;
    let Some(path) = &given.output else {
        return Ok(Answer::fine(text, &value));
    };
    files::write_private(path, &text)?;
    let (people, accounts) = (directory.users.len(), directory.accounts.len());
    let told = format!(
        "Saved {people} people, {accounts} accounts and {} permission sets as of {} to {}.",
        directory.permission_sets.len(),
        directory.taken_at,
        path.display()
    );
    let json = json!({
        "file": path.display().to_string(),
        "taken_at": directory.taken_at.to_string(),
        "users": people,
        "accounts": accounts,
        "permission_sets": directory.permission_sets.len(),
        "groups": directory.groups.len(),
    });
    Ok(Answer::fine(told, &json))
}
