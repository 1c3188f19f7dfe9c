//! A run as people can read it: what happened when, by whom, with faults and violations marked.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use curfew_domain::request::Request;
use curfew_domain::time::Timestamp;
use serde_json::Value;

use crate::campaign::Ran;
use crate::{Call, Changed, Event, Source, Step, Violation, What};

/// Longest text of a line.
const WIDTH: usize = 150;

/// What to tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Detail {
    /// Also calls that merely read.
    pub reads: bool,
    /// Stop so many steps after the first violation; 0: tell everything.
    pub after_violation: usize,
}

/// One line per thing that happened.
pub fn timeline(ran: &Ran, detail: Detail) -> String {
    let mut text = String::new();
    let mut marks: BTreeMap<usize, Vec<&Violation>> = BTreeMap::new();
    for violation in &ran.violations {
        marks.entry(violation.step).or_default().push(violation);
    }
    let end = marks.keys().next().filter(|_| detail.after_violation > 0).map(|first| first + detail.after_violation);
    let Some(began) = ran.steps.first().map(|step| step.at) else { return text };
    let names = names(ran);
    for (index, step) in ran.steps.iter().enumerate() {
        let marked = marks.get(&index);
        if detail.reads || marked.is_some() || is_telling(step) {
            let _ = writeln!(text, "{} {:<14} {}", since(began, step.at), by(step), clip(&short(told(step), &names)));
        }
        for violation in marked.into_iter().flatten() {
            let _ = writeln!(text, "{} {:<14} !!! {}", since(began, violation.at), "", violation.what);
        }
        if end.is_some_and(|end| index >= end) {
            break;
        }
    }
    // Seen at the very end, after the last step.
    for violation in marks.range(ran.steps.len()..).flat_map(|(_, violations)| violations) {
        let _ = writeln!(text, "{} {:<14} !!! {}", since(began, violation.at), "", violation.what);
    }
    text
}

/// Short names for what has long ids: requests R1, R2; permission sets and people by the end of their ids.
fn names(ran: &Ran) -> Vec<(String, String)> {
    let mut names: Vec<(String, String)> = Vec::new();
    for step in &ran.steps {
        let What::Call(call) = &step.what else { continue };
        for change in &call.changes {
            let Changed::Request { after: Some(after), .. } = &change.item else { continue };
            let (id, set, user) = (&after.ask.id, &after.ask.permission_set, &after.ask.requester);
            if !names.iter().any(|(long, _)| long == id.as_str()) {
                let number = names.iter().filter(|(_, short)| short.starts_with('R')).count() + 1;
                names.push((id.to_string(), format!("R{number}")));
            }
            for long in [set.as_str(), user.as_str()] {
                let end = long.char_indices().rev().nth(5).and_then(|(at, _)| long.get(at..)).unwrap_or(long);
                if !names.iter().any(|(known, _)| known == long) {
                    names.push((long.to_owned(), format!("…{end}")));
                }
            }
        }
    }
    names
}

fn short(text: String, names: &[(String, String)]) -> String {
    names.iter().fold(text, |text, (long, short)| text.replace(long, short))
}

/// Whether a step changes or explains something.
fn is_telling(step: &Step) -> bool {
    match &step.what {
        What::Call(call) => call.strike.is_some() || call.answer.is_err() || is_change(call),
        What::Over { result } => result.is_err(),
        What::Said { level, alarm, .. } => alarm.is_some() || *level <= tracing::Level::WARN,
        What::Began { source, .. } => *source != Source::Periodic,
        What::Event(event) => event.source != Source::Periodic || event.strike.is_some(),
        _ => true,
    }
}

fn is_change(call: &Call) -> bool {
    let reads = ["Get", "List", "Describe", "Query", "BatchGet", "Is"];
    !reads.iter().any(|read| call.operation.starts_with(read))
}

/// `+00:01:02.345`.
fn since(began: Timestamp, at: Timestamp) -> String {
    let ms = at.duration_since(began).as_millis();
    let (h, m, s) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    format!("+{h:02}:{m:02}:{s:02}.{:03}", ms % 1_000)
}

fn by(step: &Step) -> String {
    step.by.as_ref().map_or_else(|| "-".to_owned(), |by| format!("{}#{}", by.function, by.number))
}

fn told(step: &Step) -> String {
    match &step.what {
        What::Call(call) => call_told(call),
        What::Operation(operation) => {
            let why = operation.failure_reason.as_deref().unwrap_or_default();
            format!("Identity Center: {:?} ended {:?} {why}", operation.action, operation.status)
        }
        What::Event(event) => event_told(event),
        What::Began { source, input } => format!("begins for {} with {input}", source_told(source)),
        What::Over { result: Ok(output) } => format!("returns {output}"),
        What::Over { result: Err(error) } => format!("FAILS: {} {}", error.name, error.message),
        What::State { execution, state } => format!("execution {execution} enters {state}"),
        What::ExecutionEnded { execution, status } => format!("execution {execution} is {status}"),
        What::DeadLetter(letter) => format!("GIVEN UP: {} {} ({})", letter.function, letter.payload, letter.error),
        What::Said { level, text, alarm } => {
            let alarm = alarm.as_ref().map_or_else(String::new, |alarm| format!("ALARM {alarm}: "));
            format!("says {level}: {alarm}{text}")
        }
        What::Note(note) => format!("note: {note}"),
    }
}

fn call_told(call: &Call) -> String {
    let strike = call.strike.map_or_else(String::new, |kind| format!("[FAULT {kind}] "));
    let answer = match &call.answer {
        Ok(_) => "ok",
        Err(error) => error,
    };
    let changes: Vec<String> = call.changes.iter().filter_map(|change| changed(&change.item)).collect();
    let changes = if changes.is_empty() { String::new() } else { format!("; {}", changes.join("; ")) };
    let subject = call.subject();
    format!("call {} {strike}{} {} {subject}: {answer}{changes}", call.number, call.service, call.operation)
}

fn changed(item: &Changed) -> Option<String> {
    let stage = |request: &Request| request.state.stage().name();
    match item {
        Changed::Request { before: None, after: Some(after) } => Some(format!("request is {}", stage(after))),
        Changed::Request { before: Some(before), after: Some(after) } => {
            Some(format!("request {} -> {}", stage(before), stage(after)))
        }
        Changed::Assignment { after: Some(after), .. } => {
            let operation = after.operation.as_ref().map(|operation| operation.kind);
            Some(format!("key: {} holds, ours {}, in flight {operation:?}", after.holds.len(), after.ours))
        }
        _ => None,
    }
}

fn event_told(event: &Event) -> String {
    let strike = event.strike.map_or_else(String::new, |kind| format!("[FAULT {kind}] "));
    let (number, function, source) = (event.number, event.function, source_told(&event.source));
    format!("event {number} {strike}for {function} from {source}: {}", event.payload)
}

fn source_told(source: &Source) -> String {
    match source {
        Source::Api(call) => call.to_string(),
        Source::Execution(_, state) => format!("state {state}"),
        Source::Schedule(name) => format!("schedule {name}"),
        Source::Periodic => "the clock".to_owned(),
        Source::Function(function) => function.to_string(),
        Source::Stream => "the stream".to_owned(),
        Source::Story => "the story".to_owned(),
    }
}

fn clip(text: &str) -> String {
    if text.chars().count() <= WIDTH {
        return text.to_owned();
    }
    let short: String = text.chars().take(WIDTH - 1).collect();
    format!("{short}…")
}

/// The same for programs.
pub fn json(ran: &Ran) -> Value {
    let began = ran.steps.first().map(|step| step.at);
    let steps: Vec<Value> = ran
        .steps
        .iter()
        .map(|step| {
            let ms = began.map(|began| i64::try_from(step.at.duration_since(began).as_millis()).unwrap_or_default());
            serde_json::json!({ "ms": ms, "by": by(step), "what": told(step) })
        })
        .collect();
    let violations: Vec<Value> = ran
        .violations
        .iter()
        .map(|violation| serde_json::json!({ "at": violation.at.to_string(), "step": violation.step, "what": violation.what }))
        .collect();
    serde_json::json!({ "steps": steps, "violations": violations })
}
