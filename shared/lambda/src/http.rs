//! The HTTP side: events of API Gateway's HTTP API in, answers out, and who calls.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::HeaderMap;
use aws_lambda_events::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use curfew_api::Problem;
use curfew_domain::id::UserId;
use curfew_domain::origin::{Channel, Origin};
use curfew_domain::person::Person;
use curfew_domain::time::Timestamp;
use curfew_engine::core::Core;
use curfew_engine::error::{Error, Fault};
use curfew_engine::facts::UserFacts;
use curfew_engine::known::Known;
use curfew_engine::ports::People;
use serde::Serialize;

use crate::environment::{Environment, Unset};

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
    claims: HashMap<String, String>,
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
fn has_mfa(amr: &str) -> bool {
    amr.split(|c: char| !c.is_ascii_alphanumeric()).any(|method| method == "mfa")
}

fn is_key(key: &str) -> bool {
    (1..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
}

fn key_problem() -> Problem {
    Problem::invalid("Idempotency-Key", "expected 1 to 128 visible ASCII characters, such as a UUID")
}

/// Finds out who calls.
pub struct Gate {
    people: Arc<dyn People>,
    claim: String,
    bootstrap: Option<UserId>,
}

/// A caller, and the rules in force.
pub struct Caller {
    /// Who.
    pub person: Person,
    /// Configuration and directory, or why there are none.
    pub known: Result<Known, Error>,
}

impl Gate {
    /// A gate with the template's settings.
    pub fn new(environment: &Environment, people: Arc<dyn People>) -> Result<Self, Unset> {
        let claim = environment.required("OIDC_USER_CLAIM")?;
        let bootstrap = environment.optional("BOOTSTRAP_ADMINISTRATOR").and_then(|id| UserId::parse(&id).ok());
        Ok(Self { people, claim, bootstrap })
    }

    /// The caller, from the verified token and nothing else.
    pub async fn caller(&self, call: &Call, core: &Core) -> Result<Caller, Problem> {
        let name = self.user_name(call, core.clock.now())?;
        let id = self.people.user_named(name).await.map_err(log)?.ok_or_else(unknown_user)?;
        self.known_caller(id, Known::load(core).await)
    }

    /// The same, for calls that give access: a disabled user has none to give. Calls that remove access do not ask.
    pub async fn enabled_caller(&self, call: &Call, core: &Core) -> Result<Caller, Problem> {
        let name = self.user_name(call, core.clock.now())?;
        let known = Known::load(core).await;
        // Whom the directory knows by this name is asked for by id, which tells at once whether it still is so. The directory
        // may be minutes old, and the name somebody else's by now; then, and without a directory, the name is looked up.
        let listed = known.as_ref().ok().and_then(|known| known.user_named(name)).cloned();
        let mut found = None;
        if let Some(id) = listed {
            found = self.people.user_if_named(&id, name).await.map_err(log)?.map(|facts| (id, facts));
        }
        let (id, facts) = match found {
            Some(found) => found,
            None => {
                let id = self.people.user_named(name).await.map_err(log)?.ok_or_else(unknown_user)?;
                let facts = self.people.user(&id).await.map_err(log)?;
                (id, facts)
            }
        };
        match facts {
            UserFacts::Enabled => self.known_caller(id, known),
            UserFacts::Disabled | UserFacts::Unknown => Err(unknown_user()),
        }
    }

    fn known_caller(&self, id: UserId, known: Result<Known, Error>) -> Result<Caller, Problem> {
        let person = match &known {
            Ok(known) => known.person(id),
            Err(Error::Fault(fault @ Fault::Transient { .. })) => return Err(log(fault.clone())),
            Err(error) => {
                // What cannot be read must not keep people from ending access, nor from mending it; and before anything
                // is published, somebody must be able to publish.
                tracing::error!(%error, "there are no rules to go by");
                Person { administrator: self.bootstrap.as_ref() == Some(&id), auditor: false, id }
            }
        };
        Ok(Caller { person, known })
    }

    /// API Gateway has verified signature, issuer, audience and time. A token without an end is refused here, because
    /// it is not documented that the authorizer refuses it.
    fn user_name<'a>(&self, call: &'a Call, now: Timestamp) -> Result<&'a str, Problem> {
        let unauthenticated = |detail: &str| Problem::new(401, "unauthenticated", "Sign in first", detail);
        // The authorizer passes numbers on as texts, and does not document in which form: with an exponent, too.
        let end = call.claims.get("exp").and_then(|exp| exp.parse::<f64>().ok()).filter(|end| end.is_finite());
        #[expect(clippy::cast_precision_loss, reason = "seconds since the epoch are far below 2^53")]
        let seconds = now.as_second() as f64;
        if end.is_none_or(|end| end <= seconds) {
            return Err(unauthenticated("The token is missing, or has expired, or does not say when it expires."));
        }
        let name = call.claims.get(&self.claim).filter(|name| !name.is_empty());
        name.map(String::as_str)
            .ok_or_else(|| unauthenticated(&format!("The token has no `{}`, which names the user.", self.claim)))
    }
}

fn unknown_user() -> Problem {
    let detail = "The user that the token names is not in the directory, or is disabled.";
    Problem::new(403, "unknown_user", "You are not known here", detail).with_hint("Ask whoever runs your directory.")
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
    use curfew_domain::time::Timestamp;

    struct Nobody;

    #[async_trait::async_trait]
    impl People for Nobody {
        async fn user(&self, _: &UserId) -> Result<UserFacts, Fault> {
            Ok(UserFacts::Unknown)
        }

        async fn user_if_named(&self, _: &UserId, _: &str) -> Result<Option<UserFacts>, Fault> {
            Ok(None)
        }

        async fn user_named(&self, _: &str) -> Result<Option<UserId>, Fault> {
            Ok(None)
        }
    }

    fn name(claims: &[(&str, &str)]) -> Result<String, &'static str> {
        let gate = Gate { people: Arc::new(Nobody), claim: "sub".to_owned(), bootstrap: None };
        let claims = claims.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let call = Call {
            route: String::new(),
            path: HashMap::new(),
            query: Vec::new(),
            body: Vec::new(),
            idempotency_key: None,
            origin: Origin::default(),
            claims,
            aws_identity: None,
        };
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        gate.user_name(&call, now).map(str::to_owned).map_err(|problem| problem.code)
    }

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

    #[test]
    fn a_caller_has_a_name_and_a_token_that_ends_later() {
        for end in ["1795000001", "1.795000001E9", "1795000001.5"] {
            assert_eq!(name(&[("sub", "ana"), ("exp", end)]), Ok("ana".to_owned()), "{end}");
        }
        for end in ["1795000000", "1794999999", "-1", "", "never", "NaN", "inf"] {
            assert_eq!(name(&[("sub", "ana"), ("exp", end)]), Err("unauthenticated"), "{end}");
        }
        assert_eq!(name(&[("sub", "ana")]), Err("unauthenticated"), "a token without an end");
        assert_eq!(name(&[("exp", "1795000001")]), Err("unauthenticated"), "a token without a name");
        assert_eq!(name(&[("sub", ""), ("exp", "1795000001")]), Err("unauthenticated"));
        assert_eq!(name(&[("SUB", "ana"), ("exp", "1795000001")]), Err("unauthenticated"));
    }
}
