//! What must hold of every key, whatever just happened.

use curfew_domain::id::Key;
use curfew_domain::request::{Request, State as S};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_identity_center::Action;

use super::trouble::Trouble;
use super::{Book, Broken};
use crate::World;
use crate::key::assignment;

/// I13: how long a grant may stay unnoticed after its end.
const NOTICED: SignedDuration = SignedDuration::from_mins(5);
/// I16: how long an assignment without record may stay unreported.
const REPORTED: SignedDuration = SignedDuration::from_mins(15);
/// I14, I15: somebody is told after five minutes; the sweep looks every minute or two.
const TOLD: SignedDuration = SignedDuration::from_mins(8);

/// Everything that is wrong with any key.
pub(super) fn check(world: &World, book: &mut Book, trouble: &Trouble, now: Timestamp) -> Vec<Broken> {
    let appeared: Vec<Key> = book.foreign.iter().filter(|key| world.key_is_assigned(key)).cloned().collect();
    for key in appeared {
        book.foreign.remove(&key);
        book.standing.insert(key);
    }
    let mut broken = Vec::new();
    for key in book.keys() {
        let exists = world.key_is_assigned(&key);
        let creating = is_being_created(world, book, &key);
        if book.standing.contains(&key) {
            if !exists && book.may_be_removed(&key) {
                book.standing.remove(&key);
                book.standing_since.remove(&key);
            } else if !exists {
                broken.push(Broken::new("I7", "a standing assignment is gone"));
            }
        } else if exists || creating {
            broken.extend(recorded(world, book, &key));
            broken.extend(left_over(book, &key, trouble, now));
        }
        broken.extend(adopted(world, book, &key));
        broken.extend(stray(book, &key, trouble, now));
        broken.extend(missing(book, &key, exists, trouble, now));
    }
    for request in book.last.values() {
        broken.extend(unnoticed(request, trouble, now));
        broken.extend(untold(book, request, trouble, now));
    }
    broken
}

/// Whether a create of ours is in flight on the key.
pub(super) fn is_being_created(world: &World, book: &Book, key: &Key) -> bool {
    world.identity(|model, _| {
        model.operations_in_progress().iter().any(|operation| {
            operation.action == Action::Create
                && assignment(key).is_some_and(|target| target == operation.assignment)
                && book.begun.contains(&operation.request_id)
        })
    })
}

/// I5: what exists, or is being created, has an open request, and a record that will have it removed.
fn recorded(world: &World, book: &Book, key: &Key) -> Option<Broken> {
    let open = book.of_key(key).any(|r| matches!(r.state, S::Provisioning(_) | S::Active(_) | S::Ending { .. }));
    let record = world.assignment(key);
    let known = record.ours || record.operation.is_some();
    let what = format!("an assignment without an open record (request: {open}, key: {known})");
    (!open || !known).then(|| Broken::new("I5", what))
}

/// I7: what was there before is not taken for ours.
fn adopted(world: &World, book: &Book, key: &Key) -> Option<Broken> {
    let adopted = book.standing.contains(key) && !book.made.contains(key) && world.assignment(key).ours;
    adopted.then(|| Broken::new("I7", "a standing assignment is on record as ours"))
}

/// I16: what nobody recorded on a permission set that is Curfew's alone is reported.
fn stray(book: &Book, key: &Key, trouble: &Trouble, now: Timestamp) -> Option<Broken> {
    let since = *book.standing_since.get(key).filter(|_| book.is_owned(key))?;
    let user = key.user();
    let told = || book.alarms.iter().any(|(at, text)| *at >= since && text.contains(user.as_str()));
    let overdue = trouble.is_overdue(since, REPORTED, now) && !told();
    overdue.then(|| Broken::new("I16", format!("nobody is told of what {user} was given at {since}")))
}

/// I12: nothing outlives its latest grant by more than is allowed.
fn left_over(book: &Book, key: &Key, trouble: &Trouble, now: Timestamp) -> Option<Broken> {
    let needed = |r: &Request| match &r.state {
        S::Provisioning(grant) | S::Active(grant) => Some(grant.expires_at),
        S::Ending { .. } => Some(r.since),
        _ => None,
    };
    let until = book.of_key(key).filter_map(needed).max()?;
    let overdue = trouble.is_left_over(until, book.patience, now);
    overdue.then(|| Broken::new("I12", format!("still there, {until} was its end")))
}

/// I9: an active grant has its assignment until its end. I15: if somebody took it away, that is noticed.
fn missing(book: &Book, key: &Key, exists: bool, trouble: &Trouble, now: Timestamp) -> Option<Broken> {
    let active = |r: &&Request| matches!(&r.state, S::Active(grant) if grant.expires_at > now + trouble.skew);
    let request = book.of_key(key).find(active).filter(|_| !exists)?;
    let id = &request.ask.id;
    match book.robbed.get(key) {
        None => Some(Broken::new("I9", format!("{id} is active and has no assignment"))),
        Some(since) if trouble.is_overdue((*since).max(request.since), NOTICED, now) => {
            let told = book.alarms.iter().any(|(_, text)| text.contains(id.as_str()));
            (!told).then(|| Broken::new("I15", format!("nobody noticed that {id} lost its assignment at {since}")))
        }
        Some(_) => None,
    }
}

/// I13: a grant past its end is found, whatever became of its trigger.
fn unnoticed(request: &Request, trouble: &Trouble, now: Timestamp) -> Option<Broken> {
    let (S::Provisioning(grant) | S::Active(grant)) = &request.state else { return None };
    let overdue = trouble.is_overdue(grant.expires_at, NOTICED, now);
    overdue.then(|| Broken::new("I13", format!("{} ended at {}, and nobody noticed", request.ask.id, grant.expires_at)))
}

/// I14: somebody is told of a removal that takes long.
fn untold(book: &Book, request: &Request, trouble: &Trouble, now: Timestamp) -> Option<Broken> {
    let S::Ending { .. } = request.state else { return None };
    let id = request.ask.id.as_str();
    let told = book.alarms.iter().any(|(at, text)| *at >= request.since && text.contains(id));
    let overdue = trouble.is_overdue(request.since, TOLD, now);
    (overdue && !told).then(|| Broken::new("I14", format!("nobody is told that {id} is not removed yet")))
}
