//! What must hold at the moment at which Identity Center is asked for a change.

use std::rc::Rc;

use curfew_domain::id::{AccountId, GroupId, Key, PermissionSetArn, UserId};
use curfew_domain::request::{Answer, Request, State as S};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_identity_center::Operation;
use serde_json::Value;

use super::{Book, Broken, request};
use crate::key::assignment;
use crate::{Call, World};

/// How old facts may be that a create relies on: it takes a few calls from reading them to creating.
const FRESH: SignedDuration = SignedDuration::from_secs(20);
/// A trigger may lie this much before the end that it is for.
const EARLY_TRIGGER: SignedDuration = SignedDuration::from_mins(3);

/// Everything that is wrong with a create or delete, which has just been applied or refused.
pub(super) fn check(world: &World, book: &mut Book, call: &Call, now: Timestamp, skew: SignedDuration) -> Vec<Broken> {
    let Some(key) = key_of(book, call) else {
        return vec![Broken::new("I7", "a change of something that is no user's assignment or membership of Curfew's")];
    };
    let creates = matches!(call.operation, "CreateAccountAssignment" | "CreateGroupMembership");
    let begun = match &call.answer {
        Ok(answer) => id_of(answer),
        // By the story's order: whether it was applied, Identity Center knows.
        Err("ReplyLost") => unannounced(world, book, &key, now),
        Err(_) => None,
    };
    let mut broken: Vec<Broken> = second(world, book, &key, begun.as_deref()).into_iter().collect();
    if creates {
        broken.extend(created(book, &key, now, skew));
    } else {
        broken.extend(deleted(book, &key, call, now, skew));
    }
    if let (Ok(answer), "CreateGroupMembership") = (&call.answer, call.operation) {
        let id = answer.get("MembershipId").and_then(Value::as_str).unwrap_or_default();
        book.memberships.insert(id.to_owned(), key.clone());
    }
    if let Some(id) = begun {
        book.begun.insert(id);
        if creates {
            book.made.insert(key);
        }
    }
    broken
}

/// The key that a request names.
fn key_of(book: &Book, call: &Call) -> Option<Key> {
    let text = |name: &str| call.request.get(name).and_then(Value::as_str);
    match call.operation {
        "CreateGroupMembership" => Some(Key::Membership {
            user: UserId::parse(call.request.pointer("/MemberId/UserId")?.as_str()?).ok()?,
            group: GroupId::parse(text("GroupId")?).ok()?,
        }),
        // Of Curfew's own: whoever made another one did not tell its id.
        "DeleteGroupMembership" => book.memberships.get(text("MembershipId")?).cloned(),
        _ => Some(Key::Assignment {
            user: UserId::parse(text("PrincipalId")?).ok().filter(|_| text("PrincipalType") == Some("USER"))?,
            account: AccountId::parse(text("TargetId")?).ok()?,
            permission_set: PermissionSetArn::parse(text("PermissionSetArn")?).ok()?,
        }),
    }
}

/// Identity Center's id of what it accepted.
fn id_of(answer: &Rc<Value>) -> Option<String> {
    if let Some(id) = answer.get("MembershipId") {
        return id.as_str().map(str::to_owned);
    }
    let status = ["AccountAssignmentCreationStatus", "AccountAssignmentDeletionStatus"];
    let status = status.iter().find_map(|name| answer.get(name))?;
    status.get("RequestId").and_then(Value::as_str).map(str::to_owned)
}

/// The operation on this key that has just begun and that nobody has been told of.
fn unannounced(world: &World, book: &Book, key: &Key, now: Timestamp) -> Option<String> {
    world.identity(|model, _| {
        let new = model.operations_in_progress().iter().find(|o| {
            let at = i64::try_from(o.created.0).unwrap_or_default();
            is_of(key, &o.assignment) && at == now.as_millisecond() && !book.begun.contains(&o.request_id)
        });
        new.map(|operation| operation.request_id.clone())
    })
}

fn is_of(key: &Key, target: &curfew_identity_center::Assignment) -> bool {
    assignment(key).is_some_and(|assignment| assignment == *target)
}

/// I8: nothing is asked for while a change of ours is in flight on the same key.
fn second(world: &World, book: &Book, key: &Key, begun: Option<&str>) -> Option<Broken> {
    let other = world.identity(|model, _| {
        let ours = |o: &&Operation| Some(o.request_id.as_str()) != begun && book.begun.contains(&o.request_id);
        let mut open = model.operations_in_progress().iter().filter(ours);
        open.find(|o| is_of(key, &o.assignment)).map(|o| o.action)
    })?;
    Some(Broken::new("I8", format!("asked for while a {other:?} of ours is in flight on the same key")))
}

/// Before a create.
fn created(book: &Book, key: &Key, now: Timestamp, skew: SignedDuration) -> Vec<Broken> {
    let mut broken = Vec::new();
    let wanted = |r: &&Request| matches!(r.state, S::Provisioning(_) | S::Ending { .. });
    let requests: Vec<&Request> = book.of_key(key).filter(wanted).collect();
    if requests.is_empty() {
        broken.push(Broken::new("I1", "a create without a request that is being provisioned"));
    } else if !requests.iter().any(|r| is_as_asked(book, r)) {
        broken.push(Broken::new("I2", "a create of something else than was asked for and approved"));
    } else if !requests.iter().any(|r| is_approved(book, r)) {
        broken.push(Broken::new("I1", "a create that nobody approved"));
    }
    if !requests.is_empty() && !requests.iter().any(|r| is_armed(book, r, skew)) {
        broken.push(Broken::new("I6", "a create before its end was armed"));
    }
    if let Some(since) = book.unfit.get(key)
        && now.duration_since(*since) > FRESH
    {
        broken.push(Broken::new("I4", format!("a create against facts that have not been so since {since}")));
    }
    broken
}

/// Whether policy allowed it, and everybody whose approval counts really gave it.
fn is_approved(book: &Book, r: &Request) -> bool {
    let Some(verdict) = &r.verdict else { return false };
    let really = |approver: &UserId| {
        let answer = (approver.clone(), r.ask.id.clone(), Answer::Approve);
        book.answers.contains(&answer)
    };
    let needs_people = book.needs_approval.contains(&r.ask.permission_set);
    let answered = r.decisions.iter().any(|d| d.approver != r.ask.requester && really(&d.approver));
    request::is_approved(r, verdict.steps())
        && r.decisions.iter().all(|d| d.answer == Answer::Deny || really(&d.approver))
        && (!needs_people || answered)
}

fn is_as_asked(book: &Book, r: &Request) -> bool {
    book.first.get(&r.ask.id).is_some_and(|first| first.ask == r.ask)
}

/// I6: a schedule calls `revoke` around its end.
pub(super) fn is_armed(book: &Book, r: &Request, skew: SignedDuration) -> bool {
    let Some(end) = r.state.grant().map(|grant| grant.expires_at) else { return false };
    book.armed.iter().any(|at| end.duration_since(*at) <= EARLY_TRIGGER && at.duration_since(end) <= skew)
}

/// Before a delete.
fn deleted(book: &Book, key: &Key, call: &Call, now: Timestamp, skew: SignedDuration) -> Vec<Broken> {
    let mut broken = Vec::new();
    if book.standing.contains(key) && !book.may_be_removed(key) && call.applied() {
        broken.push(Broken::new("I7", "a standing assignment is deleted"));
    }
    let needed = |r: &&Request| matches!(&r.state, S::Active(grant) if grant.expires_at > now + skew);
    if let Some(other) = book.of_key(key).find(needed).filter(|_| call.applied() && !book.robbed.contains_key(key)) {
        broken.push(Broken::new("I9", format!("a delete while {} needs the key", other.ask.id)));
    }
    broken
}
