//! Provision: approved access begins, is confirmed, or fails.

use serde_json::json;

use crate::person::Actor;
use crate::time::{SignedDuration, Timestamp};

use super::body;
use super::extend::{Extended, Fate};
use super::means::Means;
use super::refusal::Refusal;
use super::state::{EndReason, Grant, Request, State};
use super::table::Change;

/// Begins, after counting again that exactly this wish was approved, on the terms that the approvers left (I1, I2).
pub(super) fn begin(
    request: &Request,
    (session, means): (SignedDuration, Means),
    extended: Option<&Extended>,
    now: Timestamp,
) -> Result<Change, Refusal> {
    let terms = request.terms();
    let scheduled = match &request.state {
        State::Scheduled { start } => Some(*start),
        _ => None,
    };
    if let Some(start) = scheduled.max(terms.start).filter(|start| now < *start) {
        return Err(Refusal::NotStarted(start));
    }
    let digest = request.ask.digest();
    let verdict = request.verdict.as_ref().ok_or(Refusal::NotApproved)?;
    if verdict.digest != digest {
        return Err(Refusal::Changed);
    }
    if verdict.outcome == crate::verdict::Outcome::Denied {
        return Err(Refusal::NotApproved);
    }
    if !request.is_approved_by(verdict.steps()) {
        return Err(Refusal::NotApproved);
    }
    let grant = Grant::beginning(now, counts_from(request, extended, now)?, terms.duration, (session, means));
    let facts = json!({ "grant": body::grant(&grant), "digest": digest.as_str() });
    Ok(Change::new("provisioning", Actor::Curfew, State::Provisioning(grant), facts))
}

/// From when the duration counts: for an extension, from the end of the grant that it extends, if that is still to come.
/// That end never moves, so it may have been read a while ago.
fn counts_from(request: &Request, extended: Option<&Extended>, now: Timestamp) -> Result<Timestamp, Refusal> {
    match (&request.ask.extends, extended) {
        (None, None) => Ok(now),
        (Some(id), Some(extended)) if extended.request == *id && extended.key == request.ask.key() => {
            match extended.fate {
                Fate::Lasts(until) => Ok(until.max(now)),
                Fate::Expired => Ok(now),
                Fate::Over(how) => Err(Refusal::NothingToExtend(how)),
            }
        }
        // Not the grant that was asked to be extended, or none was.
        _ => Err(Refusal::Changed),
    }
}

/// The access is confirmed. Never after the end: then the grant must be ended instead.
pub(super) fn activate(grant: &Grant, standing: bool, now: Timestamp) -> Result<Change, Refusal> {
    if grant.hands().is_some() {
        return Err(Refusal::ByHand);
    }
    if grant.is_due(now) {
        return Err(Refusal::Overdue(grant.expires_at));
    }
    let grant = Grant { standing, ..grant.clone() };
    let facts = json!({ "grant": body::grant(&grant) });
    Ok(Change::new("activated", Actor::Curfew, State::Active(grant), facts))
}

/// Nothing has been tried yet: nothing can be left behind.
pub(super) fn fail_before_begin(reason: String) -> Change {
    let facts = json!({ "reason": reason });
    Change::new("failed", Actor::Curfew, State::Failed { reason }, facts)
}

/// Something may have been created: it must be confirmed absent before the request is `failed`.
pub(super) fn fail(grant: &Grant, reason: String) -> Change {
    let facts = json!({ "reason": reason, "grant": body::grant(grant) });
    let state = State::Ending { grant: grant.clone(), reason: EndReason::Failed(reason) };
    Change::new("ending", Actor::Curfew, state, facts)
}
