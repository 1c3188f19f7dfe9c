//! Operations: what code logs is counted, what is counted is watched, and every alarm has its section in the runbook.

use std::collections::BTreeSet;

use curfew_sim::template::{function_property, logical_id, of_type, properties, target};
use regex_lite::Regex;
use serde_json::{Value, json};

use super::repository::{dense_code, functions, read};
use super::rights::WRITERS;

/// Counted without an alarm, and why.
const UNWATCHED: [(&str, &str); 1] =
    [("WriterDeaths", "one heals by itself; several make intents old, and that has an alarm")];

/// Counts every word in `fields.alarm` but those that are counted apart.
const ANY_OTHER: &str = r#"{ ($.fields.alarm = "*") && ($.fields.alarm != "removal_overdue") }"#;

/// A metric filter of the template.
struct Filter {
    logs: &'static str,
    pattern: &'static str,
    metric: &'static str,
    value: &'static str,
}

fn filters() -> Vec<Filter> {
    let filter = |id: &'static str| {
        let transformations = properties(id)["MetricTransformations"].as_array().unwrap();
        assert_eq!(transformations.len(), 1, "{id}");
        let transformation = &transformations[0];
        assert_eq!(transformation["MetricNamespace"], json!({ "Fn::Sub": "Curfew/${AWS::StackName}" }), "{id}");
        let text = |value: &'static Value| value.as_str().unwrap_or_else(|| panic!("{id}: {value}"));
        Filter {
            logs: target(&properties(id)["LogGroupName"]),
            pattern: text(&properties(id)["FilterPattern"]),
            metric: text(&transformation["MetricName"]),
            value: text(&transformation["MetricValue"]),
        }
    };
    of_type("AWS::Logs::MetricFilter").into_iter().map(filter).collect()
}

/// What a regular expression finds in a text, by its first group.
fn found(text: &str, pattern: &str) -> BTreeSet<String> {
    Regex::new(pattern).unwrap().captures_iter(text).map(|found| found[1].to_owned()).collect()
}

fn code() -> String {
    ["functions", "shared"].map(dense_code).concat()
}

/// Words that code logs in `fields.alarm`.
fn raised() -> BTreeSet<String> {
    found(&code(), r#"alarm="([a-z_]+)""#)
}

#[test]
fn every_alarm_that_any_function_raises_is_counted() {
    let filters = filters();
    let groups = |metric: &str| -> BTreeSet<&str> {
        filters.iter().filter(|filter| filter.metric == metric).map(|filter| filter.logs).collect()
    };
    let all: Vec<String> = functions().iter().map(|function| format!("{}Logs", logical_id(function))).collect();
    assert_eq!(groups("Attention"), all.iter().map(String::as_str).collect(), "the clock may be wrong in any of them");
    let any_other = |filter: &&Filter| filter.metric == "Attention";
    assert!(filters.iter().filter(any_other).all(|filter| filter.pattern == ANY_OTHER && filter.value == "1"));
    // The one word that is not Attention, where it is logged.
    assert!(raised().contains("removal_overdue"));
    let overdue = filters.iter().find(|filter| filter.metric == "RemovalOverdue").unwrap();
    let pattern = r#"{ $.fields.alarm = "removal_overdue" }"#;
    assert_eq!((overdue.logs, overdue.pattern, overdue.value), ("SweepLogs", pattern, "1"));
}

#[test]
fn what_is_counted_is_watched_and_vice_versa() {
    let unwatched: BTreeSet<&str> = UNWATCHED.iter().map(|(metric, _)| *metric).collect();
    let counted: BTreeSet<&str> = filters().iter().map(|filter| filter.metric).collect();
    let namespace = json!({ "Fn::Sub": "Curfew/${AWS::StackName}" });
    let ours = of_type("AWS::CloudWatch::Alarm").into_iter().filter(|id| properties(id)["Namespace"] == namespace);
    let watched: BTreeSet<&str> = ours.map(|id| properties(id)["MetricName"].as_str().unwrap()).collect();
    assert_eq!(counted, &watched | &unwatched);
    assert!(watched.is_disjoint(&unwatched));
}

#[test]
fn every_field_that_is_counted_is_logged() {
    let log_line = Regex::new(r"tracing::(?:info|warn|error)!\((.*?)\);").unwrap();
    let logged = log_line.captures_iter(&code()).map(|line| line[1].to_owned()).collect::<Vec<_>>().join("\n");
    let field = r"\$\.fields\.([a-z_]+)";
    for Filter { pattern, value, metric, .. } in filters() {
        // CloudWatch takes a value only from a field that the pattern names.
        assert!(found(value, field).is_subset(&found(pattern, field)), "{metric}");
        for field in found(pattern, field).iter().filter(|field| *field != "message") {
            let is_logged = Regex::new(&format!(r"\b{field}[=,]")).unwrap().is_match(&logged);
            assert!(is_logged, "{metric}: nothing logs `{field}`");
        }
        for message in found(pattern, r#"message = "([a-z]+)""#) {
            assert!(logged.contains(&format!("\"{message}\"")), "{metric}: nothing logs `{message}`");
        }
    }
}

#[test]
fn an_old_intent_is_older_than_the_death_of_a_writer_explains() {
    let longest = WRITERS.iter().map(|name| function_property(name, "Timeout").as_u64().unwrap()).max().unwrap();
    // The lease outlives its holder by this (`AFTERLIFE` in the writer), and the sweep wakes the next within a minute.
    let healed = longest + 15 + 60;
    let threshold = properties("OldestIntentAlarm")["Threshold"].as_u64().unwrap();
    assert!((healed + 1..=600).contains(&threshold), "{threshold} s; a death heals within {healed} s");
}

#[test]
fn every_alarm_rings_where_the_operator_says() {
    let alarms = of_type("AWS::CloudWatch::Alarm");
    for id in &alarms {
        let actions = json!({ "Fn::If": ["HasAlarmTopic", [{ "Ref": "AlarmTopicArn" }], []] });
        assert_eq!(properties(id)["AlarmActions"], actions, "{id}");
        assert!(properties(id)["AlarmDescription"].is_string(), "{id}");
    }
    assert!(alarms.len() <= 10, "AWS charges for alarms from the eleventh on");
}

#[test]
fn the_runbook_has_a_section_for_each_alarm_and_no_other() {
    let runbook = read("infra/RUNBOOK.md");
    let sections: BTreeSet<String> = found(&runbook, r"(?m)^### `([A-Za-z]+)`");
    let alarms: BTreeSet<String> = of_type("AWS::CloudWatch::Alarm").into_iter().map(str::to_owned).collect();
    assert_eq!(sections, alarms);
    for section in runbook.split("\n### `").skip(1) {
        let (name, text) = section.split_once('`').unwrap();
        let text = text.split("\n## ").next().unwrap();
        for part in ["**Means.**", "**Look.**", "**Do.**", "**Ignore**"] {
            assert!(text.contains(part), "{name} has no {part}");
        }
    }
    // Words of `fields.alarm` are explained there, too.
    let explained: BTreeSet<String> = found(&runbook, r"(?m)^\| `([a-z_]+)` \|");
    let unexplained: Vec<_> = raised().into_iter().filter(|word| !explained.contains(word)).collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
}

#[test]
fn dynamodb_forgets_what_the_code_says_and_nothing_else() {
    for table in ["Table", "Sessions"] {
        let ttl = &properties(table)["TimeToLiveSpecification"];
        assert_eq!(*ttl, json!({ "AttributeName": "forgotten_at", "Enabled": true }), "{table}");
    }
    let writes = Regex::new(r#""forgotten_at","#).unwrap();
    // Only lists of ends; what people look at besides, sightings and counts; and, in a table of their own, sessions that
    // would have ended anyway. Nothing that the audit trail or access depends on.
    assert_eq!(writes.find_iter(&code()).count(), 4);
    assert_eq!(writes.find_iter(&dense_code("shared/aws/src/table")).count(), 3);
    assert_eq!(writes.find_iter(&read("shared/aws/src/table/overview.rs")).count(), 2);
    assert!(dense_code("shared/aws/src/table").contains(r#"item(&due_pk(at),id.as_str(),[("forgotten_at","#));
}
