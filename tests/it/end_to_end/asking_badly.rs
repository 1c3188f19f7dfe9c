//! Requests that are refused at the door, and requests that are sent twice.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::api::person;
use super::asked::{account_id, ask_for, permission_set_arn, wish};
use super::entitlements::{UNKNOWN_ACCOUNT, UNKNOWN_PERMISSION_SET};
use super::witness::Witness;

/// `jonas` asks, and nothing comes of it.
fn refused(body: &str, status: u16, code: &str, field: Option<&str>) {
    let reply = person("jonas").call("POST", "/v1/requests").send(body);
    reply.problem(status, code, field);
}

fn nothing_came_of_it() {
    let jonas = person("jonas");
    assert_eq!(jonas.requests(), Vec::<String>::new());
    let calls = Witness::new().calls(|parameters| parameters["PrincipalId"] == jonas.id.as_str());
    assert!(calls.is_empty(), "{calls:?}");
}

#[test]
fn a_value_that_cannot_be_is_refused_in_its_field() {
    let long = "x".repeat(100_000);
    let cases = [
        ("account", json!("sandbox"), 400, "invalid_field"),
        ("account", json!("12345678901"), 400, "invalid_field"),
        ("permission_set", json!("ReadOnly"), 400, "invalid_field"),
        ("duration", json!("PT0S"), 400, "invalid_field"),
        ("duration", json!("-PT1H"), 400, "invalid_field"),
        ("duration", json!("PT59S"), 400, "invalid_field"),
        ("duration", json!("PT1M0.5S"), 400, "invalid_field"),
        ("duration", json!("P1M"), 400, "invalid_field"),
        ("duration", json!("PT99999999999H"), 400, "invalid_field"),
        ("duration", json!("an hour"), 400, "invalid_field"),
        ("duration", json!(""), 400, "invalid_field"),
        ("duration", json!(long), 400, "invalid_field"),
        ("duration", json!("PT8H1S"), 422, "duration_too_long"),
        ("justification", json!(""), 400, "invalid_field"),
        ("justification", json!(" \n\t "), 400, "invalid_field"),
        ("justification", json!(long), 400, "invalid_field"),
        ("justification", json!("a\u{0}b"), 400, "invalid_field"),
        ("justification", json!("a\u{1b}[31mb"), 400, "invalid_field"),
        ("justification", json!("a\u{202e}b"), 400, "invalid_field"),
        ("ticket", json!(""), 400, "invalid_field"),
        ("ticket", json!("x".repeat(101)), 400, "invalid_field"),
        ("ticket", json!("A\u{7}B"), 400, "invalid_field"),
        ("start", json!("tomorrow"), 400, "invalid_field"),
        ("start", json!("2020-01-01T00:00:00Z"), 400, "invalid_field"),
        ("start", json!("2999-01-01T00:00:00Z"), 400, "invalid_field"),
        ("start", json!(1_800_000_000), 400, "invalid_field"),
        ("duration", json!(3600), 400, "invalid_field"),
        ("account", json!(111_111_111_111_u64), 400, "invalid_field"),
        ("justification", Value::Null, 400, "invalid_field"),
        ("justification", json!(["because"]), 400, "invalid_field"),
        ("emergency", json!("yes"), 400, "invalid_field"),
        // Nobody says in a body who they are.
        ("requester", json!(person("ben").id), 400, "unknown_field"),
        ("acount", json!("111111111111"), 400, "unknown_field"),
    ];
    for (field, value, status, code) in cases {
        let mut body = wish("sandbox", "ReadOnly", "PT1H");
        body[field] = value;
        refused(&body.to_string(), status, code, Some(field));
    }
    nothing_came_of_it();
}

/// Whether it does not exist, is in no catalog, or is in the catalogs of others: the answer is the same.
#[test]
fn what_no_catalog_of_ones_own_offers_is_refused() {
    let cases = [
        ("account", json!(UNKNOWN_ACCOUNT)),
        ("permission_set", json!(UNKNOWN_PERMISSION_SET)),
        ("permission_set", json!(permission_set_arn("Billing"))),
        ("permission_set", json!(permission_set_arn("Developer"))),
        ("account", json!(account_id("security-audit"))),
    ];
    let answers: BTreeSet<String> = cases
        .into_iter()
        .map(|(field, value)| {
            let mut body = wish("sandbox", "ReadOnly", "PT1H");
            body["permission_set"] = json!(permission_set_arn("Developer"));
            body["account"] = json!(account_id("payments-development"));
            body[field] = value;
            let reply = person("jonas").call("POST", "/v1/requests").send(&body.to_string());
            reply.problem(422, "unknown_entitlement", Some("permission_set"));
            reply.body
        })
        .collect();
    assert_eq!(answers.len(), 1, "{answers:?}");
    nothing_came_of_it();
}

#[test]
fn a_body_that_is_no_request_is_refused() {
    let good = wish("sandbox", "ReadOnly", "PT1H").to_string();
    let without = |field: &str| {
        let mut body = wish("sandbox", "ReadOnly", "PT1H");
        body.as_object_mut().unwrap().remove(field);
        body.to_string()
    };
    let fields = wish("sandbox", "ReadOnly", "PT1H");
    let values = json!([fields["account"], fields["permission_set"], "PT1H", "because", null, null, false]);
    let cases = [
        (String::new(), 400, "malformed_json", None),
        ("approve, please".to_owned(), 400, "malformed_json", None),
        (good.trim_end_matches('}').to_owned(), 400, "malformed_json", None),
        (format!("{good}{good}"), 400, "malformed_json", None),
        (good.replacen('{', r#"{"duration":"PT8H","#, 1), 400, "duplicate_field", Some("duration")),
        (without("account"), 400, "missing_field", Some("account")),
        (without("permission_set"), 400, "missing_field", Some("permission_set")),
        (without("duration"), 400, "missing_field", Some("duration")),
        (without("justification"), 400, "missing_field", Some("justification")),
        (format!("[{good}]"), 400, "not_an_object", None),
        (values.to_string(), 400, "not_an_object", None),
        ("\"text\"".to_owned(), 400, "not_an_object", None),
        ("null".to_owned(), 400, "not_an_object", None),
        ("[".repeat(10_000), 400, "malformed_json", None),
        ("x".repeat(300_000), 413, "body_too_large", None),
    ];
    for (body, status, code, field) in cases {
        refused(&body, status, code, field);
    }
    nothing_came_of_it();
}

#[test]
fn an_idempotency_key_that_cannot_be_is_refused() {
    let wish = wish("sandbox", "ReadOnly", "PT1H").to_string();
    for key in ["two words", "\u{e9}", &"k".repeat(129)] {
        let reply = person("jonas").call("POST", "/v1/requests").idempotency_key(key).send(&wish);
        reply.problem(400, "invalid_field", Some("Idempotency-Key"));
    }
    nothing_came_of_it();
}

/// Of Billing nobody gets anything, so that these requests come to rest by themselves.
#[test]
fn the_same_idempotency_key_is_one_request() {
    let (grace, one) = (person("grace"), wish("payments-production", "Billing", "PT1H"));
    let ask = |wish: &Value, key: &str| grace.call("POST", "/v1/requests").idempotency_key(key).send(&wish.to_string());
    let first = ask(&one, "key-1").json(202)["id"].clone();
    assert_eq!(ask(&one, "key-1").json(202)["id"], first, "sent again");
    let mut other = one.clone();
    other["justification"] = json!("Something else");
    ask(&other, "key-1").problem(422, "idempotency_key_reused", Some("Idempotency-Key"));
    assert_ne!(ask(&one, "key-2").json(202)["id"], first, "another key is another request");
    assert_ne!(ask_for("grace", &one).id, first.as_str().unwrap(), "and so is none");
    let of_dan = person("dan").call("POST", "/v1/requests").idempotency_key("key-1").send(&other.to_string());
    assert_ne!(of_dan.json(202)["id"], first, "keys of different people do not meet");
    let stored = grace.get(&format!("/v1/requests/{}", first.as_str().unwrap())).json(200);
    assert_eq!(stored["justification"], one["justification"], "{stored:#}");
}
