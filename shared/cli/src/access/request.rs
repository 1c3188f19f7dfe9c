//! `curfew request` and `curfew extend`.

use curfew_domain::time::AccessDuration;
use serde_json::{Map, Value, json};

use super::end;
use super::entitlement::{self, Entitlement};
use super::list::of;
use super::show::{length, text};
use super::wait::{self, Until};
use crate::answer::{Answer, Failure, note};
use crate::arguments::{AskFor, Escalate, Extend, Patience};
use crate::remote::Remote;

/// Asks for access, and waits for what comes of it.
pub(crate) fn request(given: &AskFor) -> Result<Answer, Failure> {
    let remote = Remote::required(&given.server)?;
    let entitlement = entitlement::find(&remote, &given.entitlement)?;
    let prospect = if given.emergency { "an emergency".to_owned() } else { entitlement.prospect() };
    note(&format!("{} for {}: {prospect}", entitlement.name(), length(&given.duration.to_string())));
    let mut wish = wish(&entitlement, given.duration, &given.justification, given.ticket.as_deref());
    wish.extend(given.start.map(|start| ("start".to_owned(), start.to_string().into())));
    if given.emergency {
        wish.insert("emergency".to_owned(), true.into());
    }
    file(&remote, "/v1/requests", &Value::Object(wish), until(&given.patience))
}

/// The body of a request.
pub(crate) fn wish(
    entitlement: &Entitlement,
    duration: AccessDuration,
    justification: &str,
    ticket: Option<&str>,
) -> Map<String, Value> {
    let mut wish = Map::new();
    wish.insert("account".to_owned(), entitlement.account().into());
    wish.insert("permission_set".to_owned(), entitlement.permission_set().into());
    wish.insert("duration".to_owned(), duration.to_string().into());
    wish.insert("justification".to_owned(), justification.into());
    wish.extend(ticket.map(|ticket| ("ticket".to_owned(), ticket.into())));
    wish
}

/// Asks for more time.
pub(crate) fn extend(given: &Extend) -> Result<Answer, Failure> {
    let remote = Remote::required(&given.server)?;
    let id = end::the_one(&remote, given.id.as_deref())?;
    let mut wish = json!({ "duration": given.duration.to_string(), "justification": given.justification });
    if let (Some(ticket), Some(wish)) = (&given.ticket, wish.as_object_mut()) {
        wish.insert("ticket".to_owned(), ticket.as_str().into());
    }
    file(&remote, &format!("{}/extend", of(&id)?), &wish, until(&given.patience))
}

/// Makes an emergency of an open request.
pub(crate) fn escalate(given: &Escalate) -> Result<Answer, Failure> {
    let remote = Remote::required(&given.server)?;
    let wish = given.justification.as_ref().map_or_else(|| json!({}), |why| json!({ "justification": why }));
    file(&remote, &format!("{}/escalate", of(&given.id)?), &wish, until(&given.patience))
}

fn until(patience: &Patience) -> Until {
    patience.wait.map_or(Until::Known, |wait| Until::Active(wait.unsigned_abs()))
}

/// Files a request once, whatever the network does, and waits.
pub(crate) fn file(remote: &Remote, path: &str, wish: &Value, until: Until) -> Result<Answer, Failure> {
    let key = uuid::Uuid::now_v7().to_string();
    let filed = remote.post_once(path, wish, &key)?;
    let id = text(&filed, "/id");
    note(&format!("request {id}"));
    wait::outcome(remote, &id, until)
}
