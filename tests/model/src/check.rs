//! Runs the checker and says what came of it.

use std::time::{Duration, Instant};

use stateright::{Checker, HasDiscoveries, Model};

use crate::properties::{INVARIANTS, must_be_reached};
use crate::protocol::{Action, Protocol, Setting};

/// What a run of the checker came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Different states that were looked at.
    pub states: usize,
    /// The longest of the shortest paths to a state.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// The invariants that do not hold, each with what leads to a state where it does not.
    pub broken: Vec<(&'static str, Vec<Action>)>,
    /// What should be reached and is not.
    pub unreached: Vec<&'static str>,
}

/// Looks at every state.
pub fn exhaustive(setting: Setting, threads: usize) -> Outcome {
    run(setting, threads, HasDiscoveries::All)
}

/// Looks at states until an invariant is broken: with one thread, a shortest counterexample.
pub fn until_broken(setting: Setting) -> Outcome {
    run(setting, 1, HasDiscoveries::AnyFailures)
}

fn run(setting: Setting, threads: usize, until: HasDiscoveries) -> Outcome {
    let start = Instant::now();
    let protocol = Protocol::new(setting);
    let checker = protocol.clone().checker().threads(threads).finish_when(until).spawn_bfs().join();
    let discoveries = checker.discoveries();
    let broken = INVARIANTS
        .iter()
        .filter_map(|name| Some((*name, discoveries.get(name)?.clone().into_actions())))
        .collect();
    let unreached = must_be_reached(&protocol).into_iter().filter(|name| !discoveries.contains_key(name)).collect();
    Outcome {
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        took: start.elapsed(),
        broken,
        unreached,
    }
}
