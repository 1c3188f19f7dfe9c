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
use super::{AUDIENCE, Issuer, devices};

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
    page(&issuer, "/authorize", &fields.concat())
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

/// Exchanges a code, or a refresh token, for tokens.
pub(super) async fn exchange(State(issuer): State<Issuer>, Form(exchange): Form<Exchange>) -> Response {
    let no_store: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];
    match issuer.exchanged(&exchange, Timestamp::now()) {
        Ok(tokens) => (no_store, Json(tokens)).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, no_store, Json(json!({ "error": error }))).into_response(),
    }
}

/// What a program without a browser asks for first (RFC 8628, 3.1).
#[derive(Debug, Deserialize)]
pub(super) struct DeviceWish {
    client_id: String,
}

/// Gives a device its codes.
pub(super) async fn device(State(issuer): State<Issuer>, Form(wish): Form<DeviceWish>) -> Response {
    if wish.client_id != AUDIENCE {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_client" }))).into_response();
    }
    let Ok(mut devices) = issuer.devices.lock() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let (device_code, user_code) = devices.give(Timestamp::now());
    let page = format!("{}/device", issuer.url);
    let answer = json!({
        "device_code": device_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={user_code}"),
        "user_code": user_code,
        "expires_in": devices::LASTS.as_secs(),
        "interval": 1,
    });
    ([(CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

/// What a page for device codes is asked, and sends.
#[derive(Debug, Deserialize)]
pub(super) struct Confirmed {
    #[serde(default)]
    user_code: String,
    #[serde(default)]
    user: String,
}

/// The page on which somebody enters a device's code.
pub(super) async fn device_page(State(issuer): State<Issuer>, Query(asked): Query<Confirmed>) -> Response {
    let code = escaped(&asked.user_code);
    let field = format!(r#"<p><label>Code <input name="user_code" value="{code}" required></label></p>"#);
    page(&issuer, "/device", &field)
}

/// Confirms a device's code as somebody.
pub(super) async fn device_confirmed(State(issuer): State<Issuer>, Form(confirmed): Form<Confirmed>) -> Response {
    let Ok(mut devices) = issuer.devices.lock() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let known = issuer.users.contains(&confirmed.user);
    if known && devices.confirm(&confirmed.user_code, &confirmed.user, Timestamp::now()) {
        return "You are signed in on the other device.\n".into_response();
    }
    (StatusCode::NOT_FOUND, "no device waits with this code\n").into_response()
}

/// A page that offers everybody of the sample organisation.
fn page(issuer: &Issuer, action: &str, fields: &str) -> Response {
    let button = |user: &String| format!(r#"<li><button name="user" value="{0}">{0}</button></li>"#, escaped(user));
    let buttons: String = issuer.users.iter().map(button).collect();
    let page = format!(
        r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in (local run)</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
</head><body><main><h1>Sign in as</h1><p>This identity provider belongs to the local run: it believes everybody.</p>
<form method="post" action="{action}">{fields}<ul>{buttons}</ul></form></main></body></html>"#
    );
    let policy = (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
    ([policy, (CACHE_CONTROL, "no-store")], Html(page)).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Percent-encoded but for what needs it nowhere.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
