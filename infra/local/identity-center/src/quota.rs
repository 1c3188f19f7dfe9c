//! The rate limit: a token bucket in whole thousandths, so that it is exact.

use crate::Millis;

const CALL: u64 = 1_000;

#[derive(Debug, Clone, Default)]
pub(crate) struct Bucket {
    filled: Option<(u64, Millis)>,
}

impl Bucket {
    /// Takes one call if the bucket, which holds one second's worth, has one.
    pub(crate) fn take(&mut self, per_second: u32, now: Millis) -> bool {
        let rate = u64::from(per_second);
        if rate == 0 {
            return true;
        }
        let full = rate.saturating_mul(CALL);
        let (level, at) = self.filled.unwrap_or((full, now));
        // `rate` calls per second are `rate` thousandths of a call per millisecond.
        let level = level.saturating_add(now.since(at).saturating_mul(rate)).min(full);
        let left = level.checked_sub(CALL);
        self.filled = Some((left.unwrap_or(level), at.max(now)));
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_of_constant_pressure_gets_one_burst_and_the_rate_exactly() {
        let mut bucket = Bucket::default();
        let taken = (0..=60_000).filter(|ms| bucket.take(20, Millis(*ms))).count();
        assert_eq!(taken, 20 + 60 * 20);
    }
}
