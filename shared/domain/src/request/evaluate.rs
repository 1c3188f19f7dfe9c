//! Evaluate: policy has judged a submitted request.

use crate::person::Actor;
use crate::time::Timestamp;
use crate::verdict::{Outcome, Step, Verdict};

use super::body;
use super::refusal::Refusal;
use super::state::{Request, State};
use super::table::Change;

pub(super) fn evaluate(request: &Request, verdict: Verdict, now: Timestamp) -> Result<Change, Refusal> {
    if verdict.digest != request.ask.digest() {
        return Err(Refusal::Changed);
    }
    let state = match &verdict.outcome {
        Outcome::Denied => State::Denied,
        Outcome::Allowed { steps, .. } => {
            for (index, step) in steps.iter().enumerate() {
                let able = step.approvers.iter().filter(|who| **who != request.ask.requester).count();
                if able < usize::from(step.quorum.max(1)) {
                    return Err(Refusal::NoApprover(index));
                }
            }
            match steps.first() {
                None => approved(request, now),
                Some(step) => awaiting(0, step, now),
            }
        }
    };
    let facts = body::verdict(&verdict);
    Ok(Change { verdict: Some(verdict), ..Change::new("evaluated", Actor::Curfew, state, facts) })
}

/// Approved: at once, or for the start that was asked for.
pub(super) fn approved(request: &Request, now: Timestamp) -> State {
    match request.ask.start {
        Some(start) if start > now => State::Scheduled { start },
        _ => State::Approved,
    }
}

/// Waiting for the approvers of a step, from now.
pub(super) fn awaiting(index: usize, step: &Step, now: Timestamp) -> State {
    State::AwaitingApproval { step: index, deadline: now.checked_add(step.timeout).unwrap_or(Timestamp::MAX) }
}
