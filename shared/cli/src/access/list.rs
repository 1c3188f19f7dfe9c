//! Commands that show something.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::show::{self, access, length, list, moment, person, text};
use super::{entitlement, wait};
use crate::answer::{Answer, Failure};
use crate::arguments::{Active, Ls, Server, Status};
use crate::remote::Remote;
use crate::table::columns;

/// States that are not the end.
const OPEN: [&str; 7] = ["submitted", "awaiting_approval", "approved", "scheduled", "provisioning", "active", "ending"];

/// What the caller may request.
pub(crate) fn entitlements(given: &Ls) -> Result<Answer, Failure> {
    let remote = Remote::required(&given.server)?;
    let (found, more) = entitlement::page(&remote, &given.search.join(" "), Some(given.limit))?;
    let row = |one: &entitlement::Entitlement| {
        vec![one.name(), length(&text(&one.0, "/max_duration")), text(&one.0, "/risk"), one.prospect()]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    let mut shown = columns(&["entitlement", "at most", "risk", "what would come of it"], &rows);
    if found.is_empty() {
        "There is nothing like that for you to request.\n".clone_into(&mut shown);
    } else if more {
        shown.push_str("There are more: `--search` narrows, `--limit` widens.\n");
    }
    let items: Vec<&Value> = found.iter().map(|one| &one.0).collect();
    Ok(Answer::fine(shown, &json!({ "items": items, "more": more })))
}

/// One request, or all that are open.
pub(crate) fn status(given: &Status) -> Result<Answer, Failure> {
    let remote = Remote::required(&given.server)?;
    match &given.id {
        Some(id) if given.watch => wait::to_the_end(&remote, id),
        Some(id) => {
            let request = remote.get(&of(id)?)?;
            Ok(Answer::fine(show::request(&request, Timestamp::now()), &request))
        }
        None => {
            let requests = requests(&remote, &[("requester", "me".to_owned()), ("limit", "100".to_owned())])?;
            let is_open = |request: &&Value| OPEN.contains(&text(request, "/state").as_str());
            let open: Vec<Value> = requests.iter().filter(is_open).cloned().collect();
            Ok(overview(&open, "You have no open requests and no active access."))
        }
    }
}

/// What waits for the caller's decision.
pub(crate) fn approvals(server: &Server) -> Result<Answer, Failure> {
    let answer = Remote::required(server)?.get("/v1/approvals")?;
    let now = Timestamp::now();
    let row = |item: &Value| {
        let request = item.get("request").unwrap_or(&Value::Null);
        let waiting = list(request, "/steps").iter().find(|step| text(step, "/state") == "waiting");
        let until = waiting.map(|step| moment(&text(step, "/deadline"), now)).unwrap_or_default();
        vec![
            text(request, "/id"),
            person(request, &text(request, "/requester")),
            access(request),
            length(&text(request, "/duration")),
            text(request, "/justification"),
            until,
        ]
    };
    let rows: Vec<Vec<String>> = list(&answer, "/items").iter().map(row).collect();
    let shown = if rows.is_empty() {
        "Nothing waits for you.\n".to_owned()
    } else {
        columns(&["request", "requester", "entitlement", "for", "because", "until"], &rows)
    };
    Ok(Answer::fine(shown, &answer))
}

/// Active access: the caller's, or everybody's.
pub(crate) fn active(given: &Active) -> Result<Answer, Failure> {
    let whose = if given.all { "all" } else { "me" };
    let requests = every_active(&Remote::required(&given.server)?, whose)?;
    Ok(overview(&requests, "No access is active."))
}

/// All active requests of somebody.
pub(crate) fn every_active(remote: &Remote, whose: &str) -> Result<Vec<Value>, Failure> {
    let of = |name: &'static str, value: &str| (name, value.to_owned());
    requests(remote, &[of("requester", whose), of("state", "active"), of("limit", "100")])
}

/// Every request of a query, page by page.
pub(crate) fn requests(remote: &Remote, query: &[(&str, String)]) -> Result<Vec<Value>, Failure> {
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut query = query.to_vec();
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let page = remote.get(&path("/v1/requests", &query)?)?;
        all.extend(list(&page, "/items").iter().cloned());
        cursor = page.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

fn overview(requests: &[Value], none: &str) -> Answer {
    let now = Timestamp::now();
    let row = |request: &Value| {
        let ends = text(request, "/grant/expires_at");
        let waiting = list(request, "/steps").iter().find(|step| text(step, "/state") == "waiting");
        let next = match (text(request, "/state").as_str(), waiting) {
            ("active", _) => format!("ends {}", moment(&ends, now)),
            (_, Some(step)) => format!("waits for {}", show::waiting(request, step, now)),
            ("scheduled", _) => format!("starts {}", moment(&text(request, "/start"), now)),
            _ => String::new(),
        };
        let who = person(request, &text(request, "/requester"));
        vec![text(request, "/id"), text(request, "/state"), who, access(request), next]
    };
    let rows: Vec<Vec<String>> = requests.iter().map(row).collect();
    let shown = if rows.is_empty() {
        format!("{none}\n")
    } else {
        columns(&["request", "state", "requester", "entitlement", ""], &rows)
    };
    Answer::fine(shown, &json!({ "items": requests }))
}

/// The path of a request. What is no id never becomes part of an address.
pub(crate) fn of(id: &str) -> Result<String, Failure> {
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        return Err(Failure::usage(format!("`{id}` is no id of a request; `curfew status` shows yours")));
    }
    Ok(format!("/v1/requests/{id}"))
}

/// A path with a query.
pub(crate) fn path(path: &str, query: &[(&str, String)]) -> Result<String, Failure> {
    let query = serde_urlencoded::to_string(query).map_err(|error| Failure::usage(format!("the search: {error}")))?;
    Ok(format!("{path}?{query}"))
}
