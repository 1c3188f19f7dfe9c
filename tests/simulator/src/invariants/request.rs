//! What must hold of one request, each time it is written.

use curfew_domain::audit::{Record, verify};
use curfew_domain::request::{Answer, Decision, EndReason, Request, State as S};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_domain::verdict::{OnTimeout, Outcome, Step};

use super::Broken;

/// How long a function may take from reading its clock to the write, at most: its retries against the table.
const WRITING: SignedDuration = SignedDuration::from_secs(60);

/// What is known when a request is written.
pub(super) struct Write<'a> {
    /// How it was first seen.
    pub(super) first: &'a Request,
    /// How it was before; `None` for a new one.
    pub(super) before: Option<&'a Request>,
    /// How it is now.
    pub(super) after: &'a Request,
    /// Its audit records as they are now.
    pub(super) records: &'a [Record],
    /// Now.
    pub(super) at: Timestamp,
    /// How far the functions' clocks may be off.
    pub(super) skew: SignedDuration,
    /// Somebody has changed its record in the table: it is not what was asked for, and Curfew must find out.
    pub(super) forged: bool,
}

/// Everything that is wrong with it.
pub(super) fn check(write: &Write<'_>) -> Vec<Broken> {
    let mut broken: Vec<Broken> = chained(write).into_iter().collect();
    if write.after.ask != write.first.ask && !write.forged {
        broken.push(Broken::new("I2", "what was asked for has changed"));
    }
    match write.before {
        // What nobody asked for begins with its end.
        None if matches!(write.after.state, S::Ending { reason: EndReason::Stray, .. }) => {}
        None if write.after.state != S::Submitted => {
            broken.push(Broken::new("I10", format!("it begins as {}", write.after.state.stage().name())));
        }
        None => {}
        Some(before) => {
            broken.extend(forward(before, write.after));
            broken.extend(decided(before, write));
        }
    }
    if !write.forged {
        broken.extend(allowed(write.after));
    }
    broken
}

/// I18: one record for each transition, in one chain, written together with it.
fn chained(write: &Write<'_>) -> Option<Broken> {
    let after = write.after;
    let before = write.before.map_or(0, |before| before.head.seq);
    if after.head.seq != before + 1 {
        return Some(Broken::new("I18", format!("one transition, and records {before} to {}", after.head.seq)));
    }
    verify(&after.ask.id, write.records, &after.head).err().map(|error| Broken::new("I18", error.to_string()))
}

/// I10: states only advance, and what was fixed once stays fixed.
fn forward(before: &Request, after: &Request) -> Vec<Broken> {
    let mut broken = Vec::new();
    let (from, to) = (before.state.stage(), after.state.stage());
    if to < from || from.is_terminal() {
        broken.push(Broken::new("I10", format!("{} after {}", to.name(), from.name())));
    }
    if let (Some(old), Some(new)) = (before.state.grant(), after.state.grant())
        && (old.expires_at != new.expires_at || old.started_at != new.started_at || old.means != new.means)
    {
        broken.push(Broken::new("I10", format!("its end moved from {} to {}", old.expires_at, new.expires_at)));
    }
    if let (S::AwaitingApproval { step, deadline }, S::AwaitingApproval { step: next, deadline: later }) =
        (&before.state, &after.state)
        && step == next
        && deadline != later
    {
        broken.push(Broken::new("I10", "the deadline of its step moved"));
    }
    if !after.decisions.starts_with(&before.decisions) {
        broken.push(Broken::new("I11", "a decision was changed or forgotten"));
    }
    if !after.trail.starts_with(&before.trail) {
        broken.push(Broken::new("I18", "an audit record was changed or forgotten"));
    }
    if before.verdict.is_some() && before.verdict != after.verdict {
        broken.push(Broken::new("I10", "its verdict changed"));
    }
    broken
}

/// I3, I11: a decision counts once, for its step, in its time, by somebody who may.
fn decided(before: &Request, write: &Write<'_>) -> Vec<Broken> {
    let new = write.after.decisions.get(before.decisions.len()..).unwrap_or_default();
    let mut broken = Vec::new();
    if new.len() > 1 {
        broken.push(Broken::new("I11", "two decisions in one transition"));
    }
    for decision in new {
        let S::AwaitingApproval { step, deadline } = before.state else {
            broken.push(Broken::new("I11", format!("a decision on a request that is {}", before.state.stage().name())));
            continue;
        };
        let again = |d: &Decision| d.step == decision.step && d.approver == decision.approver;
        if decision.step != step || before.decisions.iter().any(again) {
            broken.push(Broken::new("I11", "a decision for another step, or by somebody who had decided"));
        }
        if decision.at >= deadline || write.at.duration_since(deadline) > write.skew + WRITING {
            broken.push(Broken::new("I11", format!("decided at {}, {deadline} was the last moment", decision.at)));
        }
        let own = before.current_step().is_some_and(|step| step.self_approval);
        if decision.approver == before.ask.requester && !own {
            broken.push(Broken::new("I3", "the requester decided"));
        }
        if decision.digest != before.digest() {
            broken.push(Broken::new("I2", "a decision about something else"));
        }
        let denied = decision.answer == Answer::Deny;
        if denied != matches!(write.after.state, S::Denied) {
            broken.push(Broken::new("I11", format!("denied: {denied}, and now {}", write.after.state.stage().name())));
        }
        if write.after.terms().duration > before.terms().duration || write.after.terms().start < before.terms().start {
            broken.push(Broken::new("I2", "a decision widened what was asked for"));
        }
    }
    broken
}

/// I1: whatever goes on towards access was allowed, by policy and by enough approvers.
fn allowed(request: &Request) -> Option<Broken> {
    let begins = matches!(request.state, S::Approved | S::Scheduled { .. } | S::Provisioning(_) | S::Active(_));
    if !begins {
        return None;
    }
    let Some(Outcome::Allowed { steps, .. }) = request.verdict.as_ref().map(|verdict| &verdict.outcome) else {
        return Some(Broken::new("I1", "it goes on without a verdict that allows it"));
    };
    (!is_approved(request, steps)).then(|| Broken::new("I1", "its steps do not lead to approval"))
}

/// Whether the steps that enough people approved, and the ones whose time ran out, lead from the first step to approval.
pub(super) fn is_approved(request: &Request, steps: &[Step]) -> bool {
    let (mut at, mut left) = (if steps.is_empty() { None } else { Some(0) }, steps.len());
    while let Some(index) = at {
        let Some(step) = steps.get(index).filter(|_| left > 0) else { return false };
        left -= 1;
        at = match step.on_timeout {
            OnTimeout::Escalate(next) if request.timed_out.contains(&index) => Some(next),
            _ if request.timed_out.contains(&index) => return false,
            _ if approvals(request, index, step) < usize::from(step.quorum.max(1)) => return false,
            _ => step.then,
        };
    }
    true
}

/// How many different people, of those who may, approved this step of this very wish on the terms that were shown.
fn approvals(request: &Request, index: usize, step: &Step) -> usize {
    let before = |d: &Decision| request.decisions.iter().any(|e| e.step < index && e.approver == d.approver);
    let shown = |place: usize| {
        let decisions = request.decisions.get(..place).unwrap_or_default().to_vec();
        Request { decisions, ..request.clone() }.digest()
    };
    let counts = |(place, d): &(usize, &Decision)| {
        d.step == index
            && d.answer == Answer::Approve
            && d.digest == shown(*place)
            && (d.approver != request.ask.requester || step.self_approval)
            && !(step.distinct && before(d))
            && step.approvers.contains(&d.approver)
    };
    let mut people: Vec<_> = request.decisions.iter().enumerate().filter(counts).map(|(_, d)| &d.approver).collect();
    people.sort();
    people.dedup();
    people.len()
}
