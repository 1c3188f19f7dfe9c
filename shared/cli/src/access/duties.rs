//! What people owe: access to give or take by hand, and reviews of emergencies.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::list::of;
use super::show::{self, access, list, moment, person, text};
use crate::answer::{Answer, Failure};
use crate::arguments::{End, Review, Server};
use crate::remote::Remote;
use crate::table::columns;

/// What the caller is asked to give or take by hand.
pub(super) fn tasks(server: &Server) -> Result<Answer, Failure> {
    let answer = Remote::required(server)?.get("/v1/tasks")?;
    let now = Timestamp::now();
    let row = |item: &Value| {
        let request = item.get("request").unwrap_or(&Value::Null);
        let who = person(request, &text(request, "/requester"));
        vec![text(request, "/id"), text(item, "/task"), who, access(request), moment(&text(item, "/since"), now)]
    };
    let rows: Vec<Vec<String>> = list(&answer, "/items").iter().map(row).collect();
    Ok(shown(
        &["request", "task", "for whom", "entitlement", "since"],
        &rows,
        "There is nothing for you to do.",
        &answer,
    ))
}

/// Says that access was given by hand.
pub(super) fn given(which: &End) -> Result<Answer, Failure> {
    said(which, "provisioned")
}

/// Says that access was taken by hand, or that nobody ever gave it.
pub(super) fn taken(which: &End) -> Result<Answer, Failure> {
    said(which, "removed")
}

fn said(which: &End, verb: &str) -> Result<Answer, Failure> {
    let body = which.comment.as_ref().map_or_else(|| json!({}), |comment| json!({ "comment": comment }));
    let request = Remote::required(&which.server)?.post(&format!("{}/{verb}", of(&which.id)?), &body)?;
    Ok(Answer::fine(show::request(&request, Timestamp::now()), &request))
}

/// Reviews of emergency access that are open.
pub(super) fn reviews(server: &Server) -> Result<Answer, Failure> {
    let answer = Remote::required(server)?.get("/v1/reviews")?;
    let now = Timestamp::now();
    let row = |item: &Value| {
        let until = moment(&text(item, "/deadline"), now);
        vec![text(item, "/request"), text(item, "/requester"), text(item, "/state"), until]
    };
    let rows: Vec<Vec<String>> = list(&answer, "/items").iter().map(row).collect();
    Ok(shown(&["request", "requester", "state", "until"], &rows, "No review is open.", &answer))
}

/// Judges emergency access that has ended.
pub(super) fn review(given: &Review) -> Result<Answer, Failure> {
    let finding = if given.justified { "justified" } else { "not_justified" };
    let judgement = json!({ "finding": finding, "comment": given.comment });
    let review = Remote::required(&given.server)?.post(&format!("{}/review", of(&given.id)?), &judgement)?;
    Ok(Answer::fine(format!("{}: {}", text(&review, "/request"), text(&review, "/state")), &review))
}

fn shown(headings: &[&str], rows: &[Vec<String>], none: &str, answer: &Value) -> Answer {
    let text = if rows.is_empty() { format!("{none}\n") } else { columns(headings, rows) };
    Answer::fine(text, answer)
}
