//! Past requests, as the API tells them: one JSON object per line of a file, or pages of the API.

use std::path::Path;

use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_domain::time::{AccessDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::answer::{Failure, progress};
use crate::arguments::Server;
use crate::files;
use crate::remote::Remote;

/// Largest file that is read, in bytes: about a million requests.
const LARGEST: u64 = 1 << 30;
/// Most pages that are asked for.
const MOST_PAGES: usize = 100_000;
/// Most lines that are complained about.
const MOST_WRONG: usize = 20;

/// A past request.
pub(super) struct Recorded {
    pub(super) id: String,
    pub(super) requester: UserId,
    pub(super) account: AccountId,
    pub(super) permission_set: PermissionSetArn,
    pub(super) duration: AccessDuration,
    pub(super) justification: String,
    pub(super) ticket: Option<String>,
    pub(super) emergency: bool,
    pub(super) submitted_at: Timestamp,
    pub(super) past: Past,
}

/// What policy said then.
pub(super) enum Past {
    Denied,
    Automatic(String),
    Approval(String),
}

#[derive(Deserialize)]
struct Wire {
    id: String,
    requester: String,
    account: String,
    permission_set: String,
    duration: String,
    #[serde(default)]
    justification: String,
    ticket: Option<String>,
    #[serde(default)]
    emergency: bool,
    submitted_at: Timestamp,
    verdict: Option<WireVerdict>,
}

#[derive(Deserialize)]
struct WireVerdict {
    outcome: String,
    flow: Option<String>,
}

/// Reads requests from a file, or from the API where the source is `api`.
pub(super) fn read(source: &str, server: &Server) -> Result<Vec<Recorded>, Failure> {
    if source == "api" {
        return of_api(&Remote::required(server)?);
    }
    let text = files::bounded_text_of(Path::new(source), LARGEST)?;
    let (mut requests, mut wrong) = (Vec::new(), Vec::new());
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let one = serde_json::from_str(line).map_err(|error| error.to_string()).and_then(request);
        match one {
            Ok(one) => requests.push(one),
            Err(error) => wrong.push(format!("{source}:{}: {error}", at + 1)),
        }
    }
    if wrong.is_empty() {
        return Ok(requests);
    }
    let more = wrong.len().saturating_sub(MOST_WRONG);
    wrong.truncate(MOST_WRONG);
    let more = if more > 0 { format!("\nand {more} more lines") } else { String::new() };
    Err(Failure::usage(format!("not every line is a request as the API tells them:\n{}{more}", wrong.join("\n"))))
}

fn of_api(remote: &Remote) -> Result<Vec<Recorded>, Failure> {
    let (mut requests, mut path) = (Vec::new(), "/v1/requests?requester=all&limit=100".to_owned());
    for _ in 0..MOST_PAGES {
        let page = remote.get(&path)?;
        let items = page.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        for item in items {
            let wire = serde_json::from_value(item).map_err(|error| error.to_string());
            let one = wire.and_then(request);
            requests.push(
                one.map_err(|error| {
                    Failure::Server(format!("the server sent a request that cannot be read: {error}"))
                })?,
            );
        }
        match page.get("next_cursor").and_then(Value::as_str) {
            Some(cursor) => path = format!("/v1/requests?requester=all&limit=100&cursor={cursor}"),
            None => break,
        }
        progress(requests.len(), requests.len() + 1, "past requests read, and more");
    }
    progress(1, 1, "");
    Ok(requests)
}

fn request(wire: Wire) -> Result<Recorded, String> {
    let past = match wire.verdict {
        None => Past::Denied,
        Some(verdict) => match (verdict.outcome.as_str(), verdict.flow) {
            ("denied", _) => Past::Denied,
            ("approved", flow) => Past::Automatic(flow.unwrap_or_default()),
            ("needs_approval", flow) => Past::Approval(flow.unwrap_or_default()),
            (other, _) => return Err(format!("outcome `{other}` is not known")),
        },
    };
    Ok(Recorded {
        id: wire.id,
        requester: UserId::parse(&wire.requester).map_err(|error| format!("`requester`: {error}"))?,
        account: AccountId::parse(&wire.account).map_err(|error| format!("`account`: {error}"))?,
        permission_set: PermissionSetArn::parse(&wire.permission_set)
            .map_err(|error| format!("`permission_set`: {error}"))?,
        duration: AccessDuration::parse(&wire.duration).map_err(|error| format!("`duration`: {error}"))?,
        justification: wire.justification,
        ticket: wire.ticket,
        emergency: wire.emergency,
        submitted_at: wire.submitted_at,
        past,
    })
}
