//! What Identity Center lets the whole organisation do: so many calls a second, so many operations at once, one role
//! update per account at a time.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use curfew_domain::id::AccountId;
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
const BURST: i64 = 3;
/// How long an operation takes, until some have been seen.
const FIRST_GUESS: SignedDuration = SignedDuration::from_secs(3);
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
    accounts: BTreeSet<AccountId>,
    /// How long an operation takes, in milliseconds; a moving average.
    usual: i64,
    /// When it was last looked which operations have ended, and how many had not.
    looked: Timestamp,
    left: usize,
    /// A guess was wrong: none more until the next look.
    wary: bool,
}

/// The right to one operation on one account. Given back when dropped.
pub(super) struct Slot<'a> {
    quota: &'a Quota,
    account: Option<AccountId>,
    begun: Option<Timestamp>,
}

impl Quota {
    pub(super) fn new(limits: Limits, now: Timestamp) -> Self {
        let state = State {
            next_call: now,
            accounts: BTreeSet::new(),
            usual: i64::try_from(FIRST_GUESS.as_millis()).unwrap_or(i64::MAX),
            looked: now,
            left: 0,
            wary: false,
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

    /// A slot for an operation on this account, if there is one.
    pub(super) fn slot(&self, account: &AccountId, now: Timestamp) -> Option<Slot<'_>> {
        let mut state = self.state();
        let free = !state.accounts.contains(account) && state.occupied(now) < self.limits.operations;
        free.then(|| {
            state.accounts.insert(account.clone());
            Slot { quota: self, account: Some(account.clone()), begun: None }
        })
    }

    /// Whether a slot could be had for some account.
    pub(super) fn has_room(&self, now: Timestamp) -> bool {
        self.state().occupied(now) < self.limits.operations
    }

    /// All operations have just been looked at, and so many of them have ended.
    pub(super) fn looked(&self, now: Timestamp, ended: usize) {
        let mut state = self.state();
        state.looked = now;
        state.left = state.accounts.len().saturating_sub(ended);
        state.wary = false;
    }

    /// Identity Center has taken no more operations.
    pub(super) fn refused(&self) {
        self.state().wary = true;
    }
}

impl State {
    /// Slots in use, less those whose operations have probably ended since the last look. To wait for certainty would
    /// leave slots empty for half of the time between two looks; a wrong guess costs one refused call.
    fn occupied(&self, now: Timestamp) -> usize {
        let in_use = self.accounts.len();
        if self.wary || self.left < CROWD {
            return in_use;
        }
        let passed = now.duration_since(self.looked).as_millis().max(0);
        let ended = passed * i128::try_from(self.left).unwrap_or(0) / i128::from(self.usual.max(1));
        in_use.saturating_sub(usize::try_from(ended).unwrap_or(0).min(self.left))
    }
}

impl Slot<'_> {
    /// The operation was accepted.
    pub(super) fn begun(&mut self, now: Timestamp) {
        self.begun = Some(now);
    }

    /// The operation has ended, some time between the last look and now.
    pub(super) fn ended(&mut self, now: Timestamp) {
        if let Some(begun) = self.begun.take() {
            let mut state = self.quota.state();
            let seen = i64::try_from(now.duration_since(begun).as_millis()).unwrap_or(state.usual);
            state.usual = (state.usual * 7 + seen.clamp(100, 60_000)) / 8;
        }
        self.free();
    }

    fn free(&mut self) {
        if let Some(account) = self.account.take() {
            self.quota.state().accounts.remove(&account);
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.free();
    }
}
