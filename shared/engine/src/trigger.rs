//! When `revoke` is called for a grant that will end.
//!
//! The scheduler fires within the minute after the instant that it was given. So the trigger comes a minute early, and
//! `revoke` waits for the second. All grants that end in one minute share one trigger: a thousand of them are one
//! invocation, where a thousand invocations would crowd each other out (`cargo run --bin curfew-sim -- triggers`). The
//! deadline in the store is the truth; the sweep finds what no trigger found.

use curfew_domain::id::RequestId;
use curfew_domain::time::{SignedDuration, Timestamp};

/// How long the scheduler may take to fire (EventBridge Scheduler user guide, "Schedule types": 60-second precision).
pub const PRECISION: SignedDuration = SignedDuration::from_secs(60);
/// A shared trigger is armed only this long before it fires at the earliest.
const LEAD: SignedDuration = SignedDuration::from_secs(30);

/// A call of `revoke` to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// For all grants that end in the minute that begins then; comes one `PRECISION` before it.
    Shared {
        /// Whole minute.
        minute: Timestamp,
    },
    /// It is too late for the shared one: for this grant alone, at its end.
    Own {
        /// Whose grant.
        request: RequestId,
        /// Its end.
        at: Timestamp,
    },
}

impl Trigger {
    /// The trigger of a grant that ends then.
    pub fn of(request: &RequestId, at: Timestamp, now: Timestamp) -> Self {
        let minute = minute(at);
        let fires = minute.checked_sub(PRECISION).unwrap_or(Timestamp::MIN);
        if fires.duration_since(now) >= LEAD {
            Self::Shared { minute }
        } else {
            Self::Own { request: request.clone(), at }
        }
    }

    /// When the scheduler is to call.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Shared { minute } => minute.checked_sub(PRECISION).unwrap_or(Timestamp::MIN),
            Self::Own { at, .. } => *at,
        }
    }

    /// The minute whose grants the call is about.
    pub fn minute(&self) -> Timestamp {
        match self {
            Self::Shared { minute } => *minute,
            Self::Own { at, .. } => minute(*at),
        }
    }
}

/// The whole minute in which an instant lies.
pub fn minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
}
