//! The state machine: it knows the errors of the functions, speaks their language, takes few states, and always ends.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::successors;

use curfew_engine::directive::{Directive, Next};
use curfew_lambda::TaskError;
use curfew_sim::language::{self, Work, covers, definition, function, payload, rules, states, waits};
use curfew_sim::template::{function_property, properties, target};
use curfew_sim::{Function, FunctionError};
use regex_lite::Regex;
use serde_json::{Value, json};

use super::events::{decode, sample};
use super::repository::{functions, read};
use Outcome::{Fails, Returns};

/// Errors that Lambda and Step Functions add. Step Functions developer guide, "Handle Lambda service exceptions" (the
/// first six) and "Error names" (the last two); Lambda developer guide: `Runtime.ExitError` when a process dies,
/// `Sandbox.Timedout` when a function runs out of time.
const FROM_AWS: [&str; 10] = [
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.ALL",
    "States.Timeout",
];

/// States that have nobody behind them but the periodic sweep.
const LAST: [&str; 2] = ["Settle", "Abandon"];

/// The tasks of the definition.
fn tasks() -> impl Iterator<Item = (&'static str, &'static Value)> {
    states().iter().filter(|(_, state)| state["Type"] == "Task").map(|(name, state)| (name.as_str(), state))
}

/// How one call of a task ends.
#[derive(Debug, Clone)]
enum Outcome {
    /// With this answer of the function, or this output for its token.
    Returns(Value),
    /// With an error of this name.
    Fails(&'static str),
}

/// What an execution did.
#[derive(Debug)]
struct Run {
    /// States in the order in which they were entered.
    states: Vec<&'static str>,
    /// The error that nothing caught.
    error: Option<String>,
}

/// Runs an execution; `outcome` decides how each call of a task ends.
fn run(input: &Value, mut outcome: impl FnMut(&'static str) -> Outcome) -> Run {
    let (mut data, mut entered) = (input.clone(), Vec::new());
    let mut next = definition()["StartAt"].as_str().unwrap();
    loop {
        let (name, state) = language::state(next);
        entered.push(name);
        assert!(entered.len() < 100, "it does not end: {entered:?}");
        let done = match language::work(state, &data) {
            Work::Task => task(state, &data, || outcome(name)),
            Work::Until(_) | Work::Nothing => Ok(data.clone()),
        };
        match language::next(state, data, done) {
            language::Next::State(following, with) => (next, data) = (following, with),
            language::Next::Succeeded => return Run { states: entered, error: None },
            language::Next::Failed(error) => return Run { states: entered, error: Some(error.name) },
        }
    }
}

/// Calls a task until it returns, or is not tried again.
fn task(task: &Value, input: &Value, mut call: impl FnMut() -> Outcome) -> Result<Value, FunctionError> {
    payload(task, input, "a token");
    assert!(language::timeout(task, input).as_secs() > 0);
    let mut tried = BTreeMap::new();
    loop {
        match call() {
            Returns(answer) => return Ok(language::result(task, answer)),
            Fails(error) if language::retry(task, error, &mut tried).is_some() => {}
            Fails(error) => return Err(FunctionError { name: error.to_owned(), message: String::new() }),
        }
    }
}

fn input() -> Value {
    json!({ "request_id": "019ab2c3-0000-7000-8000-000000000001" })
}

/// A directive as the functions write it.
fn says(next: Next) -> Outcome {
    let directive = Directive {
        request_id: input()["request_id"].as_str().unwrap().to_owned(),
        next,
        step: (next == Next::Ask).then_some(0),
        timeout_seconds: (next == Next::Ask).then_some(3_600),
        start: (next == Next::Wait).then(|| "2026-11-23T09:00:00Z".to_owned()),
    };
    Returns(serde_json::to_value(directive).unwrap())
}

/// The states of an execution whose tasks end like this, one after another.
fn follow(script: &[(&str, Outcome)]) -> Vec<&'static str> {
    let mut script = script.iter();
    let Run { states, error } = run(&input(), |state| {
        let (expected, outcome) = script.next().unwrap_or_else(|| panic!("{state} was not expected"));
        assert_eq!(state, *expected);
        outcome.clone()
    });
    assert!(script.next().is_none(), "it ended early: {states:?}");
    assert_eq!(error, None);
    states
}

#[test]
fn errors_are_those_of_the_functions_and_a_closed_list_of_aws() {
    let mut used = BTreeSet::new();
    for (_, task) in tasks() {
        for rule in rules(task, "Retry").iter().chain(rules(task, "Catch")) {
            used.extend(rule["ErrorEquals"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()));
        }
    }
    assert_eq!(used, TaskError::NAMES.into_iter().chain(FROM_AWS).collect());
}

#[test]
fn a_mistake_is_never_tried_again_and_everything_else_is() {
    for (name, task) in tasks() {
        let retried = |error: &str| {
            let rule = rules(task, "Retry").iter().find(|rule| covers(rule, error));
            rule.is_some_and(|rule| rule["MaxAttempts"].as_u64().unwrap() > 0)
        };
        assert!(!retried("Permanent"), "{name}");
        for error in TaskError::NAMES.into_iter().chain(FROM_AWS).filter(|e| !e.starts_with("States.")) {
            assert!(retried(error) || error == "Permanent", "{name} gives up at the first {error}");
        }
    }
}

/// Busy is rare: others keep changing the same request, or its start is a moment away. Whatever they do, none of them
/// outlives this.
#[test]
fn what_is_busy_is_waited_for_longer_than_any_function_that_changes_requests_lives() {
    // Sync changes no request.
    let changing = functions().into_iter().filter(|function| function != "sync");
    let longest = changing.map(|f| function_property(&f, "Timeout").as_u64().unwrap()).max();
    for (name, task) in tasks().filter(|(name, _)| !LAST.contains(name)) {
        let rule = rules(task, "Retry").iter().find(|rule| covers(rule, "Busy")).unwrap();
        assert_eq!(rule["BackoffRate"], 1, "{name}");
        let waits = rule["IntervalSeconds"].as_u64().unwrap() * rule["MaxAttempts"].as_u64().unwrap();
        assert!(Some(waits) > longest, "{name}: {waits} s");
    }
}

#[test]
fn every_task_hands_over_what_it_cannot_do_and_the_last_ones_are_patient() {
    for (name, task) in tasks() {
        let catches_all = rules(task, "Catch").last().is_some_and(|rule| rule["ErrorEquals"] == json!(["States.ALL"]));
        if !LAST.contains(&name) {
            assert!(catches_all, "{name}");
            continue;
        }
        let rule = rules(task, "Retry").last().unwrap();
        assert_eq!(rule["ErrorEquals"], json!(["States.ALL"]), "{name}");
        let number = |field: &str| rule[field].as_u64().unwrap();
        let pause = |n: u64| (number("IntervalSeconds") << n.min(20)).min(number("MaxDelaySeconds"));
        // Full jitter takes half of it on average.
        let expected: u64 = (0..number("MaxAttempts")).map(pause).sum::<u64>() / 2;
        assert!(expected >= 12 * 3_600, "{name} gives up after about {expected} s");
    }
}

#[test]
fn every_task_has_a_time_out_and_lets_its_function_finish() {
    for (name, task) in tasks() {
        let fixed = task["TimeoutSeconds"].as_u64();
        assert!(fixed.is_some() != task["TimeoutSecondsPath"].is_string(), "{name}");
        let function = function(task);
        let runs = function_property(function.name(), "Timeout").as_u64().unwrap();
        assert!(fixed.is_none_or(|seconds| seconds > runs), "{name} is over before {function}");
    }
}

#[test]
fn every_substitution_is_a_function_of_the_same_name_and_is_used() {
    let substitutions = properties("StateMachine")["DefinitionSubstitutions"].as_object().unwrap();
    let text = read("infra/approval.asl.json");
    let placeholder = Regex::new(r"\$\{(\w+)\}").unwrap();
    let used: BTreeSet<String> = placeholder.captures_iter(&text).map(|found| found[1].to_owned()).collect();
    assert_eq!(used, substitutions.keys().cloned().collect());
    for (name, function) in substitutions {
        assert_eq!(*name, format!("{}FunctionArn", target(function)));
    }
}

#[test]
fn a_payload_is_the_sample_that_its_function_decodes() {
    for (name, task) in tasks() {
        let Returns(mut data) = says(Next::Ask) else { unreachable!() };
        data["failure"] = json!({ "Error": "Permanent" });
        let mut payload = payload(task, &data, "a token");
        let function = function(task);
        decode(function.name(), &payload);
        let case = if function == Function::Sweep { name.to_lowercase() } else { "state-machine".to_owned() };
        let sample = sample(function.name(), &case);
        assert_eq!(payload.get("task_token").is_some(), waits(task), "{name}");
        if waits(task) {
            payload["task_token"] = sample["task_token"].clone();
        }
        assert_eq!(payload, sample, "{name}");
    }
}

#[test]
fn every_word_of_the_functions_has_a_way() {
    let words = successors(Some(Next::Ask), |word| match word {
        Next::Ask => Some(Next::Wait),
        Next::Wait => Some(Next::Provision),
        Next::Provision => Some(Next::Stop),
        Next::Stop => None,
    });
    let spoken: BTreeSet<String> = words
        .filter(|word| *word != Next::Stop)
        .map(|word| serde_json::to_value(word).unwrap().as_str().unwrap().to_owned())
        .collect();
    let choices = states()["Route"]["Choices"].as_array().unwrap();
    assert!(choices.iter().all(|choice| choice["Variable"] == "$.next"));
    let understood: Vec<&str> = choices.iter().map(|choice| choice["StringEquals"].as_str().unwrap()).collect();
    assert_eq!(understood.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), spoken);
    assert_eq!(states()["Route"]["Default"], "Done");
    assert_eq!(states()["Done"]["Type"], "Succeed");
}

#[test]
fn an_automatic_approval_takes_three_states() {
    let states = follow(&[("Evaluate", says(Next::Provision)), ("Provision", says(Next::Stop))]);
    assert_eq!(states, ["Evaluate", "Route", "Provision"], "the goal is at most 8");
}

#[test]
fn each_approval_step_adds_two_states() {
    let mut script = vec![("Evaluate", says(Next::Ask))];
    for steps in 1..=3 {
        let mut approved = script.clone();
        approved.extend([("Ask", says(Next::Provision)), ("Provision", says(Next::Stop))]);
        assert_eq!(follow(&approved).len(), 3 + 2 * steps, "the goal is at most 5 more for a step");
        script.push(("Ask", says(Next::Ask)));
    }
}

#[test]
fn other_ways_take_few_states_too() {
    let (late, broken) = (Fails("States.Timeout"), Fails("Permanent"));
    let denied = follow(&[("Evaluate", says(Next::Stop))]);
    assert_eq!(denied, ["Evaluate", "Route", "Done"]);
    let refused = follow(&[("Evaluate", says(Next::Ask)), ("Ask", says(Next::Stop))]);
    assert_eq!(refused, ["Evaluate", "Route", "Ask", "Route", "Done"]);
    let lapsed = follow(&[("Evaluate", says(Next::Ask)), ("Ask", late.clone()), ("Settle", says(Next::Stop))]);
    assert_eq!(lapsed, ["Evaluate", "Route", "Ask", "Settle", "Route", "Done"]);
    let at_the_last_moment = follow(&[
        ("Evaluate", says(Next::Ask)),
        ("Ask", late),
        ("Settle", says(Next::Provision)),
        ("Provision", says(Next::Stop)),
    ]);
    assert_eq!(at_the_last_moment, ["Evaluate", "Route", "Ask", "Settle", "Route", "Provision"]);
    let scheduled = follow(&[("Evaluate", says(Next::Wait)), ("Provision", says(Next::Stop))]);
    assert_eq!(scheduled, ["Evaluate", "Route", "WaitForStart", "Provision"]);
    let not_judged = follow(&[("Evaluate", broken.clone()), ("Abandon", says(Next::Stop))]);
    assert_eq!(not_judged, ["Evaluate", "Abandon"]);
    let not_provided =
        follow(&[("Evaluate", says(Next::Provision)), ("Provision", broken), ("Abandon", says(Next::Stop))]);
    assert_eq!(not_provided, ["Evaluate", "Route", "Provision", "Abandon"]);
}

/// An execution in which one task always fails so, and the others lead there.
fn failing(broken: &str, error: &'static str) -> Run {
    run(&input(), |state| match state {
        _ if state == broken => Fails(error),
        "Evaluate" if broken == "Abandon" => Fails("Permanent"),
        "Evaluate" if broken == "Provision" => says(Next::Provision),
        "Evaluate" => says(Next::Ask),
        "Ask" => Fails("States.Timeout"),
        _ => says(Next::Stop),
    })
}

#[test]
fn every_failure_has_an_end() {
    for (task, _) in tasks() {
        for error in TaskError::NAMES.into_iter().chain(FROM_AWS).filter(|e| *e != "States.ALL") {
            let Run { states, error: left } = failing(task, error);
            assert!(states.contains(&task), "{states:?} does not come to {task}");
            if LAST.contains(&task) {
                // Nobody is left but the sweep, and an alarm.
                assert_eq!((states.last(), left.as_deref()), (Some(&task), Some(error)));
                continue;
            }
            let follows = if (task, error) == ("Ask", "States.Timeout") { "Settle" } else { "Abandon" };
            let after = states.iter().position(|state| *state == task).unwrap() + 1;
            assert_eq!((states.get(after), left), (Some(&follows), None), "{task} fails with {error}: {states:?}");
        }
    }
}

#[test]
fn every_state_is_reached_and_leads_to_an_end() {
    let start = definition()["StartAt"].as_str().unwrap();
    let reached = closure(&[start], |name| successors_of(&states()[name]));
    let all: BTreeSet<&str> = states().keys().map(String::as_str).collect();
    assert_eq!(reached, all);
    for name in all {
        let ends = |name: &str| states()[name]["End"] == true || states()[name]["Type"] == "Succeed";
        assert!(closure(&[name], |n| successors_of(&states()[n])).into_iter().any(ends), "{name} is a dead end");
    }
}

fn successors_of(state: &'static Value) -> Vec<&'static str> {
    let listed = |kind: &str| state[kind].as_array().into_iter().flatten().map(|rule| &rule["Next"]);
    let own = [&state["Next"], &state["Default"]];
    own.into_iter().chain(listed("Choices")).chain(listed("Catch")).filter_map(Value::as_str).collect()
}

fn closure(from: &[&'static str], next: impl Fn(&'static str) -> Vec<&'static str>) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut open = from.to_vec();
    while let Some(name) = open.pop() {
        if found.insert(name) {
            open.extend(next(name));
        }
    }
    found
}
