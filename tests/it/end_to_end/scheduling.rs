//! Access that is to begin later.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::asked::{ask_for, instant, wish};
use super::witness::Witness;

fn starting_in(seconds: i64) -> (Value, Timestamp) {
    let start = Timestamp::from_second(Timestamp::now().as_second() + seconds).unwrap();
    let mut wish = wish("data-development", "Developer", "PT1H");
    wish["start"] = json!(start.to_string());
    (wish, start)
}

#[test]
fn access_begins_at_its_start_and_not_earlier() {
    let witness = Witness::new();
    let (wish, start) = starting_in(30);
    let asked = ask_for("hugo", &wish);
    let scheduled = asked.until("scheduled");
    assert_eq!(instant(&scheduled["start"]), start, "{scheduled:#}");
    assert!(!asked.is_assigned(&witness), "{scheduled:#}");
    let active = asked.until("active");
    assert!(asked.is_assigned(&witness), "{active:#}");
    let began = asked.changes(&witness, "CreateAccountAssignment");
    assert!(began.iter().all(|at| *at >= start), "{began:?} before {start}");
    assert!(instant(&active["grant"]["started_at"]) >= start, "the whole duration counts from the start: {active:#}");
    let length = instant(&active["grant"]["expires_at"]).duration_since(instant(&active["grant"]["started_at"]));
    assert_eq!(length, SignedDuration::from_hours(1));
    assert_eq!(asked.states(&witness), ["Evaluate", "Route", "WaitForStart", "Provision"]);
    asked.give_back();
    assert!(!asked.is_assigned(&witness));
}

#[test]
fn what_is_cancelled_before_its_start_never_begins() {
    let witness = Witness::new();
    let (wish, _) = starting_in(40);
    let asked = ask_for("ines", &wish);
    asked.until("scheduled");
    let cancelled = asked.by.post(&asked.path("/cancel"), &json!({})).json(202);
    assert_eq!(cancelled["state"], "cancelled", "{cancelled:#}");
    let before = asked.view();
    assert_eq!(asked.states(&witness), ["Evaluate", "Route", "WaitForStart", "Provision"], "its start comes");
    assert_eq!(asked.view(), before, "and changes nothing");
    assert!(asked.changes(&witness, "CreateAccountAssignment").is_empty());
}
