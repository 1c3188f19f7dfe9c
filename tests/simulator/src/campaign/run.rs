//! One run of one schedule: the story under its faults, then peace, then the last questions.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::rc::Rc;

use curfew_domain::request::Stage;
use curfew_domain::time::SignedDuration;

use crate::campaign::schedule::Schedule;
use crate::invariants::{check_end, report, watch};
use crate::scenario::people::{mins, secs};
use crate::scenario::{Play, Scenario};
use crate::{Changed, Counts, EventFault, ExecutionStatus, Options, Step, Violation, What, World, run as simulate};

/// How long everything may take to come to its end after the faults: the state machine's longest patience.
const PEACE: SignedDuration = SignedDuration::from_mins(60);
/// What is late by a day comes within this time.
const A_DAY: SignedDuration = SignedDuration::from_hours(25);

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Ran {
    /// What must not have happened.
    pub violations: Vec<Violation>,
    /// AWS calls while faults could strike.
    pub calls: usize,
    /// Events while faults could strike.
    pub events: usize,
    /// Seconds of simulated time while faults could strike.
    pub seconds: u64,
    /// Faults that struck.
    pub strikes: usize,
    /// Situations in which a fault struck: stages of all requests, function, operation, kind; as hashes.
    pub covered: BTreeSet<u64>,
    /// What the whole run cost.
    pub counts: Counts,
    /// Everything that happened.
    pub steps: Vec<Rc<Step>>,
}

/// Runs a schedule, whose scenario is this one.
pub fn run(scenario: &Scenario, schedule: &Schedule) -> Ran {
    let options = scenario.options(schedule.seed, schedule.plan());
    stage(options, schedule.faults.is_empty(), async |scene: Play| (scenario.story)(scene).await).1
}

/// Stages a story in a new world: all invariants are watched; after it, faults heal, everything comes to its end, and
/// nothing may be left. `strict`: requests must also have ended as the story expects.
pub fn stage<T>(options: Options, strict: bool, story: impl AsyncFnOnce(Play) -> T) -> (T, Ran) {
    let plan = options.plan.clone();
    simulate(options, async |world: World| {
        let scene = Play::new(world.clone());
        watch(&world, &scene.book, &plan);
        let result = story(scene.clone()).await;
        // The sweep sees once more what the story left.
        world.pass(secs(61)).await;
        let (calls, events, seconds) = (world.calls(), world.events(), passed(&world));
        world.heal();
        quiet(&world).await;
        if plan.events.values().any(|kind| *kind == EventFault::Delay) {
            world.set_sweep(false);
            world.pass(A_DAY).await;
            world.set_sweep(true);
        }
        let told_by = world.now() + A_DAY;
        while !world.is_told() && world.now() < told_by {
            world.pass(mins(1)).await;
        }
        world.pass(mins(2)).await;
        report(&world, check_end(&world, &scene.book.borrow(), strict));
        let steps = world.log().steps().to_vec();
        let (strikes, covered) = coverage(&steps);
        let violations = world.violations();
        (result, Ran { violations, calls, events, seconds, strikes, covered, counts: world.counts(), steps })
    })
}

/// Seconds since the first step.
fn passed(world: &World) -> u64 {
    let first = world.log().steps().first().map_or_else(|| world.now(), |step| step.at);
    u64::try_from(world.now().duration_since(first).as_secs()).unwrap_or_default()
}

/// Lets time pass until nothing is under way, within bounds.
async fn quiet(world: &World) {
    let deadline = world.now() + PEACE;
    let busy = || {
        world.requests().iter().any(|request| !request.state.stage().is_terminal())
            || world.executions().iter().any(|execution| execution.status == ExecutionStatus::Running)
    };
    while busy() && world.now() < deadline {
        world.pass(secs(2)).await;
    }
}

/// How many faults struck, and in which situations.
fn coverage(steps: &[Rc<Step>]) -> (usize, BTreeSet<u64>) {
    let mut stages: BTreeMap<String, Stage> = BTreeMap::new();
    let mut covered = BTreeSet::new();
    let mut strikes = 0;
    for step in steps {
        let struck = match &step.what {
            What::Call(call) => call.strike.map(|kind| (kind.name(), call.operation)),
            What::Event(event) => event.strike.map(|kind| (kind.name(), event.function.name())),
            _ => None,
        };
        if let Some(struck) = struck {
            strikes += 1;
            let mut situation: Vec<Stage> = stages.values().copied().collect();
            situation.sort();
            let mut hash = DefaultHasher::new();
            (situation.iter().map(|stage| stage.name()).collect::<Vec<_>>(), struck).hash(&mut hash);
            step.by.as_ref().map(|by| by.function.name()).hash(&mut hash);
            covered.insert(hash.finish());
        }
        if let What::Call(call) = &step.what {
            for change in &call.changes {
                if let Changed::Request { after: Some(after), .. } = &change.item {
                    stages.insert(after.ask.id.to_string(), after.state.stage());
                }
            }
        }
    }
    (strikes, covered)
}
