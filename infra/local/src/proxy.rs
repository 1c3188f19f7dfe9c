//! The address people use: passes every call on to the emulator's HTTP API as it is.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Headers about one connection, which the next one sets for itself (RFC 9110, 7.6.1).
const PER_CONNECTION: [HeaderName; 7] = [
    header::CONNECTION,
    header::HOST,
    header::PROXY_AUTHENTICATE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Where calls go, once the API is deployed.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    target: Arc<OnceLock<Target>>,
    client: Client<HttpConnector, Body>,
}

/// One deployed HTTP API of the emulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Host and port of the emulator.
    pub(crate) authority: String,
    /// Id of the API.
    pub(crate) api_id: String,
}

impl Target {
    /// The emulator's address for a path of the API.
    fn uri(&self, asked: &Uri) -> Option<Uri> {
        let rest = asked.path_and_query().map_or("/", PathAndQuery::as_str);
        // `OPTIONS *` and absolute forms name no path of ours.
        let rest = rest.strip_prefix('/')?;
        let path = format!("/_aws/execute-api/{}/$default/{rest}", self.api_id);
        Uri::builder().scheme("http").authority(self.authority.as_str()).path_and_query(path).build().ok()
    }
}

impl Proxy {
    /// A proxy that answers 503 until it is connected.
    pub(crate) fn new() -> Self {
        Self { target: Arc::default(), client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Connects it to the deployed API; the first time counts.
    pub(crate) fn connect(&self, target: Target) {
        self.target.get_or_init(|| target);
    }

    /// Every path.
    pub(crate) fn router(&self) -> Router {
        Router::new().fallback(pass).with_state(self.clone())
    }
}

async fn pass(State(proxy): State<Proxy>, mut request: Request) -> Response {
    let Some(target) = proxy.target.get() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "Curfew is still being deployed; try again soon\n").into_response();
    };
    let Some(uri) = target.uri(request.uri()) else {
        return (StatusCode::BAD_REQUEST, "ask for a path that starts with /\n").into_response();
    };
    *request.uri_mut() = uri;
    for name in &PER_CONNECTION {
        request.headers_mut().remove(name);
    }
    match proxy.client.request(request).await {
        Ok(mut response) => {
            for name in &PER_CONNECTION {
                response.headers_mut().remove(name);
            }
            response.map(Body::new)
        }
        Err(error) => (StatusCode::BAD_GATEWAY, format!("the emulator does not answer: {error}\n")).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target { authority: "127.0.0.1:4566".into(), api_id: "ab12cd34".into() }
    }

    fn asked(uri: &str) -> Option<String> {
        target().uri(&uri.parse().unwrap()).map(|uri| uri.to_string())
    }

    #[test]
    fn paths_and_queries_arrive_as_they_were_sent() {
        let base = "http://127.0.0.1:4566/_aws/execute-api/ab12cd34/$default";
        assert_eq!(
            asked("/v1/requests?state=active&limit=2"),
            Some(format!("{base}/v1/requests?state=active&limit=2"))
        );
        assert_eq!(asked("/a/x%2Fy%20z"), Some(format!("{base}/a/x%2Fy%20z")));
        assert_eq!(asked("/"), Some(format!("{base}/")));
    }

    #[test]
    fn an_absolute_form_goes_nowhere_else() {
        assert_eq!(
            asked("http://example.org/v1/me"),
            Some("http://127.0.0.1:4566/_aws/execute-api/ab12cd34/$default/v1/me".into())
        );
        assert_eq!(asked("*"), None);
    }
}
