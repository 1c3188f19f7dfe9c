//! What active grants stand on vanishes: the grant ends with the reason, and its access is removed like any other.

use curfew_domain::id::RequestId;
use curfew_domain::request::{Gone, Stage};
use curfew_domain::time::SignedDuration;
use curfew_identity_center::{DeletedPrincipals, FaultKind, SSO_ADMIN};
use curfew_sim::scenario::Play;
use curfew_sim::scenario::cast::{Access, Person};
use curfew_sim::scenario::people::{mins, wish};
use curfew_sim::{AccountState, Function, What, parts};
use serde_json::{Value, json};

use crate::stage::{active, alarms, ended, play, play_with, stage_of};

/// Three minutes until its turn, one until the sweep, and the removal.
const NOTICED: SignedDuration = SignedDuration::from_secs(270);

fn set_account(play: &Play, state: AccountState) {
    let key = play.key(Person::Ana, Access::Automatic);
    play.unfit(key.clone());
    play.world.set_account_state(parts(&key).account, state);
}

fn assert_ended(play: &Play, id: &RequestId, reason: &str) {
    let (why, gone) = ended(play, id);
    assert_eq!((why.name(), gone), (reason, Gone::Absent));
    assert!(!play.world.key_is_assigned(&play.world.request(id).unwrap().ask.key()));
}

#[test]
fn a_grant_ends_when_its_user_or_account_vanishes() {
    for reason in ["user_disabled", "user_gone", "account_not_active", "account_gone"] {
        play(async |play| {
            play.book.borrow_mut().patience = mins(10);
            let id = active(&play, mins(60)).await;
            play.unfit(play.key(Person::Ana, Access::Automatic));
            match reason {
                "user_disabled" => play.world.set_user_enabled("ana", false),
                "user_gone" => play.world.delete_user("ana"),
                "account_not_active" => set_account(&play, AccountState::Suspended),
                _ => set_account(&play, AccountState::Gone),
            }
            if reason.starts_with("account") {
                // Nothing can be removed from such an account before it is opened again.
                assert!(play.reaches(&id, Stage::Ending, NOTICED).await, "{reason}: {}", stage_of(&play, &id));
                set_account(&play, AccountState::Active);
            }
            assert!(play.reaches(&id, Stage::Ended, NOTICED).await, "{reason}: {}", stage_of(&play, &id));
            assert_ended(&play, &id, reason);
        });
    }
}

#[test]
fn all_grants_of_a_user_end_and_those_of_others_stay() {
    play(async |play| {
        let long = active(&play, mins(60)).await;
        let short = active(&play, mins(20)).await;
        let other = play.ask(Person::Cyn, wish(Access::Automatic, mins(15))).await.unwrap();
        assert!(play.reaches(&other, Stage::Active, mins(1)).await);
        play.world.set_user_enabled("ana", false);
        play.unfit(play.key(Person::Ana, Access::Automatic));
        for id in [&long, &short] {
            assert!(play.reaches(id, Stage::Ended, NOTICED).await);
            assert_eq!(ended(&play, id).0.name(), "user_disabled");
        }
        assert!(!play.world.key_is_assigned(&play.key(Person::Ana, Access::Automatic)));
        assert_eq!(stage_of(&play, &other), "active");
        play.all_over(mins(20)).await;
        assert_eq!(ended(&play, &other).0.name(), "expired");
    });
}

#[test]
fn a_user_or_permission_set_whose_assignments_went_along_is_the_reason_that_is_told() {
    for (reason, delete) in [
        ("user_gone", (|play| play.world.delete_user("ana")) as fn(&Play)),
        ("permission_set_gone", |play| assert!(play.world.delete_permission_set(Access::Automatic.set()))),
    ] {
        play_with(
            |options| options.identity.deleted_principals = DeletedPrincipals::Removed,
            async |play| {
                let id = active(&play, mins(60)).await;
                let key = play.key(Person::Ana, Access::Automatic);
                play.unfit(key.clone());
                play.book.borrow_mut().administered(&key, false, play.world.now());
                delete(&play);
                assert!(play.reaches(&id, Stage::Ended, NOTICED).await, "{reason}: {}", stage_of(&play, &id));
                assert_ended(&play, &id, reason);
            },
        );
    }
}

#[test]
fn a_permission_set_that_is_not_found_and_assigned_is_there() {
    play(async |play| {
        let id = active(&play, mins(15)).await;
        play.inject("DescribePermissionSet", 20, FaultKind::NotFound);
        play.world.pass(mins(10)).await;
        assert_eq!(stage_of(&play, &id), "active");
        let told = alarms(&play, "sweep_fault");
        assert!(!told.is_empty() && told.iter().all(|text| text.contains("it is not found, and it is assigned")));
        play.all_over(mins(10)).await;
        assert_ended(&play, &id, "expired");
    });
}

/// What the latest sweep answered.
fn swept(play: &Play) -> Value {
    let log = play.world.log();
    let mut answers = log.steps().iter().rev().filter_map(|step| match &step.what {
        What::Over { result: Ok(answer) } if step.by.as_ref().is_some_and(|by| by.function == Function::Sweep) => {
            answer.get("live").is_some().then(|| Value::clone(answer))
        }
        _ => None,
    });
    answers.next().unwrap()
}

#[test]
fn i14_access_to_a_suspended_account_stays_on_record_until_it_can_be_removed() {
    play(async |play| {
        play.book.borrow_mut().patience = mins(60);
        let id = active(&play, mins(60)).await;
        set_account(&play, AccountState::Suspended);
        assert!(play.reaches(&id, Stage::Ending, NOTICED).await);
        assert_eq!((&swept(&play)["overdue"], alarms(&play, "removal_overdue").len()), (&json!(0), 0));
        play.world.pass(mins(20)).await;
        assert_eq!(stage_of(&play, &id), "ending");
        assert!(play.world.key_is_assigned(&play.key(Person::Ana, Access::Automatic)));
        assert!(!alarms(&play, "removal_overdue").is_empty());
        let seen = swept(&play);
        let oldest = seen["oldest_intent_seconds"].as_u64().unwrap();
        assert!(seen["overdue"] == 1 && (1_100..1_300).contains(&oldest), "{seen}");
        // The metrics of the stack are read off the sweep's log line: field by field, what it answered.
        let line = play.world.log().steps().iter().rev().find_map(|step| match &step.what {
            What::Said { text, .. } if text.starts_with("swept") => Some(text.clone()),
            _ => None,
        });
        let line = line.unwrap();
        for (field, value) in seen.as_object().unwrap() {
            assert!(line.contains(&format!("{field}={value}")), "{field}={value}: {line}");
        }
        // It is opened again.
        set_account(&play, AccountState::Active);
        assert!(play.reaches(&id, Stage::Ended, mins(3)).await);
        assert_ended(&play, &id, "account_not_active");
    });
}

#[test]
fn i17_sessions_that_became_longer_are_reported_and_end_nothing() {
    play(async |play| {
        let id = active(&play, mins(15)).await;
        play.world.pass(mins(4)).await;
        assert_eq!(alarms(&play, "session_longer"), [""; 0]);
        let set = play.world.permission_set(Access::Automatic.set());
        play.world.identity(|model, now| {
            let wish = json!({
                "InstanceArn": model.settings().instance_arn, "PermissionSetArn": set.as_str(), "SessionDuration": "PT4H",
            });
            model.call(SSO_ADMIN, "UpdatePermissionSet", &wish, now).unwrap();
        });
        play.world.pass(mins(6)).await;
        let told = alarms(&play, "session_longer");
        assert_eq!(told.len(), 2, "once in three minutes");
        assert!(told[0].contains(set.as_str()) && told[0].contains("seconds=14400"), "{told:?}");
        assert_eq!(stage_of(&play, &id), "active");
        play.all_over(mins(10)).await;
        assert_ended(&play, &id, "expired");
    });
}
