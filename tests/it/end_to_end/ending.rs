//! People end a request, or its access, before its time.

use serde_json::json;

use super::api::person;
use super::asked::{ask, events};
use super::witness::Witness;

#[test]
fn an_approver_takes_access_away() {
    let witness = Witness::new();
    let asked = ask("chloe", "payments-production", "Administrator", "PT1H");
    asked.until("awaiting_approval");
    asked.decide("elif", "approve").json(200);
    asked.until("active");
    let comment = json!({ "comment": "That was long enough" });
    person("elif").post(&asked.path("/revoke"), &comment).json(202);
    let ended = asked.until("ended");
    assert_eq!((&ended["reason"], &ended["grant"]["assignment"]), (&json!("revoked"), &json!("absent")), "{ended:#}");
    assert!(!asked.is_assigned(&witness), "{ended:#}");
    let ending = &ended["history"][5];
    assert_eq!(ending["event"], "ending", "{ended:#}");
    assert_eq!(ending["actor"], format!("user:{}", person("elif").id), "{ended:#}");
    assert_eq!(ending["facts"]["comment"], "That was long enough", "{ended:#}");
}

#[test]
fn an_administrator_takes_access_away() {
    let witness = Witness::new();
    let asked = ask("elif", "payments-development", "Developer", "PT1H");
    asked.until("active");
    let own = asked.by.post(&asked.path("/revoke"), &json!({}));
    own.problem(403, "not_in_charge", None);
    // The body may be left out.
    person("ben").post_text(&asked.path("/revoke"), "").json(202);
    let ended = asked.until("ended");
    assert_eq!(ended["reason"], "revoked", "{ended:#}");
    assert!(!asked.is_assigned(&witness), "{ended:#}");
    person("ben").post(&asked.path("/revoke"), &json!({})).problem(409, "ended", None);
    asked.by.post(&asked.path("/return"), &json!({})).problem(409, "ended", None);
    assert_eq!(asked.view(), ended, "nothing ends twice");
}

#[test]
fn a_requester_cancels_what_waits_for_approval() {
    let witness = Witness::new();
    let asked = ask("grace", "log-archive", "SecurityAudit", "PT1H");
    asked.link("kira");
    let early = asked.by.post(&asked.path("/return"), &json!({}));
    early.problem(409, "awaiting_approval", None);
    person("kira").post(&asked.path("/cancel"), &json!({})).problem(403, "not_requester", None);
    let cancelled = asked.by.post(&asked.path("/cancel"), &json!({ "comment": "Not needed" })).json(202);
    assert_eq!(cancelled["state"], "cancelled", "{cancelled:#}");
    assert_eq!(asked.states(&witness), ["Evaluate", "Route", "Ask", "Route", "Done"], "the execution ends too");
    assert_eq!(events(&asked.view()), ["submitted", "evaluated", "cancelled"]);
    assert!(asked.changes(&witness, "CreateAccountAssignment").is_empty());
}
