//! Reviews, as stored.

use curfew_domain::audit::{Head, RecordHash};
use curfew_domain::id::RequestId;
use curfew_domain::review::{Finding, Review, Standing};
use curfew_domain::text::Comment;
use curfew_domain::time::Timestamp;
use curfew_engine::error::Fault;
use serde::{Deserialize, Serialize};

use super::{unreadable, user};

#[derive(Serialize, Deserialize)]
struct ReviewDoc {
    requester: String,
    since: Timestamp,
    state: StandingDoc,
    hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
enum StandingDoc {
    Open {
        /// Absent before reviewers were told, and in reviews of releases that did not tell them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        told: Option<Timestamp>,
        announced: Option<Timestamp>,
    },
    Done {
        by: String,
        when: Timestamp,
        finding: String,
        comment: String,
    },
}

/// A review as the text of its `doc` attribute.
pub(in super::super) fn review_doc(review: &Review) -> Result<String, Fault> {
    let state = match &review.state {
        Standing::Open { told, announced } => StandingDoc::Open { told: *told, announced: *announced },
        Standing::Done { by, at, finding, comment } => StandingDoc::Done {
            by: by.to_string(),
            when: *at,
            finding: finding.name().to_owned(),
            comment: comment.to_string(),
        },
    };
    let hash = review.head.hash.as_str().to_owned();
    let doc = ReviewDoc { requester: review.requester.to_string(), since: review.since, state, hash };
    serde_json::to_string(&doc).map_err(|e| Fault::permanent("write the review", e))
}

/// The review of a `doc` attribute.
pub(in super::super) fn review(request: RequestId, version: u64, doc: &str) -> Result<Review, Fault> {
    let doc: ReviewDoc = serde_json::from_str(doc).map_err(unreadable)?;
    let state = match doc.state {
        StandingDoc::Open { told, announced } => Standing::Open { told, announced },
        StandingDoc::Done { by, when, finding, comment } => Standing::Done {
            by: user(&by)?,
            at: when,
            finding: Finding::parse(&finding).ok_or_else(|| unreadable(format!("`{finding}` is no finding")))?,
            comment: Comment::parse(&comment).map_err(unreadable)?,
        },
    };
    let head = Head { seq: version, hash: RecordHash::from_stored(doc.hash) };
    Ok(Review { request, requester: user(&doc.requester)?, since: doc.since, state, head })
}
