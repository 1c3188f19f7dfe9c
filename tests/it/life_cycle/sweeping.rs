//! I13, I15: whatever was lost, the sweep finds it; and where nothing was lost, it changes nothing.

use std::sync::Arc;

use curfew_domain::request::Answer;
use curfew_domain::time::SignedDuration;
use curfew_engine::sweep::Swept;

use super::faults::Kind;
use super::functions::run_sweep;
use super::machine::kill;
use super::people::{in_a_world, wish};
use super::world::World;

const SOON: SignedDuration = SignedDuration::from_secs(30);

fn mins(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

#[test]
fn i13_a_lost_trigger_wake_or_resume_delays_and_loses_nothing() {
    for lost in [&["trigger"][..], &["wake"], &["trigger", "resume"]] {
        in_a_world(async |world, cast| {
            world.state().lateness = mins(5);
            let automatic = world.ask_automatic(&cast, 3).await;
            let approved = world.ask_approved(&cast, 3).await;
            world.answer(&cast.ben, &approved, Answer::Approve).await;
            world.reaches(&automatic, "active", SOON).await;
            world.reaches(&approved, "active", SOON).await;
            world.state().lost.extend(lost);
            if lost.contains(&"wake") {
                // Those of the sweep get lost, too, for a while.
                world.pass(mins(4)).await;
                world.state().lost.clear();
            }
            world.all_over(mins(10)).await;
            assert_eq!((world.stage(&automatic), world.stage(&approved)), ("ended", "ended"), "{lost:?}");
        });
    }
}

#[test]
fn i13_a_trigger_that_never_existed_is_missed_by_a_minute_or_two() {
    in_a_world(async |world, cast| {
        world.state().lost.insert("trigger");
        let id = world.ask_automatic(&cast, 3).await;
        world.reaches(&id, "active", SOON).await;
        let end = world.request(&id).state.grant().unwrap().expires_at;
        world.until(end).await;
        world.reaches(&id, "ended", mins(2) + SignedDuration::from_secs(5)).await;
        world.all_over(mins(5)).await;
    });
}

#[test]
fn i11_a_decision_whose_resume_was_lost_is_carried_out_within_a_minute() {
    in_a_world(async |world, cast| {
        let id = world.ask_approved(&cast, 3).await;
        world.reaches(&id, "awaiting_approval", SOON).await;
        world.pass(SignedDuration::from_secs(3)).await;
        // The flow cannot be reached at the moment of the decision.
        let now = world.now();
        world.state().plan.outages.push(("flow.resume", now, now + SignedDuration::from_secs(5)));
        world.answer(&cast.ben, &id, Answer::Approve).await;
        world.reaches(&id, "active", mins(1) + SOON).await;
        world.all_over(mins(10)).await;
        assert_eq!(world.stage(&id), "ended");
    });
}

#[test]
fn i15_a_start_that_was_lost_is_made_up_for() {
    in_a_world(async |world, cast| {
        world.state().lost.insert("start");
        let id = world.ask_automatic(&cast, 3).await;
        world.pass(mins(1)).await;
        world.state().lost.clear();
        world.reaches(&id, "active", mins(3)).await;
        world.all_over(mins(10)).await;
        assert_eq!(world.stage(&id), "ended");
    });
}

#[test]
fn i15_a_start_that_stays_impossible_fails_the_request() {
    in_a_world(async |world, cast| {
        world.state().lost.insert("start");
        let id = world.ask_automatic(&cast, 3).await;
        world.reaches(&id, "failed", mins(12)).await;
    });
}

#[test]
fn i15_an_execution_that_dies_anywhere_leaves_a_request_that_ends() {
    // By milliseconds after the submission; the last ones die while the approvers are asked.
    for after in (0..2_500).step_by(47).chain([10_000]) {
        in_a_world(async |world, cast| {
            let automatic = world.ask_automatic(&cast, 3).await;
            let approved = world.ask_approved(&cast, 3).await;
            let start = world.now() + mins(1);
            let scheduled = world.ask(&cast.ana, wish(&cast.approved, 3, Some(start))).await;
            world.pass(SignedDuration::from_millis(after)).await;
            for id in [&automatic, &approved, &scheduled] {
                kill(&world, id);
            }
            world.answer(&cast.ben, &approved, Answer::Approve).await;
            world.all_over(mins(40)).await;
        });
    }
}

#[test]
fn a_sweep_over_a_healthy_world_changes_nothing_and_costs_so_many_calls() {
    in_a_world(async |world, cast| {
        let active = world.ask_automatic(&cast, 60).await;
        let awaiting = world.ask_approved(&cast, 5).await;
        let start = world.now() + mins(15);
        let scheduled = world.ask(&cast.ana, wish(&cast.automatic, 5, Some(start))).await;
        world.reaches(&active, "active", SOON).await;
        world.reaches(&awaiting, "awaiting_approval", SOON).await;
        world.reaches(&scheduled, "scheduled", SOON).await;
        world.pass(SignedDuration::from_secs(2)).await;
        let seen = |w: &World| {
            let state = w.state();
            (state.requests.clone(), state.assignments.clone(), state.tokens.clone(), state.notices.len())
        };
        let before = seen(&world);
        let calls = world.state().calls.len();
        // Six minutes: once round for the comparison in two minutes and the facts in three. The world's own sweeps are
        // its input.
        let (began, mut swept) = (world.now(), Vec::new());
        for minute in 1..=6 {
            let first = world.state().calls.len();
            let result = run_sweep(&world).await.unwrap();
            swept.push((result, world.state().calls.len() - first));
            world.until(began + mins(minute)).await;
        }
        let healthy = Swept { live: 3, looked_at: 3, ..Swept::default() };
        assert!(swept.iter().all(|(result, _)| *result == healthy), "{swept:?}");
        assert_eq!(seen(&world), before);
        // Four for the list, the requests, the configuration and tidying; one for each request, one more where an
        // execution waits; one comparison in two sweeps; user, account and permission set in three.
        let total: usize = swept.iter().map(|(_, calls)| calls).sum();
        assert_eq!(total, 6 * (4 + 3 + 1) + 3 + 2 * 3, "{swept:?}");
        assert!(world.state().calls.len() >= calls + total);
        world.all_over(mins(70)).await;
    });
}

#[test]
fn sweeps_at_every_moment_disturb_no_life() {
    in_a_world(async |world, cast| {
        sweep_all_the_time(&world);
        let automatic = world.ask_automatic(&cast, 1).await;
        let approved = world.ask_approved(&cast, 1).await;
        let start = world.now() + SignedDuration::from_secs(20);
        let scheduled = world.ask(&cast.cyn, wish(&cast.automatic, 1, Some(start))).await;
        world.answer(&cast.ben, &approved, Answer::Approve).await;
        world.pass(mins(2)).await;
        for id in [automatic, approved, scheduled] {
            assert_eq!(world.stage(&id), "ended");
            let resumed = world.state().executions[&id].running;
            assert!(!resumed);
        }
    });
}

#[test]
fn i15_a_sweep_takes_no_execution_that_begins_for_one_that_was_forgotten() {
    in_a_world(async |world, cast| {
        sweep_all_the_time(&world);
        // The first try of provisioning stores its token, takes its time, and fails; the machine will try again.
        world.state().plan.of_port = Some(("permission_sets.permission_set", 1, Kind::Frozen(3)));
        let (from, to) = (world.now() + SignedDuration::from_secs(1), world.now() + SignedDuration::from_secs(5));
        world.state().plan.outages.push(("requests.commit", from, to));
        let id = world.ask_automatic(&cast, 1).await;
        world.all_over(mins(5)).await;
        assert_eq!(world.stage(&id), "ended");
    });
}

fn sweep_all_the_time(world: &Arc<World>) {
    let world = Arc::clone(world);
    tokio::task::spawn_local(async move {
        loop {
            let other = Arc::clone(&world);
            tokio::task::spawn_local(async move { drop(run_sweep(&other).await) });
            world.pass(SignedDuration::from_millis(23)).await;
        }
    });
}
