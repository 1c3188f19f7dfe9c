//! `curfew config publish`, `approve` and `rollback`: what changes the published version.

use curfew_policy::problem::{Problem, Severity};
use serde_json::{Value, json};

use super::sources::{self, checked, published};
use crate::answer::{Answer, Failure};
use crate::arguments::{ApproveVersion, Publish, Rollback};
use crate::files::Folder;
use crate::problems;
use crate::remote::{Credentials, Remote, Reply, refused};

/// Publishes a folder, if nobody published another version in between.
pub(super) fn run(given: &Publish) -> Result<Answer, Failure> {
    let folder = Folder::read(&given.folder)?;
    let loaded = sources::load(folder.bundle)?;
    let version = loaded.configuration.version().as_str().to_owned();
    let files = loaded.bundle.files();
    let server = &given.known.server;
    let (remote, path) = if given.aws {
        let credentials = Credentials::of_environment(given.region.as_ref())?;
        (Remote::signed(server, credentials)?, "/v1/ci/configuration")
    } else {
        (Remote::required(server)?, "/v1/configuration")
    };
    let based_on = match &given.based_on {
        Some(version) => Some(checked(version)?.to_owned()),
        // A signed caller may publish and nothing else, so it cannot ask what is published.
        None if remote.is_signed() => {
            let hint = "give `--based-on VERSION`: the version that your branch began with";
            return Err(Failure::usage(format!("what is this change based on? {hint}")));
        }
        None => in_force(&remote)?,
    };
    if based_on.as_deref() == Some(version.as_str()) {
        let json = json!({ "version": version, "state": "unchanged" });
        return Ok(Answer::fine(format!("Version {version} is published already."), &json));
    }
    let body = json!({ "files": files, "based_on": based_on, "comment": given.comment });
    match remote.call("PUT", path, Some(&body))? {
        Reply::Done(value) => Ok(told(&version, &value)),
        Reply::Refused(422, problem) if problem.get("problems").is_some() => {
            Err(problems::invalid(of_server(&problem), files))
        }
        Reply::Refused(status, problem) => Err(refused(status, &problem)),
    }
}

/// Publishes an earlier version again.
pub(super) fn rollback(given: &Rollback) -> Result<Answer, Failure> {
    let remote = Remote::required(&given.server)?;
    let version = checked(&given.version)?;
    let body = json!({ "version": version, "based_on": in_force(&remote)?, "comment": given.comment });
    Ok(told(version, &remote.post("/v1/configuration/rollback", &body)?))
}

/// Approves what another administrator published.
pub(super) fn approve(given: &ApproveVersion) -> Result<Answer, Failure> {
    let version = checked(&given.version)?;
    let path = format!("/v1/configuration/versions/{version}/approve");
    Ok(told(version, &Remote::required(&given.server)?.post(&path, &json!({}))?))
}

/// The published version; `None` where nothing was published yet.
fn in_force(remote: &Remote) -> Result<Option<String>, Failure> {
    match published(remote, None) {
        Ok(published) => Ok(Some(published.version)),
        Err(Failure::Refused { code, .. }) if code == "not_found" || code == "not_configured" => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn told(version: &str, value: &Value) -> Answer {
    let number = value.get("number").and_then(Value::as_u64).map_or_else(String::new, |n| format!(" (number {n})"));
    let version = value.get("version").and_then(Value::as_str).unwrap_or(version);
    let text = match value.get("state").and_then(Value::as_str) {
        Some("awaiting_second") => format!(
            "Version {version}{number} waits for a second administrator, who runs `curfew config approve {version}`.\n\
             Until then the version before it stays in force."
        ),
        _ => format!("Version {version}{number} is in force. Pending requests keep the version that decided them."),
    };
    Answer::fine(text, value)
}

/// Problems as the server tells them: the same form as ours.
fn of_server(problem: &Value) -> Vec<Problem> {
    let list = problem.get("problems").and_then(Value::as_array);
    let one = |value: &Value| {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| value.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        Problem {
            file: text("file").unwrap_or_default(),
            line: number("line").unwrap_or(0),
            column: number("column").unwrap_or(0),
            severity: if text("severity").as_deref() == Some("warning") { Severity::Warning } else { Severity::Error },
            message: text("message").unwrap_or_else(|| "the server gave no reason".to_owned()),
            hint: text("hint"),
        }
    };
    list.into_iter().flatten().map(one).collect()
}
