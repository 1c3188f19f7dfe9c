//! Who sees what.

use serde_json::json;

use super::api::person;
use super::asked::{account_id, ask, permission_set_arn};

#[test]
fn everybody_sees_who_they_are() {
    let roles = |name: &str| {
        let me = person(name).get("/v1/me").json(200);
        assert_eq!(me["id"], person(name).id.as_str(), "{me}");
        me["roles"].clone()
    };
    assert_eq!(roles("femi"), json!(["requester"]));
    assert_eq!(roles("ben"), json!(["requester", "administrator"]));
    assert_eq!(roles("kira"), json!(["requester", "auditor"]));
}

#[test]
fn everybody_sees_what_can_be_asked_for() {
    let entitlements = person("femi").get("/v1/entitlements").json(200);
    let of = |account: &str, set: &str| {
        let (account, set) = (account_id(account), permission_set_arn(set));
        let items = entitlements["items"].as_array().unwrap().iter();
        let mut found = items.filter(|one| one["account"] == account.as_str() && one["permission_set"] == set.as_str());
        found.next().unwrap_or_else(|| panic!("{entitlements:#}")).clone()
    };
    let sandbox = of("sandbox", "ReadOnly");
    assert_eq!(sandbox["account_name"], "sandbox", "{sandbox}");
    assert_eq!(sandbox["permission_set_name"], "ReadOnly", "{sandbox}");
    assert_eq!((&sandbox["max_duration"], &sandbox["approval"]), (&json!("PT8H"), &json!("automatic")), "{sandbox}");
    assert_eq!(of("payments-production", "Administrator")["approval"], "one_approval");
}

#[test]
fn a_request_is_seen_by_its_requester_its_approvers_administrators_and_auditors_only() {
    let asked = ask("dan", "payments-production", "Administrator", "PT1H");
    let waiting = asked.until("awaiting_approval");
    for name in ["dan", "elif", "ben", "kira"] {
        assert_eq!(person(name).get(&asked.path("")).json(200), waiting, "{name} sees all of it");
    }
    // For anybody else it does not exist, whatever they try.
    let grace = person("grace");
    grace.get(&asked.path("")).problem(404, "not_found", None);
    for verb in ["/cancel", "/return", "/revoke"] {
        grace.post(&asked.path(verb), &json!({})).problem(404, "not_found", None);
    }
    asked.decide("grace", "approve").problem(404, "not_found", None);
    // An auditor changes nothing.
    let kira = person("kira");
    for (verb, code) in [("/cancel", "not_requester"), ("/revoke", "not_in_charge")] {
        kira.post(&asked.path(verb), &json!({})).problem(403, code, None);
    }
    asked.decide("kira", "approve").problem(403, "not_approver", None);
    assert_eq!(asked.view(), waiting);
    asked.by.post(&asked.path("/cancel"), &json!({})).json(202);
}

#[test]
fn what_does_not_exist_is_not_found() {
    let ben = person("ben");
    for id in ["019ab2c3-0000-7000-8000-000000000001", "906722b2-1111-4222-8333-444455556666", "1", "%20", "%2E%2E"] {
        ben.get(&format!("/v1/requests/{id}")).problem(404, "not_found", None);
        let decision = json!({ "decision": "approve" });
        ben.post(&format!("/v1/requests/{id}/decisions"), &decision).problem(404, "not_found", None);
    }
    assert_eq!(ben.get("/v1/nothing").status, 404);
    assert_eq!(ben.call("DELETE", "/v1/requests").send("").status, 404);
}
