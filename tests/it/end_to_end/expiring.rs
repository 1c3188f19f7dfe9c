//! Access that nobody ends: it begins by itself, and is confirmed gone at its time, not earlier.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::asked::{A_MINUTE_AND_REMOVAL, ask, events, instant, permission_set_arn};
use super::entitlements::COUNTED;
use super::witness::Witness;

/// The whole minute in which an instant lies: what a trigger is about.
fn minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second() / 60 * 60).unwrap()
}

#[test]
fn i12_automatic_access_lives_exactly_its_minute_whatever_triggers_arrive() {
    let witness = Witness::new();
    let asked = ask("ines", "sandbox", "ReadOnly", "PT1M");
    let active = asked.until("active");
    assert!(asked.is_assigned(&witness), "{active:#}");
    assert_eq!(active["verdict"]["outcome"], "approved", "{active:#}");
    assert_eq!(active["grant"]["standing"], false, "{active:#}");
    let (start, expiry) = (instant(&active["grant"]["started_at"]), instant(&active["grant"]["expires_at"]));
    assert_eq!(expiry.duration_since(start), SignedDuration::from_mins(1));
    let sessions_until = instant(&active["grant"]["sessions_until"]);
    assert_eq!(sessions_until.duration_since(expiry), SignedDuration::from_hours(1), "I17 is said: {active:#}");
    let armed = format!("at({})", expiry.strftime("%Y-%m-%dT%H:%M:%S"));
    assert_eq!(witness.armed(&asked.id), Some(armed), "I6: the trigger is there");
    assert_eq!(asked.states(&witness), ["Evaluate", "Route", "Provision"]);

    // The scheduler delivers at least once, and not on the second: this event comes early, and twice.
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let answer = Witness::new().invoke("Revoke", &json!({ "minute": minute(expiry).to_string() }));
                assert_eq!(answer["left"], 0, "{answer}");
            });
        }
    });
    let ended = asked.until_within("ended", A_MINUTE_AND_REMOVAL);
    assert!(!asked.is_assigned(&witness), "{ended:#}");
    assert_eq!((&ended["reason"], &ended["grant"]["assignment"]), (&json!("expired"), &json!("absent")), "{ended:#}");
    assert_eq!(ended["grant"]["expires_at"], active["grant"]["expires_at"], "an expiry never moves: {ended:#}");
    assert_eq!(events(&ended), ["submitted", "evaluated", "provisioning", "activated", "ending", "ended"]);
    let removals = asked.changes(&witness, "DeleteAccountAssignment");
    assert_eq!(removals.len(), 1, "three triggers, one removal: {removals:?}");
    let lateness = removals[0].duration_since(expiry);
    assert!(!lateness.is_negative(), "removed {lateness:?} before its time (I9)");
    assert!(lateness < SignedDuration::from_mins(2), "removed {lateness:?} late (I12)");

    witness.invoke("Revoke", &json!({ "minute": minute(expiry).to_string() }));
    assert_eq!(asked.view(), ended, "it changes nothing");
}

#[test]
fn a_trigger_that_comes_much_too_early_does_nothing() {
    let witness = Witness::new();
    let asked = ask("dan", "sandbox", "ReadOnly", "PT1H");
    let active = asked.until("active");
    let expiry = instant(&active["grant"]["expires_at"]);
    witness.invoke("Revoke", &json!({ "minute": minute(expiry).to_string() }));
    assert_eq!(asked.view(), active);
    assert!(asked.is_assigned(&witness));
    asked.give_back();
}

#[test]
fn a_life_cycle_costs_few_calls_of_identity_center() {
    let (witness, set) = (Witness::new(), permission_set_arn(COUNTED));
    let asked = ask("dan", "sandbox", COUNTED, "PT1H");
    asked.until("active");
    let ended = asked.give_back();
    // What sync has read of it before is not part of its life.
    let submitted = instant(&ended["history"][0]["at"]).as_millisecond();
    let mut calls = witness.calls(|parameters| parameters["PermissionSetArn"] == set.as_str());
    calls.retain(|call| call["at"].as_i64().unwrap() >= submitted);
    let count = |operation: &str| calls.iter().filter(|call| call["operation"] == operation).count();
    assert_eq!(count("CreateAccountAssignment"), 1, "{ended:#}");
    assert_eq!(count("DeleteAccountAssignment"), 1, "{ended:#}");
    // A sweep may have looked at the active grant meanwhile, and at what it stands on.
    let described = count("DescribePermissionSet");
    assert!((1..=2).contains(&described), "to look once more right before it is created: {described}");
    let lists = count("ListAccountAssignments");
    assert!((3..=4).contains(&lists), "before the create, and after each change: {lists}");
    assert_eq!(calls.len(), 2 + described + lists, "and nothing else: {calls:#?}");
    let times = |operation: &str| asked.changes(&witness, operation);
    let recorded = ended["history"].as_array().unwrap();
    let at = |event: &str| instant(&recorded.iter().find(|one| one["event"] == event).unwrap_or(&Value::Null)["at"]);
    let begun: Timestamp = times("CreateAccountAssignment")[0];
    assert!(at("provisioning") <= begun && begun <= at("activated"), "record, create, confirm: {ended:#}");
    let removed: Timestamp = times("DeleteAccountAssignment")[0];
    assert!(at("ending") <= removed && removed <= at("ended"), "record, delete, confirm: {ended:#}");
}
