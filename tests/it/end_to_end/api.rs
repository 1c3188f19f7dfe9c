use std::fmt;
use std::time::Duration;

use curfew_local::Ready;
use serde_json::Value;
use ureq::Agent;
use ureq::http::Request;

use super::local_run::local_run;

/// Somebody with a token.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) token: String,
}

/// Somebody of the sample organisation, with a valid token.
pub(super) fn person(name: &str) -> Person {
    Person::of(&local_run().ready, name)
}

impl Person {
    pub(super) fn of(ready: &Ready, name: &str) -> Self {
        let user = &ready.users[name];
        Self { id: user.id.clone(), token: user.token.clone() }
    }

    /// The same person with another token.
    pub(super) fn with_token(&self, token: impl Into<String>) -> Self {
        Self { id: self.id.clone(), token: token.into() }
    }

    pub(super) fn get(&self, path: &str) -> Reply {
        call(&local_run().ready, self, "GET", path).send("")
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_text(path, &body.to_string())
    }

    pub(super) fn post_text(&self, path: &str, body: &str) -> Reply {
        self.call("POST", path).send(body)
    }

    /// A call that is yet to be sent.
    pub(super) fn call(&self, method: &'static str, path: &str) -> Call {
        call(&local_run().ready, self, method, path)
    }

    /// Ids of the person's own latest requests, newest first.
    pub(super) fn requests(&self) -> Vec<String> {
        let page = self.get("/v1/requests?limit=100").json(200);
        let items = page["items"].as_array().expect("a list");
        items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
    }
}

/// A call by somebody, before it is sent.
pub(super) fn call(ready: &Ready, who: &Person, method: &'static str, path: &str) -> Call {
    let headers = vec![("authorization", format!("Bearer {}", who.token)), ("content-type", "application/json".into())];
    Call { method, url: format!("{}{path}", ready.api), headers }
}

pub(super) struct Call {
    method: &'static str,
    url: String,
    headers: Vec<(&'static str, String)>,
}

impl Call {
    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(present, _)| *present != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(super) fn without(mut self, name: &'static str) -> Self {
        self.headers.retain(|(present, _)| *present != name);
        self
    }

    pub(super) fn idempotency_key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub(super) fn send(self, body: &str) -> Reply {
        let what = format!("{} {}", self.method, self.url);
        let mut request = Request::builder().method(self.method).uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let sent = match self.method {
            "GET" | "HEAD" => agent().run(request.body(()).unwrap()),
            _ => agent().run(request.body(body.to_owned()).unwrap()),
        };
        let mut answer = sent.unwrap_or_else(|error| panic!("{what}: {error}"));
        let header = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        let content_type = header.unwrap_or_default().to_owned();
        let body = answer.body_mut().read_to_string().unwrap_or_else(|error| panic!("{what}: {error}"));
        Reply { what, status: answer.status().as_u16(), content_type, body }
    }
}

/// An HTTP client that ignores proxies and takes every status for an answer.
pub(super) fn agent() -> Agent {
    let config = Agent::config_builder().proxy(None).http_status_as_error(false);
    config.timeout_global(Some(Duration::from_mins(1))).build().new_agent()
}

/// An answer; shows all of itself where a test fails.
pub(super) struct Reply {
    what: String,
    pub(super) status: u16,
    content_type: String,
    pub(super) body: String,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered {} {}", self.what, self.status, self.body)
    }
}

impl Reply {
    /// The body of an answer with this status.
    #[track_caller]
    pub(super) fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self}");
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// A problem document (RFC 9457) with this status, code and field.
    #[track_caller]
    pub(super) fn problem(&self, status: u16, code: &str, field: Option<&str>) -> Value {
        let problem = self.json(status);
        assert_eq!(self.content_type, "application/problem+json", "{self}");
        assert_eq!(problem["code"], code, "{self}");
        assert_eq!(problem["field"].as_str(), field, "{self}");
        assert_eq!(problem["status"], status, "{self}");
        assert_eq!(problem["type"], format!("urn:curfew:problem:{code}"), "{self}");
        for said in ["title", "detail"] {
            assert!(problem[said].as_str().is_some_and(|words| !words.is_empty()), "no {said}: {self}");
        }
        assert!(self.body.len() < 2_000, "bad input is not repeated at length: {self}");
        problem
    }
}
