//! Submit: a wish is accepted, durably, and its execution started.

use curfew_domain::ask::Ask;
use curfew_domain::hex::hex;
use curfew_domain::id::{AccountId, PermissionSetArn, RequestId, UserId};
use curfew_domain::origin::Origin;
use curfew_domain::person::Person;
use curfew_domain::request::{self, FARTHEST_START, Request, Transition};
use curfew_domain::text::{Justification, Ticket};
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use curfew_policy::catalog;
use sha2::{Digest as _, Sha256};

use crate::core::Core;
use crate::error::Error;
use crate::known::Known;
use crate::ports::{Idempotency, Ids, Repeated};

/// How far back a start may lie, for clocks that differ.
const START_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// What somebody asks for, well-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Where.
    pub account: AccountId,
    /// Which access.
    pub permission_set: PermissionSetArn,
    /// For how long.
    pub duration: AccessDuration,
    /// Why.
    pub justification: Justification,
    /// Reference to a ticket.
    pub ticket: Option<Ticket>,
    /// Not before.
    pub start: Option<Timestamp>,
    /// Emergency access.
    pub emergency: bool,
    /// Where it came from.
    pub origin: Origin,
}

/// Why a well-formed wish is refused at the door.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refused {
    /// No catalog that this person sees has this permission set in this account.
    #[error("no catalog of yours offers this permission set in this account")]
    UnknownEntitlement,
    /// Longer than the entitlement allows.
    #[error("the longest duration for this entitlement is {0}")]
    TooLong(AccessDuration),
    /// A start in the past.
    #[error("the start lies in the past")]
    StartInPast,
    /// A start too far ahead.
    #[error("the start lies more than 90 days ahead")]
    StartTooFar,
    /// The configuration does not offer any more what is to be extended.
    #[error("this access is not offered any more")]
    NotOffered,
    /// What is left of the grant and the extension would be longer than the entitlement allows.
    #[error("access may reach at most {max} ahead, and this grant lasts until {ends}")]
    ExtensionTooLong {
        /// Longest grant of the entitlement.
        max: AccessDuration,
        /// When the grant ends that is to be extended.
        ends: Timestamp,
        /// The longest extension that is possible now, if any is.
        longest: Option<AccessDuration>,
    },
    /// One open extension at a time.
    #[error("the grant has an open extension, request {by}")]
    AlreadyExtended {
        /// That extension.
        by: RequestId,
        /// It has its grant, and can be extended itself.
        active: bool,
    },
    /// The idempotency key belongs to another wish.
    #[error("this idempotency key was used for a different request")]
    KeyReused,
    /// The engine could not.
    #[error(transparent)]
    Error(#[from] Error),
}

/// Accepts a wish. The same idempotency key with the same wish gives the same request.
pub async fn submit(
    core: &Core,
    ids: &dyn Ids,
    known: &Known,
    person: &Person,
    wish: Wish,
    key: Option<String>,
) -> Result<Request, Refused> {
    let idempotency = key.map(|key| Idempotency { user: person.id.clone(), key, body: wish.digest() });
    // Before anything is judged: what was accepted once stays accepted, whatever has changed since.
    if let Some(key) = &idempotency
        && let Some(before) = core.store.repeated(key).await.map_err(Error::from)?
    {
        return repeated(core, key, before).await;
    }
    let now = core.clock.now();
    check(known, person, &wish, now)?;
    let first = request::submit(Ask {
        id: ids.request(now).map_err(Error::from)?,
        requester: person.id.clone(),
        account: wish.account,
        permission_set: wish.permission_set,
        duration: wish.duration,
        justification: wish.justification,
        ticket: wish.ticket,
        start: wish.start,
        emergency: wish.emergency,
        submitted_at: now,
        extends: None,
        escalates: None,
        origin: wish.origin,
    });
    accept(core, &first, idempotency).await
}

/// Stores a new request durably, and starts its execution.
pub(crate) async fn accept(
    core: &Core,
    first: &Transition,
    idempotency: Option<Idempotency>,
) -> Result<Request, Refused> {
    match (core.store.insert(first, idempotency.as_ref()).await.map_err(Error::from)?, idempotency) {
        (None, _) => {
            core.carry_out(first).await;
            Ok(first.request.clone())
        }
        (Some(before), Some(key)) => repeated(core, &key, before).await,
        (Some(_), None) => Err(Error::Busy("the new request id was taken".to_owned()).into()),
    }
}

/// The request that this key stands for, if it was the same wish.
pub(crate) async fn repeated(core: &Core, key: &Idempotency, before: Repeated) -> Result<Request, Refused> {
    if key.body == before.body { Ok(core.load(&before.request).await?) } else { Err(Refused::KeyReused) }
}

/// What a person can mend at once is told at once; everything else is policy's to judge.
fn check(known: &Known, person: &Person, wish: &Wish, now: Timestamp) -> Result<(), Refused> {
    let max = longest(known, &person.id, &wish.account, &wish.permission_set).ok_or(Refused::UnknownEntitlement)?;
    if wish.duration > max {
        return Err(Refused::TooLong(max));
    }
    match wish.start {
        Some(start) if start.duration_since(now) > FARTHEST_START => Err(Refused::StartTooFar),
        Some(start) if now.duration_since(start) > START_TOLERANCE => Err(Refused::StartInPast),
        _ => Ok(()),
    }
}

/// The longest grant of an entitlement that this person sees in a catalog.
pub(crate) fn longest(
    known: &Known,
    who: &UserId,
    account: &AccountId,
    set: &PermissionSetArn,
) -> Option<AccessDuration> {
    let entitlement = known.configuration.entitlement(&known.directory, account, set)?;
    let seen = catalog::sees(known.configuration.model(), &known.directory, who, &entitlement);
    seen.then_some(entitlement.terms.max_duration.value)
}

impl Wish {
    /// Digest of what was asked, to compare repeated calls. Who clicks again from elsewhere still asks for the same.
    fn digest(&self) -> String {
        let fields = [
            self.account.to_string(),
            self.permission_set.to_string(),
            self.duration.to_string(),
            self.justification.to_string(),
            self.ticket.as_ref().map(ToString::to_string).unwrap_or_default(),
            self.start.map(|start| start.to_string()).unwrap_or_default(),
            self.emergency.to_string(),
        ];
        // No field may hold this separator: it is a control character.
        hex(&Sha256::digest(fields.join("\u{1f}").as_bytes()))
    }
}
