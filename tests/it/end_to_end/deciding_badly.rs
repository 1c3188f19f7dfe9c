//! Decisions that do not count, and change nothing.

use serde_json::{Value, json};

use super::api::{Reply, person};
use super::asked::{Asked, ask};
use super::witness::Witness;

/// The request stands as it stood, with the same history, and nothing was begun in Identity Center.
#[track_caller]
fn unchanged(asked: &Asked, before: &Value, reply: &Reply) {
    assert_eq!(asked.view(), *before, "after {reply}");
    let begun = asked.changes(&Witness::new(), "CreateAccountAssignment");
    assert!(begun.is_empty(), "{begun:?} after {reply}");
}

#[test]
fn i3_nobody_decides_on_somebody_elses_step_or_on_a_request_of_their_own() {
    // Elif is an approver here, but not of what she asks for herself.
    let asked = ask("elif", "payments-production", "Administrator", "PT1H");
    let waiting = asked.until("awaiting_approval");
    assert_eq!(waiting["steps"][0]["approvers"], json!([person("ben").id]), "I3: {waiting:#}");
    for decision in ["approve", "deny"] {
        let own = asked.decide("elif", decision);
        own.problem(403, "own_request", None);
        unchanged(&asked, &waiting, &own);
        let auditor = asked.decide("kira", decision);
        auditor.problem(403, "not_approver", None);
        unchanged(&asked, &waiting, &auditor);
        let outsider = asked.decide("hugo", decision);
        outsider.problem(404, "not_found", None);
        unchanged(&asked, &waiting, &outsider);
    }
    asked.by.post(&asked.path("/cancel"), &json!({})).json(202);

    let other = ask("chloe", "log-archive", "SecurityAudit", "PT1H");
    let waiting = other.until("awaiting_approval");
    let administrator = other.decide("ben", "approve");
    administrator.problem(403, "not_approver", None);
    unchanged(&other, &waiting, &administrator);
    other.by.post(&other.path("/cancel"), &json!({})).json(202);
}

#[test]
fn i11_a_step_is_decided_once() {
    let asked = ask("grace", "payments-production", "Administrator", "PT1H");
    asked.until("awaiting_approval");
    asked.decide("elif", "approve").json(200);
    let active = asked.until("active");
    for (name, decision) in [("elif", "approve"), ("elif", "deny"), ("ben", "deny")] {
        let again = asked.decide(name, decision);
        again.problem(409, "already_decided", None);
        assert_eq!(asked.view(), active, "after {again}");
    }
    asked.by.post(&asked.path("/cancel"), &json!({})).problem(409, "active", None);
    let ended = asked.give_back();
    asked.decide("ben", "approve").problem(409, "ended", None);
    assert_eq!(asked.view(), ended);

    let denied = ask("grace", "payments-production", "Administrator", "PT1H");
    denied.until("awaiting_approval");
    denied.decide("elif", "deny").json(200);
    let before = denied.view();
    for name in ["elif", "ben"] {
        let late = denied.decide(name, "approve");
        late.problem(409, "denied", None);
        unchanged_after_an_earlier_grant(&denied, &before, &late);
    }
}

/// The key was used by the request before, so Identity Center's calls do not tell them apart.
#[track_caller]
fn unchanged_after_an_earlier_grant(asked: &Asked, before: &Value, reply: &Reply) {
    assert_eq!(asked.view(), *before, "after {reply}");
    assert!(!asked.is_assigned(&Witness::new()), "after {reply}");
}

#[test]
fn nobody_decides_after_a_cancel() {
    let asked = ask("dan", "log-archive", "SecurityAudit", "PT1H");
    let link = asked.link("kira");
    let digest = person("kira").get(&link).json(200)["digest"].clone();
    asked.by.post(&asked.path("/cancel"), &json!({})).json(202);
    let cancelled = asked.view();
    for decision in ["approve", "deny"] {
        let late = asked.decide("kira", decision);
        late.problem(409, "cancelled", None);
        unchanged(&asked, &cancelled, &late);
        let by_link = person("kira").post(&link, &json!({ "decision": decision, "digest": digest }));
        by_link.problem(409, "cancelled", None);
        unchanged(&asked, &cancelled, &by_link);
    }
    assert_eq!(person("kira").get(&link).json(200)["open"], false);
    let again = asked.by.post(&asked.path("/cancel"), &json!({}));
    again.problem(409, "cancelled", None);
    unchanged(&asked, &cancelled, &again);
}

#[test]
fn a_body_that_is_no_decision_is_refused() {
    let asked = ask("ines", "log-archive", "SecurityAudit", "PT1H");
    let waiting = asked.until("awaiting_approval");
    let hundred_thousand = format!(r#"{{"decision":"approve","comment":"{}"}}"#, "x".repeat(100_000));
    let cases = [
        ("", "malformed_json", None),
        ("decision=approve", "malformed_json", None),
        (r#"{"decision":"approve""#, "malformed_json", None),
        ("{}", "missing_field", Some("decision")),
        (r#"{"decision":"Approve"}"#, "invalid_field", Some("decision")),
        (r#"{"decision":true}"#, "invalid_field", Some("decision")),
        (r#"{"decision":"deny","decision":"approve"}"#, "duplicate_field", Some("decision")),
        (r#"{"decision":"approve","approver":"kira"}"#, "unknown_field", Some("approver")),
        (r#"{"decision":"approve","comment":""}"#, "invalid_field", Some("comment")),
        (r#"{"decision":"approve","comment":"a\u0000b"}"#, "invalid_field", Some("comment")),
        (r#"{"decision":"approve","comment":7}"#, "invalid_field", Some("comment")),
        (hundred_thousand.as_str(), "invalid_field", Some("comment")),
    ];
    for (body, code, field) in cases {
        let reply = person("kira").post_text(&asked.path("/decisions"), body);
        reply.problem(400, code, field);
        unchanged(&asked, &waiting, &reply);
    }
    for verb in ["/cancel", "/return", "/revoke"] {
        let reply = asked.by.post_text(&asked.path(verb), r#"{"reason":"none"}"#);
        reply.problem(400, "unknown_field", Some("reason"));
        unchanged(&asked, &waiting, &reply);
    }
    asked.by.post(&asked.path("/cancel"), &json!({})).json(202);
}
