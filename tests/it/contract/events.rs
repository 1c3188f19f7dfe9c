//! Sample events: each is decoded by the function it is for, with the types that the function decodes.

use std::collections::{BTreeMap, BTreeSet};

use curfew_api::stream::{StreamEvent, occasion};
use curfew_api::task::{NotifyTask, ProvisionTask, RequestTask, RevokeTask, SweepTask, SyncTask};
use curfew_domain::id::{LinkId, RequestId, UserId};
use curfew_lambda::http::{Call, HttpEvent};
use curfew_policy::{Configuration, Version};
use curfew_sim::template::{logical_id, properties};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::repository::{entries, functions, read};
use super::routes::{Route, is_for_programs, routed};

/// A sample.
struct Sample {
    function: String,
    case: String,
    event: Value,
}

/// What comes out of Curfew, and not into a function of it.
const OUTPUT: &str = "bus";

/// Every file below `events/`, but its README and what Curfew itself puts out.
fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for function in entries("events").into_iter().filter(|name| name != "README.md" && name != OUTPUT) {
        for file in entries(&format!("events/{function}")) {
            let case = file.strip_suffix(".json").unwrap_or_else(|| panic!("events/{function}/{file} is no sample"));
            let event = serde_json::from_str(&read(&format!("events/{function}/{file}"))).unwrap();
            samples.push(Sample { function: function.clone(), case: case.to_owned(), event });
        }
    }
    samples
}

/// The sample of a case.
pub(super) fn sample(function: &str, case: &str) -> Value {
    serde_json::from_str(&read(&format!("events/{function}/{case}.json"))).unwrap()
}

/// Decodes an event as the function does, and looks at all of it.
pub(super) fn decode(function: &str, event: &Value) {
    match function {
        "intake" | "approval" => understand(&call(event)),
        "console" => browse(&call(event)),
        "evaluate" => {
            let RequestTask { request_id } = task(event);
            is_request(&request_id);
        }
        "revoke" => {
            let RevokeTask { minute } = task(event);
            assert!(minute.is_none_or(|minute| minute.as_second() % 60 == 0), "{event}");
            assert_eq!(
                event.as_object().unwrap().len(),
                usize::from(minute.is_some()),
                "part of it is not read: {event}"
            );
        }
        "notify" => {
            let NotifyTask { request_id, step: _, task_token } = task(event);
            is_request(&request_id);
            assert!(!task_token.is_empty());
        }
        "provision" => {
            let ProvisionTask { request_id, task_token } = task(event);
            request_id.as_deref().into_iter().for_each(is_request);
            assert_eq!(request_id.is_some(), task_token.is_some(), "{event}");
        }
        "sweep" => {
            let SweepTask { request_id, abandon, error } = task(event);
            request_id.as_deref().into_iter().for_each(is_request);
            let read = [request_id.is_some(), abandon, error.is_some()].into_iter().filter(|read| *read).count();
            assert_eq!(event.as_object().unwrap().len(), read, "part of it is not read: {event}");
            assert_eq!((abandon, abandon && request_id.is_some()), (error.is_some(), abandon), "{event}");
        }
        "sync" => {
            let SyncTask { force } = task(event);
            assert_eq!(event.as_object().unwrap().len(), usize::from(event["force"] == force), "{event}");
        }
        "announce" => {
            let StreamEvent { records } = task(event);
            assert!(!records.is_empty(), "{event}");
            assert!(records.iter().all(|record| occasion(record).is_some()), "part of it is not read: {event}");
        }
        other => panic!("events/{other} is for no function"),
    }
}

fn task<T: DeserializeOwned>(event: &Value) -> T {
    serde_json::from_value(event.clone()).unwrap_or_else(|error| panic!("{error}: {event}"))
}

fn is_request(id: &str) {
    curfew_lambda::request_id(id).unwrap();
}

fn call(event: &Value) -> Call {
    let event: HttpEvent = task(event);
    Call::new(event).unwrap()
}

/// Reads path, query and body as the route's handler does.
fn understand(call: &Call) {
    let body = call.body.as_slice();
    match call.route.as_str() {
        "POST /v1/requests" => drop(curfew_api::wish(body, call.origin).unwrap()),
        "GET /v1/requests" => {
            let parameters = call.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let caller = UserId::parse("906722b2-0000-4000-8000-000000000001").unwrap();
            curfew_api::list_query(parameters, &caller).unwrap();
        }
        "GET /v1/entitlements/explain" => {
            let parameters = call.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let caller = UserId::parse("906722b2-0000-4000-8000-000000000001").unwrap();
            assert_ne!(curfew_api::explain_query(parameters, &caller).unwrap().duration.seconds(), 60);
        }
        "POST /v1/requests/{id}/extend" => drop(curfew_api::extension(body, call.origin).unwrap()),
        "POST /v1/requests/{id}/escalate" => drop(curfew_api::urgency(body, call.origin).unwrap()),
        "POST /v1/requests/{id}/review" => drop(curfew_api::judgement(body).unwrap()),
        "POST /v1/requests/{id}/decisions" => drop(curfew_api::decision(body).unwrap()),
        "POST /v1/requests/{id}/cancel"
        | "POST /v1/requests/{id}/return"
        | "POST /v1/requests/{id}/revoke"
        | "POST /v1/requests/{id}/provisioned"
        | "POST /v1/requests/{id}/removed" => {
            curfew_api::comment(body).unwrap();
        }
        "POST /v1/links/{id}" => drop(curfew_api::link_decision(body).unwrap()),
        "PUT /v1/preferences" => drop(curfew_api::preferences(body).unwrap()),
        "POST /v1/directory/sync" => drop(curfew_api::sync_wish(body).unwrap()),
        "PUT /v1/configuration" | "PUT /v1/ci/configuration" => {
            let by = call.aws_identity().unwrap_or("user:kira").to_owned();
            assert_eq!(call.route.contains("/ci/"), by.starts_with("arn:aws:sts::"), "{by}");
            let change = curfew_api::change(body, by).unwrap();
            Configuration::load(&change.bundle).unwrap();
        }
        "POST /v1/configuration/rollback" => drop(curfew_api::rollback(body).unwrap()),
        "POST /v1/configuration/versions/{version}/approve" => assert!(body.is_empty()),
        "GET /v1/configuration/versions" => {
            let parameters = call.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            curfew_api::publications_query(parameters).unwrap();
        }
        _ => assert!(call.route.starts_with("GET ") && body.is_empty(), "no handler is known here: {}", call.route),
    }
    match call.route.split_once(' ').unwrap().1 {
        path if path.starts_with("/v1/links/") => {
            curfew_api::path_id(call.part("id"), "link", LinkId::parse).unwrap();
        }
        path if path.contains("{version}") => {
            assert!(call.part("version").and_then(Version::parse).is_some());
        }
        path if path.contains("{id}") => {
            curfew_api::path_id(call.part("id"), "request", RequestId::parse).unwrap();
        }
        _ => assert!(call.path.is_empty()),
    }
}

/// A form has the session's token, and the fields of its page. What the console makes of them, its own tests say.
fn browse(call: &Call) {
    let (method, path) = call.route.split_once(' ').unwrap();
    if method != "POST" {
        assert!(call.body.is_empty(), "{}", call.route);
        return;
    }
    let text = String::from_utf8(call.body.clone()).unwrap();
    let fields: BTreeSet<&str> = text.split('&').filter_map(|pair| Some(pair.split_once('=')?.0)).collect();
    assert!(fields.contains("csrf"), "{text}");
    if path.starts_with("/a/") || path.ends_with("/decisions") {
        assert!(fields.is_superset(&BTreeSet::from(["decision", "digest"])), "{text}");
    }
}

#[test]
fn every_sample_is_decoded_by_the_function_it_is_for() {
    for Sample { function, case, event } in samples() {
        println!("events/{function}/{case}.json"); // shown with a failure
        decode(&function, &event);
    }
}

#[test]
fn every_function_has_samples_and_the_readme_names_each() {
    let readme = read("events/README.md");
    let mut seen = BTreeSet::new();
    for Sample { function, case, .. } in samples() {
        assert!(readme.contains(&format!("`{case}`")), "the README does not name {function}/{case}");
        seen.insert(function);
    }
    assert_eq!(seen, functions().into_iter().collect());
}

#[test]
fn every_route_has_a_sample_and_every_http_sample_a_route() {
    let mut sampled = BTreeSet::new();
    for Sample { function, event, .. } in samples() {
        if let Some(key) = event["routeKey"].as_str() {
            sampled.insert((function, key.to_owned()));
        }
    }
    let routed: BTreeSet<(String, String)> =
        routed().into_iter().map(|Route { key, function }| (function, key.to_owned())).collect();
    assert_eq!(sampled, routed);
}

/// What API Gateway would contradict itself about, if a sample were made up carelessly.
#[test]
fn http_samples_are_consistent() {
    for Sample { function, case, event } in samples().into_iter().filter(|s| !s.event["routeKey"].is_null()) {
        let name = format!("{function}/{case}");
        let (method, pattern) = event["routeKey"].as_str().unwrap().split_once(' ').unwrap();
        let context = &event["requestContext"];
        assert_eq!(event["version"], "2.0", "{name}");
        assert_eq!(context["routeKey"], event["routeKey"], "{name}");
        assert_eq!(context["http"]["method"], method, "{name}");
        assert_eq!(context["http"]["path"], event["rawPath"], "{name}");
        let parameters: BTreeMap<String, String> =
            serde_json::from_value(event.get("pathParameters").cloned().unwrap_or(json!({}))).unwrap();
        let fill = |path: String, (name, value): (&String, &String)| path.replace(&format!("{{{name}}}"), value);
        assert_eq!(event["rawPath"], parameters.iter().fold(pattern.to_owned(), fill), "{name}");
        let authorizer = &context["authorizer"];
        if !is_for_programs(event["routeKey"].as_str().unwrap()) {
            assert!(authorizer.is_null(), "{name}");
        } else if pattern.starts_with("/v1/ci/") {
            assert!(authorizer["jwt"].is_null() && authorizer["iam"]["userArn"].is_string(), "{name}");
        } else {
            let claims: BTreeMap<String, String> = serde_json::from_value(authorizer["jwt"]["claims"].clone()).unwrap();
            assert!(claims.contains_key("sub") && claims["exp"].parse::<i64>().is_ok(), "{name}");
        }
        for header in event["headers"].as_object().unwrap().keys() {
            assert_eq!(*header, header.to_lowercase(), "{name}");
        }
        let call = call(&event);
        let sent = event["headers"]["content-length"].as_str().unwrap();
        assert_eq!(sent, call.body.len().to_string(), "{name}");
        assert_eq!(call.idempotency_key.as_deref(), event["headers"]["idempotency-key"].as_str(), "{name}");
    }
}

#[test]
fn the_periodic_schedules_send_their_samples() {
    for function in ["sweep", "sync"] {
        let input = properties(&format!("{}Schedule", logical_id(function)))["Target"]["Input"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(input).unwrap(), sample(function, "schedule"), "{function}");
    }
}
