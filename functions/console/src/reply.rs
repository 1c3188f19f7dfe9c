//! What goes back to the browser.

use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, LOCATION};
use aws_lambda_events::http::{HeaderMap, HeaderValue};
use curfew_lambda::http::HttpAnswer;

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    status: i64,
    content_type: &'static str,
    /// How long it may be kept.
    cache: &'static str,
    headers: Vec<(HeaderName, String)>,
    /// `Set-Cookie` headers.
    cookies: Vec<String>,
    body: String,
}

/// Kept nowhere: what people see is theirs.
const PRIVATE: &str = "no-store";

impl Reply {
    /// A page.
    pub(crate) fn page(status: u16, html: String) -> Self {
        Self::new(status, "text/html; charset=utf-8", PRIVATE, html)
    }

    /// Look there, by GET.
    pub(crate) fn see(path: &str) -> Self {
        let mut reply = Self::new(303, "text/plain; charset=utf-8", PRIVATE, String::new());
        reply.headers.push((LOCATION, path.to_owned()));
        reply
    }

    /// A file to keep.
    pub(crate) fn download(content_type: &'static str, name: &str, body: String) -> Self {
        let mut reply = Self::new(200, content_type, PRIVATE, body);
        reply.headers.push((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
        reply
    }

    /// For programs.
    pub(crate) fn json(value: &impl serde::Serialize) -> Self {
        // Only maps with keys that are no texts cannot be written, and there are none.
        Self::new(200, "application/json", PRIVATE, serde_json::to_string(value).unwrap_or_default())
    }

    /// Part of every page; its address changes with its content.
    pub(crate) fn asset(content_type: &'static str, body: &str) -> Self {
        Self::new(200, content_type, "public, max-age=31536000, immutable", body.to_owned())
    }

    fn new(status: u16, content_type: &'static str, cache: &'static str, body: String) -> Self {
        Self { status: status.into(), content_type, cache, headers: Vec::new(), cookies: Vec::new(), body }
    }

    /// Sets a cookie.
    #[must_use]
    pub(crate) fn with_cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// As an answer to HEAD: the same without its body.
    #[must_use]
    pub(crate) fn without_body(self) -> Self {
        Self { body: String::new(), ..self }
    }

    /// The answer as API Gateway wants it, with the headers that guard every page.
    pub(crate) fn into_answer(self) -> HttpAnswer {
        let mut headers = HeaderMap::new();
        let mut put = |name: HeaderName, value: &str| {
            // None of ours has a character that no header may have; addresses are checked where they come from.
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        for (name, value) in curfew_web::security_headers() {
            put(HeaderName::from_static(name), value);
        }
        put(CONTENT_TYPE, self.content_type);
        put(CACHE_CONTROL, self.cache);
        for (name, value) in &self.headers {
            put(name.clone(), value);
        }
        let mut answer = HttpAnswer::default();
        answer.status_code = self.status;
        answer.headers = headers;
        answer.cookies = self.cookies;
        answer.body = Some(Body::Text(self.body));
        answer
    }
}
