//! Answer: a reviewer judges emergency access.

use serde_json::json;

use crate::audit::canonical;
use crate::id::UserId;
use crate::person::{Actor, Person};
use crate::text::Comment;
use crate::time::Timestamp;

use super::{Finding, Refusal, Review, Standing, Step};

/// Judges. `reviewers` are those whom the configuration appoints, besides administrators.
///
/// # Errors
/// The person had the access, or is no reviewer; or it was judged already.
pub fn answer(
    review: &Review,
    by: &Person,
    reviewers: &[UserId],
    finding: Finding,
    comment: Comment,
    now: Timestamp,
) -> Result<Step, Refusal> {
    if by.id == review.requester {
        return Err(Refusal::OwnAccess);
    }
    if !by.administrator && !reviewers.contains(&by.id) {
        return Err(Refusal::NotReviewer);
    }
    if !review.is_open() {
        return Err(Refusal::Answered);
    }
    let facts = json!({ "finding": finding.name(), "comment": comment.as_str() });
    let actor = Actor::User(by.id.clone()).label();
    let record = review.head.extend(&review.request, now, actor, "reviewed", canonical(&facts));
    let state = Standing::Done { by: by.id.clone(), at: now, finding, comment };
    Ok(Step { review: Review { state, head: record.head(), ..review.clone() }, record })
}
