//! What active grants stand on: their assignment, their user, their account, their permission set. Where one of them is
//! gone, the grant ends, and the writer removes what is left of it.
//!
//! Facts end grants here and never keep them: a fact that cannot be had changes nothing (I19).

use std::collections::BTreeMap;
use std::fmt;

use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_domain::request::{Cause, Command, Request, State};
use curfew_domain::time::{SignedDuration, Timestamp};

use super::place::Place;
use super::round::{Faults, Round, Turns};
use crate::error::{Error, Fault};
use crate::facts::{AccountFacts, PermissionSetFacts, UserFacts};
use crate::ports::Principal;

/// Each active grant is compared with Identity Center once in so many minutes; one sweep that fails or is skipped then
/// still keeps within the five minutes of I15.
const COMPARE_MINUTES: i64 = 2;
/// Listings of one permission set in one account, in one sweep. Up to 200 of them hold active grants: five minutes are
/// kept. More take longer in proportion.
const LISTINGS: usize = 60;
/// Each user, account and permission set is looked at once in so many minutes.
const FACT_MINUTES: i64 = 3;
/// Facts in one sweep. Up to 90 users, accounts and permission sets have their turn in time; more take longer.
const FACTS: usize = 45;

/// Something that grants stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ground<'a> {
    User(&'a UserId),
    Account(&'a AccountId),
    PermissionSet(&'a PermissionSetArn),
}

/// What was found out about it.
enum Found {
    /// Nothing speaks against the grants.
    Fine,
    /// Grants that stand on it must end.
    Gone(Cause),
    /// A permission set, whose sessions last this long.
    Sessions(SignedDuration),
}

impl<'a> Ground<'a> {
    fn of(request: &'a Request) -> [Self; 3] {
        let ask = &request.ask;
        [Self::User(&ask.requester), Self::Account(&ask.account), Self::PermissionSet(&ask.permission_set)]
    }

    fn name(self) -> &'a str {
        match self {
            Self::User(id) => id.as_str(),
            Self::Account(id) => id.as_str(),
            Self::PermissionSet(arn) => arn.as_str(),
        }
    }
}

impl fmt::Display for Ground<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Active grants. One that is due may be gone already: it ends together with another grant on its key.
fn active(live: &[Request], now: Timestamp) -> impl Iterator<Item = &Request> {
    live.iter().filter(move |r| is_active(r, now))
}

fn is_active(request: &Request, now: Timestamp) -> bool {
    matches!(&request.state, State::Active(grant) if !grant.is_due(now))
}

impl<'a> Round<'a> {
    /// Active grants must have their assignments and memberships. One listing serves all grants of a permission set in an
    /// account, and all of a group.
    pub(super) async fn compare(&mut self, live: &'a [Request]) {
        let now = self.now();
        let mut places: BTreeMap<Place, Vec<&Request>> = BTreeMap::new();
        for request in active(live, now) {
            if let Some(key) = request.key() {
                places.entry(Place::of(&key)).or_default().push(request);
            }
        }
        let mut turns = Turns::new(COMPARE_MINUTES, LISTINGS, places.len(), now);
        let mut faults = Faults::default();
        for (place, grants) in places {
            if !turns.take(&place.to_string()) {
                continue;
            }
            if !self.has_time("comparing active grants with Identity Center") {
                return;
            }
            match self.holders(&place).await {
                Ok(holders) => {
                    let is_listed = |r: &Request| holders.contains(&Principal::User(r.ask.requester.clone()));
                    self.missing.extend(grants.into_iter().filter(|request| !is_listed(request)));
                }
                Err(fault) => {
                    if faults.note(&mut self.swept, place, &fault.into()) {
                        return;
                    }
                }
            }
        }
    }

    /// The second look at grants without assignment.
    pub(super) async fn confirm_missing(&mut self) {
        let mut faults = Faults::default();
        for request in std::mem::take(&mut self.missing) {
            if !self.has_a_moment("confirming that assignments are gone") {
                return;
            }
            match self.lose_if_missing(request).await {
                Ok(lost) => self.swept.repaired += usize::from(lost),
                Err(error) => {
                    if faults.note(&mut self.swept, &request.ask.id, &error) {
                        return;
                    }
                }
            }
        }
    }

    async fn lose_if_missing(&mut self, request: &Request) -> Result<bool, Error> {
        if !is_active(request, self.now()) || self.is_assigned(request).await? {
            return Ok(false);
        }
        let mut cause = Cause::AssignmentRemoved;
        // Whoever deletes a user or a permission set takes the assignment away as well: that is the better reason.
        for ground in Ground::of(request) {
            if let Ok(Found::Gone(because)) = self.look_at(ground).await {
                cause = because;
                break;
            }
        }
        self.lose(request, cause).await
    }

    async fn is_assigned(&mut self, request: &Request) -> Result<bool, Error> {
        // What people give by hand cannot be looked at: they alone know.
        let Some(key) = request.key() else { return Ok(true) };
        self.pace().await;
        Ok(self.sweeper.access.is_assigned(&key).await?)
    }

    /// Users, accounts and permission sets of active grants, each once.
    pub(super) async fn check_grounds(&mut self, live: &'a [Request]) {
        let now = self.now();
        let mut grounds: BTreeMap<Ground<'_>, Vec<&Request>> = BTreeMap::new();
        for request in active(live, now) {
            for ground in Ground::of(request) {
                grounds.entry(ground).or_default().push(request);
            }
        }
        let mut turns = Turns::new(FACT_MINUTES, FACTS, grounds.len(), now);
        let mut faults = Faults::default();
        for (ground, grants) in grounds {
            if !turns.take(ground.name()) {
                continue;
            }
            if !self.has_time("checking users, accounts and permission sets") {
                return;
            }
            match self.check(ground, &grants).await {
                Ok(ended) => self.swept.repaired += ended,
                Err(error) => {
                    if faults.note(&mut self.swept, ground, &error) {
                        return;
                    }
                }
            }
        }
    }

    /// How many grants had to end.
    async fn check(&mut self, ground: Ground<'_>, grants: &[&Request]) -> Result<usize, Error> {
        match self.look_at(ground).await? {
            Found::Fine => Ok(0),
            Found::Sessions(session) => {
                report_longer_sessions(ground, session, grants);
                Ok(0)
            }
            Found::Gone(cause) => {
                let (mut ended, mut failed) = (0, Ok(()));
                for request in grants {
                    match self.end(request, cause).await {
                        Ok(done) => ended += usize::from(done),
                        // One that cannot be ended keeps no other.
                        Err(error) => failed = Err(error),
                    }
                }
                failed.map(|()| ended)
            }
        }
    }

    async fn end(&mut self, request: &Request, cause: Cause) -> Result<bool, Error> {
        // Identity Center deletes no permission set that is assigned: one that is "not found" and assigned is there.
        if cause == Cause::PermissionSetGone && self.is_assigned(request).await? {
            return Err(Fault::transient("look at the permission set", "it is not found, and it is assigned").into());
        }
        self.lose(request, cause).await
    }

    async fn look_at(&mut self, ground: Ground<'_>) -> Result<Found, Fault> {
        self.pace().await;
        let sources = &self.sweeper.sources;
        Ok(match ground {
            Ground::User(id) => match sources.people.user(id).await? {
                UserFacts::Enabled => Found::Fine,
                UserFacts::Disabled => Found::Gone(Cause::UserDisabled),
                UserFacts::Unknown => Found::Gone(Cause::UserGone),
            },
            Ground::Account(id) => match sources.accounts.account(id).await? {
                AccountFacts::Active | AccountFacts::Management => Found::Fine,
                AccountFacts::NotActive => Found::Gone(Cause::AccountNotActive),
                AccountFacts::Unknown => Found::Gone(Cause::AccountGone),
            },
            Ground::PermissionSet(arn) => match sources.permission_sets.permission_set(arn).await? {
                PermissionSetFacts::Known { session } => Found::Sessions(session),
                PermissionSetFacts::Unknown => Found::Gone(Cause::PermissionSetGone),
            },
        })
    }

    /// Ends a grant that was lost; false if it was ended while this looked.
    async fn lose(&self, request: &Request, cause: Cause) -> Result<bool, Error> {
        let id = &request.ask.id;
        let lost = self.sweeper.core.try_act(id, &Command::Lose(cause)).await?;
        if lost && cause == Cause::AssignmentRemoved {
            tracing::error!(
                request_id = %id, alarm = "assignment_removed",
                "an active grant had no assignment: somebody removed it outside Curfew"
            );
        } else if lost {
            tracing::warn!(request_id = %id, cause = cause.name(), "an active grant has lost what it stands on and ends");
        }
        Ok(lost)
    }
}

/// The grants say until when their sessions may last; that is not true any more (I17).
fn report_longer_sessions(ground: Ground<'_>, session: SignedDuration, grants: &[&Request]) {
    let told = |request: &&&Request| request.state.grant().is_some_and(|grant| grant.session < session);
    let grants = grants.iter().filter(told).count();
    if grants > 0 {
        tracing::error!(
            permission_set = %ground, grants, seconds = session.as_secs(), alarm = "session_longer",
            "sessions of a permission set last longer than its active grants say"
        );
    }
}
