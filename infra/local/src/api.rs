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
        self.send(user, "GET", path, "application/json", "")
    }

    /// `POST` as a user, with a fresh idempotency key.
    pub(crate) fn post(&self, user: &str, path: &str, body: &Value) -> Result<Reply, Error> {
        self.send(user, "POST", path, "application/json", &body.to_string())
    }

    /// Publishes a configuration; returns its version.
    pub(crate) fn publish(&self, administrator: &str, toml: &str) -> Result<String, Error> {
        let reply = self.send(administrator, "PUT", "/v1/configuration", "application/toml", toml)?;
        if (200..300).contains(&reply.status) {
            Ok(reply.json().get("version").and_then(Value::as_str).unwrap_or_default().to_owned())
        } else {
            let seen = format!("{} {}", reply.status, reply.body);
            Err(Error::unexpected("publish the configuration", "a version", seen))
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

    fn send(&self, user: &str, method: &str, path: &str, kind: &str, body: &str) -> Result<Reply, Error> {
        let token = self.tokens.get(user).map_or("", String::as_str);
        let authorization = format!("Bearer {token}");
        let key = format!("local-{}-{}", std::process::id(), self.calls.fetch_add(1, Ordering::Relaxed));
        let mut headers = vec![("authorization", authorization.as_str())];
        if !body.is_empty() {
            headers.extend([("content-type", kind), ("idempotency-key", key.as_str())]);
        }
        self.http.send(method, &format!("{}{path}", self.base), &headers, body)
    }
}

/// The body of a request for access.
pub(crate) fn wish(account: &str, permission_set: &str, duration: &str, why: &str) -> Value {
    json!({ "account": account, "permission_set": permission_set, "duration": duration, "justification": why })
}
