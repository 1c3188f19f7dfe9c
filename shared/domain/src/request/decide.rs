//! Decide: an approver answers the present step.

use serde_json::json;

use crate::ask::AskDigest;
use crate::person::{Actor, Person};
use crate::text::Comment;
use crate::time::Timestamp;

use super::body;
use super::command::Answer;
use super::evaluate::{approved, awaiting};
use super::refusal::Refusal;
use super::state::{Decision, Request, State};
use super::table::Change;

/// Where the decision meets the request.
pub(super) struct Place {
    /// The present step.
    pub(super) step: usize,
    /// The step that was shown to the approver.
    pub(super) shown: usize,
    pub(super) deadline: Timestamp,
    pub(super) now: Timestamp,
}

pub(super) fn decide(
    request: &Request,
    at: &Place,
    by: &Person,
    answer: Answer,
    comment: Option<Comment>,
    digest: AskDigest,
) -> Result<Change, Refusal> {
    if by.id == request.ask.requester {
        return Err(Refusal::OwnRequest);
    }
    let steps = request.verdict.as_ref().map_or(&[][..], |v| v.steps());
    let step = steps.get(at.step).ok_or(Refusal::StepOver)?;
    if !step.approvers.contains(&by.id) {
        return Err(Refusal::NotApprover(by.id.clone()));
    }
    if at.shown != at.step {
        return Err(Refusal::StepOver);
    }
    if request.decisions.iter().any(|d| d.step == at.step && d.approver == by.id) {
        return Err(Refusal::AlreadyDecided);
    }
    if at.now >= at.deadline {
        return Err(Refusal::TimedOut(at.deadline));
    }
    let asked = request.ask.digest();
    if digest != asked {
        return Err(Refusal::Changed);
    }

    let facts = json!({
        "step": at.step,
        "answer": match answer { Answer::Approve => "approve", Answer::Deny => "deny" },
        "comment": body::comment(comment.as_ref()),
        "digest": digest.as_str(),
    });
    let decision = Decision { step: at.step, approver: by.id.clone(), answer, comment, at: at.now, digest };
    let mut with = request.clone();
    with.decisions.push(decision.clone());
    let state = match answer {
        Answer::Deny => State::Denied,
        Answer::Approve if !with.step_is_approved(at.step, step, &asked) => request.state.clone(),
        Answer::Approve => match steps.get(at.step + 1) {
            Some(next) => awaiting(at.step + 1, next, at.now),
            None => approved(request, at.now),
        },
    };
    Ok(Change { decision: Some(decision), ..Change::new("decided", Actor::User(by.id.clone()), state, facts) })
}
