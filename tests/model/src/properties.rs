//! What must hold in every state, and what must be reached, or the model proves nothing.

use stateright::{Model, Property};

use crate::calm;
use crate::protocol::Protocol;
use crate::state::{Closed, Kind, Lease, Maker, Operation, Phase, State, Step, Trigger};

/// The invariants of the design that this model holds. The names are those of counterexamples.
pub const INVARIANTS: &[&str] = &[RECORDED, ARMED, STANDING, ALONE, KEPT, FORWARD, CLOSED, PROMPT, GONE];

/// No access without an open record of it.
pub const RECORDED: &str = "I5 access is on record";
/// No access before its trigger.
pub const ARMED: &str = "I6 armed before access";
/// What we did not create stays.
pub const STANDING: &str = "I7 standing stays";
/// At most one operation of ours.
pub const ALONE: &str = "I8 one operation";
/// Not earlier than the latest expiry.
pub const KEPT: &str = "I9 active has access";
/// Never back.
pub const FORWARD: &str = "I10 only advances";
/// Closing says the truth.
pub const CLOSED: &str = "I14 closed is true";
/// The sweep is for faults only.
pub const PROMPT: &str = "no fault, no waiting";
/// Whatever happened: once faults end, all comes to its end.
pub const GONE: &str = "I12 gone in the end";

/// All properties.
pub(crate) fn all() -> Vec<Property<Protocol>> {
    let mut all = vec![
        Property::always(RECORDED, |_: &Protocol, s: &State| is_recorded(s)),
        Property::always(ARMED, |_, s: &State| is_armed(s)),
        Property::always(STANDING, |_, s: &State| !s.witness.standing_deleted),
        Property::always(ALONE, |_, s: &State| s.service.in_flight() <= 1),
        Property::always(KEPT, |_, s: &State| is_kept(s)),
        Property::always(FORWARD, |_, s: &State| !s.witness.went_back),
        Property::always(CLOSED, |_, s: &State| !s.witness.closed_wrongly),
        Property::always(PROMPT, is_prompt),
        Property::always(GONE, calm::ends_well),
    ];
    all.extend(reached());
    all
}

/// What we made, or may be making, is needed by a request that is not over, and the record of the key knows of it.
fn is_recorded(state: &State) -> bool {
    let made = state.service.assignment == Some(Maker::Curfew);
    let open = state.grants.iter().any(|grant| grant.is_open());
    let known = state.record.ours || state.record.operation.is_some();
    !made || (open && known)
}

/// Every create is made for a grant whose trigger was armed before.
fn is_armed(state: &State) -> bool {
    let create = Operation { kind: Kind::Create, by: Maker::Curfew };
    let creating = state.service.operation == Some(create) || state.service.creates_in_the_air > 0;
    !creating || state.grants.iter().any(|grant| grant.is_open() && grant.trigger != Trigger::None)
}

fn is_kept(state: &State) -> bool {
    let needed = state.grants.iter().any(|grant| grant.phase == Phase::Active && !grant.due);
    !needed || state.service.lists() || state.witness.removed_by_hand
}

/// As long as nothing was lost, nobody has to wait for the sweep.
fn is_prompt(protocol: &Protocol, state: &State) -> bool {
    let faultless = state.faults.crashes == protocol.setting().faults.crashes
        && state.faults.lost_triggers == protocol.setting().faults.lost_triggers;
    let idle = state.invocations().next().is_none();
    let waits = |phase| matches!(phase, Phase::Approved | Phase::Provisioning | Phase::Ending);
    !(faultless && idle && state.grants.iter().any(|grant| waits(grant.phase)))
}

/// The interesting corners, without which "holds" would mean little.
fn reached() -> Vec<Property<Protocol>> {
    vec![
        Property::sometimes("two grants active at once", |_: &Protocol, s: &State| {
            s.grants.iter().all(|grant| grant.phase == Phase::Active)
        }),
        Property::sometimes("closed because another grant needs it", |_, s: &State| closed(s, Closed::Kept)),
        Property::sometimes("closed as absent", |_, s: &State| closed(s, Closed::Absent)),
        Property::sometimes("a lease outlives its holder", |_, s: &State| {
            s.lease_taken && s.invocations().all(|(_, invocation)| invocation.lease != Lease::Held)
        }),
        Property::sometimes("an operation in flight that nobody follows", |_, s: &State| {
            s.service.operation.is_some() && s.invocations().next().is_none()
        }),
        Property::sometimes("a lost call is still to arrive while another writer works", |_, s: &State| {
            let works = s.invocations().any(|(_, invocation)| matches!(invocation.step, Step::Work(..)));
            s.faults.crashes == 0 && s.service.creates_in_the_air > 0 && works
        }),
        Property::sometimes("a create succeeds for a grant that is over", |_, s: &State| {
            let over = s.grants.iter().all(|grant| grant.due && !matches!(grant.phase, Phase::Active));
            over && s.service.assignment == Some(Maker::Curfew)
        }),
        Property::sometimes("the second begins while the first ends", |_, s: &State| {
            let [first, second] = s.grants;
            first.phase == Phase::Ending && second.phase == Phase::Provisioning && s.service.lists()
        }),
        Property::sometimes("all is over after every fault", |protocol, s: &State| {
            let begun = s.grants.iter().take(protocol.setting().grants);
            s.faults.crashes == 0 && s.faults.duplicates == 0 && begun.clone().all(|g| g.phase > Phase::Ending)
        }),
    ]
}

/// What is reached over a standing assignment, instead of what needs a create.
fn closed(state: &State, why: Closed) -> bool {
    state.grants.iter().any(|grant| grant.phase == Phase::Ended(why))
}

/// The properties of this protocol that must have an example.
pub fn must_be_reached(protocol: &Protocol) -> Vec<&'static str> {
    let sometimes = |property: &Property<Protocol>| property.expectation == stateright::Expectation::Sometimes;
    protocol.properties().into_iter().filter(sometimes).map(|property| property.name).collect()
}
