//! Durations of access. Instants are `jiff::Timestamp`, UTC, cut to whole seconds.

use std::fmt;

pub use jiff::{SignedDuration, Timestamp};

/// How long access is wanted, in whole seconds: from one minute to 366 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessDuration(u32);

/// Why a text is no duration of access.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDuration {
    /// Not ISO 8601, or with units whose length varies.
    #[error("`{0}` is not an ISO 8601 duration in hours, minutes and seconds; write for example `PT1H` or `PT1H30M`")]
    Form(String),
    /// Zero or less.
    #[error("a duration must be longer than zero; the shortest is `PT1M`")]
    NotPositive,
    /// Below the lower bound.
    #[error("the shortest duration is `PT1M`, one minute")]
    TooShort,
    /// Above the upper bound.
    #[error("the longest duration is `PT8784H`, 366 days")]
    TooLong,
    /// With a fraction of a second.
    #[error("a duration has whole seconds")]
    Fraction,
}

impl AccessDuration {
    /// The shortest.
    pub const MIN: Self = Self(Self::MIN_SECONDS);
    /// The shortest, in seconds.
    pub const MIN_SECONDS: u32 = 60;
    /// The longest, in seconds.
    pub const MAX_SECONDS: u32 = 366 * 24 * 3600;

    /// Reads an ISO 8601 duration such as `PT1H`.
    pub fn parse(text: &str) -> Result<Self, InvalidDuration> {
        // Bounded, so that a hostile text is not repeated at length in the answer.
        let shown = || InvalidDuration::Form(text.chars().take(40).collect());
        if !text.starts_with(['P', '-', '+']) {
            return Err(shown());
        }
        let duration: SignedDuration = text.parse().map_err(|_| shown())?;
        if duration.subsec_nanos() != 0 {
            return Err(InvalidDuration::Fraction);
        }
        Self::from_seconds(duration.as_secs())
    }

    /// A duration from seconds.
    pub fn from_seconds(seconds: i64) -> Result<Self, InvalidDuration> {
        if seconds <= 0 {
            return Err(InvalidDuration::NotPositive);
        }
        match u32::try_from(seconds) {
            Ok(s) if s < Self::MIN_SECONDS => Err(InvalidDuration::TooShort),
            Ok(s) if s <= Self::MAX_SECONDS => Ok(Self(s)),
            _ => Err(InvalidDuration::TooLong),
        }
    }

    /// Whole seconds.
    pub fn seconds(self) -> u32 {
        self.0
    }

    /// The instant this long after `start`, or the end of time where that cannot be said.
    pub fn after(self, start: Timestamp) -> Timestamp {
        start.checked_add(SignedDuration::from_secs(i64::from(self.0))).unwrap_or(Timestamp::MAX)
    }
}

impl fmt::Display for AccessDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes, seconds) = (self.0 / 3600, self.0 / 60 % 60, self.0 % 60);
        f.write_str("PT")?;
        for (n, unit) in [(hours, 'H'), (minutes, 'M'), (seconds, 'S')] {
            if n > 0 {
                write!(f, "{n}{unit}")?;
            }
        }
        Ok(())
    }
}

/// Cuts to whole seconds, towards the past: an end is never later than what was said.
pub fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_nanosecond().div_euclid(1_000_000_000).try_into().unwrap_or(0)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zero_negative_absurd_and_unclear_durations_are_refused() {
        use InvalidDuration as E;
        let cases = [
            ("PT0S", E::NotPositive),
            ("-PT1H", E::NotPositive),
            ("PT59S", E::TooShort),
            ("PT8785H", E::TooLong),
            ("PT99999999999H", E::TooLong),
            ("PT60.5S", E::Fraction),
        ];
        for (text, expected) in cases {
            assert_eq!(AccessDuration::parse(text), Err(expected), "{text}");
        }
        for text in ["", "1h", "P1D", "P1M", "P1Y", "PT", "PT1H ", "one hour", "PT1H\u{0}", "3600"] {
            assert!(matches!(AccessDuration::parse(text), Err(E::Form(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_duration_reads_back_as_it_was_written(seconds in AccessDuration::MIN_SECONDS..=AccessDuration::MAX_SECONDS) {
            let duration = AccessDuration::from_seconds(i64::from(seconds)).unwrap();
            prop_assert_eq!(AccessDuration::parse(&duration.to_string()), Ok(duration));
        }

        #[test]
        fn whole_seconds_never_moves_an_instant_later(nanos in -1_000_000_000_000_000_000i128..4_000_000_000_000_000_000) {
            let at = Timestamp::from_nanosecond(nanos).unwrap();
            let cut = whole_seconds(at);
            prop_assert!(cut <= at && cut.subsec_nanosecond() == 0);
            prop_assert!(at.duration_since(cut) < SignedDuration::from_secs(1));
        }
    }
}
