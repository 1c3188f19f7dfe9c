//! `GET /v1/health/access`: the state of all access, for operators.

use curfew_domain::request::Rank;
use curfew_engine::health::{Health, OldestIntent, Overdue, WriterState};
use serde::Serialize;

/// The state of all access.
#[derive(Debug, Serialize)]
pub struct AccessHealthView {
    at: String,
    /// Requests that are not over.
    live: usize,
    /// Those of them that could not be read; the log names them.
    unreadable: usize,
    active: usize,
    ending: usize,
    intents: IntentsView,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_intent: Option<OldestIntentView>,
    /// Access that should have been gone for more than five minutes, the latest first.
    overdue: Vec<OverdueView>,
    writer: WriterView,
    /// The published version; absent when nothing was published, or it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<String>,
}

/// Changes of Identity Center that wait.
#[derive(Debug, Default, Serialize)]
struct IntentsView {
    removal: usize,
    emergency: usize,
    grant: usize,
}

#[derive(Debug, Serialize)]
struct OldestIntentView {
    rank: &'static str,
    request: String,
    age_seconds: i64,
}

#[derive(Debug, Serialize)]
struct OverdueView {
    request: String,
    user: String,
    account: String,
    permission_set: String,
    since: String,
}

#[derive(Debug, Serialize)]
struct WriterView {
    /// `free`, `held`, or `ran_out`: the last holder died or could not give the lease back.
    lease: &'static str,
    /// Which invocation: its request id in the logs, and a random word.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

impl AccessHealthView {
    /// What was read, with the version of the configuration in force.
    pub fn new(health: &Health, configuration: Option<String>) -> Self {
        let mut intents = IntentsView::default();
        for (rank, count) in health.intents {
            match rank {
                Rank::Removal => intents.removal = count,
                Rank::Emergency => intents.emergency = count,
                Rank::Grant => intents.grant = count,
            }
        }
        Self {
            at: health.at.to_string(),
            live: health.live,
            unreadable: health.unreadable,
            active: health.active,
            ending: health.ending,
            intents,
            oldest_intent: health.oldest_intent.as_ref().map(oldest_intent),
            overdue: health.overdue.iter().map(overdue).collect(),
            writer: writer(&health.writer),
            configuration,
        }
    }
}

fn oldest_intent(oldest: &OldestIntent) -> OldestIntentView {
    let OldestIntent { rank, request, age } = oldest;
    OldestIntentView { rank: rank.name(), request: request.to_string(), age_seconds: age.as_secs() }
}

fn overdue(Overdue { request, key, since }: &Overdue) -> OverdueView {
    OverdueView {
        request: request.to_string(),
        user: key.user.to_string(),
        account: key.account.to_string(),
        permission_set: key.permission_set.to_string(),
        since: since.to_string(),
    }
}

fn writer(state: &WriterState) -> WriterView {
    let (lease, known) = match state {
        WriterState::Free => ("free", None),
        WriterState::Held { holder, until } => ("held", Some((holder, until))),
        WriterState::RanOut { holder, until } => ("ran_out", Some((holder, until))),
    };
    let (holder, until) = known.map(|(holder, until)| (holder.clone(), until.to_string())).unzip();
    WriterView { lease, holder, until }
}
