//! Stored shapes, schemas 1 to 3. Separate from the domain's types; every field that a later release adds has a default
//! here.

use std::net::IpAddr;

use curfew_domain::ask::Ask;
use curfew_domain::assignment::{Assignment, Hold, Operation, OperationKind};
use curfew_domain::audit::{Head, RecordHash};
use curfew_domain::id::{AccountId, Key, PermissionSetArn, RequestId, UserId};
use curfew_domain::origin::{Channel, Origin};
use curfew_domain::request::{Gone, Grant, Request, State};
use curfew_domain::text::{Justification, Ticket};
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use curfew_engine::error::Fault;
use serde::{Deserialize, Serialize};

use super::unreadable;
pub(super) use packing::{packed, unpacked};
pub(super) use review::{review, review_doc};

use reason::{ReasonDoc, reason, reason_doc};
use verdict::{DecisionDoc, VerdictDoc, decision, decision_doc, verdict_doc};

mod packing;
mod reason;
mod review;
#[cfg(test)]
mod tests;
mod trail;
mod verdict;

/// The schema of everything but requests, and of requests of the first releases.
pub(super) const SCHEMA: u64 = 1;
/// The schema of requests that say what those releases would overlook.
const SCHEMA_WITH_RULES: u64 = 2;
/// The schema of requests that carry their audit records, compressed. Earlier releases read none of them: who goes back to
/// one lets every grant end first.
pub(super) const SCHEMA_WITH_TRAIL: u64 = 3;

/// Whether this is a schema of requests without audit records in them.
pub(super) fn is_known(schema: u64) -> bool {
    matches!(schema, SCHEMA | SCHEMA_WITH_RULES)
}

#[derive(Serialize, Deserialize)]
struct RequestDoc {
    ask: AskDoc,
    verdict: Option<VerdictDoc>,
    decisions: Vec<DecisionDoc>,
    /// Absent where no time ran out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    timed_out: Vec<usize>,
    state: StateDoc,
    since: Timestamp,
    hash: String,
}

#[derive(Serialize, Deserialize)]
struct AskDoc {
    requester: String,
    account: String,
    permission_set: String,
    seconds: u32,
    justification: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    emergency: bool,
    submitted_at: Timestamp,
    /// Absent in requests of releases without extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extends: Option<String>,
    /// Absent in requests that were not escalated, and in those of releases without escalation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    escalates: Option<String>,
    /// Absent, like the next two, where it was not told, and in requests of releases that did not ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source_address: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mfa: Option<bool>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
enum StateDoc {
    Submitted,
    AwaitingApproval {
        step: usize,
        deadline: Timestamp,
    },
    Approved,
    Scheduled {
        start: Timestamp,
    },
    Provisioning {
        grant: GrantDoc,
    },
    Active {
        grant: GrantDoc,
    },
    Ending {
        grant: GrantDoc,
        reason: ReasonDoc,
    },
    Ended {
        grant: GrantDoc,
        reason: ReasonDoc,
        gone: GoneDoc,
    },
    Denied,
    Cancelled {
        /// Absent where it was just withdrawn.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        escalated_to: Option<String>,
    },
    Lapsed,
    Failed {
        why: String,
    },
}

#[derive(Serialize, Deserialize)]
struct GrantDoc {
    started_at: Timestamp,
    expires_at: Timestamp,
    session_seconds: i64,
    standing: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum GoneDoc {
    Absent,
    KeptFor(String),
    Standing,
}

/// A request and its audit records as the bytes of a `doc` attribute of schema 3.
pub(super) fn packed_request(request: &Request) -> Result<Vec<u8>, Fault> {
    let doc = serde_json::to_string(&request_doc(request)).map_err(|e| Fault::permanent("write the request", e))?;
    packed(&trail::under(doc, &request.trail))
}

/// The request of such bytes.
pub(super) fn unpacked_request(id: RequestId, version: u64, bytes: &[u8]) -> Result<Request, Fault> {
    let text = unpacked(bytes)?;
    let (doc, records) = text.split_once('\n').unwrap_or((&text, ""));
    let trail = trail::trail(&id, records)?;
    Ok(Request { trail, ..request(id, version, doc)? })
}

fn request_doc(request: &Request) -> RequestDoc {
    let ask = &request.ask;
    RequestDoc {
        ask: AskDoc {
            requester: ask.requester.to_string(),
            account: ask.account.to_string(),
            permission_set: ask.permission_set.to_string(),
            seconds: ask.duration.seconds(),
            justification: ask.justification.to_string(),
            ticket: ask.ticket.as_ref().map(ToString::to_string),
            start: ask.start,
            emergency: ask.emergency,
            submitted_at: ask.submitted_at,
            extends: ask.extends.as_ref().map(ToString::to_string),
            escalates: ask.escalates.as_ref().map(ToString::to_string),
            channel: ask.origin.channel.map(|channel| channel.name().to_owned()),
            source_address: ask.origin.source_address,
            mfa: ask.origin.mfa,
        },
        verdict: request.verdict.as_ref().map(verdict_doc),
        decisions: request.decisions.iter().map(decision_doc).collect(),
        timed_out: request.timed_out.clone(),
        state: state_doc(&request.state),
        since: request.since,
        hash: request.head.hash.as_str().to_owned(),
    }
}

/// The request of a `doc` attribute before schema 3, which is also the first line of one of schema 3.
pub(super) fn request(id: RequestId, version: u64, doc: &str) -> Result<Request, Fault> {
    let doc: RequestDoc = serde_json::from_str(doc).map_err(unreadable)?;
    Ok(Request {
        ask: Ask {
            id,
            requester: user(&doc.ask.requester)?,
            account: AccountId::parse(&doc.ask.account).map_err(unreadable)?,
            permission_set: PermissionSetArn::parse(&doc.ask.permission_set).map_err(unreadable)?,
            duration: AccessDuration::from_seconds(doc.ask.seconds.into()).map_err(unreadable)?,
            justification: Justification::parse(&doc.ask.justification).map_err(unreadable)?,
            ticket: doc.ask.ticket.map(|t| Ticket::parse(&t).map_err(unreadable)).transpose()?,
            start: doc.ask.start,
            emergency: doc.ask.emergency,
            submitted_at: doc.ask.submitted_at,
            extends: doc.ask.extends.map(|id| RequestId::parse(&id).map_err(unreadable)).transpose()?,
            escalates: doc.ask.escalates.map(|id| RequestId::parse(&id).map_err(unreadable)).transpose()?,
            origin: Origin {
                channel: doc.ask.channel.as_deref().map(channel).transpose()?,
                source_address: doc.ask.source_address,
                mfa: doc.ask.mfa,
            },
        },
        verdict: doc.verdict.map(verdict::verdict).transpose()?,
        decisions: doc.decisions.into_iter().map(decision).collect::<Result<_, _>>()?,
        timed_out: doc.timed_out,
        state: state(doc.state)?,
        since: doc.since,
        head: Head { seq: version, hash: RecordHash::from_stored(doc.hash) },
        trail: Vec::new(),
    })
}

fn channel(name: &str) -> Result<Channel, Fault> {
    Channel::parse(name).ok_or_else(|| unreadable(format!("`{name}` is no channel")))
}

fn user(text: &str) -> Result<UserId, Fault> {
    UserId::parse(text).map_err(unreadable)
}

fn state_doc(state: &State) -> StateDoc {
    match state {
        State::Submitted => StateDoc::Submitted,
        State::AwaitingApproval { step, deadline } => StateDoc::AwaitingApproval { step: *step, deadline: *deadline },
        State::Approved => StateDoc::Approved,
        State::Scheduled { start } => StateDoc::Scheduled { start: *start },
        State::Provisioning(grant) => StateDoc::Provisioning { grant: grant_doc(grant) },
        State::Active(grant) => StateDoc::Active { grant: grant_doc(grant) },
        State::Ending { grant, reason } => StateDoc::Ending { grant: grant_doc(grant), reason: reason_doc(reason) },
        State::Ended { grant, reason, gone } => StateDoc::Ended {
            grant: grant_doc(grant),
            reason: reason_doc(reason),
            gone: match gone {
                Gone::Absent => GoneDoc::Absent,
                Gone::KeptFor(other) => GoneDoc::KeptFor(other.to_string()),
                Gone::Standing => GoneDoc::Standing,
            },
        },
        State::Denied => StateDoc::Denied,
        State::Cancelled { escalated_to } => {
            StateDoc::Cancelled { escalated_to: escalated_to.as_ref().map(ToString::to_string) }
        }
        State::Lapsed => StateDoc::Lapsed,
        State::Failed { reason } => StateDoc::Failed { why: reason.clone() },
    }
}

fn state(doc: StateDoc) -> Result<State, Fault> {
    Ok(match doc {
        StateDoc::Submitted => State::Submitted,
        StateDoc::AwaitingApproval { step, deadline } => State::AwaitingApproval { step, deadline },
        StateDoc::Approved => State::Approved,
        StateDoc::Scheduled { start } => State::Scheduled { start },
        StateDoc::Provisioning { grant: g } => State::Provisioning(grant(&g)),
        StateDoc::Active { grant: g } => State::Active(grant(&g)),
        StateDoc::Ending { grant: g, reason: r } => State::Ending { grant: grant(&g), reason: reason(r) },
        StateDoc::Ended { grant: g, reason: r, gone } => State::Ended {
            grant: grant(&g),
            reason: reason(r),
            gone: match gone {
                GoneDoc::Absent => Gone::Absent,
                GoneDoc::KeptFor(other) => Gone::KeptFor(RequestId::parse(&other).map_err(unreadable)?),
                GoneDoc::Standing => Gone::Standing,
            },
        },
        StateDoc::Denied => State::Denied,
        StateDoc::Cancelled { escalated_to } => State::Cancelled {
            escalated_to: escalated_to.map(|id| RequestId::parse(&id).map_err(unreadable)).transpose()?,
        },
        StateDoc::Lapsed => State::Lapsed,
        StateDoc::Failed { why } => State::Failed { reason: why },
    })
}

fn grant_doc(grant: &Grant) -> GrantDoc {
    GrantDoc {
        started_at: grant.started_at,
        expires_at: grant.expires_at,
        session_seconds: grant.session.as_secs(),
        standing: grant.standing,
    }
}

fn grant(doc: &GrantDoc) -> Grant {
    Grant {
        started_at: doc.started_at,
        expires_at: doc.expires_at,
        session: SignedDuration::from_secs(doc.session_seconds),
        standing: doc.standing,
    }
}

#[derive(Serialize, Deserialize)]
struct AssignmentDoc {
    holds: Vec<(String, Timestamp)>,
    ours: bool,
    operation: Option<OperationDoc>,
    #[serde(default)]
    settled: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct OperationDoc {
    assign: bool,
    since: Timestamp,
}

/// What is known about a key as the text of its `doc` attribute.
pub(super) fn assignment_doc(assignment: &Assignment) -> Result<String, Fault> {
    let doc = AssignmentDoc {
        holds: assignment.holds.iter().map(|h| (h.request.to_string(), h.until)).collect(),
        ours: assignment.ours,
        operation: assignment
            .operation
            .as_ref()
            .map(|o| OperationDoc { assign: o.kind == OperationKind::Assign, since: o.since }),
        settled: assignment.settled.clone(),
    };
    serde_json::to_string(&doc).map_err(|e| Fault::permanent("write the assignment", e))
}

/// The record of a key.
pub(super) fn assignment(key: Key, version: u64, doc: &str) -> Result<Assignment, Fault> {
    let doc: AssignmentDoc = serde_json::from_str(doc).map_err(unreadable)?;
    let hold = |(request, until): (String, Timestamp)| {
        Ok::<_, Fault>(Hold { request: RequestId::parse(&request).map_err(unreadable)?, until })
    };
    Ok(Assignment {
        key,
        holds: doc.holds.into_iter().map(hold).collect::<Result<_, _>>()?,
        ours: doc.ours,
        operation: doc.operation.map(|o| Operation {
            kind: if o.assign { OperationKind::Assign } else { OperationKind::Unassign },
            since: o.since,
        }),
        settled: doc.settled,
        version,
    })
}
