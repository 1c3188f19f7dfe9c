//! Stray: access that Curfew did not give, where nobody else may give any, becomes a request that is ending from its
//! first moment. So its removal is an intent like any other: recorded before it is tried, followed to its confirmed end,
//! repeated for ever, told in an audit chain.

use serde_json::json;

use crate::ask::Ask;
use crate::audit::{Head, canonical};
use crate::id::{AccountId, PermissionSetArn, RequestId, UserId};
use crate::origin::Origin;
use crate::person::Actor;
use crate::text::Justification;
use crate::time::{AccessDuration, SignedDuration, Timestamp, whole_seconds};

use super::means::Means;
use super::state::{EndReason, Grant, Request, State};
use super::table::{Effect, Transition};

/// An assignment that nothing explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Who has it.
    pub user: UserId,
    /// Where.
    pub account: AccountId,
    /// Which access.
    pub permission_set: PermissionSetArn,
    /// How long its role sessions last (I17).
    pub session: SignedDuration,
}

/// The first transition of a request that removes an assignment which nobody asked Curfew for. It belongs to the user who
/// has the assignment. No grant of Curfew's is touched: one that holds the key when it comes to removing keeps it.
pub fn remove_stray(stray: Stray, id: RequestId, justification: Justification, now: Timestamp) -> Transition {
    let now = whole_seconds(now);
    let grant =
        Grant { started_at: now, expires_at: now, session: stray.session, standing: false, means: Means::Assignment };
    let ask = Ask {
        id,
        requester: stray.user,
        account: stray.account,
        permission_set: stray.permission_set,
        duration: AccessDuration::MIN,
        justification,
        ticket: None,
        start: None,
        emergency: false,
        submitted_at: now,
        extends: None,
        escalates: None,
        origin: Origin::default(),
    };
    let facts = json!({
        "to": "ending",
        "reason": EndReason::Stray.name(),
        "digest": ask.digest().as_str(),
        "requester": ask.requester.to_string(),
        "account": ask.account.to_string(),
        "permission_set": ask.permission_set.to_string(),
    });
    let record = Head::origin().extend(&ask.id, now, Actor::Curfew.label(), "stray", canonical(&facts));
    let request = Request {
        since: now,
        ask,
        verdict: None,
        decisions: Vec::new(),
        timed_out: Vec::new(),
        state: State::Ending { grant, reason: EndReason::Stray },
        head: record.head(),
        trail: vec![record.clone()],
    };
    Transition { request, record, effects: vec![Effect::Remove], review: None }
}
