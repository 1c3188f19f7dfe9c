//! Submit: a wish becomes a request.

use serde_json::json;

use crate::ask::Ask;
use crate::audit::Head;
use crate::person::Actor;

use super::body;
use super::state::{Request, State};
use super::table::{Effect, Transition};

/// The first transition of a request.
pub fn submit(ask: Ask) -> Transition {
    let facts = json!({
        "to": "submitted",
        "digest": ask.digest().as_str(),
        "requester": ask.requester.to_string(),
        "account": ask.account.to_string(),
        "permission_set": ask.permission_set.to_string(),
        "duration": ask.duration.to_string(),
        "justification": ask.justification.as_str(),
        "ticket": ask.ticket.as_ref().map(ToString::to_string),
        "start": ask.start.map(|s| s.to_string()),
        "emergency": ask.emergency,
        "extends": ask.extends.as_ref().map(ToString::to_string),
    });
    let actor = Actor::User(ask.requester.clone()).label();
    let record = Head::origin().extend(&ask.id, ask.submitted_at, actor, "submitted", body::canonical(&facts));
    let request = Request {
        since: ask.submitted_at,
        ask,
        verdict: None,
        decisions: Vec::new(),
        timed_out: Vec::new(),
        state: State::Submitted,
        head: record.head(),
    };
    Transition { request, record, effects: vec![Effect::StartFlow], had_intent: false }
}
