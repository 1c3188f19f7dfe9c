//! What becomes of a state when no more faults happen: fair, and always the same way.
//!
//! `eventually` of stateright misses counterexamples that run into a cycle or join another path, so this is an `always`:
//! from every state that can be reached, the calm course of events comes to an end, and the end is a good one.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::protocol::{Action, Protocol};
use crate::state::{Faults, Function, GRANTS, GrantId, Kind, Maker, Phase, SLOTS, State, Witness};

/// More steps than any calm course takes.
const LIMIT: usize = 300;
/// Locks, so that threads seldom wait for each other.
const SHARDS: usize = 16;

/// States that are known to end well: courses join soon, so hardly any step is looked at twice.
#[derive(Clone, Default)]
pub(crate) struct Known(Arc<[Mutex<HashSet<u64>>; SHARDS]>);

impl Known {
    fn shard(&self, print: u64) -> MutexGuard<'_, HashSet<u64>> {
        let shard = usize::try_from(print % SHARDS as u64).unwrap_or_default();
        self.0[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a calm course ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Everything that was asked for is over, and nothing of ours is left.
    Good,
    /// Access of ours is left, or on its way, or it goes on for ever.
    AccessLeft,
    /// No access is left, but a request waits, or the lease is taken, for ever.
    Stuck,
}

/// How the calm course from here ends.
pub(crate) fn end(protocol: &Protocol, state: &State) -> End {
    // In a calm course faults do not matter, nor what properties remember.
    let mut state = State { faults: Faults::NONE, witness: Witness::default(), ..*state };
    let mut course = Vec::new();
    loop {
        let print = print_of(&state);
        if protocol.known.shard(print).contains(&print) {
            break;
        }
        course.push(print);
        match calm_actions().find_map(|action| protocol.follow(&state, action)) {
            Some(next) if course.len() < LIMIT => state = State { witness: Witness::default(), ..next },
            None => match end_of(&state) {
                End::Good => break,
                other => return other,
            },
            Some(_) => return End::AccessLeft,
        }
    }
    for print in course {
        protocol.known.shard(print).insert(print);
    }
    End::Good
}

fn print_of(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

fn end_of(state: &State) -> End {
    let over = state.grants.iter().all(|grant| matches!(grant.phase, Phase::Absent | Phase::Ended(_)));
    if state.service.assignment == Some(Maker::Curfew) || state.service.in_flight() > 0 {
        End::AccessLeft
    } else if over && !state.lease_taken {
        End::Good
    } else {
        End::Stuck
    }
}

/// What happens without faults, what comes soon before what comes late. Identity Center comes first: a writer that it
/// refuses tries again until the other operation is over.
fn calm_actions() -> impl Iterator<Item = Action> {
    let steps = (0..SLOTS).flat_map(|slot| {
        let take_up = (0..GRANTS).map(move |grant| Action::TakeUp(slot, grant));
        std::iter::once(Action::Step(slot)).chain(take_up)
    });
    let service = [Action::Succeed, Action::Arrive(Kind::Create), Action::Arrive(Kind::Delete)];
    service.into_iter().chain(steps).chain([Action::LeaseRunsOut]).chain((0..GRANTS).flat_map(late))
}

fn late(grant: GrantId) -> [Action; 4] {
    let sweep = |function| Action::Sweep(function, grant);
    [Action::Fire(grant), Action::ComeDue(grant), sweep(Function::Revoke), sweep(Function::Provision)]
}
