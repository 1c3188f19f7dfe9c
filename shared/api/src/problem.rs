//! Problem documents (RFC 9457): a stable code, what was wrong, where, and what to do.

use curfew_policy::problem::Problem as Mistake;
use serde::Serialize;

/// An error answer. `code` is stable; the sentences may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// `urn:curfew:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short, the same for every problem of this code.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Stable name for programs.
    pub code: &'static str,
    /// What was wrong this time.
    pub detail: String,
    /// The field, parameter or header it was in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Everything that is wrong with a configuration, by place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Mistake>,
}

impl Problem {
    /// Content type of a problem document.
    pub const CONTENT_TYPE: &'static str = "application/problem+json";

    /// A problem without field and hint.
    pub fn new(status: u16, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let kind = format!("urn:curfew:problem:{code}");
        Self { kind, title, status, code, detail: detail.into(), field: None, hint: None, problems: Vec::new() }
    }

    /// Names the field, parameter or header.
    #[must_use]
    pub fn in_field(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// Says what to do.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Lists what is wrong with a configuration.
    #[must_use]
    pub fn with_problems(self, problems: Vec<Mistake>) -> Self {
        Self { problems, ..self }
    }

    /// A value that is not what its field takes.
    pub fn invalid(field: &str, detail: impl std::fmt::Display) -> Self {
        let detail = format!("`{field}`: {detail}.");
        Self::new(400, "invalid_field", "A field has a value that it cannot take", detail).in_field(field)
    }

    /// Nothing there, or nothing that the caller may know of.
    pub fn not_found(what: &str) -> Self {
        let detail = format!("There is no such {what}, or you may not see it.");
        Self::new(404, "not_found", "Not found", detail)
    }

    /// Something failed on our side. The cause is in the log, under the request id of the answer.
    pub fn internal() -> Self {
        Self::new(500, "internal", "Something failed on our side", "The request could not be completed.")
            .with_hint("Try again. If it happens again, give your administrator the `apigw-requestid` of this answer.")
    }

    /// Something that we need did not answer.
    pub fn unavailable() -> Self {
        let detail = "A service that Curfew needs did not answer in time. Nothing is known to have changed.";
        Self::new(503, "unavailable", "Not available right now", detail)
            .with_hint("Try again in a few seconds, with the same Idempotency-Key.")
    }
}
