//! Announce: the time of a review is over, and people are told so, once.

use serde_json::json;

use crate::audit::canonical;
use crate::person::Actor;
use crate::time::{SignedDuration, Timestamp};

use super::{Refusal, Review, Standing, Step};

/// Records that people are told; tell them once the step is durable.
///
/// # Errors
/// The review has time left, is done, or was announced before.
pub fn announce(review: &Review, within: SignedDuration, now: Timestamp) -> Result<Step, Refusal> {
    match review.state {
        Standing::Done { .. } => return Err(Refusal::Answered),
        Standing::Open { announced: Some(_) } => return Err(Refusal::Announced),
        Standing::Open { announced: None } => {}
    }
    let deadline = review.deadline(within);
    if now < deadline {
        return Err(Refusal::NotOverdue(deadline));
    }
    let facts = json!({ "deadline": deadline.to_string() });
    let actor = Actor::Curfew.label();
    let record = review.head.extend(&review.request, now, actor, "review_overdue", canonical(&facts));
    let state = Standing::Open { announced: Some(now) };
    Ok(Step { review: Review { state, head: record.head(), ..review.clone() }, record })
}
