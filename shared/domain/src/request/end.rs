//! End: access is given back, taken away, expires or is lost, and then confirmed gone.

use serde_json::json;

use crate::id::RequestId;
use crate::person::{Actor, Person};
use crate::text::Comment;
use crate::time::Timestamp;

use super::authority::{as_requester, in_charge};
use super::body;
use super::command::{Gone, Withdrawal};
use super::refusal::Refusal;
use super::state::{Cause, EndReason, Grant, Request, State};
use super::table::Change;

pub(super) fn give_back(
    request: &Request,
    grant: &Grant,
    by: &Person,
    comment: Option<&Comment>,
) -> Result<Change, Refusal> {
    as_requester(request, by, "return")?;
    Ok(ending(grant, EndReason::Returned, Actor::User(by.id.clone()), comment, None))
}

pub(super) fn revoke(
    request: &Request,
    grant: &Grant,
    by: &Person,
    comment: Option<&Comment>,
) -> Result<Change, Refusal> {
    in_charge(request, by, "revoke")?;
    Ok(ending(grant, EndReason::Revoked, Actor::User(by.id.clone()), comment, None))
}

/// Ends together with another grant of the same chain of extensions.
pub(super) fn end_with(
    grant: &Grant,
    other: &RequestId,
    how: Withdrawal,
    by: &Person,
    comment: Option<&Comment>,
) -> Change {
    let reason = match how {
        Withdrawal::Return => EndReason::Returned,
        Withdrawal::Revoke => EndReason::Revoked,
    };
    ending(grant, reason, Actor::User(by.id.clone()), comment, Some(other))
}

pub(super) fn expire(grant: &Grant, now: Timestamp) -> Result<Change, Refusal> {
    if !grant.is_due(now) {
        return Err(Refusal::NotDue(grant.expires_at));
    }
    Ok(ending(grant, EndReason::Expired, Actor::Curfew, None, None))
}

pub(super) fn lose(grant: &Grant, cause: Cause) -> Change {
    ending(grant, EndReason::Lost(cause), Actor::Curfew, None, None)
}

/// The access is confirmed gone, or confirmed not ours to remove. What was given by hand is gone when somebody says so
/// (`means::taken`), and not because nothing of it is seen here.
pub(super) fn close(grant: &Grant, reason: &EndReason, gone: Gone) -> Result<Change, Refusal> {
    if grant.hands().is_some() || matches!(gone, Gone::Taken(_)) {
        return Err(Refusal::ByHand);
    }
    let confirmed = match &gone {
        Gone::Absent => json!({ "assignment": "absent" }),
        Gone::KeptFor(other) => json!({ "assignment": "kept", "for": other.to_string() }),
        Gone::Standing => json!({ "assignment": "standing" }),
        Gone::Taken(by) => json!({ "by": by.to_string() }),
    };
    let facts = json!({ "reason": reason.name(), "confirmed": confirmed });
    let (event, state) = match reason {
        EndReason::Failed(reason) => ("failed", State::Failed { reason: reason.clone() }),
        other => ("ended", State::Ended { grant: grant.clone(), reason: other.clone(), gone }),
    };
    Ok(Change::new(event, Actor::Curfew, state, facts))
}

/// `with`: the other request with which it ends.
fn ending(
    grant: &Grant,
    reason: EndReason,
    actor: Actor,
    comment: Option<&Comment>,
    with: Option<&RequestId>,
) -> Change {
    let facts = json!({
        "reason": reason.name(),
        "comment": body::comment(comment),
        "grant": body::grant(grant),
        "with": with.map(ToString::to_string),
    });
    Change::new("ending", actor, State::Ending { grant: grant.clone(), reason }, facts)
}

impl EndReason {
    /// The word for it in API, console and documents.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Returned => "returned",
            Self::Revoked => "revoked",
            Self::Lost(cause) => cause.name(),
            Self::Failed(_) => "failed",
            Self::Stray => "stray",
        }
    }
}
