//! `curfew approve` and `curfew deny`.

use std::io::{self, BufRead as _, IsTerminal as _};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::list::of;
use super::show::{self, access, text};
use crate::answer::{Answer, Failure, note};
use crate::arguments::{Approve, Deny};
use crate::remote::Remote;

/// Approves what was shown, and nothing else: its digest goes with the decision.
pub(super) fn approve(given: &Approve) -> Result<Answer, Failure> {
    let remote = Remote::required(&given.server)?;
    let path = of(&given.id)?;
    let request = remote.get(&path)?;
    if !given.yes {
        confirm(&request)?;
    }
    let mut decision = Map::new();
    decision.insert("decision".to_owned(), "approve".into());
    decision.insert("digest".to_owned(), text(&request, "/digest").into());
    decision.extend(given.comment.as_ref().map(|comment| ("comment".to_owned(), comment.as_str().into())));
    decision.extend(given.duration.map(|duration| ("duration".to_owned(), duration.to_string().into())));
    decision.extend(given.start.map(|start| ("start".to_owned(), start.to_string().into())));
    decided(&remote, &path, decision)
}

/// Denies.
pub(super) fn deny(given: &Deny) -> Result<Answer, Failure> {
    let remote = Remote::required(&given.server)?;
    let mut decision = Map::new();
    decision.insert("decision".to_owned(), "deny".into());
    decision.extend(given.comment.as_ref().map(|comment| ("comment".to_owned(), comment.as_str().into())));
    decided(&remote, &of(&given.id)?, decision)
}

fn decided(remote: &Remote, path: &str, decision: Map<String, Value>) -> Result<Answer, Failure> {
    let request = remote.post(&format!("{path}/decisions"), &Value::Object(decision))?;
    Ok(Answer::fine(show::request(&request, Timestamp::now()), &request))
}

/// Shows the request, and asks. Where nobody can answer, only `--yes` approves.
fn confirm(request: &Value) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("nobody can be asked here; look at the request, and say `--yes`"));
    }
    note(&show::request(request, Timestamp::now()));
    note(&format!("Approve {}? [y/N]", access(request)));
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Failure::usage(format!("your answer cannot be read: {error}")))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::usage("not approved; nothing was decided")),
    }
}
