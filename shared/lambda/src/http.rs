//! The HTTP side: events of API Gateway's HTTP API in, answers out, and who calls.

use std::collections::HashMap;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::HeaderMap;
use aws_lambda_events::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use curfew_api::Problem;
use curfew_domain::origin::{Channel, Origin};
use serde::Serialize;

mod gate;

pub use gate::{Caller, Gate};

/// An event of the HTTP API.
pub type HttpEvent = ApiGatewayV2httpRequest;
/// An answer to it.
pub type HttpAnswer = ApiGatewayV2httpResponse;

/// A call, reduced to what the API is about.
#[derive(Debug, Clone)]
pub struct Call {
    /// Method and path pattern, such as `GET /v1/requests/{id}`: what the template routes by.
    pub route: String,
    /// Parts of the path.
    pub path: HashMap<String, String>,
    /// The query string, decoded.
    pub query: Vec<(String, String)>,
    /// The body, decoded.
    pub body: Vec<u8>,
    /// Header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// Where it came from.
    pub origin: Origin,
    pub(crate) claims: HashMap<String, String>,
    aws_identity: Option<String>,
}

impl Call {
    /// Takes an event apart.
    pub fn new(event: HttpEvent) -> Result<Self, Problem> {
        let body = match (event.body, event.is_base64_encoded) {
            (None, _) => Vec::new(),
            (Some(text), false) => text.into_bytes(),
            // How API Gateway passes on whatever it does not take for text.
            (Some(text), true) => BASE64
                .decode(text)
                .map_err(|error| Problem::new(400, "malformed_body", "The body cannot be read", error.to_string()))?,
        };
        let authorizer = event.request_context.authorizer.unwrap_or_default();
        let claims = authorizer.jwt.map(|jwt| jwt.claims).unwrap_or_default();
        let aws_identity = authorizer.iam.and_then(|iam| iam.user_arn).filter(|arn| !arn.is_empty());
        let header = event.headers.get("idempotency-key").map(|value| value.to_str().map(str::to_owned));
        let idempotency_key = header.transpose().map_err(|_| key_problem())?;
        if idempotency_key.as_ref().is_some_and(|key| !is_key(key)) {
            return Err(key_problem());
        }
        let source_address = event.request_context.http.source_ip.and_then(|address| address.parse().ok());
        let channel = channel(event.headers.get("x-curfew-channel"))?;
        let origin = Origin { channel: Some(channel), source_address, mfa: claims.get("amr").map(|amr| has_mfa(amr)) };
        let query = event.query_string_parameters.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let route = event.route_key.unwrap_or_default();
        Ok(Self { route, path: event.path_parameters, query, body, idempotency_key, origin, claims, aws_identity })
    }

    /// The ARN of the AWS identity that signed the call, on routes with IAM authorization.
    pub fn aws_identity(&self) -> Option<&str> {
        self.aws_identity.as_deref()
    }

    /// A part of the path.
    pub fn part(&self, name: &str) -> Option<&str> {
        self.path.get(name).map(String::as_str)
    }
}

/// Header `X-Curfew-Channel`. The caller chooses it, so it must never be a reason to allow more; requests from Slack come
/// through a function of their own, and nobody else may say that they do.
fn channel(header: Option<&HeaderValue>) -> Result<Channel, Problem> {
    let Some(header) = header else { return Ok(Channel::Api) };
    let known = header.to_str().ok().and_then(Channel::parse).filter(|channel| *channel != Channel::Slack);
    known.ok_or_else(|| Problem::invalid("X-Curfew-Channel", "expected `api`, `cli` or `console`"))
}

/// Whether the methods of authentication (RFC 8176) name several factors. API Gateway passes a list on as `[pwd mfa]`.
pub fn has_mfa(amr: &str) -> bool {
    amr.split(|c: char| !c.is_ascii_alphanumeric()).any(|method| method == "mfa")
}

fn is_key(key: &str) -> bool {
    (1..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
}

fn key_problem() -> Problem {
    Problem::invalid("Idempotency-Key", "expected 1 to 128 visible ASCII characters, such as a UUID")
}

/// Logs what failed, and turns it into an answer that does not tell.
pub fn log<E>(error: E) -> Problem
where
    E: std::fmt::Display + Into<Problem>,
{
    let message = error.to_string();
    let problem: Problem = error.into();
    if problem.status >= 500 {
        tracing::error!(error = message, code = problem.code, "a call failed");
    }
    problem
}

/// A JSON answer.
pub fn json(status: i64, value: &impl Serialize) -> Result<HttpAnswer, Problem> {
    let text = serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        Problem::internal()
    })?;
    Ok(answer(status, "application/json", text))
}

/// The answer to a call, or the problem that came of it.
pub fn respond(result: Result<HttpAnswer, Problem>) -> HttpAnswer {
    result.unwrap_or_else(|problem| {
        tracing::info!(code = problem.code, status = problem.status, field = problem.field, "refused");
        let text = serde_json::to_string(&problem).unwrap_or_default();
        answer(problem.status.into(), Problem::CONTENT_TYPE, text)
    })
}

/// No such route: the template routes what the code does not know.
pub fn no_route() -> Problem {
    Problem::new(404, "no_such_route", "Not found", "There is nothing at this address.")
}

fn answer(status: i64, content_type: &'static str, body: String) -> HttpAnswer {
    let fixed: [(HeaderName, &'static str); 3] = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let mut answer = HttpAnswer::default();
    answer.status_code = status;
    answer.headers = headers;
    // Answers are read in terminals, too.
    answer.body = Some(Body::Text(body + "\n"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_channel_is_one_that_a_caller_may_say_and_a_second_factor_is_read_off_the_token() {
        let said = |name: &'static str| channel(Some(&HeaderValue::from_static(name))).map_err(|problem| problem.field);
        assert_eq!(channel(None).map_err(|problem| problem.code), Ok(Channel::Api));
        assert_eq!((said("cli"), said("console")), (Ok(Channel::Cli), Ok(Channel::Console)));
        for bad in ["slack", "CLI", "", "cli "] {
            assert_eq!(said(bad), Err(Some("X-Curfew-Channel".to_owned())), "{bad}");
        }
        assert!(has_mfa("[pwd mfa]") && has_mfa("mfa") && has_mfa("[\"otp\",\"mfa\"]"));
        assert!(!has_mfa("[pwd]") && !has_mfa("") && !has_mfa("nomfa"));
    }
}
