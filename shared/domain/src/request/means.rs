//! How access is given and taken, and what people say who do it by hand.
//!
//! What they have not said is not so: a grant begins when one of them says that it was given, and is over when one of
//! them says that it was taken. Its time counts from when they were asked, like that of any other grant, so that access
//! that was given before anybody said so ends in time, too.

use serde_json::json;

use crate::id::{GroupId, UserId};
use crate::person::{Actor, Person};
use crate::text::Comment;
use crate::time::Timestamp;

use super::authority::in_hand;
use super::body;
use super::command::Gone;
use super::refusal::Refusal;
use super::state::{EndReason, Grant, Request, State};
use super::table::Change;

/// How the access of a grant is given and taken: what the entitlement's strategy came to when the grant began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// The permission set is assigned to the user in the account.
    Assignment,
    /// The user is put into this group, which is Curfew's alone.
    Membership(GroupId),
    /// These people do it; each once, sorted.
    Hands(Vec<UserId>),
}

impl Means {
    /// The word for it in configuration, API and audit records.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Assignment => "connector",
            Self::Membership(_) => "group",
            Self::Hands(_) => "manual",
        }
    }
}

/// Somebody has given the access. Never after the end: then it must be taken instead.
pub(super) fn given(
    request: &Request,
    grant: &Grant,
    by: &Person,
    comment: Option<&Comment>,
    now: Timestamp,
) -> Result<Change, Refusal> {
    in_hand(request, by, "confirm the provisioning of")?;
    if grant.is_due(now) {
        return Err(Refusal::Overdue(grant.expires_at));
    }
    let facts = json!({ "grant": body::grant(grant), "comment": body::comment(comment) });
    Ok(Change::new("provisioned", Actor::User(by.id.clone()), State::Active(grant.clone()), facts))
}

/// Somebody has taken the access that has ended; or, before anybody has given it, says that nobody will.
pub(super) fn taken(request: &Request, by: &Person, comment: Option<&Comment>) -> Result<Change, Refusal> {
    in_hand(request, by, "confirm the removal of")?;
    let actor = Actor::User(by.id.clone());
    let State::Ending { grant, reason } = &request.state else {
        let reason = match comment {
            Some(comment) => format!("it was not given: {}", comment.as_str()),
            None => "it was not given".to_owned(),
        };
        let facts = json!({ "reason": reason, "comment": body::comment(comment) });
        return Ok(Change::new("failed", actor, State::Failed { reason }, facts));
    };
    let facts = json!({
        "reason": reason.name(),
        "confirmed": { "by": by.id.to_string() },
        "comment": body::comment(comment),
    });
    let (event, state) = match reason {
        EndReason::Failed(reason) => ("failed", State::Failed { reason: reason.clone() }),
        other => {
            let (grant, reason) = (grant.clone(), other.clone());
            ("ended", State::Ended { grant, reason, gone: Gone::Taken(by.id.clone()) })
        }
    };
    Ok(Change::new(event, actor, state, facts))
}
