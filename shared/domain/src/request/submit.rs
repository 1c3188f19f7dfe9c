//! Submit: a wish becomes a request.

use serde_json::json;

use crate::ask::Ask;
use crate::audit::{Head, canonical};
use crate::origin::Channel;
use crate::person::Actor;

use super::state::{Request, State};
use super::table::{Effect, Transition};

/// The first transition of a request.
pub fn submit(ask: Ask) -> Transition {
    let requester = Actor::User(ask.requester.clone());
    submit_by(ask, &requester)
}

/// The same, on behalf of whoever asked for the requester.
pub(super) fn submit_by(ask: Ask, actor: &Actor) -> Transition {
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
        "escalates": ask.escalates.as_ref().map(ToString::to_string),
        "channel": ask.origin.channel.map(Channel::name),
        "source_address": ask.origin.source_address.map(|address| address.to_string()),
        "mfa": ask.origin.mfa,
    });
    let record = Head::origin().extend(&ask.id, ask.submitted_at, actor.label(), "submitted", canonical(&facts));
    let request = Request {
        since: ask.submitted_at,
        ask,
        verdict: None,
        decisions: Vec::new(),
        timed_out: Vec::new(),
        state: State::Submitted,
        head: record.head(),
        trail: vec![record.clone()],
    };
    Transition { request, record, effects: vec![Effect::StartFlow], review: None }
}
