//! `curfew audit verify`: every hash is computed again on this machine.

use curfew_domain::audit::{self, Head, Record, RecordHash};
use curfew_domain::id::RequestId;
use curfew_domain::time::Timestamp;
use serde_json::{Value, json};

use super::list::{of, requests};
use super::show::{access, list, text};
use crate::answer::{Answer, Done, Failure, progress};
use crate::arguments::Verify;
use crate::remote::Remote;

/// What came of one chain.
struct Checked {
    request: Value,
    records: usize,
    wrong: Option<String>,
}

/// Verifies the chains of these requests, or of all that the caller may see.
pub(super) fn verify(given: &Verify) -> Result<Answer, Failure> {
    let remote = Remote::required(&given.server)?;
    let ids = if given.ids.is_empty() { every_id(&remote)? } else { given.ids.clone() };
    let mut checked = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        progress(index, ids.len(), "chains");
        let request = remote.get(&of(id)?)?;
        checked.push(check(request));
    }
    progress(ids.len(), ids.len(), "chains");
    Ok(told(&checked))
}

/// Administrators and auditors see everybody's, others their own.
fn every_id(remote: &Remote) -> Result<Vec<String>, Failure> {
    let me = remote.get("/v1/me")?;
    let sees_all = list(&me, "/roles").iter().any(|role| role == "administrator" || role == "auditor");
    let whose = if sees_all { "all" } else { "me" };
    let found = requests(remote, &[("requester", whose.to_owned()), ("limit", "100".to_owned())])?;
    Ok(found.iter().map(|request| text(request, "/id")).collect())
}

fn check(request: Value) -> Checked {
    let history = list(&request, "/history");
    let records: Result<Vec<Record>, String> = rebuilt(&text(&request, "/id"), history);
    let wrong = records.and_then(|records| judged(&request, &records)).err();
    Checked { records: history.len(), wrong, request }
}

/// Whether the records lead from the origin to the last one, and the server's own verdict.
fn judged(request: &Value, records: &[Record]) -> Result<(), String> {
    let last = records.last().ok_or("there are no records")?;
    audit::verify(&last.request, records, &last.head()).map_err(|broken| broken.to_string())?;
    // Whether the last record is the last is known only where the request itself is.
    match text(request, "/chain").as_str() {
        "intact" => Ok(()),
        said => Err(format!("the server says: {said}")),
    }
}

fn rebuilt(id: &str, history: &[Value]) -> Result<Vec<Record>, String> {
    let request = RequestId::parse(id).map_err(|error| error.to_string())?;
    let mut previous = Head::origin().hash;
    let mut records = Vec::with_capacity(history.len());
    for seen in history {
        let seq = seen.get("seq").and_then(Value::as_u64).ok_or("a record has no number")?;
        let at: Timestamp = raw(seen, "at").parse().map_err(|_| format!("record {seq} has no time"))?;
        let hash = RecordHash::from_stored(raw(seen, "hash").to_owned());
        records.push(Record {
            request: request.clone(),
            seq,
            at,
            actor: raw(seen, "actor").to_owned(),
            event: raw(seen, "event").to_owned(),
            body: audit::canonical(seen.get("facts").unwrap_or(&Value::Null)),
            previous: std::mem::replace(&mut previous, hash.clone()),
            hash,
        });
    }
    Ok(records)
}

/// As it is: hashes are over what was written, and not over what is shown.
fn raw<'v>(record: &'v Value, name: &str) -> &'v str {
    record.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn told(checked: &[Checked]) -> Answer {
    let records: usize = checked.iter().map(|one| one.records).sum();
    let broken: Vec<&Checked> = checked.iter().filter(|one| one.wrong.is_some()).collect();
    let line = |one: &&Checked| {
        let (id, wrong) = (text(&one.request, "/id"), one.wrong.as_deref().unwrap_or_default());
        format!("{id}  {}: {wrong}", access(&one.request))
    };
    let verdict = if broken.is_empty() { "all intact".to_owned() } else { format!("{} broken", broken.len()) };
    let mut lines: Vec<String> = broken.iter().map(line).collect();
    lines.push(format!("{} requests, {records} records: {verdict}", checked.len()));
    let item =
        |one: &Checked| json!({ "request": text(&one.request, "/id"), "records": one.records, "wrong": one.wrong });
    let items: Vec<Value> = checked.iter().map(item).collect();
    let json = json!({ "requests": checked.len(), "records": records, "broken": broken.len(), "items": items });
    Answer::new(Done::found(!broken.is_empty()), lines.join("\n"), &json)
}
