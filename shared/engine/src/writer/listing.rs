//! Confirms by listing. One listing tells about every user of its account and permission set, so that in a crowd those
//! whose operations end within a while share one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use curfew_domain::id::{AccountId, Key, PermissionSetArn, UserId};
use curfew_domain::time::{SignedDuration, Timestamp};

use super::Tools;
use crate::error::Error;

/// In a crowd, a confirmation waits this long for others of its place, and up to so much longer for calls to spare. The
/// slot of its operation is free meanwhile.
const SHARED_WITHIN: SignedDuration = SignedDuration::from_secs(32);
const AT_MOST: SignedDuration = SignedDuration::from_secs(39);
/// How often it is checked whether somebody else has listed.
const STEP: SignedDuration = SignedDuration::from_millis(100);

/// What one listing is about.
pub(super) type Place = (AccountId, PermissionSetArn);

/// Whose access, and in which listing it is. A membership is looked up by itself: its group may have thousands of members.
pub(super) fn shared(key: &Key) -> Option<(&UserId, Place)> {
    match key {
        Key::Assignment { user, account, permission_set } => Some((user, (account.clone(), permission_set.clone()))),
        Key::Membership { .. } => None,
    }
}

/// Those that wait for a listing.
#[derive(Default)]
pub(super) struct Listings(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: BTreeMap<Place, Waiting>,
    /// What listings have shown, until it is taken.
    shown: BTreeMap<Key, bool>,
}

struct Waiting {
    /// Since when the first waits.
    since: Timestamp,
    users: BTreeSet<UserId>,
}

impl Listings {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Places for which somebody waits: what else is to be done there is best done now.
    pub(super) fn places(&self) -> BTreeSet<Place> {
        self.state().waiting.keys().cloned().collect()
    }

    /// Whether Identity Center lists the assignment, in a listing that begins after this call. Nothing may be in flight
    /// on the key.
    ///
    /// # Errors
    /// The listing failed, or `Busy` if there is no time left to wait for it.
    pub(super) async fn is_assigned(&self, tools: &Tools, key: &Key) -> Result<bool, Error> {
        let Some((user, place)) = shared(key) else {
            tools.quota.pace(tools.clock.as_ref()).await;
            return Ok(tools.access.is_assigned(key).await?);
        };
        self.join(&place, user, tools.clock.now());
        loop {
            if let Some(shown) = self.state().shown.remove(key) {
                return Ok(shown);
            }
            if let Some(users) = self.turn(tools, &place, user) {
                return self.list(tools, user, &place, users).await;
            }
            tools.pause(STEP, "waiting for a listing").await?;
        }
    }

    fn join(&self, place: &Place, user: &UserId, now: Timestamp) {
        let mut state = self.state();
        let waiting = state.waiting.entry(place.clone());
        waiting.or_insert_with(|| Waiting { since: now, users: BTreeSet::new() }).users.insert(user.clone());
    }

    /// Those for whom the caller lists now, if it is time to, and nobody else does it for the caller.
    fn turn(&self, tools: &Tools, place: &Place, user: &UserId) -> Option<BTreeSet<UserId>> {
        let mut state = self.state();
        let waiting = state.waiting.get(place).filter(|waiting| waiting.users.contains(user))?;
        let waited = tools.clock.now().duration_since(waiting.since);
        let is_early = waited < SHARED_WITHIN || !tools.quota.has_calls_to_spare(tools.clock.now());
        let may_wait = tools.quota.is_crowded() && !tools.is_closing() && waited < AT_MOST;
        if may_wait && is_early { None } else { Some(state.waiting.remove(place)?.users) }
    }

    async fn list(&self, tools: &Tools, own: &UserId, place: &Place, users: BTreeSet<UserId>) -> Result<bool, Error> {
        tools.quota.pace(tools.clock.as_ref()).await;
        let listed = tools.access.assigned(&place.0, &place.1, &users).await;
        let mut state = self.state();
        let others = users.iter().filter(|user| *user != own);
        match listed {
            Ok(listed) => {
                let of = |user: &UserId| Key::Assignment {
                    user: user.clone(),
                    account: place.0.clone(),
                    permission_set: place.1.clone(),
                };
                state.shown.extend(others.map(|user| (of(user), listed.contains(user))));
                Ok(listed.contains(own))
            }
            Err(fault) => {
                drop(state);
                // The others try for themselves.
                others.for_each(|user| self.join(place, user, tools.clock.now()));
                Err(fault.into())
            }
        }
    }
}
