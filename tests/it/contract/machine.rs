//! Runs `infra/approval.asl.json` over tasks whose outcomes the test decides. Knows as much of the Amazon States
//! Language as the definition uses, and refuses the rest.

use std::sync::OnceLock;

use curfew_domain::time::Timestamp;
use serde_json::{Map, Value, json};

use super::repository::read;

/// The definition.
pub(super) fn definition() -> &'static Value {
    static DEFINITION: OnceLock<Value> = OnceLock::new();
    DEFINITION.get_or_init(|| serde_json::from_str(&read("infra/approval.asl.json")).unwrap())
}

/// Its states.
pub(super) fn states() -> &'static Map<String, Value> {
    definition()["States"].as_object().unwrap()
}

/// Its tasks.
pub(super) fn tasks() -> impl Iterator<Item = (&'static str, &'static Value)> {
    states().iter().filter(|(_, state)| state["Type"] == "Task").map(|(name, state)| (name.as_str(), state))
}

/// How one call of a task ends.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// With this answer of the function, or this output for its token.
    Returns(Value),
    /// With an error of this name.
    Fails(&'static str),
}

/// What an execution did.
#[derive(Debug)]
pub(super) struct Run {
    /// States in the order in which they were entered.
    pub(super) states: Vec<&'static str>,
    /// The error that nothing caught.
    pub(super) error: Option<&'static str>,
}

/// Whether a task waits for its token.
pub(super) fn waits(task: &Value) -> bool {
    match task["Resource"].as_str().unwrap() {
        "arn:aws:states:::lambda:invoke" => false,
        "arn:aws:states:::lambda:invoke.waitForTaskToken" => true,
        other => panic!("{other}"),
    }
}

/// What `Parameters` make of a task's input: the function's placeholder, and its payload.
pub(super) fn payload(task: &Value, input: &Value) -> (String, Value) {
    let parameters = template(&task["Parameters"], input);
    (parameters["FunctionName"].as_str().unwrap().to_owned(), parameters["Payload"].clone())
}

/// Runs an execution; `outcome` decides how each call of a task ends.
pub(super) fn run(input: &Value, mut outcome: impl FnMut(&'static str, &Value) -> Outcome) -> Run {
    let mut data = input.clone();
    let mut entered = Vec::new();
    let mut next = definition()["StartAt"].as_str().unwrap();
    loop {
        let (name, state) = states().get_key_value(next).unwrap_or_else(|| panic!("there is no state `{next}`"));
        entered.push(name.as_str());
        assert!(entered.len() < 100, "it does not end: {entered:?}");
        knows(name, state);
        let step = match state["Type"].as_str().unwrap() {
            "Task" => task(state, data, |payload| outcome(name, payload)),
            "Choice" => Ok((choose(state, &data), data)),
            "Wait" => {
                let until = at(&data, state["TimestampPath"].as_str().unwrap());
                until.as_str().unwrap().parse::<Timestamp>().unwrap();
                Ok((state["Next"].as_str(), data))
            }
            "Succeed" => Ok((None, data)),
            other => panic!("{other}"),
        };
        match step {
            Ok((Some(following), output)) => (next, data) = (following, output),
            Ok((None, _)) => return Run { states: entered, error: None },
            Err(error) => return Run { states: entered, error: Some(error) },
        }
    }
}

/// Fields that this interpreter understands.
const KNOWN: [&str; 14] = [
    "Catch",
    "Choices",
    "Comment",
    "Default",
    "End",
    "Next",
    "OutputPath",
    "Parameters",
    "Resource",
    "Retry",
    "TimeoutSeconds",
    "TimeoutSecondsPath",
    "TimestampPath",
    "Type",
];

fn knows(name: &str, state: &Value) {
    for field in state.as_object().unwrap().keys() {
        assert!(KNOWN.contains(&field.as_str()), "{name} uses `{field}`, which this interpreter does not know");
    }
}

/// Where a task leads, and with which data; or the error that it does not catch.
fn task(
    state: &'static Value,
    input: Value,
    mut call: impl FnMut(&Value) -> Outcome,
) -> Result<(Option<&'static str>, Value), &'static str> {
    let (_, payload) = payload(state, &input);
    if let Some(path) = state["TimeoutSecondsPath"].as_str() {
        assert!(at(&input, path).as_u64().is_some_and(|seconds| seconds > 0), "no time-out in {input}");
    }
    let mut tried = vec![0; rules(state, "Retry").len()];
    loop {
        let error = match call(&payload) {
            Outcome::Returns(value) => {
                let result = if waits(state) { value } else { json!({ "StatusCode": 200, "Payload": value }) };
                let output = state["OutputPath"].as_str().map_or(result.clone(), |path| at(&result, path).clone());
                return Ok((state["Next"].as_str(), output));
            }
            Outcome::Fails(error) => error,
        };
        let retry = rules(state, "Retry").iter().position(|rule| covers(rule, error));
        match retry {
            Some(rule) if tried[rule] < rules(state, "Retry")[rule]["MaxAttempts"].as_u64().unwrap() => {
                tried[rule] += 1;
            }
            _ => return caught(state, input, error),
        }
    }
}

fn caught(
    state: &'static Value,
    mut input: Value,
    error: &'static str,
) -> Result<(Option<&'static str>, Value), &'static str> {
    let catcher = rules(state, "Catch").iter().find(|rule| covers(rule, error)).ok_or(error)?;
    let field = catcher["ResultPath"].as_str().and_then(|path| path.strip_prefix("$.")).unwrap();
    input[field] = json!({ "Error": error, "Cause": "" });
    Ok((catcher["Next"].as_str(), input))
}

/// The rules of a task, `Retry` or `Catch`.
pub(super) fn rules(state: &'static Value, kind: &str) -> &'static [Value] {
    state[kind].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Whether a rule is about this error.
pub(super) fn covers(rule: &Value, error: &str) -> bool {
    rule["ErrorEquals"].as_array().unwrap().iter().any(|name| name == error || name == "States.ALL")
}

fn choose(state: &'static Value, data: &Value) -> Option<&'static str> {
    let holds = |choice: &&Value| *at(data, choice["Variable"].as_str().unwrap()) == choice["StringEquals"];
    let choice = state["Choices"].as_array().unwrap().iter().find(holds);
    choice.map_or(state["Default"].as_str(), |choice| choice["Next"].as_str())
}

/// The value at a reference path such as `$.request_id`; it must be there.
fn at<'a>(data: &'a Value, path: &str) -> &'a Value {
    let fields = path.strip_prefix("$.").unwrap_or_else(|| panic!("{path}"));
    let value = fields.split('.').try_fold(data, |value, field| value.get(field));
    value.unwrap_or_else(|| panic!("there is no {path} in {data}"))
}

/// Fills a payload template in: `"a.$": "$.b"` takes a value from the data.
fn template(template: &Value, data: &Value) -> Value {
    let Some(fields) = template.as_object() else { return template.clone() };
    let field = |(name, value): (&String, &Value)| match name.strip_suffix(".$") {
        None => (name.clone(), self::template(value, data)),
        Some(name) if value == "$$.Task.Token" => (name.to_owned(), json!("a token")),
        Some(name) => (name.to_owned(), at(data, value.as_str().unwrap()).clone()),
    };
    Value::Object(fields.iter().map(field).collect())
}
