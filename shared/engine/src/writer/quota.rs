//! What Identity Center lets the whole organisation do: so many calls a second, so many operations at once, one role
//! update per account at a time.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use curfew_domain::id::{AccountId, GroupId, Key, UserId};
use curfew_domain::time::{SignedDuration, Timestamp};

use super::tempo::{CERTAIN, Tempo};
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
/// With fewer operations in flight, no end is guessed: there is no hurry.
const CROWD: usize = 5;
/// A change is asked for when this much of a slot has probably become free since the last look, in thousandths: to wait for
/// certainty would leave slots empty for half of the time between two looks. A wrong guess costs one refused call, and
/// shows like a look that nothing has ended.
const LIKELY: i64 = 320;
/// A look is worth its call when so much has probably ended.
const WORTH_A_LOOK: i64 = 2_100;
/// After a refusal, none is asked for until then.
const REFUSED_PAUSE: SignedDuration = SignedDuration::from_millis(100);

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
    /// Numbers the slots.
    tickets: u64,
    tempo: Tempo,
    /// Identity Center took no more: nothing is asked for until then.
    refused_until: Timestamp,
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
    /// Which slot: the lane may have been given to another since.
    ticket: u64,
    /// Its operation, once it was accepted.
    operation: Option<Accepted>,
}

struct Accepted {
    /// Identity Center's id of it, if that is known.
    id: Option<String>,
    at: Timestamp,
    /// When it was last known to be in progress.
    seen: Timestamp,
}

/// The right to one operation in one lane. Given back when dropped.
pub(super) struct Slot<'a> {
    quota: &'a Quota,
    lane: Lane,
    ticket: u64,
}

impl Quota {
    pub(super) fn new(limits: Limits, now: Timestamp) -> Self {
        let (slots, tempo) = (BTreeMap::new(), Tempo::default());
        let state = State { next_call: now, slots, tickets: 0, tempo, refused_until: now };
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
        if state.slots.contains_key(lane) || !state.has_room(now, self.limits.operations) {
            return None;
        }
        state.tickets += 1;
        let ticket = state.tickets;
        state.slots.insert(lane.clone(), Occupant { ticket, operation: None });
        Some(Slot { quota: self, lane: lane.clone(), ticket })
    }

    /// Whether a slot could be had in some lane.
    pub(super) fn has_room(&self, now: Timestamp) -> bool {
        self.state().has_room(now, self.limits.operations)
    }

    /// Whether so much is in flight that there is more to save than time.
    pub(super) fn is_crowded(&self) -> bool {
        self.state().slots.len() >= CROWD
    }

    /// Whether so much has probably ended that it is worth a look.
    pub(super) fn is_worth_a_look(&self, now: Timestamp) -> bool {
        self.state().probably_ended(now) >= WORTH_A_LOOK
    }

    /// All operations have just been looked at, and these are in progress no more: their slots are free.
    pub(super) fn looked(&self, over: &[String], now: Timestamp) {
        let mut guard = self.state();
        let State { slots, tempo, .. } = &mut *guard;
        slots.retain(|_, occupant| {
            let Some(operation) = &mut occupant.operation else { return true };
            let is_over = operation.id.as_ref().is_some_and(|id| over.contains(id));
            if is_over {
                tempo.ended(operation.at, operation.seen, now);
            } else {
                operation.seen = now;
            }
            !is_over
        });
    }

    /// Identity Center has taken no more operations.
    pub(super) fn refused(&self, now: Timestamp) {
        let mut state = self.state();
        state.refused_until = now.checked_add(REFUSED_PAUSE).unwrap_or(now);
        let operations = state.slots.values_mut().filter_map(|occupant| occupant.operation.as_mut());
        let operations: Vec<&mut Accepted> = operations.collect();
        if operations.len() <= self.limits.operations {
            // None of them has ended.
            for operation in operations {
                operation.seen = now;
            }
        }
    }
}

impl State {
    /// Whether one more operation will probably be accepted.
    fn has_room(&self, now: Timestamp, operations: usize) -> bool {
        let more = self.slots.len().checked_sub(operations);
        match more {
            _ if now < self.refused_until => false,
            None => true,
            Some(_) if self.slots.len() < CROWD => false,
            Some(more) => {
                let taken = CERTAIN.saturating_mul(i64::try_from(more).unwrap_or(i64::MAX));
                self.probably_ended(now) >= taken.saturating_add(LIKELY)
            }
        }
    }

    /// How many operations have probably ended since the last look, in thousandths.
    fn probably_ended(&self, now: Timestamp) -> i64 {
        let operations = self.slots.values().filter_map(|occupant| occupant.operation.as_ref());
        operations.map(|operation| self.tempo.has_ended(operation.at, operation.seen, now)).sum()
    }
}

impl Slot<'_> {
    /// The operation was accepted, or may have been; under this id, if that is known.
    pub(super) fn begun(&mut self, id: Option<&str>, now: Timestamp) {
        let mut state = self.quota.state();
        if let Some(occupant) = state.slots.get_mut(&self.lane).filter(|occupant| occupant.ticket == self.ticket) {
            occupant.operation = Some(Accepted { id: id.map(str::to_owned), at: now, seen: now });
        }
    }

    /// The operation has ended, or was never begun.
    pub(super) fn free(&mut self) {
        let mut state = self.quota.state();
        if state.slots.get(&self.lane).is_some_and(|occupant| occupant.ticket == self.ticket) {
            state.slots.remove(&self.lane);
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.free();
    }
}
