//! Events on the bus, for everybody's own integrations. `events/bus/notice.schema.json` describes them; `version` is raised
//! when a field goes or changes its meaning, never when one comes.
//!
//! They carry ids, names and links, and none of the words that people write: what is fanned out to other programs is out of
//! our hands. Whoever needs the justification reads the request.

use curfew_domain::request::{EndReason, Stage};
use curfew_engine::announce::Letter;
use serde::Serialize;

/// The version of the shape.
pub const EVENT_VERSION: u32 = 1;

/// The detail of an event. Its `detail-type` is the kind, its `source` is `curfew`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeEvent {
    /// Version of this shape.
    pub version: u32,
    /// The same whenever this event comes again: by it, who listens sees doubles.
    pub id: String,
    /// What it tells.
    pub kind: &'static str,
    /// When that happened; with a reminder, since when the request stands where it is. RFC 3339.
    pub at: String,
    /// Who did it: `user:<id>` or `curfew`.
    pub actor: String,
    /// The request.
    pub request: EventRequest,
    /// With a request that waits for approvers: the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<EventStep>,
    /// Where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<EventGrant>,
    /// Everybody whom it is for.
    pub people: Vec<EventPerson>,
}

/// A request in an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventRequest {
    /// Its id.
    pub id: String,
    /// The stage that it came to by what is told.
    pub state: &'static str,
    /// Where to look at it.
    pub url: String,
    /// Who asked: a user id of Identity Center.
    pub requester: String,
    /// What people call them.
    pub requester_name: String,
    /// In which account.
    pub account: String,
    /// What people call it.
    pub account_name: String,
    /// ARN of the permission set.
    pub permission_set: String,
    /// What people call it.
    pub permission_set_name: String,
    /// For how long, as far as that is decided: ISO 8601.
    pub duration: String,
    /// Whether it is an emergency.
    pub emergency: bool,
    /// The request whose access it prolongs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// Why access ended: `expired`, `returned`, `revoked`, or what took it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// A step that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventStep {
    /// From 0.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// How many approvals it needs.
    pub quorum: u8,
    /// Until when, RFC 3339.
    pub deadline: String,
}

/// A grant in an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventGrant {
    /// When it began, RFC 3339.
    pub started_at: String,
    /// When it ends.
    pub expires_at: String,
    /// Until when role sessions that were issued before may still work.
    pub sessions_until: String,
}

/// Somebody whom a notice is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventPerson {
    /// User id of Identity Center.
    pub id: String,
    /// Why: `requester`, `approver`, `reviewer`, `in_charge` or `named`.
    pub because: &'static str,
}

impl NoticeEvent {
    /// The event of a notice. `public_url`: the console, without a slash at the end.
    pub fn new(letter: &Letter, public_url: &str) -> Self {
        let (ask, names) = (&letter.request.ask, &letter.names);
        let step = letter.step().filter(|_| letter.stage == Stage::AwaitingApproval);
        Self {
            version: EVENT_VERSION,
            id: letter.id.clone(),
            kind: letter.kind.name(),
            at: letter.at.to_string(),
            actor: letter.actor.clone(),
            request: EventRequest {
                id: ask.id.to_string(),
                state: letter.stage.name(),
                url: format!("{public_url}/requests/{}", ask.id),
                requester: ask.requester.to_string(),
                requester_name: names.requester.clone(),
                account: ask.account.to_string(),
                account_name: names.account.clone(),
                permission_set: ask.permission_set.to_string(),
                permission_set_name: names.permission_set.clone(),
                duration: letter.duration().to_string(),
                emergency: ask.emergency,
                extends: ask.extends.as_ref().map(ToString::to_string),
                reason: letter.reason().map(EndReason::name),
            },
            step: step.map(|(index, step, deadline)| EventStep {
                index,
                name: step.name.clone(),
                quorum: step.quorum,
                deadline: deadline.to_string(),
            }),
            grant: letter.grant().map(|grant| EventGrant {
                started_at: grant.started_at.to_string(),
                expires_at: grant.expires_at.to_string(),
                sessions_until: grant.sessions_until().to_string(),
            }),
            people: letter
                .people
                .iter()
                .map(|(who, because)| EventPerson { id: who.to_string(), because: because.name() })
                .collect(),
        }
    }
}
