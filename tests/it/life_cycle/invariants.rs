//! DESIGN §3, asked after every port call. What is broken is noted with its moment; the run fails at its end.

use curfew_domain::assignment::OperationKind;
use curfew_domain::audit::verify;
use curfew_domain::id::{Key, RequestId};
use curfew_domain::request::{Gone, Request, State as S, Transition};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::trigger::minute;
use curfew_identity_center::{Action, Status};
use curfew_policy::AccountFacts;

use super::access::millis;
use super::world::{State, of_model};

/// Port calls that change nothing; to look after each of them again would only cost time.
const READS: [&str; 17] = [
    "accounts.",
    "assignments.assignment",
    "callbacks.tokens",
    "configurations.",
    "flow.is_running",
    "inventory.",
    "people.",
    "permission_sets.",
    "assignments.lease",
    "requests.due",
    "requests.intents",
    "requests.live",
    "requests.load",
    "requests.repeated",
    "requests.tidy",
    "reviews.open",
    "reviews.review",
];

/// Whether a port call changes nothing.
pub(crate) fn is_read(port: &str) -> bool {
    READS.iter().any(|read| port.starts_with(read))
}

/// After every port call.
pub(crate) fn check(state: &mut State, now: Timestamp, port: &str) {
    if is_read(port) {
        return;
    }
    state.model.settle(millis(now));
    let appeared: Vec<Key> = state.foreign.iter().filter(|key| state.exists(key)).cloned().collect();
    for key in appeared {
        state.foreign.remove(&key);
        state.standing.insert(key);
    }
    let mut broken = Vec::new();
    for key in keys(state) {
        let in_flight = creating(state, &key);
        if state.standing.contains(&key) {
            if !state.exists(&key) {
                broken.push(format!("I7: a standing assignment was removed: {key:?}"));
            }
        } else if state.exists(&key) || in_flight {
            broken.extend(recorded(state, &key));
            broken.extend(too_late(state, &key, now));
        }
        broken.extend(missing(state, &key, now));
    }
    let number = state.calls.len().saturating_sub(1);
    state.violations.extend(broken.into_iter().map(|what| format!("after call {number} ({port}) at {now}: {what}")));
}

/// I5: what exists, or is being created, has an open request and a record that will have it removed.
fn recorded(state: &State, key: &Key) -> Option<String> {
    let open = of_key(state, key).any(|r| matches!(r.state, S::Provisioning(_) | S::Active(_) | S::Ending { .. }));
    let known = state.assignments.get(key).is_some_and(|a| a.ours || a.operation.is_some());
    (!open || !known).then(|| format!("I5: assignment without an open record (request {open}, record {known})"))
}

/// I12: nothing outlives its latest grant by more than this test allows.
fn too_late(state: &State, key: &Key, now: Timestamp) -> Option<String> {
    let needed = |r: &Request| match &r.state {
        S::Provisioning(grant) | S::Active(grant) => Some(grant.expires_at),
        S::Ending { .. } => Some(r.since),
        _ => None,
    };
    let until = of_key(state, key).filter_map(needed).max()?;
    (now.duration_since(until) > state.lateness).then(|| format!("I12: still there, {until} was its end"))
}

/// I9: an active grant has its assignment until its end.
fn missing(state: &State, key: &Key, now: Timestamp) -> Option<String> {
    let active = |r: &&Request| matches!(&r.state, S::Active(grant) if grant.expires_at > now);
    let robbed = of_key(state, key).find(active)?;
    let gone = !state.exists(key) && !state.tampered;
    gone.then(|| format!("I9: request {} is active and has no assignment", robbed.ask.id))
}

/// Before Identity Center is asked for a change.
pub(crate) fn check_begin(state: &mut State, kind: OperationKind, key: &Key, now: Timestamp) {
    let mut broken = Vec::new();
    let ours = |id: &String| state.begun.contains(id);
    let open = state.model.operations_in_progress();
    if open.iter().any(|o| o.assignment == of_model(key) && o.status == Status::InProgress && ours(&o.request_id)) {
        broken.push("I8: a second operation on a key".to_owned());
    }
    if kind == OperationKind::Assign {
        let provisioning: Vec<_> =
            of_key(state, key).filter(|r| matches!(r.state, S::Provisioning(_) | S::Ending { .. })).collect();
        let armed = |r: &&Request| {
            let end = r.state.grant().unwrap().expires_at;
            let listed = state.due.contains(&(minute(end), r.ask.id.clone()));
            listed && state.triggers.iter().any(|t| t.minute() == minute(end) && t.at() <= end)
        };
        if provisioning.is_empty() {
            broken.push("I1: create without a request that is provisioning".to_owned());
        } else if !provisioning.iter().any(armed) {
            broken.push("I6: create before its expiry was armed".to_owned());
        }
        let fit = !state.disabled.contains_key(&key.user)
            && state.account == AccountFacts::Active
            && state.session.is_some_and(|s| s <= SignedDuration::from_hours(1));
        if !fit {
            broken.push("I4: create against the facts".to_owned());
        }
    } else {
        if state.standing.contains(key) {
            broken.push("I7: delete of a standing assignment".to_owned());
        }
        let needed = |r: &Request| matches!(&r.state, S::Active(grant) if grant.expires_at > now);
        if of_key(state, key).any(needed) {
            broken.push("I9: delete while a grant needs the key".to_owned());
        }
    }
    state.violations.extend(broken.into_iter().map(|what| format!("begin {kind:?} at {now}: {what}")));
}

/// Before a transition is stored.
pub(crate) fn check_commit(state: &mut State, before: &Request, transition: &Transition, now: Timestamp) {
    let after = &transition.request;
    let mut broken = Vec::new();
    if after.state.stage() < before.state.stage() || before.state.stage().is_terminal() {
        broken.push(format!("I10: {} after {}", after.state.stage().name(), before.state.stage().name()));
    }
    if transition.record.previous != before.head.hash {
        broken.push("I18: the record does not continue the chain".to_owned());
    }
    let key = after.ask.key();
    state.model.settle(millis(now));
    let standing = state.standing.contains(&key);
    let absent = !state.exists(&key) && !creating(state, &key);
    let held_by = |id: &RequestId| {
        let held = state.assignments.get(&key).is_some_and(|a| a.holds.iter().any(|h| h.request == *id));
        held && state.requests.get(id).is_some_and(|r| !r.state.stage().is_terminal())
    };
    let justified = match &after.state {
        S::Ended { gone: Gone::Absent, .. } => absent,
        S::Ended { gone: Gone::KeptFor(other), .. } => held_by(other),
        S::Ended { gone: Gone::Standing, .. } => standing,
        // Failed before it began: nothing of its own can be there.
        S::Failed { .. } if matches!(before.state, S::Ending { .. }) => {
            let others = state.requests.keys().filter(|id| **id != after.ask.id).any(held_by);
            absent || standing || others
        }
        _ => true,
    };
    if !justified {
        broken.push(format!("I14: closed unconfirmed: {:?}", after.state));
    }
    state.violations.extend(broken.into_iter().map(|what| format!("commit at {now}: {what}")));
}

/// At the end of a run, when every request should be over.
pub(crate) fn check_end(state: &mut State, now: Timestamp) {
    check(state, now, "end");
    let mut broken = Vec::new();
    for (id, request) in &state.requests {
        let stands = request.state.stage();
        if !stands.is_terminal() {
            broken.push(format!("I15: request {id} is still {}", stands.name()));
        }
        let records = &state.records[id];
        // The records of a review continue those of its request.
        let head = state.reviews.get(id).map_or(&request.head, |review| &review.head);
        if let Err(error) = verify(id, records, head) {
            broken.push(format!("I18: {error}"));
        }
    }
    for key in keys(state) {
        if state.exists(&key) != state.standing.contains(&key) {
            broken.push(format!("I12: something is left over, or standing access is gone: {key:?}"));
        }
    }
    for id in &state.live {
        broken.push(format!("I15: {id} was never retired"));
    }
    for record in state.assignments.values() {
        if record.ours || record.operation.is_some() || !record.holds.is_empty() {
            broken.push(format!("a record of nothing: {record:?}"));
        }
    }
    state.violations.extend(broken);
}

/// Whether an operation of ours that creates this key is in progress.
fn creating(state: &State, key: &Key) -> bool {
    let mut open = state.model.operations_in_progress().iter();
    open.any(|o| o.action == Action::Create && o.assignment == of_model(key) && state.begun.contains(&o.request_id))
}

/// Requests for this key.
fn of_key<'a>(state: &'a State, key: &'a Key) -> impl Iterator<Item = &'a Request> {
    state.requests.values().filter(move |r| r.ask.key() == *key)
}

/// Every key that anybody asked for, or had before.
fn keys(state: &State) -> Vec<Key> {
    let mut keys: Vec<Key> = state.requests.values().map(|r| r.ask.key()).collect();
    keys.extend(state.standing.iter().cloned());
    keys.sort();
    keys.dedup();
    keys
}
