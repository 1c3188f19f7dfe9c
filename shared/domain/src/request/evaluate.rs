//! Evaluate: policy has judged a submitted request.

use crate::person::Actor;
use crate::time::Timestamp;
use crate::verdict::{OnTimeout, Outcome, Step, Verdict};

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
                check(request, steps, index, step)?;
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

/// A step that nobody could decide, or that leads back or nowhere, is no way to approval: the whole verdict is refused.
fn check(request: &Request, steps: &[Step], index: usize, step: &Step) -> Result<(), Refusal> {
    let on_timeout = match step.on_timeout {
        OnTimeout::Escalate(next) => Some(next),
        OnTimeout::Lapse | OnTimeout::Deny => None,
    };
    if [step.then, on_timeout].into_iter().flatten().any(|next| next <= index || next >= steps.len()) {
        return Err(Refusal::NotForward(index));
    }
    let mut able: Vec<_> = step.approvers.iter().collect();
    able.retain(|who| **who != request.ask.requester || step.self_approval);
    able.sort();
    able.dedup();
    if able.len() < usize::from(step.quorum.max(1)) { Err(Refusal::NoApprover(index)) } else { Ok(()) }
}

/// Approved: at once, or for the start in force.
pub(super) fn approved(request: &Request, now: Timestamp) -> State {
    match request.terms().start {
        Some(start) if start > now => State::Scheduled { start },
        _ => State::Approved,
    }
}

/// Waiting for the approvers of a step, from now.
pub(super) fn awaiting(index: usize, step: &Step, now: Timestamp) -> State {
    State::AwaitingApproval { step: index, deadline: now.checked_add(step.timeout).unwrap_or(Timestamp::MAX) }
}
