//! The plain HTTP client of the driver: loopback, no proxy, every status is an answer.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::Request;

use crate::error::Error;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Reply {
    /// The body as JSON; null if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

/// A client that ignores proxy settings of the environment.
#[derive(Debug, Clone)]
pub(crate) struct Http(Agent);

impl Http {
    pub(crate) fn new() -> Self {
        let config = Agent::config_builder().proxy(None).http_status_as_error(false);
        Self(config.timeout_global(Some(Duration::from_mins(1))).build().new_agent())
    }

    /// Sends one call; an empty body is none.
    pub(crate) fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Result<Reply, Error> {
        let failed = |reason: String| Error::Http(format!("{method} {url}: {reason}"));
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = if body.is_empty() && matches!(method, "GET" | "HEAD" | "DELETE") {
            self.0.run(request.body(()).map_err(|error| failed(error.to_string()))?)
        } else {
            self.0.run(request.body(body.to_owned()).map_err(|error| failed(error.to_string()))?)
        };
        let mut response = response.map_err(|error| failed(error.to_string()))?;
        let body = response.body_mut().read_to_string().map_err(|error| failed(error.to_string()))?;
        Ok(Reply { status: response.status().as_u16(), body })
    }
}
