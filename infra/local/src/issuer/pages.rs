//! What browsers and clients see of the issuer.

use axum::Form;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, LOCATION};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::codes::{Asked, Exchange};
use super::{AUDIENCE, Issuer, LIFETIME_SECONDS, claims};

/// What the page sends: everything that was asked, and as whom.
#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    user: String,
    #[serde(flatten)]
    asked: Asked,
}

/// The page that offers everybody of the sample organisation.
pub(super) async fn choose(State(issuer): State<Issuer>, Query(asked): Query<Asked>) -> Response {
    if let Some(wrong) = asked.wrong() {
        return (StatusCode::BAD_REQUEST, format!("{wrong}\n")).into_response();
    }
    let field = |name: &str, value: &str| format!(r#"<input type="hidden" name="{name}" value="{}">"#, escaped(value));
    let fields = [
        field("response_type", &asked.response_type),
        field("client_id", &asked.client_id),
        field("redirect_uri", &asked.redirect_uri),
        field("scope", &asked.scope),
        field("state", &asked.state),
        field("nonce", &asked.nonce),
        field("code_challenge", &asked.code_challenge),
        field("code_challenge_method", &asked.code_challenge_method),
    ];
    let button = |user: &String| format!(r#"<li><button name="user" value="{0}">{0}</button></li>"#, escaped(user));
    let buttons: String = issuer.users.iter().map(button).collect();
    let page = format!(
        r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in (local run)</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
</head><body><main><h1>Sign in as</h1><p>This identity provider belongs to the local run: it believes everybody.</p>
<form method="post" action="/authorize">{}<ul>{buttons}</ul></form></main></body></html>"#,
        fields.concat()
    );
    let policy = (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
    ([policy, (CACHE_CONTROL, "no-store")], Html(page)).into_response()
}

/// Sends the browser back with a code.
pub(super) async fn chosen(State(issuer): State<Issuer>, Form(Chosen { user, asked }): Form<Chosen>) -> Response {
    if let Some(wrong) = asked.wrong() {
        return (StatusCode::BAD_REQUEST, format!("{wrong}\n")).into_response();
    }
    if !issuer.users.contains(&user) {
        return (StatusCode::NOT_FOUND, "nobody has this name\n").into_response();
    }
    let (back, state) = (asked.redirect_uri.clone(), asked.state.clone());
    let Ok(mut codes) = issuer.codes.lock() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let code = codes.give(asked, &user, Timestamp::now());
    let query =
        [("code", code.as_str()), ("state", state.as_str())].map(|(name, value)| format!("{name}={}", quoted(value)));
    (StatusCode::SEE_OTHER, [(LOCATION, format!("{back}?{}", query.join("&")))]).into_response()
}

/// Exchanges a code for tokens.
pub(super) async fn exchange(State(issuer): State<Issuer>, Form(exchange): Form<Exchange>) -> Response {
    let now = Timestamp::now();
    let taken = match issuer.codes.lock() {
        Ok(mut codes) => codes.take(&exchange, now),
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    let no_store: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];
    match taken {
        Err(error) => (StatusCode::BAD_REQUEST, no_store, Json(json!({ "error": error }))).into_response(),
        Ok((user, nonce)) => {
            let mut id = claims(&issuer.url, &user, AUDIENCE, now, LIFETIME_SECONDS);
            if let Some(claims) = id.as_object_mut() {
                claims.insert("nonce".into(), nonce.into());
                claims.insert("amr".into(), json!(["pwd"]));
            }
            let tokens = json!({
                "access_token": issuer.token(&user, now),
                "token_type": "Bearer",
                "expires_in": LIFETIME_SECONDS,
                "id_token": issuer.key.sign(&id),
            });
            (no_store, Json(tokens)).into_response()
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Percent-encoded but for what needs it nowhere.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
