//! What policy said, whom it asks, and what they answered.

use std::collections::BTreeMap;

use curfew_domain::request::{Answer, Narrowing, Request, State};
use curfew_domain::verdict::{Grounds, OnTimeout, Outcome, Step, Verdict};
use serde::Serialize;

/// Policy's answer.
#[derive(Debug, Serialize)]
pub(super) struct VerdictView {
    /// `denied`, `needs_approval` or `approved`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<String>,
    configuration: String,
    explanation: Vec<String>,
    grounds: GroundsView,
}

/// The rules and facts behind a verdict.
#[derive(Debug, Serialize)]
struct GroundsView {
    policy: String,
    permitted_by: Vec<String>,
    passed_over: Vec<PassedOverView>,
    escalations: Vec<EscalationView>,
    facts: BTreeMap<String, String>,
}

/// A flow that was tried before. Forbidden by none means that nothing permitted it.
#[derive(Debug, Serialize)]
struct PassedOverView {
    flow: String,
    forbidden_by: Vec<String>,
}

/// A flow that takes over when time runs out, and the first of its steps.
#[derive(Debug, Serialize)]
struct EscalationView {
    step: usize,
    flow: String,
}

/// One step; its place in the list is what `then`, `escalates_to` and a decision's `step` count by, from 0.
#[derive(Debug, Serialize)]
pub(super) struct StepView {
    name: String,
    /// `waiting`, `approved`, `denied`, `timed_out`; `next` on the way from the one that waits; `standby` for those that
    /// are asked only if another times out; `over` for whatever will not be asked any more.
    state: &'static str,
    approvers: Vec<String>,
    quorum: u8,
    timeout: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<String>,
    /// The step that follows approval; none means that the request is approved then.
    #[serde(skip_serializing_if = "Option::is_none")]
    then: Option<usize>,
    /// `lapse`, `deny` or `escalate`.
    on_timeout: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    escalates_to: Option<usize>,
    self_approval: bool,
    distinct: bool,
    comment_on_denial: bool,
}

/// One answer.
#[derive(Debug, Serialize)]
pub(super) struct DecisionView {
    step: usize,
    approver: String,
    decision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    at: String,
    /// The duration to which the approver shortened the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<String>,
    /// The start to which the approver postponed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
}

pub(super) fn verdict(verdict: &Verdict) -> VerdictView {
    let (outcome, flow) = match &verdict.outcome {
        Outcome::Denied => ("denied", None),
        Outcome::Allowed { flow, steps } => {
            (if steps.is_empty() { "approved" } else { "needs_approval" }, Some(flow.clone()))
        }
    };
    VerdictView {
        outcome,
        flow,
        configuration: verdict.configuration.clone(),
        explanation: verdict.explanation.clone(),
        grounds: grounds(&verdict.grounds),
    }
}

fn grounds(grounds: &Grounds) -> GroundsView {
    let passed_over =
        |(flow, by): &(String, Vec<String>)| PassedOverView { flow: flow.clone(), forbidden_by: by.clone() };
    let escalation = |(step, flow): &(usize, String)| EscalationView { step: *step, flow: flow.clone() };
    GroundsView {
        policy: grounds.policy.clone(),
        permitted_by: grounds.permitted_by.clone(),
        passed_over: grounds.passed_over.iter().map(passed_over).collect(),
        escalations: grounds.escalations.iter().map(escalation).collect(),
        facts: grounds.facts.iter().cloned().collect(),
    }
}

pub(super) fn steps(request: &Request) -> Vec<StepView> {
    let steps = request.verdict.as_ref().map_or(&[][..], Verdict::steps);
    let states = states(request, steps);
    let deadline = match &request.state {
        State::AwaitingApproval { step, deadline } => Some((*step, *deadline)),
        _ => None,
    };
    let view = |(index, step): (usize, &Step)| {
        let (on_timeout, escalates_to) = match step.on_timeout {
            OnTimeout::Lapse => ("lapse", None),
            OnTimeout::Deny => ("deny", None),
            OnTimeout::Escalate(next) => ("escalate", Some(next)),
        };
        StepView {
            name: step.name.clone(),
            state: states.get(&index).copied().unwrap_or("over"),
            approvers: step.approvers.iter().map(ToString::to_string).collect(),
            quorum: step.quorum,
            timeout: step.timeout.to_string(),
            deadline: deadline.filter(|(at, _)| *at == index).map(|(_, deadline)| deadline.to_string()),
            then: step.then,
            on_timeout,
            escalates_to,
            self_approval: step.self_approval,
            distinct: step.distinct,
            comment_on_denial: step.comment_on_denial,
        }
    };
    steps.iter().enumerate().map(view).collect()
}

/// What has become of each step, by index; those that are missing are over.
fn states(request: &Request, steps: &[Step]) -> BTreeMap<usize, &'static str> {
    let mut states = BTreeMap::new();
    let present = match &request.state {
        State::AwaitingApproval { step, .. } => Some(*step),
        _ => None,
    };
    if let Some(present) = present {
        states.extend((present..steps.len()).map(|index| (index, "standby")));
        let mut ahead = steps.get(present).and_then(|step| step.then);
        while let Some((index, step)) = ahead.and_then(|index| Some((index, steps.get(index)?))) {
            states.insert(index, "next");
            ahead = step.then.filter(|next| *next > index);
        }
    }
    for index in request.asked_steps() {
        let Some(step) = steps.get(index) else { continue };
        let denied = request.decisions.iter().any(|d| d.step == index && d.answer == Answer::Deny);
        let state = match present {
            _ if denied => "denied",
            _ if request.timed_out.contains(&index) => "timed_out",
            _ if request.step_is_approved(index, step) => "approved",
            Some(present) if present == index => "waiting",
            _ => "over",
        };
        states.insert(index, state);
    }
    states
}

pub(super) fn decisions(request: &Request) -> Vec<DecisionView> {
    let view = |d: &curfew_domain::request::Decision| {
        let Narrowing { duration, start } = d.narrowed;
        DecisionView {
            step: d.step,
            approver: d.approver.to_string(),
            decision: match d.answer {
                Answer::Approve => "approve",
                Answer::Deny => "deny",
            },
            comment: d.comment.as_ref().map(ToString::to_string),
            at: d.at.to_string(),
            duration: duration.map(|duration| duration.to_string()),
            start: start.map(|start| start.to_string()),
        }
    };
    request.decisions.iter().map(view).collect()
}
