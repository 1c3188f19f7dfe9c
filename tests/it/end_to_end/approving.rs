//! Somebody else has to agree.

use serde_json::{Value, json};

use super::api::person;
use super::asked::{SOON, ask, ask_for, events, eventually, wish};
use super::witness::Witness;

#[test]
fn an_approver_approves_through_the_link_what_it_shows() {
    let witness = Witness::new();
    let asked = ask("femi", "payments-production", "Administrator", "PT30M");
    let waiting = asked.until("awaiting_approval");
    assert!(!asked.is_assigned(&witness), "{waiting:#}");
    assert_eq!(waiting["steps"][0]["state"], "waiting", "{waiting:#}");
    let (link, elif) = (asked.link("elif"), person("elif"));

    let shown = elif.get(&link).json(200);
    assert_eq!((&shown["open"], &shown["request"]["id"]), (&json!(true), &json!(asked.id)), "{shown:#}");
    assert_eq!(shown["request"]["justification"], "An end-to-end test", "{shown:#}");
    let token = witness.tokens(&asked.id).pop().expect("an execution waits");
    assert!(!shown.to_string().contains(&token), "the task token never leaves the store");
    assert_eq!(elif.call("HEAD", &link).send("").status, 404, "no such route of the API");
    assert_eq!(elif.get(&link).json(200), shown, "looking decides nothing, however often");
    assert_eq!(asked.view(), waiting);

    let decision = json!({ "decision": "approve", "comment": "Go ahead", "digest": shown["digest"] });
    let decided = elif.post(&link, &decision).json(200);
    assert_eq!(decided["decisions"][0]["approver"], elif.id.as_str(), "{decided:#}");
    let active = asked.until("active");
    assert!(asked.is_assigned(&witness), "{active:#}");
    assert_eq!(asked.states(&witness), ["Evaluate", "Route", "Ask", "Route", "Provision"]);
    assert_eq!(active["decisions"][0]["comment"], "Go ahead", "{active:#}");
    assert_eq!(witness.tokens(&asked.id), Vec::<String>::new(), "nobody waits any more");

    let ended = asked.give_back();
    assert!(!asked.is_assigned(&witness), "{ended:#}");
    assert_eq!((&ended["reason"], &ended["grant"]["assignment"]), (&json!("returned"), &json!("absent")), "{ended:#}");
    let life = ["submitted", "evaluated", "decided", "provisioning", "activated", "ending", "ended"];
    assert_eq!(events(&ended), life, "{ended:#}");
}

/// Hugo owns what he asks for, so that the step goes to its fallback.
#[test]
fn an_approver_denies_and_says_why() {
    let witness = Witness::new();
    let asked = ask("hugo", "data-production", "DatabaseOperator", "PT1H");
    let waiting = asked.until("awaiting_approval");
    let approvers = waiting["steps"][0]["approvers"].as_array().unwrap();
    assert!(approvers.contains(&json!(person("ben").id)) && !approvers.contains(&json!(asked.by.id)), "{waiting:#}");
    let silent = person("ben").post(&asked.path("/decisions"), &json!({ "decision": "deny" }));
    silent.problem(422, "comment_required", Some("comment"));
    assert_eq!(asked.view(), waiting);
    let decision = json!({ "decision": "deny", "comment": "Customer data stays where it is" });
    let denied = person("ben").post(&asked.path("/decisions"), &decision).json(200);
    assert_eq!(denied["state"], "denied", "{denied:#}");
    assert_eq!(asked.states(&witness), ["Evaluate", "Route", "Ask", "Route", "Done"]);
    assert_eq!(asked.view()["steps"][0]["state"], "denied");
    assert!(!asked.is_assigned(&witness));
    assert!(asked.changes(&witness, "CreateAccountAssignment").is_empty(), "it never began (I1)");
}

/// Who owns the network, and then somebody of security; kira is of security, but not for herself (I3).
#[test]
fn two_people_approve_one_after_the_other() {
    let witness = Witness::new();
    let asked = ask_for("kira", &with_ticket("PT30M"));
    let waiting = asked.until("awaiting_approval");
    let approvers: Vec<&Value> = waiting["steps"].as_array().unwrap().iter().map(|step| &step["approvers"]).collect();
    assert!(approvers.contains(&&json!([person("jonas").id])), "{waiting:#}");
    let early = asked.decide("jonas", "approve");
    early.problem(403, "not_approver", None);
    assert_eq!(asked.view(), waiting);
    asked.link("ben");
    let halfway = asked.decide("ben", "approve").json(200);
    assert_eq!(halfway["state"], "awaiting_approval", "{halfway:#}");
    asked.link("jonas");
    assert!(!asked.is_assigned(&witness), "{halfway:#}");
    asked.decide("ben", "approve").problem(403, "not_approver", None);
    asked.decide("jonas", "approve").json(200);
    let active = asked.until("active");
    assert!(asked.is_assigned(&witness), "{active:#}");
    let deciders: Vec<&Value> = active["decisions"].as_array().unwrap().iter().map(|one| &one["approver"]).collect();
    assert_eq!(deciders, [&json!(person("ben").id), &json!(person("jonas").id)], "{active:#}");
    asked.give_back();
}

/// A wish that takes two people, and a ticket.
fn with_ticket(duration: &str) -> Value {
    let mut wish = wish("shared-network", "Administrator", duration);
    wish["ticket"] = json!("CHG-2041");
    wish
}

#[test]
fn policy_denies_and_says_why() {
    let witness = Witness::new();
    let with = |field: &str, value: Value| {
        let mut wish = wish("sandbox", "ReadOnly", "PT1H");
        wish[field] = value;
        wish
    };
    let cases = [
        ("grace", wish("payments-production", "Billing", "PT1H"), "sessions of this permission set last 12 h"),
        ("grace", with("emergency", json!(true)), "emergency access is off"),
        ("dan", wish("shared-network", "ReadOnly", "PT1H"), "step `dan` cannot be approved: it has no approver"),
        ("dan", wish("shared-network", "Administrator", "PT1H"), "ticket"),
    ];
    for (name, wish, reason) in cases {
        let asked = ask_for(name, &wish);
        let denied = asked.until("denied");
        assert!(denied["verdict"]["explanation"].to_string().contains(reason), "{reason}: {denied:#}");
        assert_eq!(denied["verdict"]["outcome"], "denied", "{denied:#}");
        assert_eq!(asked.states(&witness), ["Evaluate", "Route", "Done"]);
        assert!(asked.changes(&witness, "CreateAccountAssignment").is_empty(), "{denied:#}");
    }
}

#[test]
fn what_waits_for_an_approver_is_listed_until_somebody_decides() {
    let asked = ask_for("chloe", &with_ticket("PT1H"));
    asked.link("ben");
    let waits_for = |name: &str| {
        let waiting = person(name).get("/v1/approvals").json(200);
        waiting["items"].as_array().unwrap().iter().any(|item| item["request"]["id"] == asked.id.as_str())
    };
    assert!(waits_for("ben"));
    assert!(!waits_for("chloe"), "not for the requester");
    assert!(!waits_for("elif"), "not for an approver of other things");
    assert!(!waits_for("jonas"), "not for who is asked next");
    assert_eq!(asked.decide("ben", "deny").json(200)["state"], "denied");
    eventually("nothing waits any more", SOON, || if waits_for("ben") { Err(String::new()) } else { Ok(()) });
}
