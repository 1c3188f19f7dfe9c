//! Answers of the HTTP API. Instants are RFC 3339 in UTC, durations ISO 8601.

use curfew_domain::audit::{self, Record};
use curfew_domain::id::{LinkId, RequestId};
use curfew_domain::origin::Channel;
use curfew_domain::person::Person;
use curfew_domain::request::{Answer, EndReason, Gone, Grant, Means, Request, State, Terms};
use curfew_domain::review::Review;
use curfew_engine::hands::Task;
use curfew_policy::directory::Directory;
use serde::Serialize;
use serde_json::Value;

use approval::{DecisionView, StepView, VerdictView};
use names::NamesView;
pub use review::{ReviewView, ReviewsView};

mod approval;
mod names;
mod review;

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
    #[serde(flatten)]
    names: NamesView,
    /// For how long: as asked for, or as an approver has shortened it.
    duration: String,
    justification: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<String>,
    /// Not before: as asked for, or as an approver has postponed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    /// What was asked for, where an approver has narrowed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<AskedView>,
    emergency: bool,
    submitted_at: String,
    /// The request whose grant this one is to prolong.
    #[serde(skip_serializing_if = "Option::is_none")]
    extends: Option<String>,
    /// The request that prolongs the grant of this one; only where one request is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_by: Option<String>,
    /// The request that this one took the place of, as an emergency.
    #[serde(skip_serializing_if = "Option::is_none")]
    escalates: Option<String>,
    /// The emergency request that took the place of this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    escalated_to: Option<String>,
    /// `api`, `cli`, `console` or `slack`, as the caller said.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'static str>,
    /// Where the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_address: Option<String>,
    /// Whether the requester had signed in with a second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    mfa: Option<bool>,
    /// What a decision is about: the wish on the terms above.
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<VerdictView>,
    steps: Vec<StepView>,
    decisions: Vec<DecisionView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<GrantView>,
    /// The review of an emergency grant that has ended; only where one request is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<ReviewView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<RecordView>>,
    /// `intact`, or the first thing that is wrong with the audit chain behind `history`.
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<String>,
}

/// What was asked for, where an approver has narrowed it.
#[derive(Debug, Serialize)]
struct AskedView {
    duration: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
}

#[derive(Debug, Serialize)]
struct GrantView {
    started_at: String,
    expires_at: String,
    /// Role sessions that were issued before the end may work until then. Absent while the removal is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions_until: Option<String>,
    standing: bool,
    /// How the access is given and taken: `connector`, `group` or `manual`.
    strategy: &'static str,
    /// With `group`: id of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// With `manual`: ids of the people who do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hands: Option<Vec<String>>,
    /// After the end: what was confirmed about the access.
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
        let (ask, terms) = (&request.ask, request.terms());
        Self {
            id: ask.id.to_string(),
            state: request.state.stage().name(),
            reason: reason(request),
            requester: ask.requester.to_string(),
            account: ask.account.to_string(),
            permission_set: ask.permission_set.to_string(),
            names: NamesView::default(),
            duration: terms.duration.to_string(),
            justification: ask.justification.to_string(),
            ticket: ask.ticket.as_ref().map(ToString::to_string),
            start: terms.start.map(|s| s.to_string()),
            asked: asked(request),
            emergency: ask.emergency,
            submitted_at: ask.submitted_at.to_string(),
            extends: ask.extends.as_ref().map(ToString::to_string),
            extended_by: None,
            escalates: ask.escalates.as_ref().map(ToString::to_string),
            escalated_to: match &request.state {
                State::Cancelled { escalated_to } => escalated_to.as_ref().map(ToString::to_string),
                _ => None,
            },
            channel: ask.origin.channel.map(Channel::name),
            source_address: ask.origin.source_address.map(|address| address.to_string()),
            mfa: ask.origin.mfa,
            digest: request.digest().as_str().to_owned(),
            verdict: request.verdict.as_ref().map(approval::verdict),
            steps: approval::steps(request),
            decisions: approval::decisions(request),
            grant: request.state.grant().map(|g| grant(g, request)),
            review: None,
            history: None,
            chain: None,
        }
    }

    /// A request with its whole history, and the extension of its grant.
    pub fn full(request: &Request, history: &[Record], extended_by: Option<&RequestId>) -> Self {
        let chain = chain(request, history, &request.head);
        let history = history.iter().map(record).collect();
        let extended_by = extended_by.map(ToString::to_string);
        Self { history: Some(history), chain: Some(chain), extended_by, ..Self::brief(request) }
    }

    /// The same with the names that people know, where there is a directory.
    #[must_use]
    pub fn named(self, request: &Request, directory: Option<&Directory>) -> Self {
        let names = directory.map(|directory| NamesView::new(request, directory)).unwrap_or_default();
        Self { names, ..self }
    }

    /// The same with its review, whose records continue the history.
    #[must_use]
    pub fn reviewed(self, request: &Request, history: &[Record], review: &Review, view: ReviewView) -> Self {
        let chain = chain(request, history, &review.head);
        let history = history.iter().map(record).collect();
        Self { history: Some(history), chain: Some(chain), review: Some(view), ..self }
    }
}

/// `intact`, or the first thing that is wrong with the chain that should end there.
fn chain(request: &Request, history: &[Record], head: &audit::Head) -> String {
    match audit::verify(&request.ask.id, history, head) {
        Ok(()) => "intact".to_owned(),
        Err(broken) => broken.to_string(),
    }
}

/// Why it stands where it stands, where that needs saying.
fn reason(request: &Request) -> Option<String> {
    match &request.state {
        State::Ending { reason: EndReason::Failed(why), .. } | State::Failed { reason: why } => Some(why.clone()),
        State::Ending { reason, .. } | State::Ended { reason, .. } => Some(reason.name().to_owned()),
        State::Denied if !request.timed_out.is_empty() && !is_denied_by_somebody(request) => {
            Some("nobody decided in time".to_owned())
        }
        State::Denied if request.decisions.is_empty() => request.verdict.as_ref().map(|v| v.explanation.join("; ")),
        _ => None,
    }
}

fn is_denied_by_somebody(request: &Request) -> bool {
    request.decisions.iter().any(|decision| decision.answer == Answer::Deny)
}

fn asked(request: &Request) -> Option<AskedView> {
    let asked = Terms::asked(&request.ask);
    let view = || AskedView { duration: asked.duration.to_string(), start: asked.start.map(|s| s.to_string()) };
    (asked != request.terms()).then(view)
}

fn grant(grant: &Grant, request: &Request) -> GrantView {
    // Sessions can be opened until the assignment is gone, and the end that was confirmed says when that was.
    let sessions_until = match &request.state {
        State::Ending { .. } => None,
        State::Ended { gone: Gone::Absent | Gone::Taken(_), .. } => request.since.checked_add(grant.session).ok(),
        _ => Some(grant.sessions_until()),
    };
    let assignment = match &request.state {
        State::Ended { gone: Gone::Absent, .. } => Some("absent"),
        State::Ended { gone: Gone::KeptFor(_), .. } => Some("kept_for_another_grant"),
        State::Ended { gone: Gone::Standing, .. } => Some("standing"),
        State::Ended { gone: Gone::Taken(_), .. } => Some("taken_by_hand"),
        _ => None,
    };
    let group = match &grant.means {
        Means::Membership(group) => Some(group.to_string()),
        Means::Assignment | Means::Hands(_) => None,
    };
    GrantView {
        started_at: grant.started_at.to_string(),
        expires_at: grant.expires_at.to_string(),
        sessions_until: sessions_until.map(|at| at.to_string()),
        standing: grant.standing,
        strategy: grant.means.name(),
        group,
        hands: grant.hands().map(|people| people.iter().map(ToString::to_string).collect()),
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

/// What the caller may do by hand.
#[derive(Debug, Serialize)]
pub struct TasksView {
    /// Oldest request first.
    pub items: Vec<TaskView>,
}

/// Something to be done by hand.
#[derive(Debug, Serialize)]
pub struct TaskView {
    /// `give` the access, or `take` it.
    task: &'static str,
    /// Since when it is to be done.
    since: String,
    /// With `give`: when the access ends, given or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// The request.
    request: RequestView,
}

impl TaskView {
    /// What is to be done about a request.
    pub fn new(task: Task, request: &Request, directory: Option<&Directory>) -> Self {
        let end = request.state.grant().map(|grant| grant.expires_at.to_string());
        Self {
            task: task.name(),
            since: request.since.to_string(),
            until: end.filter(|_| task == Task::Give),
            request: RequestView::brief(request).named(request, directory),
        }
    }
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
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<&'static str>,
    /// The step wants a comment with a denial.
    pub comment_on_denial: bool,
    /// What to send back with the decision.
    pub digest: String,
}

impl LinkView {
    /// What its approver sees.
    pub fn new(request: &Request, step: usize, caller: &Person, directory: Option<&Directory>) -> Self {
        let closed = closed(request, step, caller);
        let made_for = request.verdict.as_ref().and_then(|verdict| verdict.steps().get(step));
        Self {
            request: RequestView::brief(request).named(request, directory),
            step: made_for.map(|s| s.name.clone()).unwrap_or_default(),
            open: closed.is_none(),
            closed,
            comment_on_denial: made_for.is_some_and(|s| s.comment_on_denial),
            digest: request.digest().as_str().to_owned(),
        }
    }
}

/// Why the link of a step decides nothing for its approver now, if that is so.
fn closed(request: &Request, step: usize, caller: &Person) -> Option<&'static str> {
    let present = matches!(request.state, State::AwaitingApproval { step: present, .. } if present == step);
    if request.decisions.iter().any(|d| d.step == step && d.approver == caller.id) {
        Some("You have decided on this step already.")
    } else if request.timed_out.contains(&step) {
        Some("The time of this step ran out before it was decided.")
    } else if !present {
        Some("This step is over.")
    } else if request.waits_for(&caller.id) {
        None
    } else {
        Some("This step needs people who have not approved this request before, and you have.")
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
    pub fn new(request: &Request, link: Option<&LinkId>, public_url: &str, directory: Option<&Directory>) -> Self {
        let request = RequestView::brief(request).named(request, directory);
        Self { request, link: link.map(|id| format!("{public_url}/a/{id}")) }
    }
}
