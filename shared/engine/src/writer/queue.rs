//! Which intent is next.

use std::collections::{BTreeMap, BTreeSet};

use curfew_domain::id::{Key, RequestId};
use curfew_domain::request::{Intent, Rank};
use curfew_domain::time::{SignedDuration, Timestamp};

use super::listing::{Place, shared};

/// Tries of one intent by one holder. The sweep has another holder try later.
const TRIES: u32 = 6;
/// The first pause between two tries; each further one is twice as long.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_millis(700);

/// The intents of one holder: those that it has in hand because it has moved their requests itself, and those that others
/// have listed.
#[derive(Default)]
pub(super) struct Queue {
    waiting: BTreeMap<RequestId, Entry>,
    running: BTreeMap<Key, Intent>,
    tries: BTreeMap<RequestId, u32>,
    /// In hand, until carried out or listed.
    in_hand: BTreeMap<RequestId, Intent>,
    /// On the list when it was last read.
    listed: BTreeMap<RequestId, Rank>,
}

struct Entry {
    intent: Intent,
    not_before: Timestamp,
}

impl Queue {
    /// Takes intents up whose requests this holder has moved itself.
    pub(super) fn take_up(&mut self, moved: Vec<Intent>) {
        for intent in moved {
            self.in_hand.insert(intent.request.clone(), intent.clone());
            self.wait_for(intent, Timestamp::MIN);
        }
    }

    /// Takes the list over as it is now: forgets what is on it no more and not in hand, adds what is new. An intent that is
    /// being carried out was listed before its end.
    pub(super) fn update(&mut self, listed: Vec<Intent>) {
        self.listed = listed.iter().map(|intent| (intent.request.clone(), intent.rank)).collect();
        let mut before = std::mem::take(&mut self.waiting);
        for intent in self.in_hand.values().cloned().chain(listed).collect::<Vec<_>>() {
            let not_before = before.remove(&intent.request).map_or(Timestamp::MIN, |entry| entry.not_before);
            self.wait_for(intent, not_before);
        }
    }

    fn wait_for(&mut self, intent: Intent, not_before: Timestamp) {
        if self.running.get(&intent.key) == Some(&intent) {
            return;
        }
        // What was in hand and what is listed may be of different moments. A request never goes from a removal to a grant.
        let later = self.waiting.get(&intent.request).is_none_or(|entry| intent.rank < entry.intent.rank);
        if later {
            self.waiting.insert(intent.request.clone(), Entry { intent, not_before });
        }
    }

    /// Whether this holder has something in hand.
    pub(super) fn has_some_in_hand(&self) -> bool {
        !self.in_hand.is_empty()
    }

    /// What is in hand and on no list.
    pub(super) fn unlisted(&self) -> Vec<Intent> {
        self.in_hand.values().filter(|intent| !self.is_listed(intent)).cloned().collect()
    }

    /// These are listed now, and anybody's.
    pub(super) fn let_go(&mut self, listed: Vec<Intent>) {
        self.in_hand.clear();
        self.listed.extend(listed.into_iter().map(|intent| (intent.request, intent.rank)));
    }

    /// Takes an intent in hand that is about to be tried; whether it is to be taken off the list for that.
    pub(super) fn take_over(&mut self, intent: &Intent) -> bool {
        let listed = self.is_listed(intent);
        if listed {
            self.listed.remove(&intent.request);
            self.in_hand.insert(intent.request.clone(), intent.clone());
        }
        listed
    }

    /// Whether the list had this intent when it was last read.
    pub(super) fn is_listed(&self, intent: &Intent) -> bool {
        self.listed.get(&intent.request) == Some(&intent.rank)
    }

    /// Takes the most urgent intent out that may be tried now and that `fits`: of those, one of these places, so that it
    /// shares a listing; or else the oldest.
    pub(super) fn next<S>(
        &mut self,
        now: Timestamp,
        places: &BTreeSet<Place>,
        fits: impl Fn(&Intent) -> Option<S>,
    ) -> Option<(Intent, S)> {
        let may = |entry: &&Entry| {
            let Entry { intent, not_before } = entry;
            *not_before <= now && !self.running.contains_key(&intent.key) && !self.is_given_up(intent)
        };
        let shares = |intent: &Intent| shared(&intent.key).is_some_and(|(_, place)| places.contains(&place));
        let first = |rank, shared: bool| {
            let all = self.waiting.values().filter(|entry| entry.intent.rank == rank).filter(may).map(|e| &e.intent);
            let mut all = all.filter(|intent| !shared || shares(intent));
            all.find_map(|intent| Some((intent.request.clone(), fits(intent)?)))
        };
        let choices = Rank::ALL.into_iter().flat_map(|rank| [(rank, true), (rank, false)]);
        let (request, slot) = choices
            .filter(|(_, shared)| !shared || !places.is_empty())
            .find_map(|(rank, shared)| first(rank, shared))?;
        let entry = self.waiting.remove(&request)?;
        self.running.insert(entry.intent.key.clone(), entry.intent.clone());
        Some((entry.intent, slot))
    }

    /// An intent was carried out, or is no more. Should it be seen again, it waits its turn.
    pub(super) fn done(&mut self, intent: &Intent) {
        self.running.remove(&intent.key);
        if self.in_hand.get(&intent.request) == Some(intent) {
            self.in_hand.remove(&intent.request);
        }
    }

    /// Identity Center takes no more changes at present: that is nobody's failure, and the next slot will do.
    pub(super) fn not_now(&mut self, intent: Intent, now: Timestamp) {
        self.running.remove(&intent.key);
        let not_before = now.checked_add(jittered(FIRST_PAUSE, &intent.request, 0)).unwrap_or(now);
        self.waiting.insert(intent.request.clone(), Entry { intent, not_before });
    }

    /// An intent could not be carried out this time.
    pub(super) fn again(&mut self, intent: Intent, now: Timestamp) {
        self.running.remove(&intent.key);
        let tries = self.tries.entry(intent.request.clone()).or_default();
        *tries += 1;
        let pause = jittered(FIRST_PAUSE * (1 << (*tries).min(5)), &intent.request, *tries);
        let not_before = now.checked_add(pause).unwrap_or(now);
        self.waiting.insert(intent.request.clone(), Entry { intent, not_before });
    }

    /// Whether this holder has something left to do.
    pub(super) fn is_idle(&self, eligible: impl Fn(&Intent) -> bool) -> bool {
        self.running.is_empty() && !self.waiting.values().any(|e| eligible(&e.intent) && !self.is_given_up(&e.intent))
    }

    /// What is left of some rank.
    pub(super) fn left(&self, rank: impl Fn(Rank) -> bool) -> usize {
        self.waiting.values().filter(|entry| rank(entry.intent.rank)).count()
    }

    fn is_given_up(&self, intent: &Intent) -> bool {
        self.tries.get(&intent.request).is_some_and(|tries| *tries >= TRIES)
    }
}

/// Between half and the whole of a pause, so that what failed together is not tried again together. No randomness:
/// one holder at a time, and the same run must be the same again.
fn jittered(pause: SignedDuration, id: &RequestId, tries: u32) -> SignedDuration {
    let mix =
        id.as_str().bytes().fold(u64::from(tries), |mix, byte| mix.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let share = i32::try_from(mix % 128).unwrap_or_default();
    pause / 2 + pause / 2 * share / 128
}
