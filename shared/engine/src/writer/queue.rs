//! Which intent is next.

use std::collections::{BTreeMap, BTreeSet};

use curfew_domain::id::{Key, RequestId};
use curfew_domain::request::{Intent, Rank};
use curfew_domain::time::{SignedDuration, Timestamp};

use super::listing::Place;

/// Tries of one intent by one holder. The sweep has another holder try later.
const TRIES: u32 = 6;
/// The first pause between two tries; each further one is twice as long.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_millis(700);

/// The intents of one holder.
#[derive(Default)]
pub(super) struct Queue {
    waiting: BTreeMap<RequestId, Entry>,
    running: BTreeMap<Key, Intent>,
    tries: BTreeMap<RequestId, u32>,
}

struct Entry {
    intent: Intent,
    not_before: Timestamp,
}

impl Queue {
    /// Takes the present intents over: forgets those that are gone, adds those that are new. One that is being carried out
    /// was listed before its end.
    pub(super) fn update(&mut self, intents: Vec<Intent>) {
        let mut before = std::mem::take(&mut self.waiting);
        for intent in intents {
            if self.running.get(&intent.key) == Some(&intent) {
                continue;
            }
            let not_before = before.remove(&intent.request).map_or(Timestamp::MIN, |entry| entry.not_before);
            self.waiting.insert(intent.request.clone(), Entry { intent, not_before });
        }
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
        let shares = |intent: &Intent| {
            places.iter().any(|(account, set)| *account == intent.key.account && *set == intent.key.permission_set)
        };
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
