//! API Gateway in front of the functions: the template's routes, with a token that was verified.

use std::rc::Rc;
use std::time::Duration;

use curfew_aws::sessions::{Secrets, Sessions};
use curfew_domain::id::{LinkId, UserId};
use serde_json::{Map, Value, json};

use super::Function;
use crate::aws::call::unescaped;
use crate::log::Source;
use crate::template::{SESSIONS, template};
use crate::world::World;

/// How long API Gateway waits for a function (quota "Maximum integration timeout" of HTTP APIs).
const PATIENCE: Duration = Duration::from_secs(30);

impl World {
    /// Makes one call of the HTTP API.
    pub(crate) async fn call_api(
        &self,
        who: &str,
        method: &str,
        target: &str,
        body: Option<Value>,
        key: Option<&str>,
    ) -> (u16, Value) {
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        let Some((function, route, parts)) = route(method, path) else {
            return (404, json!({ "message": "Not Found" }));
        };
        let event = event(self, (who, method, target), (route, parts), body, key);
        let source = Source::Api(format!("{method} {path}").into());
        let called = self.invoke(function, self.invocation_id(), Rc::new(event), source);
        let answer = match tokio::time::timeout(PATIENCE, called).await {
            Err(_) => return (503, json!({ "message": "Service Unavailable" })),
            Ok(answer) => answer.expect("an invocation ends"),
        };
        let Ok(answer) = answer else { return (500, json!({ "message": "Internal Server Error" })) };
        let status = answer["statusCode"].as_u64().and_then(|status| status.try_into().ok()).expect("a status");
        let body = answer["body"].as_str().map_or(Value::Null, |body| serde_json::from_str(body).expect("JSON"));
        (status, body)
    }
}

impl World {
    /// A page of the console, as somebody's browser asks for it: with a session that began just now, and, for a form, what
    /// was entered. The status, where it leads to if anywhere, and the page.
    pub async fn browse(&self, who: &UserId, target: &str, form: Option<&str>) -> (u16, Option<String>, String) {
        let csrf = LinkId::parse("0123456789abcdef0123456789abcdef").expect("an id");
        let cookie = self.session_cookie(who, &csrf).await;
        let method = if form.is_some() { "POST" } else { "GET" };
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        let (function, route, parts) = route(method, path).expect("a route");
        let mut event = event(self, ("-", method, target), (route, parts), None, None);
        event["requestContext"].as_object_mut().expect("a map").remove("authorizer");
        event["cookies"] = json!([cookie]);
        event["headers"] = json!({ "host": "api", "sec-fetch-site": "same-origin" });
        if let Some(form) = form {
            event["headers"]["content-type"] = "application/x-www-form-urlencoded".into();
            event["body"] = format!("{form}&csrf={csrf}").into();
        }
        let source = Source::Api(format!("{method} {path}").into());
        let called = self.invoke(function, self.invocation_id(), Rc::new(event), source);
        let answer = called.await.expect("an invocation ends").expect("the console answers");
        let status = answer["statusCode"].as_u64().and_then(|status| status.try_into().ok()).expect("a status");
        let leads = answer["headers"]["location"].as_str().map(str::to_owned);
        (status, leads, answer["body"].as_str().unwrap_or_default().to_owned())
    }

    /// A cookie under the secret that the console has; or under the first one, where it has none yet.
    async fn session_cookie(&self, who: &UserId, csrf: &LinkId) -> String {
        let sessions = Sessions::new(self.clients().dynamodb(), SESSIONS.to_owned());
        let present = sessions.secrets().await.expect("the story's own calls succeed");
        let secrets = if let Some(secrets) = present {
            secrets
        } else {
            let first = Secrets { number: 1, present: "5".repeat(64), before: None, made_at: self.now() };
            sessions.put_secrets(&first).await.expect("the story's own calls succeed");
            first
        };
        let url = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";
        curfew_console::sealed_session(&secrets, url, who, csrf, self.now()).expect("a cookie")
    }
}

/// The function behind a path, the key of the route, and the parts of the path.
fn route(method: &str, path: &str) -> Option<(Function, &'static str, Map<String, Value>)> {
    template().routes.iter().find_map(|route| {
        let pattern = route.key.strip_prefix(method)?.strip_prefix(' ')?;
        let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
        let mut parts = Map::new();
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return Some((route.function, route.key.as_str(), parts)),
                (Some(wanted), Some(given)) => match wanted.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
                    Some(name) => drop(parts.insert(name.to_owned(), given.into())),
                    None if wanted == given => {}
                    None => return None,
                },
                _ => return None,
            }
        }
    })
}

/// The event of payload format 2.0.
fn event(
    world: &World,
    (who, method, target): (&str, &str, &str),
    (route, parts): (&str, Map<String, Value>),
    body: Option<Value>,
    key: Option<&str>,
) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = json!({ "content-type": "application/json", "host": "api" });
    if let Some(key) = key {
        headers["idempotency-key"] = key.into();
    }
    let now = world.now();
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "authorizer": { "jwt": { "claims": { "sub": who, "exp": (now.as_second() + 3_600).to_string() }, "scopes": null } },
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "sim" },
            "requestId": "UbYPlgXcliAEMkQ=",
            "routeKey": route,
            "stage": "$default",
            "timeEpoch": now.as_millisecond(),
        },
        "isBase64Encoded": false,
    });
    if !parts.is_empty() {
        event["pathParameters"] = parts.into();
    }
    if !query.is_empty() {
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let pairs: Map<String, Value> = pairs.map(|(name, value)| (unescaped(name), unescaped(value).into())).collect();
        event["queryStringParameters"] = pairs.into();
    }
    if let Some(body) = body {
        event["body"] = body.to_string().into();
    }
    event
}
