//! What must hold in every state, and what must be reached, or the model proves nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use stateright::{Expectation, Model, Property};

use crate::calm::{self, End};
use crate::protocol::{Protocol, Setting};
use crate::state::{Closed, Faults, Kind, Lease, Maker, Operation, Phase, Stage, State, Step, Trigger};

/// The invariants of the design that this model holds. The names are those of counterexamples.
pub const INVARIANTS: &[&str] = &[RECORDED, ARMED, STANDING, ALONE, KEPT, FORWARD, CLOSED, PROMPT, GONE, OVER];

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
/// Whatever happened: once faults end, no access of ours stays.
pub const GONE: &str = "I12 gone in the end";
/// Whatever happened: once faults end, every request comes to its end.
pub const OVER: &str = "I15 over in the end";

/// Which properties have their example already.
///
/// Stateright keeps the last one that it sees before it stops. This keeps the first, which is a shortest one if one thread
/// searches, and saves writing down a path for every further state.
#[derive(Clone, Default)]
pub(crate) struct Found(Arc<AtomicU32>);

impl Found {
    /// Whether this is the first time that this property, known by its number, has it.
    fn first(&self, number: u32, has_it: bool) -> bool {
        let bit = 1 << number;
        has_it && self.0.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }
}

/// `number, name, what must never be`.
macro_rules! never {
    ($number:literal, $name:expr, $bad:expr) => {
        Property::always($name, |p: &Protocol, s: &State| {
            let bad: fn(&Protocol, &State) -> bool = $bad;
            !p.found.first($number, bad(p, s))
        })
    };
}

/// `number, name, what must be seen`.
macro_rules! once {
    ($number:literal, $name:expr, $seen:expr) => {
        Property::sometimes($name, |p: &Protocol, s: &State| {
            let seen: fn(&Protocol, &State) -> bool = $seen;
            p.found.first($number, seen(p, s))
        })
    };
}

/// All properties that mean something in this setting.
pub(crate) fn all(setting: &Setting) -> Vec<Property<Protocol>> {
    let mut all = vec![
        never!(0, RECORDED, |_, s| !is_recorded(s)),
        never!(1, ARMED, |_, s| !is_armed(s)),
        never!(2, STANDING, |_, s| s.witness.standing_deleted),
        never!(3, ALONE, |_, s| s.service.in_flight() > 1),
        never!(4, KEPT, |_, s| !is_kept(s)),
        never!(5, FORWARD, |_, s| s.witness.went_back),
        never!(6, CLOSED, |_, s| s.witness.closed_wrongly),
        never!(7, PROMPT, |p, s| !is_prompt(p, s)),
        never!(8, GONE, |p, s| calm::end(p, s) == End::AccessLeft),
        // Only where nobody runs: all calm courses come there.
        never!(9, OVER, |p, s| s.invocations().next().is_none() && calm::end(p, s) != End::Good),
    ];
    all.extend(if setting.standing { over_standing() } else { over_nothing() });
    all.extend(after_faults(setting));
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

/// The corners that must be reached, or "holds" would mean little: where Curfew makes the assignment.
fn over_nothing() -> Vec<Property<Protocol>> {
    vec![
        once!(10, "two grants active at once", |_, s| s.grants.iter().all(|grant| grant.phase == Phase::Active)),
        once!(11, "closed because another grant needs it", |_, s| closed(s, Closed::Kept)),
        once!(12, "closed as absent", |_, s| closed(s, Closed::Absent)),
        once!(13, "created for a grant that is due", |_, s| {
            let over = s.grants.iter().all(|grant| grant.phase == Phase::Absent || grant.due);
            over && !closed(s, Closed::Absent) && s.service.operation.is_some_and(|o| o.kind == Kind::Create)
        }),
        once!(14, "the second begins while the first ends", |_, s| {
            let [first, second] = s.grants;
            first.phase == Phase::Ending && second.phase == Phase::Provisioning && s.service.lists()
        }),
    ]
}

/// Where an administrator made it.
fn over_standing() -> Vec<Property<Protocol>> {
    vec![
        once!(10, "two grants active at once", |_, s| s.grants.iter().all(|grant| grant.phase == Phase::Active)),
        once!(11, "closed because another grant needs it", |_, s| closed(s, Closed::Kept)),
        once!(12, "closed as standing", |_, s| closed(s, Closed::Standing)),
    ]
}

/// What each fault must lead to. Over a standing assignment Curfew calls nobody, so no answer is lost and nothing refused.
fn after_faults(setting: &Setting) -> Vec<Property<Protocol>> {
    let crash = once!(20, "a lease outlives its holder", |_, s| {
        s.lease_taken && s.invocations().all(|(_, invocation)| invocation.lease != Lease::Held)
    });
    let healed = once!(21, "all is over after every fault", |_, s| {
        let begun = s.grants.iter().all(|grant| grant.phase > Phase::Ending);
        begun && s.faults == Faults { duplicates: s.faults.duplicates, ..Faults::NONE }
    });
    let unheard = once!(22, "a call is accepted that nobody waits for", |_, s| {
        let follows = |step| matches!(step, Step::Work(_, Stage::Follow));
        s.service.in_flight() > 0 && !s.invocations().any(|(_, invocation)| follows(invocation.step))
    });
    let refused = once!(23, "refused because of another operation", |_, s| {
        s.invocations().any(|(_, invocation)| matches!(invocation.step, Step::Work(_, Stage::Refused)))
    });
    let Setting { faults, standing, .. } = *setting;
    let mut all = vec![healed];
    all.extend((faults.crashes > 0).then_some(crash));
    all.extend((faults.lost_answers > 0 && !standing).then_some(unheard));
    all.extend((faults.removals_by_hand > 0 && !standing).then_some(refused));
    all
}

fn closed(state: &State, why: Closed) -> bool {
    state.grants.iter().any(|grant| grant.phase == Phase::Ended(why))
}

/// The properties of this protocol that must have an example.
pub fn must_be_reached(protocol: &Protocol) -> Vec<&'static str> {
    let sometimes = |property: &Property<Protocol>| property.expectation == Expectation::Sometimes;
    protocol.properties().into_iter().filter(sometimes).map(|property| property.name).collect()
}
