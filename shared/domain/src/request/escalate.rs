//! Escalate: an open request becomes an emergency. What was asked never changes (I2), so a new request takes the place of
//! the old one, which is cancelled. Both transitions are for one transaction: there is never none of them, nor two.

use serde_json::json;

use crate::ask::Ask;
use crate::id::{RequestId, UserId};
use crate::origin::Origin;
use crate::person::{Actor, Person};
use crate::text::Justification;
use crate::time::Timestamp;

use super::command::Command;
use super::refusal::Refusal;
use super::state::{Request, State};
use super::submit::submit_by;
use super::table::{Change, Context, Transition, apply};

/// Why it cannot wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plea {
    /// The id of the new request.
    pub id: RequestId,
    /// Why; `None` leaves what the old request says.
    pub justification: Option<Justification>,
    /// Where the call came from.
    pub origin: Origin,
}

/// Two transitions for one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// The emergency request begins.
    pub new: Transition,
    /// The old one is cancelled in its favour.
    pub old: Transition,
}

/// Puts an emergency request in the place of one that nobody has decided yet. It is for the same person and access, on
/// the terms in force, and at once. `manager` is the requester's, as the directory says.
///
/// # Errors
/// Somebody else than the requester or the manager asks; it is decided, or an emergency already.
pub fn escalate(
    old: &Request,
    by: &Person,
    manager: Option<&UserId>,
    plea: Plea,
    now: Timestamp,
) -> Result<Escalation, Refusal> {
    let own = by.id == old.ask.requester;
    let command = Command::Escalate { by: by.clone(), manager: manager.cloned(), to: plea.id.clone() };
    let cancelled = apply(old, command, Context { now })?;
    let ask = Ask {
        id: plea.id,
        duration: old.terms().duration,
        justification: plea.justification.unwrap_or_else(|| old.ask.justification.clone()),
        start: None,
        emergency: true,
        submitted_at: now,
        escalates: Some(old.ask.id.clone()),
        // Policy judges the circumstances of the requester, not of a manager who helps.
        origin: if own { plea.origin } else { old.ask.origin },
        ..old.ask.clone()
    };
    Ok(Escalation { new: submit_by(ask, &Actor::User(by.id.clone())), old: cancelled })
}

/// The old request's side.
pub(super) fn give_way(
    request: &Request,
    by: &Person,
    manager: Option<&UserId>,
    to: RequestId,
) -> Result<Change, Refusal> {
    if by.id != request.ask.requester && manager != Some(&by.id) {
        return Err(Refusal::NotRequesterOrManager);
    }
    if request.ask.emergency {
        return Err(Refusal::AlreadyEmergency);
    }
    let facts = json!({ "escalated_to": to.to_string() });
    Ok(Change::new("cancelled", Actor::User(by.id.clone()), State::Cancelled { escalated_to: Some(to) }, facts))
}
