//! The HTTP API, as the configuration commands use it.

mod signature;

use std::time::Duration;

use serde_json::Value;

use crate::answer::Failure;
use crate::arguments::Server;
use crate::files;

pub(crate) use signature::Credentials;

/// Longest that one call may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// Largest answer that is read, in bytes: a directory of 12,000 people has a tenth of it.
const LARGEST: u64 = 64 << 20;

/// The API, and how to be known there.
pub(crate) struct Remote {
    base: String,
    proof: Proof,
    agent: ureq::Agent,
}

enum Proof {
    Token(String),
    Signature(Credentials),
}

/// An answer of the API that is not an error of ours.
pub(crate) enum Reply {
    /// Done.
    Done(Value),
    /// Refused because of what was sent: status, problem document.
    Refused(u16, Value),
}

impl Remote {
    /// The API that the arguments name; `None` where they name none.
    pub(crate) fn given(server: &Server) -> Result<Option<Self>, Failure> {
        server.url.as_ref().map(|_| Self::required(server)).transpose()
    }

    /// The API that the arguments name, with the caller's token.
    pub(crate) fn required(server: &Server) -> Result<Self, Failure> {
        let base = base(server)?;
        let token = match &server.token_file {
            Some(path) => files::token_of(path)?,
            None => std::env::var("CURFEW_TOKEN").unwrap_or_default(),
        };
        if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
            let where_ =
                "put the token that you are signed in with into `CURFEW_TOKEN`, or into a file for `--token-file`";
            return Err(Failure::usage(format!("no token for {base}: {where_}")));
        }
        Ok(Self { base, proof: Proof::Token(token), agent: agent() })
    }

    /// The API, with AWS credentials.
    pub(crate) fn signed(server: &Server, credentials: Credentials) -> Result<Self, Failure> {
        Ok(Self { base: base(server)?, proof: Proof::Signature(credentials), agent: agent() })
    }

    /// Whether calls are signed with AWS credentials.
    pub(crate) fn is_signed(&self) -> bool {
        matches!(self.proof, Proof::Signature(_))
    }

    /// Reads; every refusal is a failure.
    pub(crate) fn get(&self, path: &str) -> Result<Value, Failure> {
        done(self.call("GET", path, None)?)
    }

    /// Sends; every refusal is a failure.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        done(self.call("POST", path, Some(body))?)
    }

    /// Calls once. Nothing is repeated: whether a change happened is for the caller to find out.
    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Reply, Failure> {
        let uri = format!("{}{path}", self.base);
        let text = body.map(ToString::to_string).unwrap_or_default();
        let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
        if body.is_some() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        match &self.proof {
            Proof::Token(token) => headers.push(("authorization".to_owned(), format!("Bearer {token}"))),
            Proof::Signature(credentials) => {
                let now = std::time::SystemTime::now();
                headers.extend(signature::sign(credentials, method, &uri, &headers, text.as_bytes(), now)?);
            }
        }
        let mut request = ureq::http::Request::builder().method(method).uri(&uri);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let unsendable = |error: ureq::http::Error| Failure::usage(format!("`{uri}` cannot be called: {error}"));
        let sent = match body {
            Some(_) => self.agent.run(request.body(text).map_err(unsendable)?),
            None => self.agent.run(request.body(()).map_err(unsendable)?),
        };
        let mut response = sent.map_err(|error| Failure::Server(format!("{} did not answer: {error}", self.base)))?;
        let status = response.status().as_u16();
        let read = response.body_mut().with_config().limit(LARGEST).read_to_string();
        let text = read.map_err(|error| Failure::Server(format!("the answer of {} broke off: {error}", self.base)))?;
        let value: Result<Value, _> = serde_json::from_str(&text);
        match (status, value) {
            (200..=299, Ok(value)) => Ok(Reply::Done(value)),
            (200..=299, Err(_)) => Err(Failure::Server(format!(
                "{uri} answered with something that is no JSON; is this the API of Curfew?"
            ))),
            // Nothing was published yet: an answer, not a failure.
            (503, Ok(problem)) if problem.get("code").is_some_and(|code| code == "not_configured") => {
                Ok(Reply::Refused(503, problem))
            }
            (500.., problem) => Err(Failure::Server(sentence(status, &problem.unwrap_or_default()))),
            (_, problem) => Ok(Reply::Refused(status, problem.unwrap_or_default())),
        }
    }
}

fn base(server: &Server) -> Result<String, Failure> {
    let Some(url) = &server.url else {
        return Err(Failure::usage("which server? name it with `--url` or in `CURFEW_URL`"));
    };
    let base = url.trim_end_matches('/').to_owned();
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    // The rest must be a port or nothing: `http://localhost.example.com` is somewhere else.
    let stays = |prefix: &&str| {
        base.strip_prefix(*prefix).is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    if base.starts_with("https://") || local.iter().any(stays) {
        return Ok(base);
    }
    Err(Failure::usage(format!(
        "`{url}` is not encrypted; the address begins with https:// (http only on this machine)"
    )))
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        // A token must not follow to another host.
        .max_redirects(0)
        .build();
    ureq::Agent::new_with_config(config)
}

fn done(reply: Reply) -> Result<Value, Failure> {
    match reply {
        Reply::Done(value) => Ok(value),
        Reply::Refused(status, problem) => Err(refused(status, &problem)),
    }
}

/// A refusal as a failure.
pub(crate) fn refused(status: u16, problem: &Value) -> Failure {
    let code = problem.get("code").and_then(Value::as_str).map_or_else(|| format!("http_{status}"), str::to_owned);
    Failure::Refused { code, message: sentence(status, problem) }
}

fn sentence(status: u16, problem: &Value) -> String {
    let part = |name: &str| problem.get(name).and_then(Value::as_str).map(str::to_owned);
    // API Gateway's own answers have only a `message`.
    let said = part("detail").or_else(|| part("title")).or_else(|| part("message"));
    let said = match (status, said) {
        (401, _) => {
            "the server does not know you: the token is missing, wrong or no longer valid; sign in again".to_owned()
        }
        (_, Some(said)) => said,
        (_, None) => "the server gave no reason".to_owned(),
    };
    let hint = part("hint").map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
    format!("{said} (HTTP {status}){hint}")
}
