//! Requests as people read them in a terminal.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::answer::{BOLD, GREEN, PLAIN, RED};

/// A text of an answer, by JSON pointer; empty if there is none. Others have written it: what would steer a terminal is
/// taken out.
pub(crate) fn text(value: &Value, pointer: &str) -> String {
    let text = match value.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

/// `<account>/<permission set>`, by names where they are known.
pub(crate) fn access(request: &Value) -> String {
    let named = |name: &str, id: &str| {
        let name = text(request, name);
        if name.is_empty() { text(request, id) } else { name }
    };
    let account = named("/account_name", "/account");
    format!("{account}/{}", named("/permission_set_name", "/permission_set"))
}

/// What somebody is called.
pub(crate) fn person(request: &Value, id: &str) -> String {
    let name = request.get("people").map(|people| text(people, &format!("/{id}"))).unwrap_or_default();
    if name.is_empty() { id.to_owned() } else { name }
}

/// The state, in its colour.
pub(crate) fn state(request: &Value) -> String {
    let state = text(request, "/state");
    let colour = match state.as_str() {
        "active" => GREEN,
        "denied" | "failed" => RED,
        _ => BOLD,
    };
    format!("{colour}{state}{PLAIN}")
}

/// A time in the reader's zone, and how far it is.
pub(crate) fn moment(instant: &str, now: Timestamp) -> String {
    let Ok(at) = instant.parse::<Timestamp>() else { return instant.to_owned() };
    let local = at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S %Z");
    let far = at.duration_since(now);
    if far.is_negative() { format!("{local} ({} ago)", span(-far)) } else { format!("{local} (in {})", span(far)) }
}

/// `1 h 30 min`, to the minute, or seconds where it is less.
pub(crate) fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let parts: Vec<String> = [(days, "d"), (hours, "h"), (minutes, "min")]
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, unit)| format!("{n} {unit}"))
        .collect();
    if parts.is_empty() { format!("{seconds} s") } else { parts.join(" ") }
}

/// `PT1H30M` as people say it.
pub(crate) fn length(iso: &str) -> String {
    iso.parse::<SignedDuration>().map_or_else(|_| iso.to_owned(), span)
}

/// Everything about one request that matters to a person.
pub(crate) fn request(request: &Value, now: Timestamp) -> String {
    let mut shown = format!("{BOLD}{}{PLAIN}  {}\n", access(request), state(request));
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(shown, "  {name:<16}{value}");
        }
    };
    line("request", &text(request, "/id"));
    line("requester", &person(request, &text(request, "/requester")));
    line("for", &length(&text(request, "/duration")));
    line("because", &text(request, "/justification"));
    line("ticket", &text(request, "/ticket"));
    if text(request, "/emergency") == "true" {
        line("emergency", "yes");
    }
    for (name, pointer) in [
        ("asked", "/submitted_at"),
        ("not before", "/start"),
        ("active since", "/grant/started_at"),
        ("ends", "/grant/expires_at"),
        ("sessions until", "/grant/sessions_until"),
    ] {
        let at = text(request, pointer);
        if !at.is_empty() {
            line(name, &moment(&at, now));
        }
    }
    line("flow", &text(request, "/verdict/flow"));
    line("reason", &text(request, "/reason"));
    for step in list(request, "/steps").iter().filter(|step| text(step, "/state") == "waiting") {
        line("waits for", &waiting(request, step, now));
    }
    for decision in list(request, "/decisions") {
        let who = person(request, &text(decision, "/approver"));
        let comment = text(decision, "/comment");
        let said = if text(decision, "/decision") == "approve" { "approved" } else { "denied" };
        let comment = if comment.is_empty() { comment } else { format!(": {comment}") };
        line("", &format!("{who} {said}{comment}"));
    }
    line("assignment", &text(request, "/grant/assignment"));
    line("audit chain", &text(request, "/chain"));
    shown
}

/// Who can decide on a step, how many of them must, and until when.
pub(crate) fn waiting(request: &Value, step: &Value, now: Timestamp) -> String {
    let people: Vec<String> = list(step, "/approvers").iter().map(|id| person(request, &text(id, ""))).collect();
    let quorum = step.get("quorum").and_then(Value::as_u64).unwrap_or(1);
    let deadline = text(step, "/deadline");
    let until = if deadline.is_empty() { deadline } else { format!(", until {}", moment(&deadline, now)) };
    format!("{quorum} of {}{until}", people.join(", "))
}

/// A list of an answer; empty if there is none.
pub(crate) fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_that_somebody_wrote_steers_the_terminal() {
        let request = json!({ "id": "r", "state": "active", "justification": "x\u{1b}[2J\u{7}\ny", "people": { "u": "\u{9b}1m" } });
        let shown = super::request(&request, Timestamp::UNIX_EPOCH);
        assert!(shown.contains("x\u{fffd}[2J\u{fffd}\u{fffd}y"), "{shown}");
        assert_eq!(person(&request, "u"), "\u{fffd}1m");
    }

    #[test]
    fn times_tell_how_far_they_are() {
        assert_eq!(length("PT1H30M"), "1 h 30 min");
        assert_eq!(length("PT45S"), "45 s");
        assert_eq!(length("what"), "what");
        assert!(moment("1970-01-01T00:10:00Z", Timestamp::UNIX_EPOCH).ends_with("(in 10 min)"));
        assert!(moment("1969-12-30T23:00:00Z", Timestamp::UNIX_EPOCH).ends_with("(1 d 1 h ago)"));
    }
}
