//! The model over HTTP: AWS JSON 1.1 for both services at `POST /`, the portal's credentials, and
//! `/_control/…` for tests in other processes.
//!
//! Nothing is authenticated: bind it to loopback only.

use crate::{Answer, Assignment, Fault, Millis, Model, ServiceError, Settings, portal};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Says what time it is.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Shared {
    model: Arc<Mutex<Model>>,
    clock: Clock,
}

impl Shared {
    pub(crate) fn model(&self) -> MutexGuard<'_, Model> {
        // A test that panicked while it held the lock must not take the server down.
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Millis {
        (self.clock)()
    }
}

/// Serves `model` by the system's clock.
pub fn router(model: Arc<Mutex<Model>>) -> Router {
    router_with_clock(model, Arc::new(system_time))
}

/// Serves `model` by another clock.
pub fn router_with_clock(model: Arc<Mutex<Model>>, clock: Clock) -> Router {
    Router::new()
        .route("/", post(serve))
        .route("/federation/credentials", get(portal::credentials))
        .route("/_control/faults", post(inject).delete(heal))
        .route("/_control/settings", post(change_settings))
        .route("/_control/state", get(state))
        .route("/_control/assignments", post(change_assignment))
        .route("/_control/journal", get(journal).delete(clear_journal))
        .with_state(Shared { model, clock })
}

/// Now, by the system's clock.
pub fn system_time() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

async fn serve(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (service, operation) = target.split_once('.').unwrap_or((target, ""));
    let parsed = if body.is_empty() { Ok(json!({})) } else { serde_json::from_slice(&body) };
    let Answer { outcome, delay_ms } = match parsed {
        Ok(body) => shared.model().answer(service, operation, &body, shared.now()),
        Err(error) => Answer { outcome: Err(ServiceError::serialization(error.to_string())), delay_ms: 0 },
    };
    if delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    }
    match outcome {
        Err(error) if error.is_reply_lost() => Response::new(Body::new(Broken)),
        outcome => reply(outcome),
    }
}

fn reply(outcome: Result<Value, ServiceError>) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/x-amz-json-1.1")];
    let request_id = [("x-amzn-requestid", request_id())];
    match outcome {
        Ok(value) => (kind, request_id, value.to_string()).into_response(),
        Err(error) => {
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            // AWS writes `Message` in these services and the SDKs read either.
            let mut body = Map::new();
            body.insert("__type".into(), error.code.into());
            body.insert("Message".into(), error.message.as_str().into());
            body.insert("message".into(), error.message.into());
            if let Some(reason) = error.reason {
                body.insert("Reason".into(), reason.into());
            }
            let body = Value::from(body);
            (status, kind, request_id, [("x-amzn-errortype", error.code)], body.to_string()).into_response()
        }
    }
}

/// Different for each reply. It is for logs only, so it need not come from the model's seed.
fn request_id() -> String {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("00000000-0000-4000-8000-{:012x}", nanos & 0xffff_ffff_ffff)
}

/// A body that fails before its first byte. The server writes the head together with the first part of the body, so it
/// closes the connection without having sent anything.
struct Broken;

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::Error::other("the reply is lost, by order"))))
    }
}

async fn inject(State(shared): State<Shared>, Json(fault): Json<Fault>) -> Json<Value> {
    let mut model = shared.model();
    model.inject(fault);
    Json(json!({ "faults": model.faults() }))
}

async fn heal(State(shared): State<Shared>) -> Json<Value> {
    shared.model().heal(shared.now());
    Json(json!({ "faults": [] }))
}

/// Changes the settings that the body names and answers all.
async fn change_settings(State(shared): State<Shared>, Json(changes): Json<Map<String, Value>>) -> Response {
    let mut model = shared.model();
    let merged = serde_json::to_value(model.settings()).and_then(serde_json::from_value::<Map<String, Value>>);
    let merged = merged.map(|all| all.into_iter().chain(changes).collect::<Map<_, _>>());
    match merged.and_then(|all| serde_json::from_value::<Settings>(all.into())) {
        Ok(settings) => {
            *model.settings_mut() = settings;
            Json(model.settings().clone()).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

async fn state(State(shared): State<Shared>) -> Json<Value> {
    let mut model = shared.model();
    model.settle(shared.now());
    Json(json!({
        "assignments": model.assignments(),
        "operations_in_progress": model.operations_in_progress(),
        "counters": model.counters(),
        "faults": model.faults(),
        "settings": model.settings(),
    }))
}

/// An assignment that an administrator adds or removes in the AWS console.
#[derive(Deserialize)]
struct OutOfBand {
    /// Add or remove.
    present: bool,
    assignment: Assignment,
}

async fn change_assignment(State(shared): State<Shared>, Json(wish): Json<OutOfBand>) -> Json<Value> {
    let changed = shared.model().set_assignment(wish.assignment, wish.present, shared.now());
    Json(json!({ "changed": changed }))
}

async fn journal(State(shared): State<Shared>) -> Json<Value> {
    let model = shared.model();
    Json(json!({ "calls": model.journal().collect::<Vec<_>>(), "counters": model.counters() }))
}

async fn clear_journal(State(shared): State<Shared>) -> Json<Value> {
    shared.model().clear_journal();
    Json(json!({ "calls": [], "counters": {} }))
}
