//! One sweep under way: its time, its share of Identity Center's quota, and whose turn it is.

use std::fmt::Display;

use curfew_domain::request::Request;
use curfew_domain::time::{SignedDuration, Timestamp};

use super::drift::Stray;
use super::place::Place;
use super::{Sweeper, Swept};
use crate::error::{Error, Fault};
use crate::known::Known;
use crate::ports::{Page, Principal};

/// From one call to Identity Center, the directory or the organisation to the next: three a second. The quota of
/// Identity Center is 20 for everything in the organisation, and removals come first.
const GAP: SignedDuration = SignedDuration::from_millis(334);
/// No look is begun with less time than this.
const ENOUGH_TIME: SignedDuration = SignedDuration::from_secs(20);
/// No second look is begun with less time than this.
const LAST_MOMENT: SignedDuration = SignedDuration::from_secs(6);
/// A listing that lags is believed only if it says the same after this long.
const SECOND_LOOK: SignedDuration = SignedDuration::from_secs(10);
/// After so many faults that may pass, whoever was asked is left alone until the next sweep.
const PATIENCE: usize = 3;

/// One sweep under way.
pub(super) struct Round<'a> {
    pub(super) sweeper: &'a Sweeper,
    pub(super) swept: Swept,
    deadline: Timestamp,
    next_call: Timestamp,
    /// Active grants whose assignment was not listed.
    pub(super) missing: Vec<&'a Request>,
    /// Assignments that nothing explained.
    pub(super) strays: Vec<Stray>,
    /// Within this time, everything that is Curfew's alone is looked at again.
    pub(super) look_again: SignedDuration,
}

impl<'a> Round<'a> {
    pub(super) fn new(sweeper: &'a Sweeper, deadline: Timestamp, swept: Swept) -> Self {
        let next_call = sweeper.core.clock.now();
        let look_again = SignedDuration::ZERO;
        Self { sweeper, swept, deadline, next_call, missing: Vec::new(), strays: Vec::new(), look_again }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.sweeper.core.clock.now()
    }

    /// Whether there is time for another look; says so if there is not.
    pub(super) fn has_time(&self, what: &'static str) -> bool {
        self.has(ENOUGH_TIME, what)
    }

    /// Whether there is time for another second look.
    pub(super) fn has_a_moment(&self, what: &'static str) -> bool {
        self.has(LAST_MOMENT, what)
    }

    fn has(&self, time: SignedDuration, what: &'static str) -> bool {
        let enough = self.deadline.duration_since(self.now()) >= time;
        if !enough {
            tracing::warn!(what, "the sweep ran out of time; the next one goes on");
        }
        enough
    }

    /// Waits for the turn of one more call.
    pub(super) async fn pace(&mut self) {
        let now = self.now();
        let at = self.next_call.max(now);
        self.next_call = at.checked_add(GAP).unwrap_or(at);
        if at > now {
            self.sweeper.core.clock.sleep(at.duration_since(now)).await;
        }
    }

    /// Everybody who has a permission set in an account, directly; every member of a group.
    pub(super) async fn holders(&mut self, place: &Place) -> Result<Vec<Principal>, Fault> {
        let (mut holders, mut next) = (Vec::new(), None::<String>);
        loop {
            self.pace().await;
            let page = match place {
                Place::Set(set, account) => self.sweeper.inventory.holders(account, set, next.as_deref()).await?,
                // A group that is gone has no members.
                Place::Group(group) => match self.sweeper.members.members(group, next.take()).await? {
                    Some(page) => {
                        Page { items: page.items.into_iter().map(Principal::User).collect(), next: page.next }
                    }
                    None => Page { items: Vec::new(), next: None },
                },
            };
            holders.extend(page.items);
            match page.next {
                Some(token) => next = Some(token),
                None => return Ok(holders),
            }
        }
    }

    /// What the first looks found is looked at again after a pause, once for all.
    pub(super) async fn look_again(&mut self, known: Option<&Known>) {
        if self.missing.is_empty() && self.strays.is_empty() {
            return;
        }
        self.sweeper.core.clock.sleep(SECOND_LOOK).await;
        self.confirm_missing().await;
        if let Some(known) = known {
            self.confirm_strays(known).await;
        }
    }
}

/// Whose turn it is among many: everybody's once in so many minutes, spread by name, so that no sweep does all at once.
/// When there are too many for that, everybody waits longer; nobody is forgotten.
pub(super) struct Turns {
    minute: i64,
    period: i64,
    left: usize,
}

impl Turns {
    /// Once in `minutes`, at most `at_once` in one sweep.
    pub(super) fn new(minutes: i64, at_once: usize, many: usize, now: Timestamp) -> Self {
        // Names do not spread evenly: minutes are planned to be two thirds full.
        let needed = (many * 3).div_ceil(at_once.max(1) * 2);
        let period = i64::try_from(needed).unwrap_or(i64::MAX).max(minutes);
        Self { minute: now.as_second().div_euclid(60), period, left: at_once }
    }

    /// Within this time, everybody has a turn: twice the period, because one sweep may fail.
    pub(super) fn patience(&self) -> SignedDuration {
        SignedDuration::from_mins(self.period.saturating_mul(2).saturating_add(1))
    }

    /// Whether it is this one's turn; if so, it is counted.
    pub(super) fn take(&mut self, name: &str) -> bool {
        let mix = name.bytes().fold(0_i64, |mix, byte| (mix * 31 + i64::from(byte)) % 1_000_003);
        let turn = self.left > 0 && (self.minute + mix).rem_euclid(self.period) == 0;
        self.left -= usize::from(turn);
        turn
    }
}

/// Faults of one kind of look.
#[derive(Default)]
pub(super) struct Faults(usize);

impl Faults {
    /// Counts and reports one; whether to stop asking.
    pub(super) fn note(&mut self, swept: &mut Swept, subject: impl Display, error: &Error) -> bool {
        swept.faults += 1;
        tracing::error!(%subject, %error, alarm = "sweep_fault", "this could not be looked at this time");
        self.0 += usize::from(matches!(error, Error::Fault(Fault::Transient { .. })));
        self.0 >= PATIENCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns_of(names: &[String], minutes: i64, at_once: usize, within: i64) -> (usize, usize) {
        let mut seen = std::collections::BTreeSet::new();
        let mut most = 0;
        for minute in 0..within {
            let now = Timestamp::from_second(1_795_424_400 + minute * 60).unwrap();
            let mut turns = Turns::new(minutes, at_once, names.len(), now);
            let taken: Vec<&String> = names.iter().filter(|name| turns.take(name)).collect();
            most = most.max(taken.len());
            seen.extend(taken);
        }
        (seen.len(), most)
    }

    #[test]
    fn everybody_has_a_turn_in_time_and_no_sweep_does_too_much() {
        let names = |n: usize| (0..n).map(|i| format!("{:012}", i * 7_919)).collect::<Vec<_>>();
        for n in [1, 10, 80] {
            assert_eq!(turns_of(&names(n), 2, 60, 2).0, n);
        }
        let (seen, most) = turns_of(&names(200), 2, 60, 5);
        assert!(seen == 200 && most <= 60, "{seen} {most}");
        let (seen, most) = turns_of(&names(10_000), 2, 60, 250);
        assert!(seen >= 9_990 && most <= 60, "{seen} {most}");
    }
}
