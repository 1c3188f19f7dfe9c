//! Verdicts and decisions, as stored.

use curfew_domain::ask::AskDigest;
use curfew_domain::request::{Answer, Decision, Narrowing};
use curfew_domain::text::Comment;
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use curfew_domain::verdict::{Grounds, OnTimeout, Outcome, Step, Verdict};
use curfew_engine::error::Fault;
use serde::{Deserialize, Serialize};

use super::{unreadable, user};

#[derive(Serialize, Deserialize)]
pub(super) struct VerdictDoc {
    /// `None`: denied.
    flow: Option<String>,
    steps: Vec<StepDoc>,
    digest: String,
    configuration: String,
    explanation: Vec<String>,
    #[serde(default, skip_serializing_if = "GroundsDoc::is_empty")]
    grounds: GroundsDoc,
}

#[derive(Default, PartialEq, Eq, Serialize, Deserialize)]
struct GroundsDoc {
    policy: String,
    permitted_by: Vec<String>,
    passed_over: Vec<(String, Vec<String>)>,
    facts: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    escalations: Vec<(usize, String)>,
}

impl GroundsDoc {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Serialize, Deserialize)]
struct StepDoc {
    name: String,
    approvers: Vec<String>,
    quorum: u8,
    timeout_seconds: i64,
    /// Absent where the step is as all steps were before there were rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rules: Option<RulesDoc>,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct RulesDoc {
    on_timeout: OnTimeoutDoc,
    then: Option<usize>,
    self_approval: bool,
    distinct: bool,
    comment_on_denial: bool,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OnTimeoutDoc {
    Lapse,
    Deny,
    Escalate(usize),
}

#[derive(Serialize, Deserialize)]
pub(super) struct DecisionDoc {
    step: usize,
    approver: String,
    approve: bool,
    comment: Option<String>,
    at: Timestamp,
    digest: String,
    /// Absent where the approver did not shorten what was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seconds: Option<u32>,
    /// Absent where the approver did not postpone it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<Timestamp>,
}

impl RulesDoc {
    fn of(step: &Step) -> Self {
        Self {
            on_timeout: match step.on_timeout {
                OnTimeout::Lapse => OnTimeoutDoc::Lapse,
                OnTimeout::Deny => OnTimeoutDoc::Deny,
                OnTimeout::Escalate(next) => OnTimeoutDoc::Escalate(next),
            },
            then: step.then,
            self_approval: step.self_approval,
            distinct: step.distinct,
            comment_on_denial: step.comment_on_denial,
        }
    }

    /// What held for every step before there were rules: each follows the one before, and lapses.
    fn plain(index: usize, steps: usize) -> Self {
        Self {
            on_timeout: OnTimeoutDoc::Lapse,
            then: Some(index + 1).filter(|next| *next < steps),
            self_approval: false,
            distinct: false,
            comment_on_denial: false,
        }
    }
}

pub(super) fn verdict_doc(verdict: &Verdict) -> VerdictDoc {
    let (flow, steps) = match &verdict.outcome {
        Outcome::Denied => (None, &[][..]),
        Outcome::Allowed { flow, steps } => (Some(flow.clone()), steps.as_slice()),
    };
    let step = |(index, step): (usize, &Step)| StepDoc {
        name: step.name.clone(),
        approvers: step.approvers.iter().map(ToString::to_string).collect(),
        quorum: step.quorum,
        timeout_seconds: step.timeout.as_secs(),
        rules: Some(RulesDoc::of(step)).filter(|rules| *rules != RulesDoc::plain(index, steps.len())),
    };
    let Grounds { policy, permitted_by, passed_over, facts, escalations } = verdict.grounds.clone();
    VerdictDoc {
        flow,
        steps: steps.iter().enumerate().map(step).collect(),
        digest: verdict.digest.as_str().to_owned(),
        configuration: verdict.configuration.clone(),
        explanation: verdict.explanation.clone(),
        grounds: GroundsDoc { policy, permitted_by, passed_over, facts, escalations },
    }
}

pub(super) fn verdict(doc: VerdictDoc) -> Result<Verdict, Fault> {
    let steps = doc.steps.len();
    let outcome = match doc.flow {
        None => Outcome::Denied,
        Some(flow) => {
            let steps = doc.steps.into_iter().enumerate().map(|(index, doc)| step(steps, index, doc));
            Outcome::Allowed { flow, steps: steps.collect::<Result<_, _>>()? }
        }
    };
    let GroundsDoc { policy, permitted_by, passed_over, facts, escalations } = doc.grounds;
    Ok(Verdict {
        outcome,
        digest: digest(&doc.digest)?,
        configuration: doc.configuration,
        explanation: doc.explanation,
        grounds: Grounds { policy, permitted_by, passed_over, facts, escalations },
    })
}

fn step(steps: usize, index: usize, doc: StepDoc) -> Result<Step, Fault> {
    let rules = doc.rules.unwrap_or_else(|| RulesDoc::plain(index, steps));
    Ok(Step {
        name: doc.name,
        approvers: doc.approvers.iter().map(|who| user(who)).collect::<Result<_, _>>()?,
        quorum: doc.quorum,
        timeout: SignedDuration::from_secs(doc.timeout_seconds),
        on_timeout: match rules.on_timeout {
            OnTimeoutDoc::Lapse => OnTimeout::Lapse,
            OnTimeoutDoc::Deny => OnTimeout::Deny,
            OnTimeoutDoc::Escalate(next) => OnTimeout::Escalate(next),
        },
        then: rules.then,
        self_approval: rules.self_approval,
        distinct: rules.distinct,
        comment_on_denial: rules.comment_on_denial,
    })
}

pub(super) fn decision_doc(decision: &Decision) -> DecisionDoc {
    DecisionDoc {
        step: decision.step,
        approver: decision.approver.to_string(),
        approve: decision.answer == Answer::Approve,
        comment: decision.comment.as_ref().map(ToString::to_string),
        at: decision.at,
        digest: decision.digest.as_str().to_owned(),
        seconds: decision.narrowed.duration.map(AccessDuration::seconds),
        start: decision.narrowed.start,
    }
}

pub(super) fn decision(doc: DecisionDoc) -> Result<Decision, Fault> {
    let duration = doc.seconds.map(|s| AccessDuration::from_seconds(s.into()).map_err(unreadable)).transpose()?;
    Ok(Decision {
        step: doc.step,
        approver: user(&doc.approver)?,
        answer: if doc.approve { Answer::Approve } else { Answer::Deny },
        comment: doc.comment.map(|c| Comment::parse(&c).map_err(unreadable)).transpose()?,
        at: doc.at,
        digest: digest(&doc.digest)?,
        narrowed: Narrowing { duration, start: doc.start },
    })
}

fn digest(text: &str) -> Result<AskDigest, Fault> {
    AskDigest::parse(text).ok_or_else(|| unreadable("a digest is malformed"))
}
