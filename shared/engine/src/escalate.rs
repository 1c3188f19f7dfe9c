//! Escalate: an emergency request takes the place of an open one, in one transaction: whatever crashes, there is either
//! the old request or the new one, and each request is escalated once.

use curfew_domain::id::RequestId;
use curfew_domain::origin::Origin;
use curfew_domain::person::Person;
use curfew_domain::request::{self, Plea, Refusal, Request, may_see};
use curfew_domain::text::Justification;
use curfew_domain::time::SignedDuration;

use crate::core::Core;
use crate::error::Error;
use crate::known::Known;
use crate::ports::{Idempotency, Ids, Replaced};
use crate::review::overdue_reviews;

/// How often a lost race for the old request is tried again.
const ATTEMPTS: u32 = 8;

/// Why it cannot wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urgency {
    /// `None` leaves what the old request says.
    pub justification: Option<Justification>,
    /// Where the call came from.
    pub origin: Origin,
}

/// Makes an emergency of an open request; the emergency request. Repeated calls give the same one.
///
/// # Errors
/// The request is not this person's to escalate, is decided, or is an emergency already.
pub async fn escalate(
    core: &Core,
    ids: &dyn Ids,
    known: &Known,
    person: &Person,
    id: &RequestId,
    urgency: &Urgency,
) -> Result<Request, Error> {
    for attempt in 1..=ATTEMPTS {
        let old = core.load(id).await?;
        let manager = known.manager_of(&old.ask.requester);
        if old.ask.requester != person.id && manager != Some(&person.id) {
            let refused = Refusal::NotRequesterOrManager.into();
            return Err(if may_see(&old, person) { refused } else { Error::NotFound });
        }
        // A key that nobody can send: those of callers have no spaces.
        let key = Idempotency {
            user: old.ask.requester.clone(),
            key: format!("escalation of {id}"),
            body: old.ask.digest().as_str().to_owned(),
        };
        if let Some(before) = core.store.repeated(&key).await? {
            return core.load(&before.request).await;
        }
        // What could only be denied must not take the place of what may yet be approved.
        possible(core, known, &old).await?;
        let now = core.clock.now();
        let Urgency { justification, origin } = urgency.clone();
        let plea = Plea { id: ids.request(now)?, justification, origin };
        let escalation = request::escalate(&old, person, manager, plea, now)?;
        match core.store.replace(&escalation.new, &key, &escalation.old).await? {
            Replaced::Done => {
                core.carry_out(&escalation.new).await;
                core.carry_out(&escalation.old).await;
                return Ok(escalation.new.request);
            }
            Replaced::Repeated(before) => return core.load(&before.request).await,
            Replaced::Conflict => core.clock.sleep(SignedDuration::from_millis(i64::from(attempt) * 20)).await,
        }
    }
    Err(Error::Busy(format!("request {id} is being changed by others")))
}

/// Whether an emergency request for the same could be allowed at all.
async fn possible(core: &Core, known: &Known, old: &Request) -> Result<(), Error> {
    let (ask, configuration) = (&old.ask, &known.configuration);
    let entitlement = configuration.entitlement(&known.directory, &ask.account, &ask.permission_set);
    if entitlement.is_none_or(|entitlement| entitlement.terms.emergency_policy.is_none()) {
        return Err(Refusal::NoEmergency.into());
    }
    let within = configuration.model().settings.review_within;
    let owed = overdue_reviews(core, &ask.requester, within).await?;
    if owed.is_empty() { Ok(()) } else { Err(Refusal::ReviewOwed.into()) }
}
