//! I8: one operation at a time on a key, whoever works on it, whatever became of those before.

use std::time::Duration;

use curfew_domain::request::{Gone, Stage};
use curfew_identity_center::FaultKind;
use curfew_sim::campaign::{Fault, Schedule, baseline, run};
use curfew_sim::scenario::cast::{Access, Person};
use curfew_sim::scenario::named;
use curfew_sim::scenario::people::{millis, mins, secs};
use curfew_sim::{CallFault, Function, Outage, Service, What};
use serde_json::json;

use crate::stage::{automatic, calls_of, ended, play, play_with, stage_of, well};

#[test]
fn i8_invocations_at_once_on_one_key_work_one_after_another() {
    for stagger in [0, 1, 5, 9, 14, 50, 120, 700, 1_300] {
        play(async |play| {
            let id = automatic(&play, mins(3)).await;
            // Duplicates of everything that works on keys, while the execution does its own.
            for n in 0..3 {
                play.world.pass(millis(stagger * n)).await;
                let token = format!("duplicate {n}");
                play.world.send(Function::Provision, json!({ "request_id": id.as_str(), "task_token": token }));
                play.world.send(Function::Revoke, json!({ "request_id": id.as_str() }));
            }
            assert!(play.reaches(&id, Stage::Active, secs(40)).await);
            play.all_over(mins(20)).await;
            let changes = ["CreateAccountAssignment", "DeleteAccountAssignment"].map(|call| calls_of(&play, call));
            assert_eq!(changes, [1, 1], "stagger {stagger}");
        });
    }
}

#[test]
fn i8_provision_and_revoke_at_once_lose_nothing() {
    // Given back at every moment of provisioning.
    for after in (0..3_200).step_by(64) {
        play(async |play| {
            let id = automatic(&play, mins(60)).await;
            play.world.pass(millis(after)).await;
            play.give_up(Person::Ana, &id).await;
            if !play.stage(&id).unwrap().is_terminal() {
                play.world.send(Function::Revoke, json!({ "request_id": id.as_str() }));
            }
            play.all_over(mins(62)).await;
            let request = play.world.request(&id).unwrap();
            let took = request.since.duration_since(request.ask.submitted_at);
            assert!(took < secs(30), "given back after {after} ms, over after {took}");
        });
    }
}

#[test]
fn i8_an_owner_that_was_frozen_past_its_lease_begins_nothing() {
    // At each of its calls: everything before, the intent, the change itself, its end.
    let scenario = named("automatic").unwrap();
    let plain = baseline(&scenario, 1);
    let of_provision = plain.ran.steps.iter().filter_map(|step| match &step.what {
        What::Call(call) if step.by.as_ref().is_some_and(|by| by.function == Function::Provision) => Some(call.number),
        _ => None,
    });
    for number in of_provision.take_while(|number| *number <= plain.ran.calls) {
        for kind in [CallFault::FrozenApplied, CallFault::FrozenNever] {
            let faults = vec![Fault::Call(number, kind)];
            well(&run(&scenario, &Schedule { scenario: "automatic".to_owned(), faults, seed: 1 }));
        }
    }
}

#[test]
fn i5_a_create_whose_reply_was_lost_is_found_and_not_repeated() {
    play(async |play| {
        play.inject("CreateAccountAssignment", 1, FaultKind::LostReply);
        let id = automatic(&play, mins(5)).await;
        // Identity Center knows of it; Curfew does not.
        assert!(play.reaches(&id, Stage::Active, mins(2)).await);
        assert_eq!(calls_of(&play, "CreateAccountAssignment"), 1);
        assert!(!play.world.request(&id).unwrap().state.grant().unwrap().standing);
        play.all_over(mins(10)).await;
        assert_eq!(ended(&play, &id).1, Gone::Absent);
    });
}

#[test]
fn i5_a_create_that_arrives_late_is_removed() {
    let scenario = named("automatic").unwrap();
    let plain = baseline(&scenario, 1);
    let create = plain.ran.steps.iter().find_map(|step| match &step.what {
        What::Call(call) if call.operation == "CreateAccountAssignment" => Some(call.number),
        _ => None,
    });
    for (late, given_back) in [(2, true), (10, true), (20, true), (25, true), (2, false), (10, false), (25, false)] {
        play_with(
            |options| options.plan.calls.extend([(create.unwrap(), CallFault::NeverArrived)]),
            async |play| {
                let id = automatic(&play, mins(2)).await;
                while calls_of(&play, "CreateAccountAssignment") == 0 {
                    play.world.pass(millis(5)).await;
                }
                // Curfew was told nothing. The call was on its way all the time.
                let (scene, key) = (play.clone(), play.key(Person::Ana, Access::Automatic));
                tokio::task::spawn_local(async move {
                    scene.world.pass(secs(late)).await;
                    scene.create_late(&key);
                });
                play.world.pass(secs(1)).await;
                if given_back {
                    play.give_up(Person::Ana, &id).await;
                }
                play.all_over(mins(20)).await;
                assert!(!play.world.key_is_assigned(&play.key(Person::Ana, Access::Automatic)), "{late} {given_back}");
            },
        );
    }
}

#[test]
fn i12_a_grant_that_expires_while_it_is_provisioned_is_removed() {
    for slow in [110, 119, 121, 170, 175, 179, 181, 200, 400] {
        play(async |play| {
            // Nothing can be removed before Identity Center has made it.
            play.slow("CreateAccountAssignment", secs(slow));
            let id = automatic(&play, mins(3)).await;
            play.all_over(mins(30)).await;
            assert_eq!(stage_of(&play, &id), "ended", "slow {slow}");
        });
    }
}

#[test]
fn i14_a_stuck_operation_is_waited_for_and_then_undone() {
    for (operation, stuck) in [("CreateAccountAssignment", 20), ("DeleteAccountAssignment", 40)] {
        play(async |play| {
            play.book.borrow_mut().patience = mins(stuck + 2);
            play.inject(operation, 1, FaultKind::Stuck);
            let id = automatic(&play, mins(3)).await;
            play.world.pass(mins(stuck)).await;
            assert_eq!(stage_of(&play, &id), "ending");
            play.world.identity(curfew_identity_center::Model::heal);
            assert!(play.reaches(&id, Stage::Ended, mins(10)).await);
        });
    }
}

#[test]
fn i14_a_delete_that_fails_is_tried_again_until_it_succeeds() {
    play(async |play| {
        play.book.borrow_mut().patience = mins(30);
        let reason = "AWS SSO is unable to complete your request at this time".to_owned();
        play.inject("DeleteAccountAssignment", 8, FaultKind::Fail { reason });
        let id = automatic(&play, mins(3)).await;
        play.all_over(mins(40)).await;
        assert_eq!(stage_of(&play, &id), "ended");
        assert_eq!(calls_of(&play, "DeleteAccountAssignment"), 9);
    });
}

#[test]
fn a_create_that_fails_leaves_a_failed_request_and_nothing_else() {
    play(async |play| {
        play.inject("CreateAccountAssignment", 1, FaultKind::Fail { reason: "role quota".to_owned() });
        let id = automatic(&play, mins(3)).await;
        assert!(play.reaches(&id, Stage::Failed, mins(1)).await);
        assert!(!play.world.key_is_assigned(&play.key(Person::Ana, Access::Automatic)));
    });
}

#[test]
fn i12_an_outage_around_the_end_delays_the_removal_by_minutes_at_most() {
    for service in [Service::SsoAdmin, Service::DynamoDb, Service::Scheduler, Service::Lambda] {
        let outage = Outage { service, from: Duration::from_mins(1), to: Duration::from_mins(18) };
        play_with(
            |options| options.plan.outages.push(outage),
            async |play| {
                let began = play.world.now();
                let id = automatic(&play, mins(3)).await;
                assert!(play.reaches(&id, Stage::Active, secs(50)).await);
                play.world.until(began + mins(18)).await;
                assert!(play.reaches(&id, Stage::Ended, mins(10)).await, "{service}: {}", stage_of(&play, &id));
            },
        );
    }
}
