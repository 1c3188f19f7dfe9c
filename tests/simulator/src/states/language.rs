//! As much of the Amazon States Language as `infra/approval.asl.json` uses; the rest is refused. Pure: what an execution
//! does next. Who carries it out, and when, is somebody else's: the simulator in its time, tests at once.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use curfew_domain::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::functions::Function;
use crate::log::FunctionError;
use crate::template::{function_arn, function_of, logical_id};

/// The definition that is deployed, with the ARNs of the functions in place of its placeholders.
pub fn definition() -> &'static Value {
    static DEFINITION: OnceLock<Value> = OnceLock::new();
    DEFINITION.get_or_init(|| {
        let mut text = include_str!("../../../../infra/approval.asl.json").to_owned();
        for function in Function::ALL {
            let placeholder = format!("${{{}FunctionArn}}", logical_id(function.name()));
            text = text.replace(&placeholder, &function_arn(*function));
        }
        let definition: Value = serde_json::from_str(&text).expect("the definition is JSON");
        definition["States"].as_object().expect("states").iter().for_each(|(name, state)| check(name, state));
        definition
    })
}

/// Its states, by name.
pub fn states() -> &'static Map<String, Value> {
    definition()["States"].as_object().expect("states")
}

/// A state of the definition, and its name.
pub fn state(name: &str) -> (&'static str, &'static Value) {
    let (name, state) = states().get_key_value(name).unwrap_or_else(|| panic!("there is no state `{name}`"));
    (name, state)
}

const OF_STATES: &[&str] = &[
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
const OF_RULES: &[&str] = &[
    "BackoffRate",
    "Comment",
    "ErrorEquals",
    "IntervalSeconds",
    "JitterStrategy",
    "MaxAttempts",
    "MaxDelaySeconds",
    "Next",
    "ResultPath",
];

/// Panics over what would otherwise be ignored.
fn check(name: &str, state: &Value) {
    super::super::aws::only(state, OF_STATES);
    let kind = state["Type"].as_str().unwrap_or_default();
    assert!(["Task", "Choice", "Wait", "Succeed"].contains(&kind), "{name} is a {kind}, which is not known");
    for rule in rules(state, "Retry").iter().chain(rules(state, "Catch")) {
        super::super::aws::only(rule, OF_RULES);
        let jitter = rule["JitterStrategy"].as_str();
        assert!(jitter.is_none_or(|jitter| ["FULL", "NONE"].contains(&jitter)), "{name}: {jitter:?}");
    }
    for choice in state["Choices"].as_array().into_iter().flatten() {
        super::super::aws::only(choice, &["Comment", "Next", "StringEquals", "Variable"]);
    }
}

/// What a state does before the next one is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// A function is called, perhaps again and again.
    Task,
    /// This instant is waited for.
    Until(Timestamp),
    /// Nothing.
    Nothing,
}

/// What a state does with this input.
pub fn work(state: &Value, input: &Value) -> Work {
    match state["Type"].as_str().unwrap_or_default() {
        "Task" => Work::Task,
        "Wait" => {
            let until = at(input, state["TimestampPath"].as_str().expect("a path"));
            Work::Until(until.as_str().and_then(|until| until.parse().ok()).expect("an instant"))
        }
        _ => Work::Nothing,
    }
}

/// What follows a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This state, with this input.
    State(&'static str, Value),
    /// The execution has succeeded.
    Succeeded,
    /// The execution has failed: nothing catches this.
    Failed(FunctionError),
}

/// What follows a state whose work has come to this: the result of a task after all its retries, else its input.
pub fn next(state: &'static Value, input: Value, done: Result<Value, FunctionError>) -> Next {
    let output = match done {
        Ok(result) => state["OutputPath"].as_str().map_or(result.clone(), |path| at(&result, path).clone()),
        Err(error) => {
            return match caught(state, input, &error) {
                Some((catcher, with)) => Next::State(catcher, with),
                None => Next::Failed(error),
            };
        }
    };
    let following = match state["Type"].as_str().unwrap_or_default() {
        "Choice" => Some(choose(state, &output)),
        _ => state["Next"].as_str().filter(|_| state["End"] != true),
    };
    following.map_or(Next::Succeeded, |following| Next::State(following, output))
}

/// Whether a task waits for its token.
pub fn waits(task: &Value) -> bool {
    match task["Resource"].as_str().unwrap_or_default() {
        "arn:aws:states:::lambda:invoke" => false,
        "arn:aws:states:::lambda:invoke.waitForTaskToken" => true,
        other => panic!("the simulator does not know {other}"),
    }
}

/// The function that a task calls.
pub fn function(task: &Value) -> Function {
    function_of(task["Parameters"]["FunctionName"].as_str().expect("a function"))
}

/// What `Parameters` make of a task's input and token: the payload of its function.
pub fn payload(task: &Value, input: &Value, token: &str) -> Value {
    fill(&task["Parameters"]["Payload"], input, token)
}

/// The result of a task whose function, or whose token, has answered this.
pub fn result(task: &Value, answer: Value) -> Value {
    if waits(task) { answer } else { json!({ "StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": answer }) }
}

/// How long a task with this input may take.
pub fn timeout(task: &Value, input: &Value) -> Duration {
    let seconds = match task["TimeoutSecondsPath"].as_str() {
        Some(path) => at(input, path).as_u64().filter(|seconds| *seconds > 0).expect("seconds"),
        // The default of the States Language.
        None => task["TimeoutSeconds"].as_u64().unwrap_or(99_999_999),
    };
    Duration::from_secs(seconds)
}

/// The rules of a task, `Retry` or `Catch`.
pub fn rules<'a>(state: &'a Value, kind: &str) -> &'a [Value] {
    state[kind].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Whether a rule is about this error (States Language specification, "Errors").
pub fn covers(rule: &Value, error: &str) -> bool {
    rule["ErrorEquals"].as_array().expect("names").iter().any(|name| match name.as_str().expect("a name") {
        "States.ALL" => true,
        "States.TaskFailed" => error != "States.Timeout",
        name => name == error,
    })
}

/// How long to wait, in milliseconds and before jitter, until retry number `tried` (from 0) by this rule; none: no more.
fn pause(rule: &Value, tried: u64) -> Option<u64> {
    if tried >= rule["MaxAttempts"].as_u64().unwrap_or(3) {
        return None;
    }
    let interval = rule["IntervalSeconds"].as_u64().unwrap_or(1);
    let rate = rule["BackoffRate"].as_f64().unwrap_or(2.0);
    let exponent = i32::try_from(tried.min(30)).expect("small");
    #[expect(clippy::cast_precision_loss, reason = "seconds, far below 2^53")]
    let seconds = interval as f64 * rate.powi(exponent);
    let longest = rule["MaxDelaySeconds"].as_f64().unwrap_or(31_622_400.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, at most a year")]
    let ms = (seconds.min(longest) * 1000.0) as u64;
    Some(ms)
}

/// How long to wait, in milliseconds, before a task is tried again after an error, and whether with full jitter; none: it
/// is not. Counts the attempt, by retrier.
pub fn retry(task: &Value, error: &str, tried: &mut BTreeMap<usize, u64>) -> Option<(u64, bool)> {
    let (place, rule) = rules(task, "Retry").iter().enumerate().find(|(_, rule)| covers(rule, error))?;
    let count = tried.entry(place).or_default();
    let pause = pause(rule, *count)?;
    *count += 1;
    Some((pause, rule["JitterStrategy"] == "FULL"))
}

/// Where an error that is not retried leads, and with which data; none: nothing catches it.
fn caught(task: &'static Value, mut input: Value, error: &FunctionError) -> Option<(&'static str, Value)> {
    let catcher = rules(task, "Catch").iter().find(|rule| covers(rule, &error.name))?;
    let result = json!({ "Error": error.name, "Cause": error.message });
    match catcher["ResultPath"].as_str().unwrap_or("$") {
        "$" => input = result,
        path => {
            let field = path.strip_prefix("$.").filter(|field| !field.contains('.'));
            input[field.unwrap_or_else(|| panic!("the simulator does not know {path}"))] = result;
        }
    }
    Some((catcher["Next"].as_str().expect("a next state"), input))
}

/// Where a choice leads.
fn choose(state: &'static Value, data: &Value) -> &'static str {
    let holds = |choice: &&Value| *at(data, choice["Variable"].as_str().expect("a path")) == choice["StringEquals"];
    let choice = state["Choices"].as_array().expect("choices").iter().find(holds);
    let next = choice.map_or(&state["Default"], |choice| &choice["Next"]);
    next.as_str().expect("a choice without a match needs a default")
}

/// The value at a reference path such as `$.request_id`; it must be there.
fn at<'a>(data: &'a Value, path: &str) -> &'a Value {
    let fields = path.strip_prefix("$.").unwrap_or_else(|| panic!("the simulator does not know {path}"));
    let value = fields.split('.').try_fold(data, |value, field| value.get(field));
    value.unwrap_or_else(|| panic!("there is no {path} in {data}"))
}

/// Fills a payload template in: `"a.$": "$.b"` takes a value from the data.
fn fill(template: &Value, data: &Value, token: &str) -> Value {
    let Some(fields) = template.as_object() else { return template.clone() };
    let field = |(name, value): (&String, &Value)| match name.strip_suffix(".$") {
        None => (name.clone(), fill(value, data, token)),
        Some(name) if value == "$$.Task.Token" => (name.to_owned(), token.into()),
        Some(name) => (name.to_owned(), at(data, value.as_str().expect("a path")).clone()),
    };
    Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_end() {
        let rule = json!({ "ErrorEquals": ["X"], "IntervalSeconds": 1, "BackoffRate": 2, "MaxDelaySeconds": 30, "MaxAttempts": 8 });
        let pauses: Vec<_> = (0..9).map(|tried| pause(&rule, tried)).collect();
        assert_eq!(pauses[..4], [Some(1000), Some(2000), Some(4000), Some(8000)]);
        assert_eq!(pauses[7..], [Some(30_000), None]);
    }

    #[test]
    fn the_definition_is_understood_and_names_functions() {
        let (_, evaluate) = state("Evaluate");
        let input = json!({ "request_id": "r" });
        assert_eq!((function(evaluate), payload(evaluate, &input, "")), (Function::Evaluate, input.clone()));
        assert!(covers(&rules(evaluate, "Retry")[0], "Transient"));
        let error = FunctionError { name: "Permanent".to_owned(), message: "because".to_owned() };
        let Next::State(then, data) = next(evaluate, input, Err(error)) else { panic!("it is caught") };
        assert_eq!((then, at(&data, "$.failure.Error")), ("Abandon", &json!("Permanent")));
    }
}
