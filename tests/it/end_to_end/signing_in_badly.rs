//! Tokens that prove nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::api::{agent, person};
use super::asked::wish;
use super::local_run::local_run;
use crate::contract::routes::{is_for_programs, routed};

/// A token that the issuer really signed.
fn issued(query: &str) -> String {
    let url = format!("{}/mint?{query}", local_run().ready.issuer);
    let mut answer = agent().post(&url).send_empty().unwrap();
    let token = answer.body_mut().read_to_string().unwrap();
    assert_eq!(answer.status(), 200, "{token}");
    token
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// Bad tokens of `jonas`, by what is wrong with them.
fn bad_tokens(good: &str) -> Vec<(&'static str, String)> {
    let [header, claims, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let read = |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    let with = |name: &str, value: Value| {
        let mut claims = read(claims);
        claims[name] = value;
        encoded(&claims)
    };
    let unsigned = |algorithm: &str| encoded(&json!({ "alg": algorithm, "typ": "JWT" }));
    let other_signature = signature.chars().rev().collect::<String>();
    vec![
        ("expired", issued("user=jonas&expires_in=-60")),
        ("for another audience", issued("user=jonas&audience=somebody-else")),
        ("unsigned", format!("{}.{claims}.", unsigned("none"))),
        ("unsigned, with a signature", format!("{}.{claims}.{signature}", unsigned("none"))),
        ("with a secret instead of a key", format!("{}.{claims}.{signature}", unsigned("HS256"))),
        ("in another name", format!("{header}.{}.{signature}", with("sub", json!("ben")))),
        ("prolonged", format!("{header}.{}.{signature}", with("exp", json!(4_000_000_000_u64)))),
        ("of another issuer", format!("{header}.{}.{signature}", with("iss", json!("http://127.0.0.1:1")))),
        ("with another signature", format!("{header}.{claims}.{other_signature}")),
        ("without signature", format!("{header}.{claims}")),
        ("no token", "let-me-in".to_owned()),
        ("empty", String::new()),
    ]
}

#[test]
fn a_token_that_proves_nothing_opens_nothing() {
    let jonas = person("jonas");
    assert_eq!(jonas.with_token(issued("user=jonas")).get("/v1/me").json(200)["id"], jonas.id.as_str(), "a good one");
    let body = wish("sandbox", "ReadOnly", "PT1H").to_string();
    let calls = [
        ("GET", "/v1/me"),
        ("GET", "/v1/requests"),
        ("POST", "/v1/requests"),
        ("GET", "/v1/configuration"),
        ("GET", "/v1/configuration/versions"),
        ("POST", "/v1/configuration/rollback"),
        ("GET", "/v1/health/access"),
        ("GET", "/v1/directory"),
        ("POST", "/v1/directory/sync"),
        ("POST", "/v1/requests/019ab2c3-0000-7000-8000-000000000001/decisions"),
        ("GET", "/v1/links/00112233445566778899aabbccddeeff"),
        ("POST", "/v1/links/00112233445566778899aabbccddeeff"),
    ];
    for (what, token) in bad_tokens(&jonas.token) {
        let nobody = jonas.with_token(token);
        for (method, path) in calls {
            let reply = nobody.call(method, path).send(&body);
            assert_eq!(reply.status, 401, "a token that is {what}: {reply}");
        }
    }
    assert_eq!(jonas.requests(), Vec::<String>::new());
}

/// What the template deploys, route by route; those of the console are in `browsing`.
#[test]
fn no_route_of_the_deployed_api_answers_without_a_token() {
    let jonas = person("jonas");
    let body = wish("sandbox", "ReadOnly", "PT1H").to_string();
    let id = "019ab2c3-0000-7000-8000-000000000001";
    let mut tried = 0;
    for route in routed().iter().filter(|route| is_for_programs(route.key)) {
        let (method, pattern) = route.key.split_once(' ').unwrap();
        let id = if pattern.contains("/links/") { "00112233445566778899aabbccddeeff" } else { id };
        let path = pattern.replace("{id}", id).replace("{version}", "0123456789abcdef");
        assert!(!path.contains('{'), "{path}");
        let reply = jonas.call(method, &path).without("authorization").send(if method == "GET" { "" } else { &body });
        // One is for AWS identities, which sign.
        let refused = if route.key.contains("/ci/") { 403 } else { 401 };
        assert!(reply.status == refused || reply.status == 401, "{}: {reply}", route.key);
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
}
