//! Who sees what.

use serde_json::{Value, json};

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
    assert_eq!((&sandbox["max_duration"], &sandbox["risk"]), (&json!("PT8H"), &json!("low")), "{sandbox}");
    assert_eq!(sandbox["catalogs"], json!(["looking", "tests"]), "{sandbox}");
    assert_eq!(sandbox["emergency"], false, "{sandbox}");
    assert_eq!(sandbox["prospect"], json!({ "outcome": "automatic", "flow": "automatic", "demands": [] }), "{sandbox}");
    let production = of("payments-production", "Administrator");
    assert_eq!((&production["max_duration"], &production["risk"]), (&json!("PT1H"), &json!("critical")));
    assert_eq!(production["emergency"], true, "femi is on call: {production}");
    let prospect = &production["prospect"];
    assert_eq!((&prospect["outcome"], &prospect["flow"]), (&json!("approval"), &json!("owner")), "{production}");
    let billing = of("payments-production", "Billing");
    assert_eq!(billing["prospect"]["outcome"], "denied", "its sessions last too long (I17): {billing}");
    let data = (account_id("data-production"), permission_set_arn("DatabaseOperator"));
    let offered = |one: &Value| one["account"] == data.0.as_str() && one["permission_set"] == data.1.as_str();
    assert!(!entitlements["items"].as_array().unwrap().iter().any(offered), "what others may ask for is not shown");
}

#[test]
fn entitlements_are_listed_in_pages() {
    let ben = person("ben");
    let all = ben.get("/v1/entitlements?limit=1000").json(200);
    assert!(all["next_cursor"].is_null(), "{all:#}");
    let (mut seen, mut query) = (Vec::new(), "limit=5".to_owned());
    loop {
        let page = ben.get(&format!("/v1/entitlements?{query}")).json(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 5, "{page:#}");
        seen.extend(items.iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("limit=5&cursor={}", cursor.replace(' ', "%20").replace('/', "%2F"));
    }
    assert_eq!(json!(seen), all["items"], "pages join without gap or repetition");
    for (query, code, field) in [
        ("limit=0", "invalid_field", "limit"),
        ("limit=1001", "invalid_field", "limit"),
        ("cursor=next", "invalid_field", "cursor"),
        ("user=femi", "unknown_parameter", "user"),
    ] {
        ben.get(&format!("/v1/entitlements?{query}")).problem(400, code, Some(field));
    }
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
