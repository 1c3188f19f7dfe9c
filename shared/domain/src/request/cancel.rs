//! Cancel: withdraw a request before there is access.

use serde_json::json;

use crate::person::{Actor, Person};
use crate::text::Comment;

use super::authority::{as_requester, in_charge};
use super::body;
use super::refusal::Refusal;
use super::state::{Request, State};
use super::table::Change;

/// The requester withdraws.
pub(super) fn cancel(request: &Request, by: &Person, comment: Option<&Comment>) -> Result<Change, Refusal> {
    as_requester(request, by, "cancel")?;
    Ok(cancelled(by, comment))
}

/// An approver or administrator revokes what has not begun.
pub(super) fn refuse_before_begin(
    request: &Request,
    by: &Person,
    comment: Option<&Comment>,
) -> Result<Change, Refusal> {
    in_charge(request, by, "revoke")?;
    Ok(cancelled(by, comment))
}

fn cancelled(by: &Person, comment: Option<&Comment>) -> Change {
    let facts = json!({ "comment": body::comment(comment) });
    Change::new("cancelled", Actor::User(by.id.clone()), State::Cancelled { escalated_to: None }, facts)
}
