//! `curfew config check`: everything that is wrong with a folder, at once.

use std::fmt::Write as _;

use serde_json::json;

use super::sources;
use crate::answer::{Answer, Done, Failure};
use crate::arguments::Check;
use crate::files::Folder;
use crate::problems;

/// Checks a folder, against the directory where there is one. Warnings are shown and fail nothing.
pub(super) fn run(given: &Check) -> Result<Answer, Failure> {
    let folder = Folder::read(&given.folder)?;
    let loaded = sources::load(folder.bundle)?;
    let organisation = sources::organisation(&given.known)?;
    let mut found = loaded.warnings;
    if let Some(organisation) = &organisation {
        found.extend(loaded.configuration.check(&organisation.directory));
        found.sort();
        found.dedup();
    }
    let wrong = found.iter().any(curfew_policy::problem::Problem::is_error);
    let version = loaded.configuration.version();
    let mut text = problems::render(&found, loaded.bundle.files());
    if !wrong {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "Configuration {version} is valid.");
    }
    if organisation.is_none() {
        text.push_str(
            "Names of people, groups, accounts and permission sets were not checked: give `--directory FILE` or `--url`.\n",
        );
    }
    let json = json!({
        "valid": !wrong,
        "version": version.as_str(),
        "directory": organisation.map(|organisation| organisation.directory.taken_at.to_string()),
        "problems": problems::json(&found),
    });
    Ok(Answer::new(Done::found(wrong), text, &json))
}
