//! The HTTP API, as the configuration commands use it.

mod signature;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::answer::Failure;
use crate::arguments::Server;
use crate::{files, sessions, sign_in};

pub(crate) use signature::Credentials;

/// Longest that one call may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// A token that ends within so many seconds is renewed before it is used.
const MARGIN: i64 = 60;
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

    /// The API that the arguments name, or where the caller signed in last, with their token.
    pub(crate) fn required(server: &Server) -> Result<Self, Failure> {
        let base = base(server)?;
        let token = match (&server.token_file, std::env::var("CURFEW_TOKEN")) {
            (Some(path), _) => files::token_of(path)?,
            (None, Ok(token)) if !token.is_empty() => token,
            (None, _) => signed_in(&base)?,
        };
        if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Failure::usage(format!("what should be a token for {base} is none")));
        }
        Ok(Self { base, proof: Proof::Token(token), agent: agent() })
    }

    /// The API, with AWS credentials.
    pub(crate) fn signed(server: &Server, credentials: Credentials) -> Result<Self, Failure> {
        Ok(Self { base: base(server)?, proof: Proof::Signature(credentials), agent: agent() })
    }

    /// Its address, without a slash at the end.
    pub(crate) fn base(&self) -> &str {
        &self.base
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

    /// Sends what may be sent again: the server recognises it by its key. A server that does not answer is asked three times.
    pub(crate) fn post_once(&self, path: &str, body: &Value, key: &str) -> Result<Value, Failure> {
        let key = [("idempotency-key", key)];
        let mut answer = self.call_with("POST", path, Some(body), &key);
        for wait in [1, 3] {
            if !matches!(answer, Err(Failure::Server(_))) {
                break;
            }
            std::thread::sleep(Duration::from_secs(wait));
            answer = self.call_with("POST", path, Some(body), &key);
        }
        done(answer?)
    }

    /// Calls once. Nothing is repeated: whether a change happened is for the caller to find out.
    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Reply, Failure> {
        self.call_with(method, path, body, &[])
    }

    fn call_with(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        more: &[(&str, &str)],
    ) -> Result<Reply, Failure> {
        let uri = format!("{}{path}", self.base);
        let text = body.map(ToString::to_string).unwrap_or_default();
        let mut headers: Vec<(String, String)> = [("accept", "application/json"), ("x-curfew-channel", "cli")]
            .iter()
            .chain(more)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
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
    let named = server.url.clone().map_or_else(sessions::latest, |url| Ok(Some(url)))?;
    let Some(url) = named else {
        return Err(Failure::usage(
            "which server? sign in with `curfew login URL`, or name it with `--url` or `CURFEW_URL`",
        ));
    };
    checked_base(&url)
}

/// The token that the caller signed in with, renewed where it ends.
fn signed_in(base: &str) -> Result<String, Failure> {
    let Some(session) = sessions::at(base)? else {
        let otherwise = "or put a token into `CURFEW_TOKEN`, or into a file for `--token-file`";
        return Err(Failure::usage(format!("you are not signed in at {base}: run `curfew login {base}`, {otherwise}")));
    };
    if session.expires_at > Timestamp::now().as_second() + MARGIN {
        return Ok(session.token);
    }
    match sign_in::renew(base, &session)? {
        Some(session) => Ok(session.token),
        None => Err(Failure::usage(format!("your sign-in at {base} has ended: run `curfew login {base}`"))),
    }
}

/// An address that tokens and codes may be sent to: encrypted, or on this machine. Without a slash at its end.
pub(crate) fn checked_base(url: &str) -> Result<String, Failure> {
    let base = url.trim_end_matches('/').to_owned();
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    // Up to the path there must be a port or nothing: `http://localhost.example.com` is somewhere else.
    let stays = |prefix: &&str| {
        let host = base.strip_prefix(*prefix).map(|rest| rest.split('/').next().unwrap_or_default());
        host.is_some_and(|rest| {
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

/// Plain HTTP, for the identity provider.
pub(crate) struct Http(ureq::Agent);

/// Plain HTTP.
pub(crate) fn http() -> Http {
    Http(agent())
}

impl Http {
    /// Sends a request of the crate `openidconnect`.
    pub(crate) fn send(
        &self,
        request: ureq::http::Request<Vec<u8>>,
    ) -> Result<ureq::http::Response<Vec<u8>>, ureq::Error> {
        let (head, mut body) = self.0.run(request)?.into_parts();
        let body = body.with_config().limit(LARGEST).read_to_vec()?;
        Ok(ureq::http::Response::from_parts(head, body))
    }

    /// A public document.
    pub(crate) fn json(&self, url: &str) -> Result<Value, Failure> {
        let silent = |error: &dyn std::fmt::Display| Failure::Server(format!("{url} did not answer: {error}"));
        let mut response = self.0.get(url).call().map_err(|error| silent(&error))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(Failure::Server(format!("{url} answered with HTTP {status}; is this the right address?")));
        }
        let text = response.body_mut().with_config().limit(LARGEST).read_to_string().map_err(|error| silent(&error))?;
        serde_json::from_str(&text)
            .map_err(|_| Failure::Server(format!("{url} answered with something that is no JSON")))
    }
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
