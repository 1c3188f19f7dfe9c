//! Answers of the HTTP API. Instants are RFC 3339 in UTC, durations ISO 8601.

use curfew_domain::audit::{self, Record};
use curfew_domain::id::{LinkId, RequestId};
use curfew_domain::person::Person;
use curfew_domain::request::{Answer, EndReason, Gone, Grant, Request, State};
use curfew_domain::verdict::{Outcome, Verdict};
use serde::Serialize;
use serde_json::Value;

/// One request. What is not true yet, or not any more, is absent.
#[derive(Debug, Serialize)]
pub struct RequestView {
    id: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    requester: String,
    account: String,
    permission_set: String,
    duration: String,
    justification: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    emergency: bool,
    submitted_at: String,
    /// The request whose grant this one is to prolong.
    #[serde(skip_serializing_if = "Option::is_none")]
    extends: Option<String>,
    /// The request that prolongs the grant of this one; only where one request is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_by: Option<String>,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<VerdictView>,
    steps: Vec<StepView>,
    decisions: Vec<DecisionView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<GrantView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<RecordView>>,
    /// `intact`, or the first thing that is wrong with the audit chain behind `history`.
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<String>,
}

#[derive(Debug, Serialize)]
struct VerdictView {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<String>,
    configuration: String,
    explanation: Vec<String>,
}

#[derive(Debug, Serialize)]
struct StepView {
    name: String,
    /// `waiting`, `approved`, `denied`, `next` or `over`.
    state: &'static str,
    approvers: Vec<String>,
    quorum: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<String>,
}

#[derive(Debug, Serialize)]
struct DecisionView {
    step: usize,
    approver: String,
    decision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    at: String,
}

#[derive(Debug, Serialize)]
struct GrantView {
    started_at: String,
    expires_at: String,
    /// Role sessions that were issued before the end may work until then. Absent while the removal is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions_until: Option<String>,
    standing: bool,
    /// After the end: what was confirmed about the assignment.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct RecordView {
    seq: u64,
    at: String,
    actor: String,
    event: String,
    facts: Value,
    hash: String,
}

impl RequestView {
    /// A request without its history, as in lists.
    pub fn brief(request: &Request) -> Self {
        let ask = &request.ask;
        Self {
            id: ask.id.to_string(),
            state: request.state.stage().name(),
            reason: reason(request),
            requester: ask.requester.to_string(),
            account: ask.account.to_string(),
            permission_set: ask.permission_set.to_string(),
            duration: ask.duration.to_string(),
            justification: ask.justification.to_string(),
            ticket: ask.ticket.as_ref().map(ToString::to_string),
            start: ask.start.map(|s| s.to_string()),
            emergency: ask.emergency,
            submitted_at: ask.submitted_at.to_string(),
            extends: ask.extends.as_ref().map(ToString::to_string),
            extended_by: None,
            digest: ask.digest().as_str().to_owned(),
            verdict: request.verdict.as_ref().map(verdict),
            steps: steps(request),
            decisions: decisions(request),
            grant: request.state.grant().map(|g| grant(g, request)),
            history: None,
            chain: None,
        }
    }

    /// A request with its whole history, and the extension of its grant.
    pub fn full(request: &Request, history: &[Record], extended_by: Option<&RequestId>) -> Self {
        let chain = match audit::verify(&request.ask.id, history, &request.head) {
            Ok(()) => "intact".to_owned(),
            Err(broken) => broken.to_string(),
        };
        let history = history.iter().map(record).collect();
        let extended_by = extended_by.map(ToString::to_string);
        Self { history: Some(history), chain: Some(chain), extended_by, ..Self::brief(request) }
    }
}

/// Why it stands where it stands, where that needs saying.
fn reason(request: &Request) -> Option<String> {
    match &request.state {
        State::Ending { reason: EndReason::Failed(why), .. } | State::Failed { reason: why } => Some(why.clone()),
        State::Ending { reason, .. } | State::Ended { reason, .. } => Some(reason.name().to_owned()),
        State::Denied if request.decisions.is_empty() => request.verdict.as_ref().map(|v| v.explanation.join("; ")),
        _ => None,
    }
}

fn verdict(verdict: &Verdict) -> VerdictView {
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
    }
}

fn steps(request: &Request) -> Vec<StepView> {
    let digest = request.ask.digest();
    let all = request.verdict.as_ref().map_or(&[][..], Verdict::steps);
    let present = match &request.state {
        State::AwaitingApproval { step, deadline } => Some((*step, *deadline)),
        _ => None,
    };
    let view = |(index, step): (usize, &curfew_domain::verdict::Step)| {
        let denied = request.decisions.iter().any(|d| d.step == index && d.answer == Answer::Deny);
        let waiting = present.is_some_and(|(at, _)| at == index);
        let state = match present {
            _ if denied => "denied",
            _ if request.step_is_approved(index, step, &digest) => "approved",
            Some((at, _)) if at == index => "waiting",
            Some(_) => "next",
            None => "over",
        };
        StepView {
            name: step.name.clone(),
            state,
            approvers: step.approvers.iter().map(ToString::to_string).collect(),
            quorum: step.quorum,
            deadline: present.filter(|_| waiting).map(|(_, deadline)| deadline.to_string()),
        }
    };
    all.iter().enumerate().map(view).collect()
}

fn decisions(request: &Request) -> Vec<DecisionView> {
    request
        .decisions
        .iter()
        .map(|d| DecisionView {
            step: d.step,
            approver: d.approver.to_string(),
            decision: match d.answer {
                Answer::Approve => "approve",
                Answer::Deny => "deny",
            },
            comment: d.comment.as_ref().map(ToString::to_string),
            at: d.at.to_string(),
        })
        .collect()
}

fn grant(grant: &Grant, request: &Request) -> GrantView {
    // Sessions can be opened until the assignment is gone, and the end that was confirmed says when that was.
    let sessions_until = match &request.state {
        State::Ending { .. } => None,
        State::Ended { gone: Gone::Absent, .. } => request.since.checked_add(grant.session).ok(),
        _ => Some(grant.sessions_until()),
    };
    let assignment = match &request.state {
        State::Ended { gone: Gone::Absent, .. } => Some("absent"),
        State::Ended { gone: Gone::KeptFor(_), .. } => Some("kept_for_another_grant"),
        State::Ended { gone: Gone::Standing, .. } => Some("standing"),
        _ => None,
    };
    GrantView {
        started_at: grant.started_at.to_string(),
        expires_at: grant.expires_at.to_string(),
        sessions_until: sessions_until.map(|at| at.to_string()),
        standing: grant.standing,
        assignment,
    }
}

fn record(record: &Record) -> RecordView {
    RecordView {
        seq: record.seq,
        at: record.at.to_string(),
        actor: record.actor.clone(),
        event: record.event.clone(),
        facts: serde_json::from_str(&record.body).unwrap_or(Value::Null),
        hash: record.hash.as_str().to_owned(),
    }
}

/// A page of requests.
#[derive(Debug, Serialize)]
pub struct PageView {
    /// Newest first.
    pub items: Vec<RequestView>,
    /// `cursor` of the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What waits for the caller.
#[derive(Debug, Serialize)]
pub struct ApprovalsView {
    /// Oldest first.
    pub items: Vec<ApprovalView>,
}

/// One request that waits for the caller.
#[derive(Debug, Serialize)]
pub struct ApprovalView {
    /// The request.
    pub request: RequestView,
    /// The caller's callback link; absent for a moment until it has been made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// What a callback link shows.
#[derive(Debug, Serialize)]
pub struct LinkView {
    /// The request.
    pub request: RequestView,
    /// Name of the step.
    pub step: String,
    /// Whether the caller can decide through this link now.
    pub open: bool,
    /// What to send back with the decision.
    pub digest: String,
}

impl LinkView {
    /// What its approver sees.
    pub fn new(request: &Request, step: usize, caller: &Person) -> Self {
        let waits = matches!(request.state, State::AwaitingApproval { step: present, .. } if present == step);
        let decided = request.decisions.iter().any(|d| d.step == step && d.approver == caller.id);
        let steps = request.verdict.as_ref().map_or(&[][..], Verdict::steps);
        Self {
            request: RequestView::brief(request),
            step: steps.get(step).map(|s| s.name.clone()).unwrap_or_default(),
            open: waits && !decided,
            digest: request.ask.digest().as_str().to_owned(),
        }
    }
}

/// Who the caller is.
#[derive(Debug, Serialize)]
pub struct MeView {
    id: String,
    roles: Vec<&'static str>,
}

impl From<&Person> for MeView {
    fn from(person: &Person) -> Self {
        let roles = [("requester", true), ("administrator", person.administrator), ("auditor", person.auditor)];
        Self { id: person.id.to_string(), roles: roles.iter().filter(|(_, has)| *has).map(|(role, _)| *role).collect() }
    }
}

impl ApprovalView {
    /// A request that waits, with the address of the caller's link under the public URL.
    pub fn new(request: &Request, link: Option<&LinkId>, public_url: &str) -> Self {
        Self { request: RequestView::brief(request), link: link.map(|id| format!("{public_url}/a/{id}")) }
    }
}
