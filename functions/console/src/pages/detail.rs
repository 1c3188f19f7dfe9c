//! One request, with everything about it.

use std::collections::BTreeMap;

use curfew_domain::audit::{self, Head, Record};
use curfew_domain::origin::Channel;
use curfew_domain::request::{Answer, Request, Stage, State, Terms};
use curfew_domain::review::{Review, Standing};
use curfew_domain::time::{AccessDuration, SignedDuration};
use curfew_domain::verdict::{OnTimeout as Then, Outcome as Said, Step, Verdict};
use curfew_engine::extend::extended_by;
use curfew_engine::known::Reviewing;
use curfew_engine::read::{self, Query, Whose};
use curfew_engine::review;
use curfew_lambda::http::log;
use curfew_web::forms::Action;
use curfew_web::routes;
use curfew_web::views::{
    Asked, Chain, DecisionPanel, DecisionView, Means, OnTimeout, Origin, Outcome, Permissions, RecordView, Related,
    RequestView, ReviewAnswer, ReviewView, Sent, StepState, StepView, Usual, VerdictView,
};
use serde_json::Value;

use super::Shown;
use super::search::bare;
use crate::Console;
use crate::names::Names;
use crate::sign_in::Call;

/// So many of somebody's latest requests tell what is usual for them.
const USUAL: usize = 50;

impl Console {
    /// The page of a request; again with a form that came back.
    pub(crate) async fn request(&self, call: &Call<'_>, sent: Option<Sent>) -> Shown {
        let id = call.request_id()?;
        let (request, history) = read::request(&self.core, &call.caller.person, &id).await.map_err(log)?;
        let path = routes::action(id.as_str(), Action::Decisions);
        let status = if sent.is_some() { 422 } else { 200 };
        let view = self.request_view(call, &request, history, path, sent).await?;
        Ok(self.page(call, status, |frame| curfew_web::request(frame, &view)))
    }

    /// Everything about a request that the reader may see; `path` is where a decision on it goes.
    pub(super) async fn request_view(
        &self,
        call: &Call<'_>,
        request: &Request,
        history: Vec<Record>,
        path: String,
        sent: Option<Sent>,
    ) -> Result<RequestView, curfew_api::Problem> {
        let (lines, names) = (self.lines(call), call.names());
        let reviewed = if request.ask.emergency { review::of(&self.core, request).await.map_err(log)? } else { None };
        let (review, head, history) = match &reviewed {
            Some((review, records)) => (Some(review), &review.head, [history, records.clone()].concat()),
            None => (None, &request.head, history),
        };
        let mut line = lines.line(request);
        line.actions.review = review.is_some_and(|review| may_review(call, request, review, lines.now));
        let extended = match request.state.grant() {
            Some(_) => extended_by(&self.core, request).await.map_err(log)?,
            None => None,
        };
        line.actions.extend &= extended.is_none();
        Ok(RequestView {
            asked: asked(request),
            origin: Origin {
                channel: request.ask.origin.channel.map(Channel::name).map(str::to_owned),
                source_address: request.ask.origin.source_address.map(|address| address.to_string()),
                mfa: request.ask.origin.mfa,
            },
            related: Related {
                extends: request.ask.extends.as_ref().map(ToString::to_string),
                extended_by: extended.map(|id| id.to_string()),
                escalates: request.ask.escalates.as_ref().map(ToString::to_string),
                escalated_to: match &request.state {
                    State::Cancelled { escalated_to } => escalated_to.as_ref().map(ToString::to_string),
                    _ => None,
                },
            },
            means: self.ahead(call, request),
            verdict: request.verdict.as_ref().map(verdict),
            steps: steps(request, names),
            decisions: decisions(request, names),
            chain: Some(chain(request, &history, head)),
            history: Some(history.iter().map(|record| shown(record, names)).collect()),
            review: review.map(|review| review_view(review, names, Reviewing::new(names.known(), lines.now).within())),
            panel: if line.actions.decide { self.panel(call, request, path).await? } else { None },
            extend_max: if line.actions.extend { extend_max(request, names, lines.now) } else { None },
            idempotency_key: self.ids.link().map_err(log)?.to_string(),
            sent,
            line,
        })
    }

    /// How the access of a request that has none yet would be given now.
    fn ahead(&self, call: &Call<'_>, request: &Request) -> Option<Means> {
        let stage = request.state.stage();
        let waits = !stage.is_terminal() && request.state.grant().is_none();
        let (known, ask) = (call.caller.known.as_ref().ok().filter(|_| waits)?, &request.ask);
        let circumstances = bare(call);
        let facts = known.facts(&circumstances, self.core.clock.now());
        let means = known.configuration.means_of(&facts, &ask.requester, &ask.account, &ask.permission_set)?;
        Some(call.names().means(&means))
    }

    /// What an approver needs besides.
    async fn panel(
        &self,
        call: &Call<'_>,
        request: &Request,
        path: String,
    ) -> Result<Option<DecisionPanel>, curfew_api::Problem> {
        let State::AwaitingApproval { step: index, deadline } = &request.state else { return Ok(None) };
        let Some(step) = request.verdict.as_ref().and_then(|verdict| verdict.steps().get(*index)) else {
            return Ok(None);
        };
        let names = call.names();
        let live = self.counts.recent(&self.core).await.map_err(log)?;
        let same = |other: &&Request| {
            other.ask.account == request.ask.account && other.ask.permission_set == request.ask.permission_set
        };
        let holders = live
            .requests
            .iter()
            .filter(same)
            .filter(|other| other.state.stage() == Stage::Active && other.ask.requester != request.ask.requester);
        let set = names.known().and_then(|known| known.directory.permission_sets.get(&request.ask.permission_set));
        Ok(Some(DecisionPanel {
            path,
            step: step.name.clone(),
            deadline: *deadline,
            digest: request.digest().as_str().to_owned(),
            comment_on_denial: step.comment_on_denial,
            permissions: Permissions {
                description: set.map(|set| set.description.clone()).unwrap_or_default(),
                session: set.map(|set| set.session),
                policies: None,
                inline: None,
            },
            usual: Some(self.usual(request).await?),
            holders: Some(names.people(holders.map(|other| &other.ask.requester))),
            rule: rule(request),
        }))
    }

    /// How often the requester had the same among their latest requests.
    async fn usual(&self, request: &Request) -> Result<Usual, curfew_api::Problem> {
        let ask = &request.ask;
        let whose = Whose::Of(ask.requester.clone());
        let query = Query {
            whose,
            stage: None,
            account: None,
            permission_set: None,
            before: Some(ask.id.clone()),
            limit: USUAL,
        };
        // As the requester themselves would list them; only the number and two instants of it are shown.
        let person = curfew_domain::person::Person { id: ask.requester.clone(), administrator: false, auditor: false };
        let before = read::list(&self.core, &person, &query).await.map_err(log)?.items;
        let had = |other: &&Request| {
            other.ask.account == ask.account
                && other.ask.permission_set == ask.permission_set
                && other.state.grant().is_some()
        };
        let times = before.iter().filter(had).count();
        let last = before.iter().find(had).and_then(|other| other.state.grant()).map(|grant| grant.started_at);
        let since = before.last().map_or(ask.submitted_at, |first| first.ask.submitted_at);
        Ok(Usual { times: u32::try_from(times).unwrap_or(u32::MAX), since, last })
    }
}

fn may_review(call: &Call<'_>, request: &Request, review: &Review, now: curfew_domain::time::Timestamp) -> bool {
    let person = &call.caller.person;
    let reviewing = Reviewing::new(call.caller.known.as_ref().ok(), now);
    review.is_open()
        && review.requester != person.id
        && (person.administrator || reviewing.reviewers(&request.ask).contains(&person.id))
}

fn asked(request: &Request) -> Option<Asked> {
    let asked = Terms::asked(&request.ask);
    (asked != request.terms()).then_some(Asked { duration: asked.duration, start: asked.start })
}

/// The longest extension now: never more ahead than a new request could ask for.
fn extend_max(request: &Request, names: Names<'_>, now: curfew_domain::time::Timestamp) -> Option<AccessDuration> {
    let (known, ask) = (names.known()?, &request.ask);
    let entitlement = known.configuration.entitlement(&known.directory, &ask.account, &ask.permission_set)?;
    let ends = request.state.grant()?.expires_at;
    let ahead = entitlement.terms.max_duration.value.after(now).duration_since(ends);
    AccessDuration::from_seconds(ahead.as_secs()).ok()
}

fn rule(request: &Request) -> String {
    let Some(verdict) = &request.verdict else { return String::new() };
    let flow = match &verdict.outcome {
        Said::Allowed { flow, .. } => flow.as_str(),
        Said::Denied => return String::new(),
    };
    let policy = &verdict.grounds.policy;
    format!("Flow “{flow}” of policy “{policy}” asks for this decision.")
}

fn verdict(verdict: &Verdict) -> VerdictView {
    let (outcome, flow) = match &verdict.outcome {
        Said::Denied => (Outcome::Denied, None),
        Said::Allowed { flow, steps } if steps.is_empty() => (Outcome::Approved, Some(flow.clone())),
        Said::Allowed { flow, .. } => (Outcome::NeedsApproval, Some(flow.clone())),
    };
    VerdictView {
        outcome,
        policy: verdict.grounds.policy.clone(),
        flow,
        configuration: verdict.configuration.clone(),
        why: verdict.explanation.clone(),
        permitted_by: verdict.grounds.permitted_by.clone(),
        passed_over: verdict.grounds.passed_over.clone(),
        facts: verdict.grounds.facts.clone(),
    }
}

fn steps(request: &Request, names: Names<'_>) -> Vec<StepView> {
    let steps = request.verdict.as_ref().map_or(&[][..], Verdict::steps);
    let states = states(request, steps);
    let deadline = match &request.state {
        State::AwaitingApproval { step, deadline } => Some((*step, *deadline)),
        _ => None,
    };
    let view = |(index, step): (usize, &Step)| StepView {
        name: step.name.clone(),
        state: states.get(&index).copied().unwrap_or(StepState::Over),
        approvers: names.people(&step.approvers),
        quorum: step.quorum,
        deadline: deadline.filter(|(at, _)| *at == index).map(|(_, deadline)| deadline),
        timeout: step.timeout,
        on_timeout: match step.on_timeout {
            Then::Lapse => OnTimeout::Lapse,
            Then::Deny => OnTimeout::Deny,
            Then::Escalate(next) => OnTimeout::Escalate(next),
        },
    };
    steps.iter().enumerate().map(view).collect()
}

/// What has become of each step, by index; those that are missing are over.
fn states(request: &Request, steps: &[Step]) -> BTreeMap<usize, StepState> {
    let mut states = BTreeMap::new();
    let present = match &request.state {
        State::AwaitingApproval { step, .. } => Some(*step),
        _ => None,
    };
    if let Some(present) = present {
        states.extend((present..steps.len()).map(|index| (index, StepState::Standby)));
        let mut ahead = steps.get(present).and_then(|step| step.then);
        while let Some((index, step)) = ahead.and_then(|index| Some((index, steps.get(index)?))) {
            states.insert(index, StepState::Next);
            ahead = step.then.filter(|next| *next > index);
        }
    }
    for index in request.asked_steps() {
        let Some(step) = steps.get(index) else { continue };
        let denied = request.decisions.iter().any(|it| it.step == index && it.answer == Answer::Deny);
        let state = match present {
            _ if denied => StepState::Denied,
            _ if request.timed_out.contains(&index) => StepState::TimedOut,
            _ if request.step_is_approved(index, step) => StepState::Approved,
            Some(present) if present == index => StepState::Waiting,
            _ => StepState::Over,
        };
        states.insert(index, state);
    }
    states
}

fn decisions(request: &Request, names: Names<'_>) -> Vec<DecisionView> {
    let view = |decision: &curfew_domain::request::Decision| DecisionView {
        step: decision.step,
        by: names.person(&decision.approver),
        answer: decision.answer,
        comment: decision.comment.as_ref().map(ToString::to_string),
        at: decision.at,
        duration: decision.narrowed.duration,
        start: decision.narrowed.start,
    };
    request.decisions.iter().map(view).collect()
}

pub(super) fn chain(request: &Request, history: &[Record], head: &Head) -> Chain {
    match audit::verify(&request.ask.id, history, head) {
        Ok(()) => Chain::Intact,
        Err(broken) => Chain::Broken(broken.to_string()),
    }
}

fn shown(record: &Record, names: Names<'_>) -> RecordView {
    let body: Value = serde_json::from_str(&record.body).unwrap_or(Value::Null);
    let told = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let facts = body.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    RecordView {
        seq: record.seq,
        at: record.at,
        actor: names.actor(&record.actor),
        event: record.event.clone(),
        facts: facts.map(|(name, value)| (name.clone(), told(value))).collect(),
        hash: record.hash.as_str().to_owned(),
    }
}

pub(super) fn review_view(review: &Review, names: Names<'_>, within: SignedDuration) -> ReviewView {
    let answered = match &review.state {
        Standing::Open { .. } => None,
        Standing::Done { by, at, finding, comment } => Some(ReviewAnswer {
            by: names.person(by),
            at: *at,
            justified: *finding == curfew_domain::review::Finding::Justified,
            comment: comment.to_string(),
        }),
    };
    ReviewView { since: review.since, deadline: review.deadline(within), answered }
}
