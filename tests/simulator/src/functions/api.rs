//! API Gateway in front of the functions: the template's routes, with a token that was verified.

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Function;
use crate::aws::call::unescaped;
use crate::log::Source;
use crate::template::template;
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
