//! Recount: what the recorded decisions and time-outs amount to, computed afresh from the record whenever it matters
//! (I1). Nothing is believed because a request stands where it stands.

use crate::id::UserId;
use crate::verdict::{OnTimeout, Step, Verdict};

use super::command::Answer;
use super::refusal::Refusal;
use super::state::{Decision, Request, State};
use super::terms::Terms;

/// The way of a request through steps.
struct Walk {
    /// The steps that people were asked, in order.
    asked: Vec<usize>,
    /// It leads to approval.
    approved: bool,
}

impl Request {
    /// The step that is waited for.
    pub fn current_step(&self) -> Option<&Step> {
        match self.state {
            State::AwaitingApproval { step, .. } => self.verdict.as_ref()?.steps().get(step),
            _ => None,
        }
    }

    /// The steps of the verdict whose approvers were asked so far, by index and in order; the last one may be waiting.
    pub fn asked_steps(&self) -> Vec<usize> {
        self.verdict.as_ref().map_or_else(Vec::new, |verdict| self.walk(verdict.steps()).asked)
    }

    /// Whether the record leads through these steps to approval: from the first, over each step that enough people
    /// approved to the one that follows it, and over each whose time ran out to the one that takes over. No steps are
    /// approved; a single denial never is.
    pub fn is_approved_by(&self, steps: &[Step]) -> bool {
        let denied = self.decisions.iter().any(|decision| decision.answer == Answer::Deny);
        !denied && (steps.is_empty() || self.walk(steps).approved)
    }

    fn walk(&self, steps: &[Step]) -> Walk {
        let mut walk = Walk { asked: Vec::new(), approved: false };
        let mut at = Some(0);
        while let Some((index, step)) = at.and_then(|index| Some((index, steps.get(index)?))) {
            walk.asked.push(index);
            let next = match step.on_timeout {
                OnTimeout::Escalate(next) if self.timed_out.contains(&index) => Some(next),
                _ if self.timed_out.contains(&index) || !self.step_is_approved(index, step) => return walk,
                _ => step.then,
            };
            walk.approved = next.is_none();
            // A step that leads back would never end.
            at = next.filter(|next| *next > index);
        }
        walk
    }

    /// Whether enough different people approved this step of exactly this wish, each on the terms that were in force then
    /// (I1, I2). The requester counts only where the step says so (I3); in a distinct step nobody counts who approved
    /// before.
    pub fn step_is_approved(&self, index: usize, step: &Step) -> bool {
        let mut approvers: Vec<&UserId> = self
            .counted_approvals()
            .into_iter()
            .filter(|approval| approval.step == index)
            .map(|approval| &approval.approver)
            .filter(|who| step.approvers.contains(who))
            .filter(|who| **who != self.ask.requester || step.self_approval)
            .filter(|who| !step.distinct || !self.approved_before(index, who))
            .collect();
        approvers.sort();
        approvers.dedup();
        approvers.len() >= usize::from(step.quorum.max(1))
    }

    /// Every approval, oldest first.
    pub(super) fn approvals_in_order(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|decision| decision.answer == Answer::Approve)
    }

    /// The approvals of what was really on offer when they were given.
    fn counted_approvals(&self) -> Vec<&Decision> {
        let mut terms = Terms::asked(&self.ask);
        let mut counted = Vec::new();
        for approval in self.approvals_in_order() {
            if approval.digest == terms.digest(&self.ask) {
                counted.push(approval);
            }
            terms = terms.narrowed(&approval.narrowed);
        }
        counted
    }

    /// Steps lead only forward: whatever somebody approved at a lower index lies before.
    fn approved_before(&self, index: usize, who: &UserId) -> bool {
        self.approvals_in_order().any(|approval| approval.step < index && approval.approver == *who)
    }

    /// Whether this person may decide a step, as far as the record says: time and what was shown are not asked.
    pub(super) fn may_decide(&self, index: usize, step: &Step, who: &UserId) -> Result<(), Refusal> {
        if *who == self.ask.requester && !step.self_approval {
            return Err(Refusal::OwnRequest);
        }
        if !step.approvers.contains(who) {
            return Err(Refusal::NotApprover(who.clone()));
        }
        if self.decisions.iter().any(|decision| decision.step == index && decision.approver == *who) {
            return Err(Refusal::AlreadyDecided);
        }
        if step.distinct && self.approved_before(index, who) {
            return Err(Refusal::NotDistinct);
        }
        Ok(())
    }

    /// Whether the present step waits for this person.
    pub fn waits_for(&self, who: &UserId) -> bool {
        let State::AwaitingApproval { step: index, .. } = self.state else { return false };
        let step = self.verdict.as_ref().map_or(&[][..], Verdict::steps).get(index);
        step.is_some_and(|step| self.may_decide(index, step, who).is_ok())
    }
}
