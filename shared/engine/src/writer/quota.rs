//! What Identity Center lets the whole organisation do: so many calls a second, so many operations at once, one role
//! update per account at a time.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use curfew_domain::id::{AccountId, GroupId, Key, UserId};
use curfew_domain::time::{SignedDuration, Timestamp};

use crate::ports::Clock;

/// How much of Identity Center's quotas the writer uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls per second, from 1. AWS allows 20 for everything in the organisation (singlesignon user guide, "Quotas").
    pub calls_per_second: u32,
    /// Assignment operations at once, from 1. AWS allows 10.
    pub operations: usize,
}

impl Default for Limits {
    /// Leaves eight calls a second to people's requests and to the sweep.
    fn default() -> Self {
        Self { calls_per_second: 12, operations: 10 }
    }
}

/// Calls that may be made at once after a pause.
const BURST: i64 = 8;
/// How long an operation is thought to take at first. Each guess that was wrong makes it longer by a part in `WRONG`,
/// each that was right shorter by a part in `RIGHT`: about one guess in three is wrong then, whatever the truth is. That
/// is a refused call for two or three removals, and keeps slots from standing idle until the next look.
const FIRST_GUESS: SignedDuration = SignedDuration::from_secs(3);
const WRONG: i64 = 32;
const RIGHT: i64 = 60;
/// With fewer operations in flight, no end is guessed: there is no hurry.
const CROWD: usize = 5;

/// Keeps count of calls and operations.
pub(super) struct Quota {
    limits: Limits,
    state: Mutex<State>,
}

struct State {
    /// When the next call may be made.
    next_call: Timestamp,
    /// Slots in use.
    slots: BTreeMap<Lane, Occupant>,
    /// How long an operation is thought to take, in milliseconds.
    usual: i64,
    /// A guess was wrong: no other until then.
    wary_until: Timestamp,
}

/// Where operations must follow one another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    /// Identity Center updates the roles of one account one after the other.
    Account(AccountId),
    /// Memberships are in nobody's way but their own.
    Membership(UserId, GroupId),
}

impl Lane {
    /// The lane of a change of this key.
    pub(super) fn of(key: &Key) -> Self {
        match key {
            Key::Assignment { account, .. } => Self::Account(account.clone()),
            Key::Membership { user, group } => Self::Membership(user.clone(), group.clone()),
        }
    }
}

/// What a slot is used for.
struct Occupant {
    /// It was free only by a guess.
    guessed: bool,
    /// When its operation was accepted.
    begun: Option<Timestamp>,
    /// When it was last seen in progress.
    seen: Option<Timestamp>,
}

/// The right to one operation in one lane. Given back when dropped.
pub(super) struct Slot<'a> {
    quota: &'a Quota,
    lane: Option<Lane>,
}

impl Quota {
    pub(super) fn new(limits: Limits, now: Timestamp) -> Self {
        let state = State {
            next_call: now,
            slots: BTreeMap::new(),
            usual: i64::try_from(FIRST_GUESS.as_millis()).unwrap_or(i64::MAX),
            wary_until: now,
        };
        Self { limits, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until one more call keeps within the rate.
    pub(super) async fn pace(&self, clock: &dyn Clock) {
        let gap = SignedDuration::from_millis(1_000 / i64::from(self.limits.calls_per_second.max(1)));
        let wait = {
            let (mut state, now) = (self.state(), clock.now());
            let oldest = now.checked_sub(gap * i32::try_from(BURST).unwrap_or(1)).unwrap_or(now);
            let at = state.next_call.max(oldest);
            state.next_call = at.checked_add(gap).unwrap_or(at);
            at.duration_since(now)
        };
        if wait > SignedDuration::ZERO {
            clock.sleep(wait).await;
        }
    }

    /// Whether a call that is not urgent would keep none waiting that is.
    pub(super) fn has_calls_to_spare(&self, now: Timestamp) -> bool {
        let gap = SignedDuration::from_millis(1_000 / i64::from(self.limits.calls_per_second.max(1)));
        now.duration_since(self.state().next_call) >= gap * i32::try_from(BURST / 2).unwrap_or(1)
    }

    /// A slot for an operation in this lane, if there is one.
    pub(super) fn slot(&self, lane: &Lane, now: Timestamp) -> Option<Slot<'_>> {
        let mut state = self.state();
        let free = !state.slots.contains_key(lane) && state.occupied(now) < self.limits.operations;
        free.then(|| {
            let guessed = state.slots.len() >= self.limits.operations;
            state.slots.insert(lane.clone(), Occupant { guessed, begun: None, seen: None });
            Slot { quota: self, lane: Some(lane.clone()) }
        })
    }

    /// Whether a slot could be had in some lane.
    pub(super) fn has_room(&self, now: Timestamp) -> bool {
        self.state().occupied(now) < self.limits.operations
    }

    /// Whether so much is in flight that there is more to save than time.
    pub(super) fn is_crowded(&self) -> bool {
        self.state().slots.len() >= CROWD
    }

    /// All operations have just been looked at. The slots of those that have ended are given back at once.
    pub(super) fn looked(&self, now: Timestamp) {
        let mut state = self.state();
        for occupant in state.slots.values_mut().filter(|occupant| occupant.begun.is_some()) {
            occupant.seen = Some(now);
        }
    }

    /// Identity Center has taken no more operations.
    pub(super) fn refused(&self, now: Timestamp) {
        let mut state = self.state();
        state.usual += (state.usual / WRONG).max(1);
        // By then, one of those in progress will probably have ended.
        let gap = state.usual / i64::try_from(self.limits.operations).unwrap_or(1).max(1);
        state.wary_until = now.checked_add(SignedDuration::from_millis(gap)).unwrap_or(now);
    }
}

impl State {
    /// Slots in use, less those whose operations have probably ended since the last look. To wait for certainty would
    /// leave slots empty for half of the time between two looks; a wrong guess costs one refused call.
    fn occupied(&self, now: Timestamp) -> usize {
        if now < self.wary_until || self.slots.len() < CROWD {
            return self.slots.len();
        }
        self.slots.values().filter(|occupant| !occupant.has_probably_ended(now, self.usual)).count()
    }
}

impl Occupant {
    fn has_probably_ended(&self, now: Timestamp, usual: i64) -> bool {
        let Some(begun) = self.begun else { return false };
        let expected = begun.checked_add(SignedDuration::from_millis(usual)).unwrap_or(now);
        // One that takes longer than usual takes a little longer still.
        let again = self.seen.and_then(|seen| seen.checked_add(SignedDuration::from_millis(usual / 4)).ok());
        now >= expected && again.is_none_or(|again| now >= again)
    }
}

impl Slot<'_> {
    /// The operation was accepted.
    pub(super) fn begun(&mut self, now: Timestamp) {
        let Some(lane) = &self.lane else { return };
        let mut state = self.quota.state();
        let Some(occupant) = state.slots.get_mut(lane) else { return };
        occupant.begun = Some(now);
        if occupant.guessed {
            state.usual = (state.usual - state.usual / RIGHT).max(100);
        }
    }

    /// The operation has ended, or was never begun.
    pub(super) fn free(&mut self) {
        if let Some(lane) = self.lane.take() {
            self.quota.state().slots.remove(&lane);
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.free();
    }
}
