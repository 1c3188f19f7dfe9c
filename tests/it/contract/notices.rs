//! Notices: what reaches `announce`, what it puts on the bus, and that everything that can be told is described.

use std::collections::BTreeSet;

use curfew_api::EVENT_VERSION;
use curfew_domain::notice::NoticeKind;
use curfew_sim::template::{function_property, properties};
use serde_json::{Value, json};

use super::repository::{dense_code, entries, read};

fn schema() -> Value {
    serde_json::from_str(&read("events/bus/notice.schema.json")).unwrap()
}

fn names(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_stream_brings_each_transition_and_reminder_and_nothing_else() {
    assert_eq!(properties("Table")["StreamSpecification"], json!({ "StreamViewType": "NEW_IMAGE" }));
    let mapping = properties("AnnounceStream");
    assert_eq!(mapping["EventSourceArn"], json!({ "Fn::GetAtt": "Table.StreamArn" }));
    assert_eq!(mapping["FunctionName"], json!({ "Ref": "Announce" }));
    assert_eq!(mapping["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    assert_eq!(
        mapping["DestinationConfig"],
        json!({ "OnFailure": { "Destination": { "Fn::GetAtt": "FailureQueue.Arn" } } })
    );
    assert!(mapping["MaximumRetryAttempts"].is_null(), "until it is too old, whatever fails");
    let filters = mapping["FilterCriteria"]["Filters"].as_array().unwrap();
    let filter: Value = serde_json::from_str(filters[0]["Pattern"].as_str().unwrap()).unwrap();
    // As the code reads it (`shared/api/src/stream.rs`), and as the simulator lets it pass.
    let keys = json!({ "pk": { "S": [{ "prefix": "REQ#" }] }, "sk": { "S": ["R", "V", { "prefix": "N#" }] } });
    assert_eq!((filters.len(), &filter["dynamodb"]), (1, &json!({ "Keys": keys })));
    assert_eq!(filter["eventName"], json!(["INSERT", "MODIFY"]));
}

#[test]
fn a_batch_is_told_within_the_time_of_an_invocation() {
    // A step asks a hundred people at most; a mail takes a fifth of a second with its two marks, and those who are left
    // when time is over come again.
    let seconds = function_property("announce", "Timeout").as_u64().unwrap();
    assert!(seconds >= 60, "{seconds} s");
}

#[test]
fn the_schema_of_events_says_what_the_samples_show_and_names_every_kind() {
    let schema = schema();
    assert_eq!(schema["properties"]["version"]["const"], EVENT_VERSION);
    let kinds: Vec<&str> = NoticeKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(schema["properties"]["kind"]["enum"], json!(kinds));
    let mut sampled = BTreeSet::new();
    for file in entries("events/bus").into_iter().filter(|name| name != "notice.schema.json") {
        let event: Value = serde_json::from_str(&read(&format!("events/bus/{file}"))).unwrap();
        let kind = file.strip_suffix(".json").unwrap();
        assert_eq!((&event["source"], &event["detail-type"]), (&json!("curfew"), &json!(kind)), "{file}");
        assert_eq!(event["detail"]["kind"], kind, "{file}");
        conforms(&event["detail"], &schema, &file);
        sampled.insert(kind.to_owned());
    }
    assert_eq!(sampled, kinds.into_iter().map(str::to_owned).collect());
}

/// As far as the schema is written: objects with known and required members, texts, numbers, lists.
fn conforms(value: &Value, schema: &Value, path: &str) {
    match schema["type"].as_str() {
        Some("object") => {
            assert_eq!(schema["additionalProperties"], false, "{path}");
            let known = names(&schema["properties"]);
            let unknown: Vec<String> = names(value).difference(&known).cloned().collect();
            assert!(unknown.is_empty(), "{path} has {unknown:?}, which the schema does not know");
            for required in schema["required"].as_array().unwrap() {
                assert!(!value[required.as_str().unwrap()].is_null(), "{path} lacks {required}");
            }
            for (name, part) in value.as_object().unwrap() {
                conforms(part, &schema["properties"][name], &format!("{path}/{name}"));
            }
        }
        Some("array") => {
            for part in value.as_array().unwrap() {
                conforms(part, &schema["items"], path);
            }
        }
        Some("string") => assert!(value.is_string(), "{path}: {value}"),
        Some("integer") => assert!(value.is_u64(), "{path}: {value}"),
        Some("boolean") => assert!(value.is_boolean(), "{path}: {value}"),
        other => panic!("{path}: the test does not know the type {other:?}"),
    }
    if let Some(allowed) = schema["enum"].as_array() {
        assert!(allowed.contains(value), "{path}: {value}");
    }
}

#[test]
fn nothing_in_the_life_of_a_request_tells_anybody() {
    for function in ["intake", "approval", "evaluate", "notify", "provision", "revoke", "sweep", "sync"] {
        let code = dense_code(&format!("functions/{function}/src"));
        assert!(!code.contains("curfew_aws::bus") && !code.contains("curfew_aws::mail"), "{function}");
    }
}
