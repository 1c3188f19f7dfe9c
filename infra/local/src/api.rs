//! Curfew's HTTP API as the story and the publisher use it: one call, one answer, by one person.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::error::Error;
use crate::http::{Http, Reply};

/// How long the sample organisation may take to be read: a few calls a second, as on AWS.
const SYNCED_WITHIN: Duration = Duration::from_mins(2);

/// The API, and the tokens of those who use it.
#[derive(Debug)]
pub(crate) struct Api {
    http: Http,
    base: String,
    tokens: BTreeMap<String, String>,
    calls: AtomicU64,
}

impl Api {
    /// The API at a base address.
    pub(crate) fn new(base: &str, tokens: BTreeMap<String, String>) -> Self {
        Self { http: Http::new(), base: base.into(), tokens, calls: AtomicU64::new(0) }
    }

    /// The path of a link to this API; none for any other address.
    pub(crate) fn path_of<'l>(&self, link: &'l str) -> Option<&'l str> {
        link.strip_prefix(&self.base).filter(|path| path.starts_with('/'))
    }

    /// `GET` as a user.
    pub(crate) fn get(&self, user: &str, path: &str) -> Result<Reply, Error> {
        self.send(user, "GET", path, "")
    }

    /// `POST` as a user, with a fresh idempotency key.
    pub(crate) fn post(&self, user: &str, path: &str, body: &Value) -> Result<Reply, Error> {
        self.send(user, "POST", path, &body.to_string())
    }

    /// Publishes the first configuration; returns its version and number.
    pub(crate) fn publish(
        &self,
        administrator: &str,
        files: &BTreeMap<String, String>,
    ) -> Result<(String, u64), Error> {
        let change = json!({ "files": files, "based_on": null, "comment": "The example" });
        let reply = self.send(administrator, "PUT", "/v1/configuration", &change.to_string())?;
        let answer = reply.json();
        let version = answer.get("version").and_then(Value::as_str);
        let number = answer.get("number").and_then(Value::as_u64);
        match (reply.status, version, number) {
            (200..300, Some(version), Some(number)) => Ok((version.to_owned(), number)),
            (status, ..) => {
                let seen = mistakes(&answer).unwrap_or(reply.body);
                Err(Error::unexpected("publish the configuration", "a version", format!("{status} {seen}")))
            }
        }
    }

    /// Has the directory read, and waits until that is done; returns how many accounts and people are in it.
    pub(crate) fn sync(&self, administrator: &str) -> Result<(u64, u64), Error> {
        let asked = self.post(administrator, "/v1/directory/sync", &json!({}))?;
        let end = Instant::now() + SYNCED_WITHIN;
        let mut seen = asked;
        while (200..300).contains(&seen.status) {
            let counts = seen.json().pointer("/snapshot/counts").cloned();
            let count = |name: &str| counts.as_ref()?.get(name)?.as_u64();
            if let (Some(accounts), Some(users)) = (count("accounts"), count("users")) {
                return Ok((accounts, users));
            }
            if Instant::now() >= end {
                break;
            }
            std::thread::sleep(Duration::from_millis(250));
            seen = self.get(administrator, "/v1/directory")?;
        }
        Err(Error::unexpected("read the directory", "a snapshot", format!("{} {}", seen.status, seen.body)))
    }

    fn send(&self, user: &str, method: &str, path: &str, body: &str) -> Result<Reply, Error> {
        let token = self.tokens.get(user).map_or("", String::as_str);
        let authorization = format!("Bearer {token}");
        let key = format!("local-{}-{}", std::process::id(), self.calls.fetch_add(1, Ordering::Relaxed));
        let mut headers = vec![("authorization", authorization.as_str())];
        if !body.is_empty() {
            headers.extend([("content-type", "application/json"), ("idempotency-key", key.as_str())]);
        }
        self.http.send(method, &format!("{}{path}", self.base), &headers, body)
    }
}

/// What is wrong with a configuration, a line each, if the answer says so.
fn mistakes(answer: &Value) -> Option<String> {
    let text = |problem: &Value, name: &str| {
        problem.get(name).map(|value| value.as_str().map_or(value.to_string(), str::to_owned))
    };
    let line = |problem: &Value| {
        let part = |name| text(problem, name).unwrap_or_default();
        format!("\n  {}:{}:{} {}", part("file"), part("line"), part("column"), part("message"))
    };
    answer.get("problems")?.as_array().map(|problems| problems.iter().map(line).collect())
}

/// The body of a request for access.
pub(crate) fn wish(account: &str, permission_set: &str, duration: &str, why: &str, ticket: Option<&str>) -> Value {
    let mut wish =
        json!({ "account": account, "permission_set": permission_set, "duration": duration, "justification": why });
    if let (Some(ticket), Some(fields)) = (ticket, wish.as_object_mut()) {
        fields.insert("ticket".into(), ticket.into());
    }
    wish
}
