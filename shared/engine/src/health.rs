//! Health: what an operator wants to know about all access at once, read from the store alone.

use curfew_domain::id::{AccountId, PermissionSetArn, RequestId, UserId};
use curfew_domain::lease::Lease;
use curfew_domain::request::{Rank, Request, State};
use curfew_domain::time::{SignedDuration, Timestamp};

use crate::core::Core;
use crate::error::{Error, Fault};
use crate::ports::{Head, Sighting};

/// Access that is still there this long after its end needs a person (I14).
pub(crate) const LATE: SignedDuration = SignedDuration::from_mins(5);

/// The state of all access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// When this was so.
    pub at: Timestamp,
    /// Requests that are not over.
    pub live: usize,
    /// Those of them that could not be read.
    pub unreadable: usize,
    /// Grants that people have now.
    pub active: usize,
    /// Grants whose access is being removed.
    pub ending: usize,
    /// How many changes of Identity Center wait, by rank, most urgent first.
    pub intents: [(Rank, usize); 3],
    /// The one that has waited longest.
    pub oldest_intent: Option<OldestIntent>,
    /// Access that should have been gone for more than five minutes, the latest first.
    pub overdue: Vec<Overdue>,
    /// Access that Curfew did not give, on what is Curfew's alone, as the sweep saw it last (I16); the oldest first.
    pub strays: Vec<Sighting>,
    /// Who may write to Identity Center.
    pub writer: WriterState,
    /// The snapshot of the directory that policy decides by; `None` before the first one.
    pub directory: Option<Head>,
}

/// The change of Identity Center that has waited longest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldestIntent {
    /// How urgent.
    pub rank: Rank,
    /// Whose.
    pub request: RequestId,
    /// For how long; 0 if its recorder's clock is ahead of ours.
    pub age: SignedDuration,
}

/// Access that should be gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// Whose.
    pub request: RequestId,
    /// Who has it.
    pub user: UserId,
    /// Where.
    pub account: AccountId,
    /// Which access.
    pub permission_set: PermissionSetArn,
    /// Since when it should be gone.
    pub since: Timestamp,
}

/// Who may write to Identity Center.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriterState {
    /// Nobody writes; whoever wants to, may.
    Free,
    /// An invocation writes.
    Held {
        /// Which one: its id, and a random word.
        holder: String,
        /// It is dead by then.
        until: Timestamp,
    },
    /// An invocation died, or could not give the lease back; whoever wants to write, may.
    RanOut {
        /// Which one.
        holder: String,
        /// When.
        until: Timestamp,
    },
}

/// Reads the state of all access. Its cost is proportional to the requests that are not over.
///
/// # Errors
/// The store could not be reached.
pub async fn health(core: &Core) -> Result<Health, Error> {
    let (ids, live) = live(core).await?;
    let lease = core.store.lease().await?;
    let directory = core.store.head().await?;
    let unreadable = ids.len().saturating_sub(live.len());
    let strays = strays(core).await?;
    Ok(Health { live: ids.len(), unreadable, strays, directory, ..summary(&live, &lease, core.clock.now()) })
}

/// The requests that are not over: the ids of all, and those that can be read, oldest first.
///
/// # Errors
/// The store could not be reached.
pub async fn live(core: &Core) -> Result<(Vec<RequestId>, Vec<Request>), Error> {
    let ids = core.store.live().await?;
    let live = match core.store.load_all(&ids).await {
        Ok(live) => live,
        // One that cannot be read must not hide the others.
        Err(Fault::Permanent { .. }) => readable(core, &ids).await?,
        Err(fault) => return Err(fault.into()),
    };
    Ok((ids, live))
}

/// Access that Curfew did not give and that is still there, as far as the sweep knows; the oldest first.
///
/// # Errors
/// The store could not be reached.
pub async fn strays(core: &Core) -> Result<Vec<Sighting>, Error> {
    let now = core.clock.now();
    let mut strays = core.store.sightings().await?;
    strays.retain(|sighting| sighting.until > now);
    strays.sort_by_key(|sighting| sighting.since);
    Ok(strays)
}

async fn readable(core: &Core, ids: &[RequestId]) -> Result<Vec<Request>, Error> {
    let mut live = Vec::with_capacity(ids.len());
    for id in ids {
        match core.load(id).await {
            Ok(request) => live.push(request),
            Err(error @ (Error::NotFound | Error::Fault(Fault::Permanent { .. }))) => {
                tracing::error!(request_id = %id, %error, "a live request could not be read");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(live)
}

/// What these requests and this lease come to. Of requests that are over, nothing counts but that they are there.
fn summary(live: &[Request], lease: &Lease, now: Timestamp) -> Health {
    let count = |is: fn(&State) -> bool| live.iter().filter(|request| is(&request.state)).count();
    let waiting: Vec<_> = live.iter().filter_map(|request| Some((request.intent()?, request.since))).collect();
    let oldest = waiting.iter().min_by_key(|(_, since)| *since);
    let mut overdue: Vec<Overdue> = live.iter().filter_map(|request| overdue(request, now)).collect();
    overdue.sort_by(|a, b| (a.since, &a.request).cmp(&(b.since, &b.request)));
    Health {
        at: now,
        live: live.len(),
        unreadable: 0,
        active: count(|state| matches!(state, State::Active(_))),
        ending: count(|state| matches!(state, State::Ending { .. })),
        intents: Rank::ALL.map(|rank| (rank, waiting.iter().filter(|(intent, _)| intent.rank == rank).count())),
        oldest_intent: oldest.map(|(intent, since)| OldestIntent {
            rank: intent.rank,
            request: intent.request.clone(),
            age: now.duration_since(*since).max(SignedDuration::ZERO),
        }),
        overdue,
        strays: Vec::new(),
        writer: writer(lease, now),
        directory: None,
    }
}

/// Access of this request that should be gone since long, whatever anybody has noticed of it.
fn overdue(request: &Request, now: Timestamp) -> Option<Overdue> {
    let late = overdue_by(request, now).filter(|late| *late > LATE)?;
    let ask = &request.ask;
    Some(Overdue {
        request: ask.id.clone(),
        user: ask.requester.clone(),
        account: ask.account.clone(),
        permission_set: ask.permission_set.clone(),
        since: now.checked_sub(late).ok()?,
    })
}

/// Whether a person should look at this access, because it should be gone since long.
pub fn is_overdue(request: &Request, now: Timestamp) -> bool {
    overdue(request, now).is_some()
}

/// For how long the access should have been gone; `None` if it should not.
pub(crate) fn overdue_by(request: &Request, now: Timestamp) -> Option<SignedDuration> {
    let end = match &request.state {
        // Ended early, or found too late.
        State::Ending { grant, .. } => request.since.min(grant.expires_at),
        State::Provisioning(grant) | State::Active(grant) if grant.is_due(now) => grant.expires_at,
        _ => return None,
    };
    Some(now.duration_since(end))
}

fn writer(lease: &Lease, now: Timestamp) -> WriterState {
    match &lease.holder {
        None => WriterState::Free,
        Some(holder) if holder.until > now => WriterState::Held { holder: holder.name.clone(), until: holder.until },
        Some(holder) => WriterState::RanOut { holder: holder.name.clone(), until: holder.until },
    }
}

#[cfg(test)]
mod tests {
    use curfew_domain::ask::Ask;
    use curfew_domain::lease::Holder;
    use curfew_domain::request::{EndReason, Grant, Means, submit};
    use curfew_domain::text::Justification;
    use curfew_domain::time::AccessDuration;
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(NOW + seconds).unwrap()
    }

    fn id(n: usize) -> RequestId {
        RequestId::parse(&format!("019ab2c3-0000-7000-8000-{n:012}")).unwrap()
    }

    fn grant(expires: i64) -> Grant {
        Grant {
            started_at: at(expires - 600),
            expires_at: at(expires),
            session: SignedDuration::from_hours(1),
            standing: false,
            means: Means::Assignment,
        }
    }

    fn request(n: usize, state: State, since: i64, emergency: bool) -> Request {
        let permission_set = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444";
        let ask = Ask {
            id: id(n),
            requester: UserId::parse("00000000-0000-4000-8000-000000000001").unwrap(),
            account: AccountId::parse("111122223333").unwrap(),
            permission_set: PermissionSetArn::parse(permission_set).unwrap(),
            duration: AccessDuration::from_seconds(600).unwrap(),
            justification: Justification::parse("because").unwrap(),
            ticket: None,
            start: None,
            emergency,
            submitted_at: at(since),
            extends: None,
            escalates: None,
            origin: curfew_domain::origin::Origin::default(),
        };
        Request { state, ..submit(ask).request }
    }

    fn ending(expires: i64) -> State {
        State::Ending { grant: grant(expires), reason: EndReason::Expired }
    }

    /// Whether a lone request in this state is overdue, and since when.
    fn overdue_since(state: State, since: i64) -> Option<i64> {
        let found = summary(&[request(1, state, since, false)], &Lease::NEW, at(0)).overdue;
        found.first().map(|overdue| overdue.since.as_second() - NOW)
    }

    #[test]
    fn access_is_overdue_five_minutes_after_it_should_be_gone_whoever_noticed() {
        assert_eq!(overdue_since(ending(-301), -301), Some(-301));
        assert_eq!(overdue_since(ending(-300), -300), None, "not yet");
        assert_eq!(overdue_since(ending(3_600), -301), Some(-301), "it was given back before its time");
        assert_eq!(overdue_since(ending(-301), -10), Some(-301), "its end was noticed late");
        assert_eq!(overdue_since(State::Active(grant(-301)), -900), Some(-301), "nobody has noticed its end");
        assert_eq!(overdue_since(State::Provisioning(grant(-301)), -900), Some(-301));
        assert_eq!(overdue_since(State::Active(grant(1)), -900), None, "its time is not over");
        for state in [State::Submitted, State::Approved, State::Denied, State::Lapsed] {
            assert_eq!(overdue_since(state, -90_000), None, "there is no access");
        }
    }

    #[test]
    fn a_lease_is_free_held_or_ran_out() {
        let held = |until| Lease { holder: Some(Holder { name: "w".to_owned(), until: at(until) }), version: 3 };
        let holder = || "w".to_owned();
        assert_eq!(writer(&Lease::NEW, at(0)), WriterState::Free);
        assert_eq!(writer(&held(1), at(0)), WriterState::Held { holder: holder(), until: at(1) });
        assert_eq!(writer(&held(0), at(0)), WriterState::RanOut { holder: holder(), until: at(0) });
        assert_eq!(writer(&held(1).given_back(), at(0)), WriterState::Free);
    }

    fn states() -> impl Strategy<Value = State> {
        (0..8, -1_000i64..1_000).prop_map(|(kind, expires)| match kind {
            0 => State::Submitted,
            1 => State::AwaitingApproval { step: 0, deadline: at(expires) },
            2 => State::Approved,
            3 => State::Scheduled { start: at(expires) },
            4 => State::Provisioning(grant(expires)),
            5 => State::Active(grant(expires)),
            6 => ending(expires),
            _ => State::Denied,
        })
    }

    proptest! {
        #[test]
        fn every_request_counts_once_where_it_belongs(
            states in proptest::collection::vec((states(), -1_000i64..10, proptest::bool::ANY), 0..20),
        ) {
            let live: Vec<Request> = states
                .into_iter()
                .enumerate()
                .map(|(n, (state, since, emergency))| request(n, state, since, emergency))
                .collect();
            let health = summary(&live, &Lease::NEW, at(0));
            let of = |stage: &str| live.iter().filter(|r| r.state.stage().name() == stage).count();
            prop_assert_eq!(health.live, live.len());
            prop_assert_eq!((health.active, health.ending), (of("active"), of("ending")));
            let [(_, removals), (_, emergencies), (_, grants)] = health.intents;
            prop_assert_eq!((removals, emergencies + grants), (of("ending"), of("provisioning")));
            // The oldest intent is one of them, and none is older.
            let ages: Vec<i64> = live
                .iter()
                .filter(|r| r.intent().is_some())
                .map(|r| at(0).duration_since(r.since).as_secs().max(0))
                .collect();
            prop_assert_eq!(health.oldest_intent.as_ref().map(|oldest| oldest.age.as_secs()), ages.iter().copied().max());
            // Whoever is overdue is named once, the latest first, and all others are not.
            prop_assert!(health.overdue.is_sorted_by_key(|overdue| overdue.since));
            for request in &live {
                let named = health.overdue.iter().filter(|overdue| overdue.request == request.ask.id).count();
                prop_assert_eq!(named, usize::from(overdue(request, at(0)).is_some()));
            }
        }

        #[test]
        fn the_order_of_the_requests_does_not_matter(
            mut states in proptest::collection::vec((states(), -1_000i64..10), 0..12),
        ) {
            let live = |states: &[(State, i64)]| -> Vec<Request> {
                states.iter().enumerate().map(|(n, (state, since))| request(n, state.clone(), *since, false)).collect()
            };
            // Different ages, so that there is one oldest intent.
            for (n, (_, since)) in states.iter_mut().enumerate() {
                *since = *since * 12 + i64::try_from(n).unwrap();
            }
            let mut requests = live(&states);
            let forwards = summary(&requests, &Lease::NEW, at(0));
            requests.reverse();
            let backwards = summary(&requests, &Lease::NEW, at(0));
            prop_assert_eq!(forwards, backwards);
        }
    }
}
