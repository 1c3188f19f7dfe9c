//! I4: what was approved is judged once more, on fresh facts, immediately before it is created. I19, I20: without facts
//! nothing begins, and everything ends.

use std::time::Duration;

use curfew_domain::request::{Answer, Stage, State as S};
use curfew_identity_center::FaultKind;
use curfew_sim::scenario::Play;
use curfew_sim::scenario::cast::{Access, Person, configuration, configuration_of_other_approvers};
use curfew_sim::scenario::people::{millis, mins, secs};
use curfew_sim::{AccountState, Outage, Service, parts};

use crate::stage::{alarms, approved, automatic, calls_of, play, play_with, stage_of};

/// How facts change, and a part of the reason that is told then.
const CHANGES: [(&str, &str); 7] = [
    ("user disabled", "disabled"),
    ("user deleted", "not in the directory"),
    ("account suspended", "suspended"),
    ("sessions too long", "longer than the configuration allows"),
    ("permission set deleted", "does not exist"),
    ("shorter maximum", "longer than the maximum"),
    ("other approvers", "not in the policy any more"),
];

async fn change(play: &Play, which: &str) {
    let key = play.key(Person::Ana, Access::Approved);
    play.unfit(key.clone());
    match which {
        "user disabled" => play.world.set_user_enabled("ana", false),
        "user deleted" => play.world.delete_user("ana"),
        "account suspended" => play.world.set_account_state(parts(&key).account, AccountState::Suspended),
        "sessions too long" => play.world.publish(&configuration("PT30M", "PT8H")).await,
        "permission set deleted" => {
            assert!(play.world.delete_permission_set(Access::Approved.set()), "nothing is in flight");
        }
        "shorter maximum" => play.world.publish(&configuration("PT1H", "PT2M")).await,
        _ => play.world.publish(&configuration_of_other_approvers()).await,
    }
}

#[test]
fn i4_facts_that_changed_since_the_approval_forbid_the_create() {
    for (which, reason) in CHANGES {
        play(async |play| {
            let id = approved(&play, mins(5)).await;
            play.reaches(&id, Stage::AwaitingApproval, mins(1)).await;
            // At the last moment: as soon as the decision is stored, before anything else happens.
            let (ben, request) = (play.clone(), id.clone());
            let click =
                tokio::task::spawn_local(async move { ben.answer(Person::Ben, &request, Answer::Approve).await });
            while stage_of(&play, &id) == "awaiting_approval" {
                play.world.pass(millis(1)).await;
            }
            change(&play, which).await;
            click.await.unwrap();
            assert!(play.reaches(&id, Stage::Failed, mins(3)).await, "{which}: {}", stage_of(&play, &id));
            let S::Failed { reason: told } = &play.world.request(&id).unwrap().state else { panic!("not failed") };
            assert!(told.contains(reason), "{which}: {told}");
            assert_eq!(calls_of(&play, "CreateAccountAssignment"), 0, "{which}");
        });
    }
}

#[test]
fn i4_facts_that_change_while_identity_center_is_busy_forbid_the_create() {
    for (which, _) in CHANGES {
        play(async |play| {
            play.inject("CreateAccountAssignment", 30, FaultKind::Conflict);
            let id = approved(&play, mins(5)).await;
            play.answer(Person::Ben, &id, Answer::Approve).await;
            while calls_of(&play, "CreateAccountAssignment") == 0 {
                play.world.pass(millis(5)).await;
            }
            change(&play, which).await;
            assert!(play.reaches(&id, Stage::Failed, mins(3)).await, "{which}: {}", stage_of(&play, &id));
        });
    }
}

#[test]
fn i19_facts_that_cannot_be_had_give_nothing() {
    for service in [Service::IdentityStore, Service::Organizations] {
        let outage = Outage { service, from: Duration::from_mins(1), to: Duration::from_hours(1) };
        play_with(
            |options| options.plan.outages.push(outage),
            async |play| {
                // Approved before the outage; its start lies in the middle of it.
                let start = Some(play.world.now() + mins(2));
                let wish = curfew_sim::scenario::people::wish(Access::Approved, mins(5));
                let wish = curfew_sim::scenario::people::Wish { start, ..wish };
                let id = play.ask(Person::Ana, wish).await.unwrap();
                play.answer(Person::Ben, &id, Answer::Approve).await;
                assert_eq!(stage_of(&play, &id), "scheduled");
                play.all_over(mins(50)).await;
                assert_eq!(stage_of(&play, &id), "failed", "{service}");
                assert_eq!(calls_of(&play, "CreateAccountAssignment"), 0, "{service}");
            },
        );
    }
}

#[test]
fn i19_a_configuration_that_cannot_be_read_gives_nothing_and_i20_holds_no_removal_up() {
    play(async |play| {
        play.book.borrow_mut().patience = mins(1);
        let before = automatic(&play, mins(15)).await;
        assert!(play.reaches(&before, Stage::Active, secs(50)).await);
        let id = approved(&play, mins(5)).await;
        assert!(play.reaches(&id, Stage::AwaitingApproval, secs(50)).await);
        play.world.spoil_configuration();
        let end = play.end_of(&before).unwrap();
        play.world.until(end).await;
        assert!(play.reaches(&before, Stage::Ended, secs(10)).await, "{}", stage_of(&play, &before));
        play.all_over(mins(50)).await;
        assert_eq!((stage_of(&play, &id), calls_of(&play, "CreateAccountAssignment")), ("lapsed", 1));
    });
}

#[test]
fn i19_facts_that_cannot_be_had_end_nothing_and_i20_hold_no_removal_up() {
    for service in [Service::IdentityStore, Service::Organizations, Service::StepFunctions] {
        let outage = Outage { service, from: Duration::from_mins(1), to: Duration::from_hours(1) };
        play_with(
            |options| options.plan.outages.push(outage),
            async |play| {
                let id = automatic(&play, mins(15)).await;
                assert!(play.reaches(&id, Stage::Active, secs(50)).await);
                let end = play.end_of(&id).unwrap();
                play.world.until(end).await;
                assert_eq!(stage_of(&play, &id), "active", "{service}");
                // Only facts are looked at while a grant is active.
                assert_eq!(alarms(&play, "sweep_fault").is_empty(), service == Service::StepFunctions, "{service}");
                assert!(play.reaches(&id, Stage::Ended, secs(10)).await, "{service}: {}", stage_of(&play, &id));
            },
        );
    }
}
