//! Commands that end something.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::list::{every_active, of};
use super::show::{self, access, text};
use crate::answer::{Answer, Done, Failure, note};
use crate::arguments::{End, Return};
use crate::aws::cache;
use crate::remote::Remote;

/// How long the confirmed end is waited for. It comes in any case.
const PATIENCE: Duration = Duration::from_mins(1);

/// Gives access back.
pub(super) fn give_back(given: &Return) -> Result<Answer, Failure> {
    let remote = Remote::required(&given.server)?;
    let id = the_one(&remote, given.id.as_deref())?;
    end(&remote, &id, "return", None)
}

/// Withdraws a request.
pub(super) fn cancel(given: &End) -> Result<Answer, Failure> {
    end(&Remote::required(&given.server)?, &given.id, "cancel", given.comment.as_deref())
}

/// Ends access now.
pub(super) fn revoke(given: &End) -> Result<Answer, Failure> {
    end(&Remote::required(&given.server)?, &given.id, "revoke", given.comment.as_deref())
}

/// The grant that is meant, where none is named: the only active one.
pub(super) fn the_one(remote: &Remote, id: Option<&str>) -> Result<String, Failure> {
    if let Some(id) = id {
        return Ok(id.to_owned());
    }
    match every_active(remote, "me")?.as_slice() {
        [one] => Ok(text(one, "/id")),
        [] => Err(Failure::usage("you have no active access")),
        several => {
            let names: Vec<String> =
                several.iter().map(|one| format!("  {}  {}", text(one, "/id"), access(one))).collect();
            Err(Failure::usage(format!("you have several active grants; name one:\n{}", names.join("\n"))))
        }
    }
}

/// Ends, and waits until Identity Center has confirmed that the access is gone.
fn end(remote: &Remote, id: &str, verb: &str, comment: Option<&str>) -> Result<Answer, Failure> {
    let path = of(id)?;
    let body = comment.map_or_else(|| json!({}), |comment| json!({ "comment": comment }));
    let mut request = remote.post(&format!("{path}/{verb}"), &body)?;
    cache::clear();
    let since = Instant::now();
    let is_ending = |request: &Value| text(request, "/state") == "ending";
    if is_ending(&request) {
        note("the access is being removed");
    }
    while is_ending(&request) && since.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_secs(1));
        // The end is recorded: a look that fails changes nothing about it.
        if let Ok(seen) = remote.get(&path) {
            request = seen;
        }
    }
    let done = if is_ending(&request) { Done::Pending } else { Done::Fine };
    Ok(Answer::new(done, show::request(&request, Timestamp::now()), &request))
}
