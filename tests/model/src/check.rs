//! Runs the checker and says what came of it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use stateright::{Checker, HasDiscoveries, Model, Path};

use crate::properties::{INVARIANTS, must_be_reached};
use crate::protocol::{Action, Protocol, Setting};
use crate::state::State;

/// What a run of the checker came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Different states that were looked at.
    pub states: usize,
    /// Steps to the state that was farthest from the start; with several threads, nearly so.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// The invariants that do not hold, each with the steps to a state where it does not.
    pub broken: Vec<(&'static str, Vec<String>)>,
    /// What should be reached and is not.
    pub unreached: Vec<&'static str>,
}

/// Looks at every state.
pub fn exhaustive(setting: Setting, threads: usize) -> Outcome {
    // Goes on until all properties have an example; invariants that hold never have one.
    run(setting, threads, HasDiscoveries::All)
}

/// Looks at states until this invariant is broken; the counterexample is a shortest one.
pub fn until_broken(setting: Setting, invariant: &'static str) -> Outcome {
    let mut outcome = run(setting, 1, HasDiscoveries::AnyOf(BTreeSet::from([invariant])));
    outcome.broken.retain(|(name, _)| *name == invariant);
    outcome
}

fn run(setting: Setting, threads: usize, until: HasDiscoveries) -> Outcome {
    let start = Instant::now();
    let protocol = Protocol::new(setting);
    let checker = protocol.clone().checker().threads(threads).finish_when(until).spawn_bfs().join();
    let discoveries = checker.discoveries();
    let broken = INVARIANTS.iter().filter_map(|name| Some((*name, story(discoveries.get(name)?)))).collect();
    let unreached = must_be_reached(&protocol).into_iter().filter(|name| !discoveries.contains_key(name)).collect();
    Outcome {
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        took: start.elapsed(),
        broken,
        unreached,
    }
}

/// The steps of a path in words. Slots are sorted anew after each step, so each line says what the invocation did.
fn story(path: &Path<State, Action>) -> Vec<String> {
    let steps = path.clone().into_vec();
    steps.into_iter().filter_map(|(state, action)| Some(tell(&state, action?))).collect()
}

fn tell(before: &State, action: Action) -> String {
    let (Action::Step(slot)
    | Action::TakeUp(slot, _)
    | Action::Deny(slot)
    | Action::LoseAnswer(slot)
    | Action::Die(slot)
    | Action::DieCalling(slot)) = action
    else {
        return format!("{action:?}");
    };
    match before.running.get(slot).copied().flatten() {
        Some(invocation) => format!("{action:?} of {:?}: {:?}", invocation.function, invocation.step),
        None => format!("{action:?}"),
    }
}
