use std::collections::BTreeMap;

use super::{automatic, under};
use crate::{CallFault, EventFault, Options, Plan, World, run};

fn whole_log(world: &World) -> Vec<String> {
    world.log().steps().iter().map(|step| format!("{step:?}")).collect()
}

#[test]
fn the_same_seed_and_plan_give_the_same_log() {
    let plan = Plan {
        calls: BTreeMap::from([
            (3, CallFault::ReplyLost),
            (9, CallFault::Throttle),
            (17, CallFault::CrashAfter),
            (30, CallFault::Timeout),
        ]),
        events: BTreeMap::from([(2, EventFault::Triple)]),
        ..Plan::default()
    };
    let first = whole_log(&under(7, plan.clone()));
    let second = whole_log(&under(7, plan.clone()));
    for (place, (first, second)) in first.iter().zip(&second).enumerate() {
        assert_eq!(first, second, "step {place}");
    }
    assert_eq!(first.len(), second.len());
    assert_ne!(first, whole_log(&under(8, plan)), "another seed, another log");
}

#[test]
fn runs_on_other_threads_change_nothing() {
    let alone = whole_log(&under(1, Plan::default()));
    let others: Vec<_> = (0..3)
        .map(|seed| {
            std::thread::spawn(move || {
                run(Options { seed, ..Options::default() }, async |world| whole_log(&automatic(world).await))
            })
        })
        .collect();
    let logs: Vec<_> = others.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(logs[1], alone);
}

#[test]
#[ignore = "prints how fast a life cycle is; run by hand"]
fn speed() {
    for seed in 0..6 {
        let began = std::time::Instant::now();
        let world = run(Options { seed, ..Options::default() }, async |world| {
            super::submit(&world, "Reader").await;
            world.pass(curfew_domain::time::SignedDuration::from_mins(70)).await;
            world
        });
        let all = began.elapsed();
        let began = std::time::Instant::now();
        run(Options { seed, ..Options::default() }, async |_| ());
        println!(
            "{all:?} for {} calls, {} steps; an empty run {:?}",
            world.calls(),
            world.log().steps().len(),
            began.elapsed()
        );
    }
}
