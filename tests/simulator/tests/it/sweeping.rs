//! I13, I15: whatever was lost, the sweep finds it; and where nothing was lost, it changes nothing.

use std::time::Duration;

use curfew_domain::request::{Answer, Stage};
use curfew_sim::campaign::{Fault, Schedule, baseline, run, stage};
use curfew_sim::scenario::cast::{Access, Person};
use curfew_sim::scenario::people::{Wish, millis, mins, secs, wish};
use curfew_sim::scenario::{Play, named};
use curfew_sim::{CallFault, EventFault, Function, Outage, Service, What};
use serde_json::json;

use crate::stage::{approved, automatic, play, play_with, stage_of, well};

#[test]
fn i13_a_lost_trigger_or_wake_delays_and_loses_nothing() {
    for name in ["automatic", "approved", "returned", "overlapping"] {
        let scenario = named(name).unwrap();
        let plain = baseline(&scenario, 1);
        let events = plain.ran.steps.iter().filter_map(|step| match &step.what {
            What::Event(event) if event.function == Function::Revoke => Some(event.number),
            _ => None,
        });
        // One of them, and all.
        let events: Vec<usize> = events.collect();
        assert!(!events.is_empty(), "{name}");
        let drop = |number: &usize| Fault::Event(*number, EventFault::Drop);
        for faults in events.iter().map(|number| vec![drop(number)]).chain([events.iter().map(drop).collect()]) {
            well(&run(&scenario, &Schedule { scenario: name.to_owned(), faults, seed: 1 }));
        }
    }
}

#[test]
fn i11_a_decision_whose_resume_was_lost_is_carried_out_within_a_minute() {
    let outage = Outage { service: Service::StepFunctions, from: Duration::from_mins(1), to: Duration::from_secs(90) };
    play_with(
        |options| options.plan.outages.push(outage),
        async |play| {
            let began = play.world.now();
            let id = approved(&play, mins(3)).await;
            assert!(play.reaches(&id, Stage::AwaitingApproval, secs(30)).await);
            // The executions cannot be reached at the moment of the decision.
            play.world.until(began + secs(65)).await;
            play.answer(Person::Ben, &id, Answer::Approve).await;
            assert!(play.reaches(&id, Stage::Active, secs(120)).await);
            play.all_over(mins(10)).await;
            assert_eq!(stage_of(&play, &id), "ended");
        },
    );
}

#[test]
fn i15_a_start_that_was_lost_is_made_up_for() {
    let outage = Outage { service: Service::StepFunctions, from: Duration::ZERO, to: Duration::from_mins(1) };
    play_with(
        |options| options.plan.outages.push(outage),
        async |play| {
            let id = automatic(&play, mins(3)).await;
            assert!(play.reaches(&id, Stage::Active, mins(4)).await);
            play.all_over(mins(10)).await;
            assert_eq!(stage_of(&play, &id), "ended");
        },
    );
}

#[test]
fn i15_a_start_that_stays_impossible_fails_the_request() {
    let outage = Outage { service: Service::StepFunctions, from: Duration::ZERO, to: Duration::from_mins(40) };
    play_with(
        |options| options.plan.outages.push(outage),
        async |play| {
            let id = automatic(&play, mins(3)).await;
            // As long as nobody can say whether the execution runs, the request is not given up.
            play.world.pass(mins(42)).await;
            play.all_over(mins(12)).await;
            assert!(matches!(stage_of(&play, &id), "failed" | "ended"));
        },
    );
}

#[test]
fn i15_an_execution_that_dies_anywhere_leaves_a_request_that_ends() {
    // By milliseconds after the submission; the last ones die while the approvers are asked.
    for after in (0..3_200).step_by(80).chain([10_000]) {
        play(async |play| {
            let automatic = automatic(&play, mins(3)).await;
            let awaiting = approved(&play, mins(3)).await;
            let start = Some(play.world.now() + mins(1));
            let later = Wish { start, ..wish(Access::Approved, mins(3)) };
            let scheduled = play.ask(Person::Ana, later).await.unwrap();
            play.world.pass(millis(after)).await;
            for id in [&automatic, &awaiting, &scheduled] {
                play.world.kill_execution(id);
            }
            play.answer(Person::Ben, &awaiting, Answer::Approve).await;
            play.all_over(mins(40)).await;
        });
    }
}

#[test]
fn a_sweep_over_a_healthy_world_changes_nothing() {
    play(async |play| {
        let active = automatic(&play, mins(60)).await;
        let awaiting = approved(&play, mins(5)).await;
        let start = Some(play.world.now() + mins(5));
        let later = Wish { start, ..wish(Access::Automatic, mins(5)) };
        let scheduled = play.ask(Person::Cyn, later).await.unwrap();
        assert!(play.reaches(&active, Stage::Active, secs(30)).await);
        assert!(play.reaches(&awaiting, Stage::AwaitingApproval, secs(30)).await);
        assert!(play.reaches(&scheduled, Stage::Scheduled, secs(30)).await);
        play.world.pass(secs(5)).await;
        let seen = || (play.world.requests(), play.world.assignments());
        let (before, counts) = (seen(), play.world.counts());
        // Four minutes: twice the period of the comparison with Identity Center.
        play.world.pass(mins(4)).await;
        assert_eq!(seen(), before);
        let sweeps = play.world.counts().since(&counts);
        assert_eq!(sweeps.invocations.keys().copied().collect::<Vec<_>>(), [Function::Sweep]);
        // How much access there is, noted once.
        assert_eq!(sweeps.write_units, 1, "{sweeps:?}");
    });
}

#[test]
fn sweeps_at_every_moment_disturb_no_life() {
    play(async |play| {
        let sweeps = play.clone();
        let sweeping = tokio::task::spawn_local(async move {
            loop {
                sweeps.world.send(Function::Sweep, json!({}));
                sweeps.world.pass(millis(23)).await;
            }
        });
        let automatic = automatic(&play, mins(1)).await;
        let awaiting = approved(&play, mins(1)).await;
        let start = Some(play.world.now() + secs(20));
        let later = Wish { start, ..wish(Access::Automatic, mins(1)) };
        let scheduled = play.ask(Person::Cyn, later).await.unwrap();
        play.answer(Person::Ben, &awaiting, Answer::Approve).await;
        play.all_over(mins(5)).await;
        sweeping.abort();
        for id in [automatic, awaiting, scheduled] {
            assert_eq!(stage_of(&play, &id), "ended");
        }
    });
}

/// Ana asks, and for a while a sweep begins five times a second.
async fn swept_all_the_time(play: Play) {
    let id = play.ask(Person::Ana, wish(Access::Automatic, mins(1))).await;
    for _ in 0..60 {
        play.world.send(Function::Sweep, json!({}));
        play.world.pass(millis(200)).await;
    }
    play.all_over(mins(20)).await;
    if let Some(id) = id {
        // Nobody gave it up while its machine was about to try again.
        assert_eq!(stage_of(&play, &id), "ended");
    }
}

#[test]
fn i15_a_sweep_takes_no_execution_that_begins_for_one_that_was_forgotten() {
    let options = |faults: Vec<Fault>| {
        let schedule = Schedule { scenario: "automatic".to_owned(), faults, seed: 1 };
        named("automatic").unwrap().options(1, schedule.plan())
    };
    let ((), plain) = stage(options(Vec::new()), true, swept_all_the_time);
    well(&plain);
    let of_provision = plain.steps.iter().filter_map(|step| match &step.what {
        What::Call(call) if step.by.as_ref().is_some_and(|by| by.function == Function::Provision) => Some(call),
        _ => None,
    });
    // Its token is stored before anything else; whatever fails after that, the machine tries again.
    for call in of_provision.step_by(2).take(12) {
        for kind in [CallFault::CrashAfter, CallFault::Timeout].into_iter().filter(|kind| call.admits(*kind)) {
            let ((), ran) = stage(options(vec![Fault::Call(call.number, kind)]), false, swept_all_the_time);
            well(&ran);
        }
    }
}
