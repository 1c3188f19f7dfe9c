//! I8: one operation at a time on a key, whoever works on it, whatever became of those before.

use std::sync::Arc;

use curfew_domain::lease::{Holder, Lease};
use curfew_domain::request::{Gone, State as S};
use curfew_domain::time::SignedDuration;
use curfew_engine::end::Ending;
use curfew_identity_center::{Fault, FaultKind};

use super::faults::Kind;
use super::functions::{run_provision, run_provision_until, run_revoke};
use super::machine::kill;
use super::people::{in_a_world, key};
use super::world::World;

const SOON: SignedDuration = SignedDuration::from_secs(30);

fn mins(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

fn secs(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

fn inject(world: &World, operation: &str, kind: FaultKind) {
    world.state().model.inject(Fault { operation: operation.to_owned(), times: 1, kind });
}

fn count(world: &World, port: &str) -> usize {
    world.state().calls.iter().filter(|c| **c == port).count()
}

#[test]
fn i8_invocations_at_once_on_one_key_work_one_after_another() {
    for stagger in [0, 1, 5, 9, 14, 50, 120, 700, 1_300] {
        in_a_world(async |world, cast| {
            let id = world.ask_automatic(&cast, 3).await;
            // Duplicates of everything that works on keys, while the execution does its own.
            for n in 0..3_i64 {
                let (world, id) = (Arc::clone(&world), id.clone());
                tokio::task::spawn_local(async move {
                    world.pass(SignedDuration::from_millis(stagger * n)).await;
                    drop(run_provision(&world, &id, &format!("duplicate {n}")).await);
                    drop(run_revoke(&world, None).await);
                });
            }
            world.reaches(&id, "active", SOON).await;
            world.all_over(mins(20)).await;
            assert_eq!((count(&world, "access.begin_assign"), count(&world, "access.begin_unassign")), (1, 1));
        });
    }
}

#[test]
fn i8_provision_and_revoke_at_once_lose_nothing() {
    // Given back at every moment of provisioning.
    for after in (0..2_600).step_by(53) {
        in_a_world(async |world, cast| {
            let id = world.ask_automatic(&cast, 60).await;
            world.pass(SignedDuration::from_millis(after)).await;
            if world.end(&cast.ana, &id, Ending::Return).await.is_err() {
                world.end(&cast.ana, &id, Ending::Cancel).await.ok();
            }
            if !world.request(&id).state.stage().is_terminal() {
                let world = Arc::clone(&world);
                tokio::task::spawn_local(async move { drop(run_revoke(&world, None).await) });
            }
            world.all_over(mins(62)).await;
            let took = world.request(&id).since.duration_since(world.request(&id).ask.submitted_at);
            let early = took < secs(15);
            assert!(early || world.stage(&id) == "ended", "given back after {after} ms, over after {took}");
        });
    }
}

#[test]
fn the_lease_of_a_dead_owner_runs_out_and_the_next_goes_on() {
    in_a_world(async |world, cast| {
        let until = world.now() + secs(135);
        world.state().lease = Lease { holder: Some(Holder { name: "dead".to_owned(), until }), version: 1 };
        let id = world.ask_automatic(&cast, 10).await;
        world.until(until).await;
        assert!(!world.state().calls.contains(&"access.begin_assign"));
        world.reaches(&id, "active", mins(2)).await;
        world.all_over(mins(20)).await;
    });
}

#[test]
fn i8_an_owner_that_was_frozen_past_its_lease_begins_nothing() {
    // At each of its writes: the lease, the hold, the intent, the id of the operation, its end.
    for write in 0..5 {
        in_a_world(async |world, cast| {
            let id = world.ask_automatic(&cast, 5).await;
            while world.stage(&id) != "approved" {
                world.pass(SignedDuration::from_millis(1)).await;
            }
            kill(&world, &id);
            world.state().plan.of_port = Some(("assignments.put_assignment", write, Kind::Frozen(60)));
            let (zombie, request) = (Arc::clone(&world), id.clone());
            tokio::task::spawn_local(async move {
                drop(run_provision_until(&zombie, &request, "zombie", zombie.now() + secs(15)).await);
            });
            world.reaches(&id, "provisioning", SOON).await;
            world.pass(secs(5)).await;
            world.end(&cast.ana, &id, Ending::Return).await.unwrap();
            world.reaches(&id, "ended", mins(3)).await;
            world.all_over(mins(5)).await;
        });
    }
}

#[test]
fn i5_a_create_whose_reply_was_lost_is_found_and_not_repeated() {
    in_a_world(async |world, cast| {
        inject(&world, "CreateAccountAssignment", FaultKind::LostReply);
        let id = world.ask_automatic(&cast, 5).await;
        // The model knows of it; we do not.
        world.reaches(&id, "active", mins(2)).await;
        assert_eq!(count(&world, "access.begin_assign"), 1);
        assert!(!world.request(&id).state.grant().unwrap().standing);
        world.all_over(mins(10)).await;
        let S::Ended { gone, .. } = world.request(&id).state else { panic!("not ended") };
        assert_eq!(gone, Gone::Absent);
    });
}

#[test]
fn i5_a_create_that_shows_up_late_is_removed() {
    for (late, given_back) in [(2, true), (10, true), (20, true), (25, true), (2, false), (10, false), (25, false)] {
        in_a_world(async |world, cast| {
            world.state().lateness = mins(10);
            world.state().late_begin = Some(secs(late));
            let id = world.ask_automatic(&cast, 5).await;
            world.reaches(&id, "provisioning", SOON).await;
            world.pass(secs(1)).await;
            if given_back {
                world.end(&cast.ana, &id, Ending::Return).await.unwrap();
            }
            world.all_over(mins(20)).await;
            assert!(!world.is_assigned(&key(&cast.ana, &cast.automatic)), "{late} {given_back}");
        });
    }
}

#[test]
fn i12_a_grant_that_expires_while_it_is_provisioned_is_removed() {
    for slow in [110, 119, 121, 170, 175, 179, 181, 200, 400] {
        in_a_world(async |world, cast| {
            // Nothing can be removed before Identity Center has made it.
            world.state().lateness = secs((slow - 180).max(0)) + mins(5);
            inject(&world, "CreateAccountAssignment", FaultKind::Slow { ms: u64::try_from(slow).unwrap() * 1_000 });
            let id = world.ask_automatic(&cast, 3).await;
            world.all_over(mins(30)).await;
            assert_eq!(world.stage(&id), "ended", "slow {slow}");
        });
    }
}

#[test]
fn i14_a_stuck_operation_is_waited_for_and_then_undone() {
    for (operation, stuck) in [("CreateAccountAssignment", 20), ("DeleteAccountAssignment", 40)] {
        in_a_world(async |world, cast| {
            world.state().lateness = mins(stuck + 10);
            inject(&world, operation, FaultKind::Stuck);
            let id = world.ask_automatic(&cast, 3).await;
            world.pass(mins(stuck)).await;
            assert_eq!(world.stage(&id), "ending");
            let now = world.millis();
            world.state().model.heal(now);
            world.reaches(&id, "ended", mins(10)).await;
            world.all_over(mins(10)).await;
        });
    }
}

#[test]
fn i14_a_delete_that_fails_is_tried_again_until_it_succeeds() {
    in_a_world(async |world, cast| {
        world.state().lateness = mins(30);
        let reason = "AWS SSO is unable to complete your request at this time".to_owned();
        let kind = FaultKind::Fail { reason };
        world.state().model.inject(Fault { operation: "DeleteAccountAssignment".to_owned(), times: 8, kind });
        let id = world.ask_automatic(&cast, 3).await;
        world.all_over(mins(40)).await;
        assert_eq!(world.stage(&id), "ended");
        assert_eq!(count(&world, "access.begin_unassign"), 9);
    });
}

#[test]
fn a_create_that_fails_leaves_a_failed_request_and_nothing_else() {
    in_a_world(async |world, cast| {
        inject(&world, "CreateAccountAssignment", FaultKind::Fail { reason: "role quota".to_owned() });
        let id = world.ask_automatic(&cast, 3).await;
        world.reaches(&id, "failed", mins(1)).await;
        world.all_over(mins(5)).await;
    });
}

#[test]
fn i12_an_outage_around_the_end_delays_the_removal_by_minutes_at_most() {
    for port in ["access.", "assignments.", "requests.", "timers."] {
        in_a_world(async |world, cast| {
            let id = world.ask_automatic(&cast, 3).await;
            world.reaches(&id, "active", SOON).await;
            let (from, healed) = (world.now() + mins(1), world.now() + mins(18));
            world.state().plan.outages.push((port, from, healed));
            world.state().lateness = mins(15 + 10);
            world.until(healed).await;
            world.reaches(&id, "ended", mins(10)).await;
            world.all_over(mins(5)).await;
        });
    }
}
