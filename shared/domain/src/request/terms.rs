//! Terms: for how long, and from when. Each approver may narrow them when approving, nobody may widen them (I2).

use crate::ask::{Ask, AskDigest};
use crate::time::{AccessDuration, SignedDuration, Timestamp};

use super::refusal::Refusal;
use super::state::Request;

/// How far ahead a start may lie. The execution waits for it, and executions live one year.
pub const FARTHEST_START: SignedDuration = SignedDuration::from_hours(90 * 24);

/// For how long access is given, and from when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// From the moment it is provisioned.
    pub duration: AccessDuration,
    /// Not before this instant; `None` means at once.
    pub start: Option<Timestamp>,
}

/// What an approver makes of the terms; what is `None` stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// A shorter duration.
    pub duration: Option<AccessDuration>,
    /// A later start.
    pub start: Option<Timestamp>,
}

impl Narrowing {
    /// Nothing is narrowed.
    pub const NONE: Self = Self { duration: None, start: None };
}

impl Terms {
    /// The terms that were asked for.
    pub fn asked(ask: &Ask) -> Self {
        Self { duration: ask.duration, start: ask.start }
    }

    /// The shorter duration and the later start of both. Whatever `by` says, this is never wider.
    #[must_use]
    pub fn narrowed(self, by: &Narrowing) -> Self {
        Self { duration: by.duration.map_or(self.duration, |d| d.min(self.duration)), start: self.start.max(by.start) }
    }

    /// Whether `by` would widen these terms, or puts the start too far off.
    pub(super) fn check(self, by: &Narrowing, now: Timestamp) -> Result<(), Refusal> {
        if by.duration.is_some_and(|duration| duration > self.duration) {
            return Err(Refusal::LongerThanAsked(self.duration));
        }
        let Some(start) = by.start.filter(|start| Some(*start) != self.start) else { return Ok(()) };
        // Without a start, or with one that has passed, access begins at once: anything before now would be no start.
        let earliest = self.start.map_or(now, |asked| asked.max(now));
        if start < earliest {
            return Err(Refusal::EarlierThanAsked(earliest));
        }
        if start.duration_since(now) > FARTHEST_START {
            return Err(Refusal::StartTooFar);
        }
        Ok(())
    }

    /// The digest of a wish on these terms: that of the wish itself as long as nobody has narrowed it.
    pub(super) fn digest(self, ask: &Ask) -> AskDigest {
        if self == Self::asked(ask) { ask.digest() } else { ask.digest_on(&self) }
    }
}

impl Request {
    /// The terms in force: what was asked for, narrowed by every approval so far.
    pub fn terms(&self) -> Terms {
        self.approvals_in_order().fold(Terms::asked(&self.ask), |terms, approval| terms.narrowed(&approval.narrowed))
    }

    /// The digest of what an approver sees now: the wish on the terms in force. A decision must carry it.
    pub fn digest(&self) -> AskDigest {
        self.terms().digest(&self.ask)
    }
}
