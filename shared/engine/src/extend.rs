//! Extend: a new request on the same key that refers to a grant. The grant itself is never touched (I10): approved, the
//! extension has a grant of its own that ends later, and both hold the key (I9).
//!
//! A grant has one open extension at a time. That is looked up, not locked: a second one that slips through is harmless,
//! because both count from the same end and so give no more together than the longer one alone, and each is judged.

use curfew_domain::ask::Ask;
use curfew_domain::hex::hex;
use curfew_domain::id::RequestId;
use curfew_domain::origin::Origin;
use curfew_domain::person::Person;
use curfew_domain::request::{self, Extended, Grant, Refusal, Request, Stage, State, may_see};
use curfew_domain::text::{Justification, Ticket};
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::core::Core;
use crate::error::Error;
use crate::known::Known;
use crate::ports::{Idempotency, Ids};
use crate::submit::{Refused, accept, longest, repeated};

/// Ids read per query.
const CHUNK: u32 = 50;
/// Queries for the extensions of one grant, at most: whoever asks more often than that during one grant may be shown an
/// older extension, or none.
const CHUNKS: u32 = 4;
/// How far the clocks of two functions may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What somebody wants more of, well-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// How much longer.
    pub duration: AccessDuration,
    /// Why.
    pub justification: Justification,
    /// Reference to a ticket.
    pub ticket: Option<Ticket>,
    /// Where it came from.
    pub origin: Origin,
}

/// Accepts the wish to extend an active grant. The same idempotency key with the same wish gives the same request.
///
/// # Errors
/// The grant is not this person's, or not active; it has an open extension; its entitlement is not offered any more; or
/// so long a duration is not possible now.
pub async fn extend(
    core: &Core,
    ids: &dyn Ids,
    known: &Known,
    person: &Person,
    id: &RequestId,
    wish: Extension,
    key: Option<String>,
) -> Result<Request, Refused> {
    let idempotency = key.map(|key| Idempotency { user: person.id.clone(), key, body: wish.digest(id) });
    if let Some(key) = &idempotency
        && let Some(before) = core.store.repeated(key).await.map_err(Error::from)?
    {
        return repeated(core, key, before).await;
    }
    let (extended, now) = (core.load(id).await?, core.clock.now());
    let grant = extendable(&extended, person, now)?;
    check(known, &extended.ask, grant, wish.duration, now)?;
    let open = |request: &Request| !request.state.stage().is_terminal();
    if let Some(open) = extensions(core, &extended).await?.into_iter().find(open) {
        return Err(Refused::AlreadyExtended { by: open.ask.id, active: matches!(open.state, State::Active(_)) });
    }
    let ask = extended.ask;
    let first = request::submit(Ask {
        id: ids.request(now).map_err(Error::from)?,
        duration: wish.duration,
        justification: wish.justification,
        ticket: wish.ticket,
        start: None,
        submitted_at: now,
        extends: Some(ask.id),
        escalates: None,
        origin: wish.origin,
        requester: ask.requester,
        account: ask.account,
        permission_set: ask.permission_set,
        emergency: ask.emergency,
    });
    accept(core, &first, idempotency).await
}

/// The grant, if this person may extend it now.
fn extendable<'a>(request: &'a Request, person: &Person, now: Timestamp) -> Result<&'a Grant, Error> {
    if !may_see(request, person) {
        return Err(Error::NotFound);
    }
    if request.ask.requester != person.id {
        return Err(Refusal::NotRequester("extend").into());
    }
    match &request.state {
        State::Active(grant) if grant.is_due(now) => Err(Refusal::Overdue(grant.expires_at).into()),
        State::Active(grant) => Ok(grant),
        other => Err(Refusal::Illegal { stage: other.stage(), command: "extend" }.into()),
    }
}

/// Still offered, and never more ahead than a new request could ask for.
fn check(known: &Known, ask: &Ask, grant: &Grant, duration: AccessDuration, now: Timestamp) -> Result<(), Refused> {
    let max = longest(known, &ask.requester, &ask.account, &ask.permission_set).ok_or(Refused::NotOffered)?;
    let ends = grant.expires_at;
    let longest = AccessDuration::from_seconds(max.after(now).duration_since(ends).as_secs()).ok();
    match longest {
        Some(longest) if duration <= longest => Ok(()),
        _ => Err(Refused::ExtensionTooLong { max, ends, longest }),
    }
}

/// The extensions of a request's grant, newest first, by the index of the requester's requests, which may lag a moment.
pub async fn extensions(core: &Core, extended: &Request) -> Result<Vec<Request>, Error> {
    let Some(grant) = extended.state.grant() else { return Ok(Vec::new()) };
    let own = &extended.ask.id;
    // None was asked for after the grant's end, and none before the grant.
    let mut before = RequestId::first_at(grant.expires_at.checked_add(SKEW).unwrap_or(Timestamp::MAX));
    let mut found = Vec::new();
    for _ in 0..CHUNKS {
        let mut ids = core.store.of_requester(&extended.ask.requester, Some(&before), CHUNK).await?;
        ids.retain(|id| id > own);
        let Some(last) = ids.last().cloned() else { break };
        let more = ids.len() == CHUNK as usize;
        let requests = core.store.load_all(&ids).await?;
        found.extend(requests.into_iter().filter(|request| request.ask.extends.as_ref() == Some(own)));
        if !more {
            break;
        }
        before = last;
    }
    Ok(found)
}

/// The extension that a grant has, open or over; none that came to nothing.
pub async fn extended_by(core: &Core, extended: &Request) -> Result<Option<RequestId>, Error> {
    let nothing = [Stage::Denied, Stage::Cancelled, Stage::Lapsed, Stage::Failed];
    let came_to_something = |request: &Request| !nothing.contains(&request.state.stage());
    Ok(extensions(core, extended).await?.into_iter().find(came_to_something).map(|request| request.ask.id))
}

/// What has become of the grant that this wish extends; `None` if it extends none.
pub async fn extended(core: &Core, ask: &Ask) -> Result<Option<Extended>, Error> {
    match &ask.extends {
        Some(id) => Ok(Some(Extended::of(&core.load(id).await?))),
        None => Ok(None),
    }
}

/// Why this wish must get no access: it extends a grant that ended otherwise than by its time.
///
/// Before a create this is asked once the key's record holds the request: an end of the extended grant either comes
/// before and is seen here, or finds that hold (`end`).
pub async fn objection(core: &Core, ask: &Ask) -> Result<Option<String>, Error> {
    Ok(extended(core, ask).await?.and_then(|extended| extended.objection()))
}

/// The other requests of this one's chain of extensions that hold the key now. Grants that merely overlap are not in it.
pub(crate) async fn chain(core: &Core, request: &Request) -> Result<Vec<RequestId>, Error> {
    // Access by hand is not extended, and what never began has no key.
    let Some(key) = request.key() else { return Ok(Vec::new()) };
    let mut holds = core.store.assignment(&key).await?.holds;
    holds.retain(|hold| hold.request != request.ask.id);
    let mut chain = Vec::new();
    if holds.is_empty() {
        return Ok(chain);
    }
    let first = origin(core, request.clone()).await?;
    for hold in holds {
        if origin(core, core.load(&hold.request).await?).await? == first {
            chain.push(hold.request);
        }
    }
    Ok(chain)
}

/// The first request of a chain.
async fn origin(core: &Core, mut request: Request) -> Result<RequestId, Error> {
    while let Some(extended) = &request.ask.extends {
        request = core.load(extended).await?;
    }
    Ok(request.ask.id)
}

impl Extension {
    /// Digest of what was asked, to compare repeated calls.
    fn digest(&self, id: &RequestId) -> String {
        let ticket = self.ticket.as_ref().map(ToString::to_string).unwrap_or_default();
        let fields =
            ["extend".to_owned(), id.to_string(), self.duration.to_string(), self.justification.to_string(), ticket];
        // No field may hold this separator: it is a control character.
        hex(&Sha256::digest(fields.join("\u{1f}").as_bytes()))
    }
}
