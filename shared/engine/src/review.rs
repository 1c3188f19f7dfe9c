//! Review: emergency access is judged once it has ended, and whoever owes a review gets no further emergency access.

use curfew_domain::audit::Record;
use curfew_domain::id::{RequestId, UserId};
use curfew_domain::person::Person;
use curfew_domain::request::{Request, may_see};
use curfew_domain::review::{self, Finding, Review, Standing};
use curfew_domain::text::Comment;
use curfew_domain::time::SignedDuration;

use crate::core::{Core, audience};
use crate::error::Error;
use crate::known::Reviewing;
use crate::ports::Commit;

/// How often a lost race for the same review is tried again.
const ATTEMPTS: u32 = 4;

/// A reviewer's words.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// What was found.
    pub finding: Finding,
    /// Why.
    pub comment: Comment,
}

/// Answers the review of a request's grant.
///
/// # Errors
/// There is no such review, or the person may not answer it.
pub async fn answer(
    core: &Core,
    person: &Person,
    reviewing: Reviewing<'_>,
    id: &RequestId,
    judgement: &Judgement,
) -> Result<Review, Error> {
    for _ in 0..ATTEMPTS {
        let review = core.store.review(id).await?.ok_or(Error::NotFound)?;
        let request = core.load(id).await?;
        let reviewers = reviewing.reviewers(&request.ask);
        if !may_judge(person, &reviewers) && !may_see(&request, person) {
            return Err(Error::NotFound);
        }
        let Judgement { finding, comment } = judgement.clone();
        let step = review::answer(&review, person, &reviewers, finding, comment, core.clock.now())?;
        if core.store.commit_review(&step).await? == Commit::Done {
            return Ok(step.review);
        }
    }
    Err(Error::Busy(format!("the review of request {id} is being changed by others")))
}

/// Whether this person may judge emergency access of others.
fn may_judge(person: &Person, reviewers: &[UserId]) -> bool {
    person.administrator || reviewers.contains(&person.id)
}

/// The open reviews that this person may see, oldest request first: reviewers, administrators and auditors all of them,
/// everybody those of their own access.
pub async fn open(core: &Core, person: &Person, reviewing: Reviewing<'_>) -> Result<Vec<Review>, Error> {
    let reviews = core.store.open_reviews().await?;
    let mut seen = Vec::with_capacity(reviews.len());
    for review in reviews {
        let own = review.requester == person.id;
        if own || person.administrator || person.auditor || appointed(core, person, reviewing, &review).await? {
            seen.push(review);
        }
    }
    Ok(seen)
}

/// Whether the configuration appoints this person to review.
async fn appointed(core: &Core, who: &Person, reviewing: Reviewing<'_>, review: &Review) -> Result<bool, Error> {
    Ok(reviewing.reviewers(&core.load(&review.request).await?.ask).contains(&who.id))
}

/// The reviews of this person's emergency access whose time is over: while there are any, policy gives no more of it.
pub async fn overdue_reviews(core: &Core, who: &UserId, within: SignedDuration) -> Result<Vec<Review>, Error> {
    let mut reviews = core.store.open_reviews().await?;
    let now = core.clock.now();
    reviews.retain(|review| review.requester == *who && review.is_overdue(within, now));
    Ok(reviews)
}

/// The review of a request that this person may see, with its share of the audit chain: the records after the request's.
pub async fn of(core: &Core, request: &Request) -> Result<Option<(Review, Vec<Record>)>, Error> {
    let Some(review) = core.store.review(&request.ask.id).await? else { return Ok(None) };
    let mut records = core.store.history(&request.ask.id).await?;
    // What came after the review was loaded is for the next call.
    records.retain(|record| record.seq > request.head.seq && record.seq <= review.head.seq);
    Ok(Some((review, records)))
}

/// Tells people, each once, of every review that is open, and of every one whose time is over; how many there were of the
/// latter. What cannot be told now is told by the next sweep.
pub(crate) async fn announce(core: &Core, reviewing: Reviewing<'_>) -> Result<usize, Error> {
    let mut overdue = 0;
    for review in core.store.open_reviews().await? {
        let now = core.clock.now();
        let asked = review::ask(&review, now);
        let (step, is_overdue) = match asked.or_else(|_| review::announce(&review, reviewing.within(), now)) {
            // Who was not even asked yet is told that first.
            Ok(step) => (step, !is_first(&review)),
            Err(_) => continue,
        };
        if core.store.commit_review(&step).await? == Commit::Conflict {
            continue;
        }
        let id = &review.request;
        if is_overdue {
            overdue += 1;
            tracing::error!(
                request_id = %id, requester = %review.requester, since = %review.since, alarm = "review_overdue",
                "emergency access was not reviewed in time"
            );
        }
        let request = core.load(id).await?;
        let (mut to, reviewers) = (audience(&request), reviewing.reviewers(&request.ask));
        to.extend(reviewers.iter().filter(|who| !to.contains(who)).cloned().collect::<Vec<_>>());
        let told = if is_overdue {
            core.notices.review_overdue(&step.review, &to, now).await
        } else {
            core.notices.review_opened(&step.review, &to, now).await
        };
        if let Err(error) = told {
            tracing::warn!(request_id = %id, %error, "people could not be told of a review; it is open all the same");
        }
    }
    Ok(overdue)
}

/// Whether nobody was told of this review yet.
fn is_first(review: &Review) -> bool {
    matches!(review.state, Standing::Open { told: None, .. })
}
