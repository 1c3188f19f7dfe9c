//! Nobody answers in time.

use serde_json::json;

use super::api::person;
use super::asked::{A_MINUTE_AND_REMOVAL, ask, events, instant};
use super::witness::Witness;

#[test]
fn i11_a_request_that_nobody_decides_lapses_and_a_late_approval_does_not_count() {
    let witness = Witness::new();
    let asked = ask("ines", "log-archive", "ReadOnly", "PT1H");
    let link = asked.link("kira");
    let waiting = asked.until("awaiting_approval");
    let deadline = instant(&waiting["steps"][0]["deadline"]);
    let digest = person("kira").get(&link).json(200)["digest"].clone();
    let lapsed = asked.until_within("lapsed", A_MINUTE_AND_REMOVAL);
    assert!(instant(&lapsed["history"][2]["at"]) >= deadline, "not before its time: {lapsed:#}");
    assert_eq!(events(&lapsed), ["submitted", "evaluated", "lapsed"]);

    let shown = person("kira").get(&link).json(200);
    assert_eq!(shown["open"], false, "an expired link says so: {shown:#}");
    for decision in ["approve", "deny"] {
        let by_link = person("kira").post(&link, &json!({ "decision": decision, "digest": digest }));
        by_link.problem(409, "timed_out", None);
        asked.decide("kira", decision).problem(409, "timed_out", None);
    }
    asked.by.post(&asked.path("/cancel"), &json!({})).problem(409, "timed_out", None);
    assert_eq!(asked.view(), lapsed, "it changes nothing");
    assert_eq!(asked.states(&witness), ["Evaluate", "Route", "Ask", "Settle", "Route", "Done"]);
    assert!(asked.changes(&witness, "CreateAccountAssignment").is_empty());
}
