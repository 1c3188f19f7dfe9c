//! Announce: there is something to review, and later its time is over; people are told so, each once.

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
    let told = match review.state {
        Standing::Done { .. } => return Err(Refusal::Answered),
        Standing::Open { announced: Some(_), .. } => return Err(Refusal::Announced),
        Standing::Open { told, announced: None } => told,
    };
    let deadline = review.deadline(within);
    if now < deadline {
        return Err(Refusal::NotOverdue(deadline));
    }
    let facts = json!({ "deadline": deadline.to_string() });
    let actor = Actor::Curfew.label();
    let record = review.head.extend(&review.request, now, actor, "review_overdue", canonical(&facts));
    let state = Standing::Open { told, announced: Some(now) };
    Ok(Step { review: Review { state, head: record.head(), ..review.clone() }, record })
}

/// Records that reviewers are asked to review; ask them once the step is durable.
///
/// # Errors
/// The review is done, or they were asked before.
pub fn ask(review: &Review, now: Timestamp) -> Result<Step, Refusal> {
    let announced = match review.state {
        Standing::Done { .. } => return Err(Refusal::Answered),
        Standing::Open { told: Some(_), .. } => return Err(Refusal::Announced),
        Standing::Open { told: None, announced } => announced,
    };
    let facts = json!({ "since": review.since.to_string() });
    let actor = Actor::Curfew.label();
    let record = review.head.extend(&review.request, now, actor, "review_opened", canonical(&facts));
    let state = Standing::Open { told: Some(now), announced };
    Ok(Step { review: Review { state, head: record.head(), ..review.clone() }, record })
}
