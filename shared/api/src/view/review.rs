//! Reviews of emergency access.

use curfew_domain::review::{Review, Standing};
use curfew_domain::time::{SignedDuration, Timestamp};
use serde::Serialize;

/// Open reviews.
#[derive(Debug, Serialize)]
pub struct ReviewsView {
    /// Oldest request first.
    pub items: Vec<ReviewView>,
}

/// The review of one emergency grant.
#[derive(Debug, Serialize)]
pub struct ReviewView {
    request: String,
    requester: String,
    /// When the end of the access was confirmed.
    since: String,
    deadline: String,
    /// `open`, `overdue`, `justified` or `not_justified`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

impl ReviewView {
    /// A review for which people have this long, as it is now.
    pub fn new(review: &Review, within: SignedDuration, now: Timestamp) -> Self {
        let open = Self {
            request: review.request.to_string(),
            requester: review.requester.to_string(),
            since: review.since.to_string(),
            deadline: review.deadline(within).to_string(),
            state: if review.is_overdue(within, now) { "overdue" } else { "open" },
            by: None,
            at: None,
            comment: None,
        };
        match &review.state {
            Standing::Open { .. } => open,
            Standing::Done { by, at, finding, comment } => Self {
                state: finding.name(),
                by: Some(by.to_string()),
                at: Some(at.to_string()),
                comment: Some(comment.to_string()),
                ..open
            },
        }
    }
}
