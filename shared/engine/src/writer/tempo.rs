//! How long operations take, as the latest have shown. Nothing but pace depends on it.

use std::collections::VecDeque;

use curfew_domain::time::{SignedDuration, Timestamp};

/// So many ends are remembered: enough to know the usual, few enough to notice when that changes.
const KEPT: usize = 40;
/// Before so many ends were seen, an operation may end at any moment between these.
const ENOUGH: usize = 8;
const AT_FIRST: [i64; 2] = [1_000, 5_000];
/// No end is known better than that, in milliseconds: looks take a moment.
const BLUR: i64 = 100;
/// Of something that takes longer than nearly everything that was seen, nothing is known: it may end at any moment within
/// so many milliseconds.
const OVERDUE: i64 = 700;
const NEARLY_ALL: i64 = 970;

/// A certainty, in thousandths.
pub(super) const CERTAIN: i64 = 1_000;

/// The latest ends: each came so many milliseconds after the beginning, at the earliest and at the latest.
#[derive(Debug, Default)]
pub(super) struct Tempo(VecDeque<[i64; 2]>);

impl Tempo {
    /// An operation that was still in progress at `seen` had ended by `now`.
    pub(super) fn ended(&mut self, begun: Timestamp, seen: Timestamp, now: Timestamp) {
        let [least, most] = [millis(begun, seen), millis(begun, now)];
        self.0.push_back([least.min(most - BLUR), most]);
        if self.0.len() > KEPT {
            self.0.pop_front();
        }
    }

    /// How probable it is that an operation that was in progress at `seen` has ended by now, in thousandths.
    pub(super) fn has_ended(&self, begun: Timestamp, seen: Timestamp, now: Timestamp) -> i64 {
        let [before, by_now] = [self.share(millis(begun, seen)), self.share(millis(begun, now))];
        if before >= NEARLY_ALL {
            return (millis(seen, now) * CERTAIN / OVERDUE).clamp(0, CERTAIN);
        }
        (by_now - before) * CERTAIN / (CERTAIN - before)
    }

    /// The share of operations that take no longer than this, in thousandths.
    fn share(&self, millis: i64) -> i64 {
        let of = |[least, most]: [i64; 2]| ((millis - least) * CERTAIN / (most - least).max(1)).clamp(0, CERTAIN);
        if self.0.len() < ENOUGH {
            return of(AT_FIRST);
        }
        let sum: i64 = self.0.iter().copied().map(of).sum();
        sum / i64::try_from(self.0.len()).unwrap_or(1)
    }
}

fn millis(from: Timestamp, to: Timestamp) -> i64 {
    let apart: SignedDuration = to.duration_since(from);
    i64::try_from(apart.as_millis()).unwrap_or(i64::MAX).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    #[test]
    fn an_end_is_expected_when_others_have_ended() {
        let mut tempo = Tempo::default();
        for _ in 0..ENOUGH {
            tempo.ended(at(0), at(2_000), at(3_000));
        }
        let has_ended = |seen, now| tempo.has_ended(at(0), at(seen), at(now));
        assert_eq!(has_ended(0, 1_900), 0);
        assert_eq!(has_ended(0, 2_500), 500);
        assert_eq!(has_ended(0, 3_000), CERTAIN);
        // Who was seen later has less behind it.
        assert_eq!(has_ended(2_500, 2_500), 0);
        assert_eq!(has_ended(2_500, 2_750), 500);
        // Longer than any other: nobody knows, and it is looked for soon.
        assert_eq!(has_ended(9_000, 9_350), 500);
    }

    #[test]
    fn what_was_long_ago_is_forgotten() {
        let mut tempo = Tempo::default();
        for usual in [1_000, 9_000] {
            for _ in 0..KEPT {
                tempo.ended(at(0), at(usual - 100), at(usual));
            }
        }
        assert_eq!(tempo.has_ended(at(0), at(0), at(8_000)), 0);
    }
}
