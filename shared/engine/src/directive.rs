//! What the state machine does next with a request: always read off the request itself.

use curfew_domain::request::{Request, State};
use curfew_domain::time::{SignedDuration, Timestamp};
use serde::Serialize;

/// Output of the tasks of the state machine. `infra/approval.asl.json` routes on `next`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Directive {
    /// Which request.
    pub request_id: String,
    /// What to do.
    pub next: Next,
    /// With `ask`: index of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// With `ask`: how long to wait, in seconds, at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i64>,
    /// With `wait`: until when, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
}

/// Where the state machine goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// Ask the approvers of a step.
    Ask,
    /// Wait for the start that was asked for.
    Wait,
    /// Create the access.
    Provision,
    /// Nothing: the request is decided, and anything that must still be removed is `revoke`'s.
    Stop,
}

/// What follows from where a request stands.
pub fn directive(request: &Request, now: Timestamp) -> Directive {
    let plain = |next| Directive {
        request_id: request.ask.id.to_string(),
        next,
        step: None,
        timeout_seconds: None,
        start: None,
    };
    match &request.state {
        State::AwaitingApproval { step, deadline } => {
            // Rounded up: the execution must not wake before the deadline.
            let left = deadline.duration_since(now) + SignedDuration::from_millis(999);
            Directive { step: Some(*step), timeout_seconds: Some(left.as_secs().max(1)), ..plain(Next::Ask) }
        }
        State::Scheduled { start } if *start > now => Directive { start: Some(start.to_string()), ..plain(Next::Wait) },
        State::Approved | State::Scheduled { .. } | State::Provisioning(_) => plain(Next::Provision),
        State::Submitted
        | State::Active(_)
        | State::Ending { .. }
        | State::Ended { .. }
        | State::Denied
        | State::Cancelled { .. }
        | State::Lapsed
        | State::Failed { .. } => plain(Next::Stop),
    }
}
