//! `curfew aws credentials`: what a profile calls as its `credential_process`.

use curfew_domain::time::AccessDuration;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{cache, portal};
use crate::access::entitlement::{self, Entitlement};
use crate::access::list::requests;
use crate::access::request::{file, wish};
use crate::access::show::text;
use crate::access::wait::Until;
use crate::answer::{Answer, Done, Failure, note};
use crate::arguments::Credentials;
use crate::remote::Remote;

/// Prints credentials in the form that AWS SDKs read; asks for access where there is none.
pub(super) fn credentials(given: &Credentials) -> Result<Answer, Failure> {
    let (remote, now) = (Remote::required(&given.server)?, Timestamp::now());
    let name = format!("{}\n{}\n{}", remote.base(), given.portal, given.entitlement);
    if let Some(cached) = cache::get(&name, now) {
        return Ok(Answer::fine(cached.to_string(), &cached));
    }
    // First: access is worth nothing to who cannot use it.
    let token = portal::token(&given.portal, now)?;
    let entitlement = entitlement::find(&remote, &given.entitlement)?;
    let grant = match active(&remote, &entitlement)? {
        Some(grant) => grant,
        None => asked(&remote, &entitlement, given)?,
    };
    let (account, role) = (entitlement.account(), text(&entitlement.0, "/permission_set_name"));
    let credentials = portal::credentials(&given.portal, &given.portal_region, &token, &account, &role)?;
    let Some(ends) = ends(&grant, credentials.expiration) else {
        return Err(Failure::Server("the grant, or its credentials, have no end".to_owned()));
    };
    let printed = json!({
        "Version": 1,
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "SessionToken": credentials.session_token,
        "Expiration": ends.to_string(),
    });
    cache::put(&name, &printed);
    Ok(Answer::fine(printed.to_string(), &printed))
}

/// Credentials count until they or the grant end, whichever is first.
fn ends(grant: &Value, expiration: i64) -> Option<Timestamp> {
    let grant: Timestamp = text(grant, "/grant/expires_at").parse().ok()?;
    Some(grant.min(Timestamp::from_millisecond(expiration).ok()?))
}

/// The caller's active grant that lasts longest.
fn active(remote: &Remote, entitlement: &Entitlement) -> Result<Option<Value>, Failure> {
    let query = [
        ("requester", "me".to_owned()),
        ("state", "active".to_owned()),
        ("account", entitlement.account()),
        ("permission_set", entitlement.permission_set()),
    ];
    let found = requests(remote, &query)?;
    Ok(found.into_iter().max_by_key(|request| text(request, "/grant/expires_at")))
}

/// Asks, and waits for the access.
fn asked(remote: &Remote, entitlement: &Entitlement, given: &Credentials) -> Result<Value, Failure> {
    let duration = at_most(given.duration, entitlement);
    note(&format!("{}: asking for access: {}", entitlement.name(), entitlement.prospect()));
    let wish = wish(entitlement, duration, &given.justification, given.ticket.as_deref());
    let until = Until::Active(given.wait.unsigned_abs());
    let answer = file(remote, "/v1/requests", &Value::Object(wish), until)?;
    if answer.done == Done::Fine {
        return Ok(answer.json);
    }
    let (id, state) = (text(&answer.json, "/id"), text(&answer.json, "/state"));
    let reason = text(&answer.json, "/reason");
    let reason = if reason.is_empty() { reason } else { format!(": {reason}") };
    let message = match answer.done {
        Done::Pending => format!(
            "{} is not yours yet ({state}); run `curfew status {id} --watch`, then try again",
            entitlement.name()
        ),
        _ => format!("{} is not yours: the request {id} is {state}{reason}", entitlement.name()),
    };
    Err(Failure::NoAccess { done: answer.done, message })
}

/// What the entitlement allows, if that is less.
fn at_most(wanted: AccessDuration, entitlement: &Entitlement) -> AccessDuration {
    let longest = AccessDuration::parse(&text(&entitlement.0, "/max_duration"));
    longest.map_or(wanted, |longest| if longest.seconds() < wanted.seconds() { longest } else { wanted })
}
