//! One call of a browser, taken apart.

use std::collections::HashMap;
use std::net::IpAddr;

use aws_lambda_events::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cookie::Cookie;
use curfew_lambda::http::HttpEvent;

/// Largest form, in bytes: a justification and a comment with room to spare.
const LARGEST_FORM: usize = 64 * 1024;
/// Most fields of a form.
const MOST_FIELDS: usize = 64;

/// One call.
#[derive(Debug)]
pub(crate) struct Visit {
    /// Method and path pattern, as the template routes.
    pub(crate) route: String,
    parts: HashMap<String, String>,
    query: Vec<(String, String)>,
    /// Path and query as they were asked for.
    pub(crate) target: String,
    cookies: Vec<(String, String)>,
    /// `Origin`.
    pub(crate) origin: Option<String>,
    /// `Sec-Fetch-Site`.
    pub(crate) fetch_site: Option<String>,
    /// Where from.
    pub(crate) address: Option<IpAddr>,
    /// By what operators find this call in the logs.
    pub(crate) reference: String,
    body: Result<Vec<u8>, Unread>,
    form_type: bool,
}

/// Why a form cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is larger than any of ours.
    TooLarge,
    /// It is no form.
    Malformed,
}

impl Visit {
    /// Takes an event apart.
    pub(crate) fn new(event: HttpEvent) -> Self {
        let header = |name: &str| header(&event.headers, name);
        let cookies = cookies(&event, header("cookie").as_deref());
        let path = event.raw_path.clone().unwrap_or_default();
        let raw_query = event.raw_query_string.clone().unwrap_or_default();
        let target = if raw_query.is_empty() { path } else { format!("{path}?{raw_query}") };
        let is_form = |kind: &String| kind.split(';').next().is_some_and(|kind| kind.trim() == FORM);
        Self {
            origin: header("origin"),
            fetch_site: header("sec-fetch-site"),
            form_type: header("content-type").as_ref().is_some_and(is_form),
            address: event.request_context.http.source_ip.as_ref().and_then(|address| address.parse().ok()),
            reference: event.request_context.request_id.clone().unwrap_or_default(),
            body: body(event.body, event.is_base64_encoded),
            // Decoded from the text: API Gateway joins parameters of one name with commas.
            query: serde_urlencoded::from_str(&raw_query).unwrap_or_default(),
            parts: event.path_parameters,
            route: event.route_key.unwrap_or_default(),
            target,
            cookies,
        }
    }

    /// A part of the path.
    pub(crate) fn part(&self, name: &str) -> Option<&str> {
        self.parts.get(name).map(String::as_str)
    }

    /// The first parameter of this name; empty if there is none.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// The values of all cookies of this name. A browser may send several, set for other paths or by others.
    pub(crate) fn cookies(&self, name: &str) -> impl Iterator<Item = &str> {
        self.cookies.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The form that was sent.
    pub(crate) fn form(&self) -> Result<Form, Unread> {
        let body = self.body.as_ref().map_err(|unread| *unread)?;
        if !self.form_type {
            return Err(Unread::Malformed);
        }
        if body.len() > LARGEST_FORM {
            return Err(Unread::TooLarge);
        }
        let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(body).map_err(|_| Unread::Malformed)?;
        if fields.len() > MOST_FIELDS {
            return Err(Unread::TooLarge);
        }
        Ok(Form(fields))
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// What somebody entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form(pub(crate) Vec<(String, String)>);

impl Form {
    /// The first field of this name; empty if there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// All fields of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A text with the line breaks of this century; browsers send those of another. `None` if it is blank.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let text = self.get(name).replace("\r\n", "\n");
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// API Gateway puts cookies into a list of their own; the local emulator leaves them in the header.
fn cookies(event: &HttpEvent, header: Option<&str>) -> Vec<(String, String)> {
    let listed = event.cookies.iter().flatten().map(String::as_str);
    let all = listed.chain(header).flat_map(|text| Cookie::split_parse_encoded(text.to_owned()));
    all.flatten().map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned())).collect()
}

fn body(body: Option<String>, is_base64: bool) -> Result<Vec<u8>, Unread> {
    match (body, is_base64) {
        (None, _) => Ok(Vec::new()),
        // Before it is decoded: a third more than what is allowed.
        (Some(text), true) if text.len() > LARGEST_FORM / 3 * 4 + 4 => Err(Unread::TooLarge),
        (Some(text), true) => STANDARD.decode(text).map_err(|_| Unread::Malformed),
        (Some(text), false) => Ok(text.into_bytes()),
    }
}
