//! Audit records as they are stored under their request (I18): a line for each, in parts between tabs, which no part has.
//!
//! Of the chain, only the hash at its end is stored, as the head of the request. The others follow from the records
//! themselves: whoever changes one, changes every hash after it, and the last is not that of the head any more.

use curfew_domain::audit::{Head, Record, RecordHash};
use curfew_domain::id::RequestId;
use curfew_engine::error::Fault;

use super::super::unreadable;

/// The text of a request with its records under it.
pub(super) fn under(mut text: String, trail: &[Record]) -> String {
    if let Some(first) = trail.first().filter(|first| first.seq > 1) {
        // An earlier release stored those before, each by itself.
        text.extend(["\n", &first.seq.saturating_sub(1).to_string(), "\t", first.previous.as_str()]);
    }
    for Record { at, actor, event, body, .. } in trail {
        text.extend(["\n", &at.to_string(), "\t", actor, "\t", event, "\t", body]);
    }
    text
}

/// The records of these lines.
pub(super) fn trail(request: &RequestId, lines: &str) -> Result<Vec<Record>, Fault> {
    let mut head = Head::origin();
    let mut records = Vec::new();
    for line in lines.lines() {
        let parts: Vec<&str> = line.splitn(4, '\t').collect();
        match parts.as_slice() {
            [at, actor, event, body] => {
                let at = at.parse().map_err(unreadable)?;
                let record = head.extend(request, at, (*actor).to_owned(), event, (*body).to_owned());
                head = record.head();
                records.push(record);
            }
            [seq, hash] if records.is_empty() => {
                let seq = seq.parse().map_err(unreadable)?;
                head = Head { seq, hash: RecordHash::from_stored((*hash).to_owned()) };
            }
            _ => return Err(unreadable(format!("an audit record of request {request} is none"))),
        }
    }
    Ok(records)
}
