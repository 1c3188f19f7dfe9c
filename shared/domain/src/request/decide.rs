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
use super::terms::Narrowing;

/// Where the decision meets the request.
pub(super) struct Place {
    /// The present step.
    pub(super) step: usize,
    /// The step that was shown to the approver.
    pub(super) shown: usize,
    pub(super) deadline: Timestamp,
    pub(super) now: Timestamp,
}

/// What the approver says.
pub(super) struct Said {
    pub(super) answer: Answer,
    pub(super) comment: Option<Comment>,
    pub(super) digest: AskDigest,
    pub(super) narrowed: Narrowing,
}

pub(super) fn decide(request: &Request, at: &Place, by: &Person, said: Said) -> Result<Change, Refusal> {
    let steps = request.verdict.as_ref().map_or(&[][..], |v| v.steps());
    let step = steps.get(at.step).ok_or(Refusal::StepOver)?;
    if at.shown != at.step {
        let timed_out = request.timed_out.contains(&at.shown);
        return Err(if timed_out { Refusal::Escalated } else { Refusal::StepOver });
    }
    request.may_decide(at.step, step, &by.id)?;
    if at.now >= at.deadline {
        return Err(Refusal::TimedOut(at.deadline));
    }
    let terms = request.terms();
    if said.digest != request.digest() {
        return Err(Refusal::Changed);
    }
    match said.answer {
        Answer::Approve => terms.check(&said.narrowed, at.now)?,
        Answer::Deny if said.narrowed != Narrowing::NONE => return Err(Refusal::DenialNarrows),
        Answer::Deny if step.comment_on_denial && said.comment.is_none() => return Err(Refusal::CommentRequired),
        Answer::Deny => {}
    }

    let facts = json!({
        "step": at.step,
        "answer": match said.answer { Answer::Approve => "approve", Answer::Deny => "deny" },
        "comment": body::comment(said.comment.as_ref()),
        "digest": said.digest.as_str(),
        "narrowed": body::narrowed(&said.narrowed),
    });
    let Said { answer, comment, digest, narrowed } = said;
    let decision = Decision { step: at.step, approver: by.id.clone(), answer, comment, at: at.now, digest, narrowed };
    let mut with = request.clone();
    with.decisions.push(decision.clone());
    let state = match answer {
        Answer::Deny => State::Denied,
        Answer::Approve if !with.step_is_approved(at.step, step) => request.state.clone(),
        Answer::Approve => match step.then.and_then(|next| Some((next, steps.get(next)?))) {
            Some((next, step)) => awaiting(next, step, at.now),
            // Also where `then` leads nowhere: beginning counts again, and refuses.
            None => approved(&with, at.now),
        },
    };
    Ok(Change { decision: Some(decision), ..Change::new("decided", Actor::User(by.id.clone()), state, facts) })
}
