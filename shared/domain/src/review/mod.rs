//! The review that each emergency grant demands once it has ended. Its records continue the audit chain of its request,
//! which is over then and writes none any more.
//!
//! It is due from the end of the access, not from its beginning: only then is there something to judge. How long people
//! have for it is a setting of the configuration, and so a parameter here.

mod announce;
mod answer;
#[cfg(test)]
mod tests;

pub use announce::{announce, ask};
pub use answer::answer;

use crate::audit::{Head, Record};
use crate::id::{RequestId, UserId};
use crate::request::{Request, State};
use crate::text::Comment;
use crate::time::{SignedDuration, Timestamp};

/// The review of one emergency grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The request whose grant is to be judged.
    pub request: RequestId,
    /// Who had the access.
    pub requester: UserId,
    /// When the end of the access was confirmed.
    pub since: Timestamp,
    /// Where it stands.
    pub state: Standing,
    /// The end of the audit chain of the request and its review; `head.seq` is also the version for conditional writes.
    pub head: Head,
}

/// Where a review stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has judged yet.
    Open {
        /// When reviewers were told that there is something to review, if they were.
        told: Option<Timestamp>,
        /// When people were told that its time was over, if they were.
        announced: Option<Timestamp>,
    },
    /// Somebody has judged.
    Done {
        /// Who.
        by: UserId,
        /// When.
        at: Timestamp,
        /// What.
        finding: Finding,
        /// With which words.
        comment: Comment,
    },
}

/// What a reviewer found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It was an emergency, and the access was used for it.
    Justified,
    /// It was not.
    NotJustified,
}

/// A review moved on: commit both together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The review afterwards.
    pub review: Review,
    /// The one audit record of this move (I18).
    pub record: Record,
}

/// Why a review cannot be moved on so. Nothing changes then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody reviews access of their own.
    #[error("nobody reviews emergency access of their own")]
    OwnAccess,
    /// Only reviewers and administrators do.
    #[error("only a reviewer or an administrator may review emergency access")]
    NotReviewer,
    /// There is one judgement.
    #[error("this emergency access has been reviewed already")]
    Answered,
    /// There is time left.
    #[error("the review has time until {0}")]
    NotOverdue(Timestamp),
    /// Once is enough.
    #[error("people were told already of this review")]
    Announced,
}

impl Finding {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Justified, Self::NotJustified];

    /// The word for it in store and API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Justified => "justified",
            Self::NotJustified => "not_justified",
        }
    }

    /// The finding of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|finding| finding.name() == name)
    }
}

impl Review {
    /// The review that this request demands: that of an emergency whose access has ended. Also where it was never
    /// confirmed to have begun: it may have been there.
    pub fn of(request: &Request) -> Option<Self> {
        let ended = matches!(request.state, State::Ended { .. });
        (ended && request.ask.emergency).then(|| Self {
            request: request.ask.id.clone(),
            requester: request.ask.requester.clone(),
            since: request.since,
            state: Standing::Open { told: None, announced: None },
            head: request.head.clone(),
        })
    }

    /// Until when it should be done, where people have this long.
    pub fn deadline(&self, within: SignedDuration) -> Timestamp {
        self.since.checked_add(within).unwrap_or(Timestamp::MAX)
    }

    /// Whether nobody has judged and the time for it is over.
    pub fn is_overdue(&self, within: SignedDuration, now: Timestamp) -> bool {
        self.is_open() && now >= self.deadline(within)
    }

    /// Whether nobody has judged.
    pub fn is_open(&self) -> bool {
        matches!(self.state, Standing::Open { .. })
    }
}
