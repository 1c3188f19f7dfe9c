//! Callback links that do not decide.

use serde_json::{Value, json};

use super::api::{Reply, person};
use super::asked::{Asked, ask};
use super::witness::Witness;

fn approve(name: &str, link: &str, digest: &Value) -> Reply {
    person(name).post(link, &json!({ "decision": "approve", "digest": digest }))
}

#[track_caller]
fn still_waits(asked: &Asked, before: &Value, reply: &Reply) {
    assert_eq!(asked.view(), *before, "after {reply}");
    assert!(!asked.is_assigned(&Witness::new()), "after {reply}");
}

#[test]
fn a_link_decides_for_one_person_what_was_shown_and_once() {
    let asked = ask("hugo", "payments-production", "Administrator", "PT1H");
    let (link, other_link) = (asked.link("elif"), asked.link("ben"));
    assert_ne!(link, other_link);
    let waiting = asked.view();
    let digest = person("elif").get(&link).json(200)["digest"].clone();

    // Meant for another person: also for another approver, the requester and an auditor.
    for name in ["ben", "hugo", "kira", "grace"] {
        person(name).get(&link).problem(403, "link_not_yours", None);
        let reply = approve(name, &link, &digest);
        reply.problem(403, "link_not_yours", None);
        still_waits(&asked, &waiting, &reply);
    }
    // Something else than was shown.
    let reply = approve("elif", &link, &json!("0".repeat(64)));
    reply.problem(409, "digest_mismatch", None);
    still_waits(&asked, &waiting, &reply);
    for (body, code, field) in [
        (json!({ "decision": "approve" }), "missing_field", "digest"),
        (json!({ "decision": "approve", "digest": "" }), "invalid_field", "digest"),
        (json!({ "decision": "approve", "digest": digest, "step": 0 }), "unknown_field", "step"),
        (json!({ "decision": "yes", "digest": digest }), "invalid_field", "decision"),
    ] {
        let reply = person("elif").post(&link, &body);
        reply.problem(400, code, Some(field));
        still_waits(&asked, &waiting, &reply);
    }
    // Used.
    approve("elif", &link, &digest).json(200);
    let active = asked.until("active");
    for (name, link) in [("elif", &link), ("ben", &other_link)] {
        let reply = approve(name, link, &digest);
        reply.problem(409, "already_decided", None);
        assert_eq!(asked.view(), active, "after {reply}");
        let shown = person(name).get(link).json(200);
        assert_eq!(shown["open"], false, "{shown:#}");
    }
    asked.give_back();
}

#[test]
fn an_unknown_link_is_not_found() {
    let digest = json!("0".repeat(64));
    for link in ["00112233445566778899aabbccddeeff", "1", "%2E%2E", "00112233445566778899AABBCCDDEEFF"] {
        let link = format!("/v1/links/{link}");
        person("elif").get(&link).problem(404, "not_found", None);
        approve("elif", &link, &digest).problem(404, "not_found", None);
    }
}
