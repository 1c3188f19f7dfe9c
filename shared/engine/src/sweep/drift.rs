//! Access on what is Curfew's alone that Curfew did not give: assignments of owned permission sets, members of owned groups
//! (I16). It is reported. Where the configuration says `exclusive`, assignments to users are removed, too, by an intent like
//! any other; everything else that Curfew did not create is not touched (I7).

use std::collections::{BTreeMap, BTreeSet};

use curfew_domain::id::{AccountId, GroupId, Key, PermissionSetArn, UserId};
use curfew_domain::request::{self, Request, State, remove_stray};
use curfew_domain::text::Justification;
use curfew_domain::time::{SignedDuration, Timestamp};

use super::place::Place;
use super::round::{Faults, Round, Turns};
use crate::error::{Error, Fault};
use crate::known::Known;
use crate::ports::{Principal, Sighting};

/// Each account of each owned permission set, and each owned group, is looked at once in so many minutes; one sweep that
/// fails or is skipped then still keeps within the quarter of an hour of I16.
const DRIFT_MINUTES: i64 = 7;
/// Listings in one sweep. Up to 280 groups, and accounts, counted once for each owned permission set, have their turn in
/// time; up to 600 keep within I16; more take longer.
const LISTINGS: usize = 60;
/// Longest that sessions of any permission set can last (singlesignon user guide, "Set session duration").
const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(12);
/// What the request says that removes a stray.
const WHY: &str = "Curfew did not make this assignment, and the permission set is Curfew's alone";

/// Access that nothing explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stray {
    place: Place,
    principal: Principal,
}

/// What is Curfew's alone.
struct Owned {
    sets: Vec<PermissionSetArn>,
    groups: Vec<GroupId>,
}

impl Round<'_> {
    /// Configuration and directory; `None` if there are none to go by, which keeps the sweep from nothing else.
    pub(super) async fn known(&mut self) -> Option<Known> {
        match Known::load(&self.sweeper.core).await {
            Ok(known) => Some(known),
            // Nothing is owned before anything was published or read.
            Err(Error::NotConfigured | Error::NoDirectory) => None,
            Err(error) => {
                Faults::default().note(&mut self.swept, "configuration", &error);
                None
            }
        }
    }

    /// Looks at what is Curfew's alone: each sweep asks where each owned permission set is assigned, and each place and each
    /// owned group has its turn.
    pub(super) async fn find_strays(&mut self, known: &Known, live: &[Request]) {
        let mut faults = Faults::default();
        let owned = Owned {
            sets: known.configuration.owned(&known.directory),
            groups: known.configuration.owned_groups(&known.directory),
        };
        let mut places: Vec<Place> = owned.groups.iter().cloned().map(Place::Group).collect();
        for set in &owned.sets {
            if !self.has_time("listing where owned permission sets are assigned") {
                return;
            }
            match self.accounts(set).await {
                Ok(accounts) => places.extend(accounts.into_iter().map(|account| Place::Set(set.clone(), account))),
                Err(fault) => {
                    if faults.note(&mut self.swept, set, &fault.into()) {
                        return;
                    }
                }
            }
        }
        let granted: BTreeSet<Key> = live.iter().filter_map(granted).collect();
        let mut turns = Turns::new(DRIFT_MINUTES, LISTINGS, places.len(), self.now());
        self.look_again = turns.patience();
        for place in places {
            if !turns.take(&place.to_string()) {
                continue;
            }
            if !self.has_time("looking for access that Curfew did not give") {
                return;
            }
            match self.strays(&place, &owned.groups, &granted).await {
                Ok(strays) => self.strays.extend(strays),
                Err(fault) => {
                    if faults.note(&mut self.swept, place, &fault.into()) {
                        return;
                    }
                }
            }
        }
    }

    /// The second look: what still is there, and still without a record, is reported, and removed where that is wanted. A
    /// grant in flight is neither.
    pub(super) async fn confirm_strays(&mut self, known: &Known) {
        let mut places: BTreeMap<Place, Vec<Principal>> = BTreeMap::new();
        for stray in std::mem::take(&mut self.strays) {
            places.entry(stray.place).or_default().push(stray.principal);
        }
        if places.is_empty() {
            return;
        }
        let groups = known.configuration.owned_groups(&known.directory);
        let (mut faults, mut notes) = (Faults::default(), Faults::default());
        let seen = self.seen_before(&mut notes).await;
        for (place, before) in places {
            if !self.has_a_moment("confirming access that Curfew did not give") {
                return;
            }
            let looked = match self.strays(&place, &groups, &BTreeSet::new()).await {
                Ok(strays) => {
                    let strays: Vec<Stray> = strays.into_iter().filter(|s| before.contains(&s.principal)).collect();
                    let settled = self.settle(known, &strays).await;
                    self.note(&strays, &seen, &mut notes).await;
                    settled
                }
                Err(fault) => Err(fault.into()),
            };
            if let Err(error) = looked
                && faults.note(&mut self.swept, place, &error)
            {
                return;
            }
        }
    }

    /// What sweeps saw before. Who cannot read it takes everything for new.
    async fn seen_before(&mut self, faults: &mut Faults) -> Vec<Sighting> {
        match self.sweeper.core.store.sightings().await {
            Ok(seen) => seen,
            Err(fault) => {
                faults.note(&mut self.swept, "what was seen before", &fault.into());
                Vec::new()
            }
        }
    }

    /// Notes what was seen, for people to look at; last, because it is reported and removed whether or not there is time
    /// for that.
    async fn note(&mut self, strays: &[Stray], seen: &[Sighting], faults: &mut Faults) {
        let now = self.now();
        let until = now.checked_add(self.look_again).unwrap_or(Timestamp::MAX);
        for Stray { place, principal } in strays {
            if !self.has_a_moment("noting access that Curfew did not give") {
                return;
            }
            let before = seen.iter().find(|before| before.place == *place && before.principal == *principal);
            let since = before.map_or(now, |before| before.since);
            let sighting = Sighting { place: place.clone(), principal: principal.clone(), since, seen: now, until };
            if let Err(fault) = self.sweeper.core.store.put_sighting(&sighting).await
                && faults.note(&mut self.swept, place, &fault.into())
            {
                return;
            }
        }
    }

    async fn settle(&mut self, known: &Known, strays: &[Stray]) -> Result<(), Error> {
        let mut failed = Ok(());
        for stray in strays {
            report(stray);
            if known.configuration.model().ownership.exclusive
                && let Some(stray) = removable(stray, known)
            {
                match self.remove(stray).await {
                    Ok(()) => self.swept.repaired += 1,
                    // One that cannot be recorded keeps no other.
                    Err(error) => failed = Err(error),
                }
            }
        }
        failed
    }

    /// Records that a stray is to be removed; the writer does it.
    async fn remove(&self, stray: request::Stray) -> Result<(), Error> {
        let core = &self.sweeper.core;
        let now = self.now();
        let why =
            Justification::parse(WHY).map_err(|error| Fault::permanent("record the removal of a stray", error))?;
        let first = remove_stray(stray, self.sweeper.ids.request(now)?, why, now);
        core.store.insert(&first, None).await?;
        let ask = &first.request.ask;
        tracing::warn!(
            request_id = %ask.id, user = %ask.requester, account = %ask.account, permission_set = %ask.permission_set,
            "an assignment that Curfew did not make is being removed"
        );
        core.carry_out(&first).await;
        Ok(())
    }

    async fn accounts(&mut self, set: &PermissionSetArn) -> Result<Vec<AccountId>, Fault> {
        let (mut accounts, mut next) = (Vec::new(), None::<String>);
        loop {
            self.pace().await;
            let page = self.sweeper.inventory.accounts(set, next.as_deref()).await?;
            accounts.extend(page.items);
            match page.next {
                Some(token) => next = Some(token),
                None => return Ok(accounts),
            }
        }
    }

    /// The access at a place that neither a live grant nor a record explains, nor that Curfew gives it by a group. Records
    /// are read after the listing: what Curfew makes is on record before it is there.
    async fn strays(
        &mut self,
        place: &Place,
        groups: &[GroupId],
        granted: &BTreeSet<Key>,
    ) -> Result<Vec<Stray>, Fault> {
        let mut strays = Vec::new();
        for principal in self.holders(place).await? {
            let explained = match &principal {
                Principal::User(user) => {
                    let key = place.key(user.clone());
                    granted.contains(&key) || self.is_on_record(&key).await?
                }
                Principal::Other(name) => groups.iter().any(|group| *name == format!("GROUP {group}")),
            };
            if !explained {
                strays.push(Stray { place: place.clone(), principal });
            }
        }
        Ok(strays)
    }

    async fn is_on_record(&self, key: &Key) -> Result<bool, Fault> {
        let record = self.sweeper.core.store.assignment(key).await?;
        Ok(record.ours || record.operation.is_some() || !record.holds.is_empty())
    }
}

/// What a live grant explains. By hand, people may give the very assignment.
fn granted(request: &Request) -> Option<Key> {
    let is_live = matches!(request.state, State::Provisioning(_) | State::Active(_) | State::Ending { .. });
    is_live.then(|| request.key().unwrap_or_else(|| request.ask.key()))
}

/// What may be removed of it: a user's own assignment.
fn removable(stray: &Stray, known: &Known) -> Option<request::Stray> {
    let (Place::Set(set, account), Principal::User(user)) = (&stray.place, &stray.principal) else { return None };
    let session = known.directory.permission_sets.get(set).map_or(LONGEST_SESSION, |set| set.session);
    let (user, account, permission_set): (UserId, _, _) = (user.clone(), account.clone(), set.clone());
    Some(request::Stray { user, account, permission_set, session })
}

fn report(stray: &Stray) {
    let principal = &stray.principal;
    match &stray.place {
        Place::Set(set, account) => tracing::error!(
            account = %account, permission_set = %set, principal = %principal, alarm = "stray_assignment",
            "a permission set that is Curfew's alone is assigned, and Curfew did not do it"
        ),
        Place::Group(group) => tracing::error!(
            group = %group, principal = %principal, alarm = "stray_assignment",
            "a group that is Curfew's alone has a member, and Curfew did not add it"
        ),
    }
}
