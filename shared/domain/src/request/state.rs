//! What a request is at each moment.

use crate::ask::{Ask, AskDigest};
use crate::audit::{Head, Record};
use crate::id::{RequestId, UserId};
use crate::text::Comment;
use crate::time::{AccessDuration, SignedDuration, Timestamp, whole_seconds};
use crate::verdict::Verdict;

use super::command::{Answer, Gone};
use super::means::Means;
use super::terms::Narrowing;

/// A request with its life so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What was asked; never changes.
    pub ask: Ask,
    /// What policy said, once it has.
    pub verdict: Option<Verdict>,
    /// Every decision, oldest first.
    pub decisions: Vec<Decision>,
    /// The steps whose time ran out, by index, oldest first.
    pub timed_out: Vec<usize>,
    /// Where it stands.
    pub state: State,
    /// Since when it stands there.
    pub since: Timestamp,
    /// The end of its audit chain; `head.seq` is also the version for conditional writes.
    pub head: Head,
    /// Its audit records, oldest first, as far as the store keeps them with it; whatever is missing at the beginning was
    /// stored by itself by an earlier release.
    pub trail: Vec<Record>,
}

/// Where a request stands. A variant carries only what is true then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Accepted, not yet judged.
    Submitted,
    /// Waits for approvers.
    AwaitingApproval {
        /// Index into the verdict's steps.
        step: usize,
        /// After this instant nobody can decide any more.
        deadline: Timestamp,
    },
    /// Approved, not yet provisioned.
    Approved,
    /// Approved for a later start.
    Scheduled {
        /// Not before.
        start: Timestamp,
    },
    /// Being created in Identity Center.
    Provisioning(Grant),
    /// The person has the access.
    Active(Grant),
    /// Being removed; stays here until absence is confirmed (I14).
    Ending {
        /// The grant that ends.
        grant: Grant,
        /// Why.
        reason: EndReason,
    },
    /// Over, confirmed.
    Ended {
        /// The grant that ended.
        grant: Grant,
        /// Why.
        reason: EndReason,
        /// What was confirmed about the assignment.
        gone: Gone,
    },
    /// Refused by policy or by an approver.
    Denied,
    /// Withdrawn.
    Cancelled {
        /// In favour of this request, which asks for the same as an emergency.
        escalated_to: Option<RequestId>,
    },
    /// Nobody answered in time.
    Lapsed,
    /// Could not be fulfilled, and nothing was left behind.
    Failed {
        /// Why, for people.
        reason: String,
    },
}

/// Access that exists because a request was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// When provisioning began. The duration counts from here; that of an extension from the end of what it extends, if
    /// that is later.
    pub started_at: Timestamp,
    /// When the access ends. UTC, whole seconds; set once.
    pub expires_at: Timestamp,
    /// Session duration of the permission set: role sessions last up to this much longer (I17).
    pub session: SignedDuration,
    /// The person held a standing assignment of the same access before: Curfew created none and removes none (I7).
    pub standing: bool,
    /// How the access is given and taken; set once.
    pub means: Means,
}

/// One approver's answer to one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Index of the step.
    pub step: usize,
    /// Who.
    pub approver: UserId,
    /// What.
    pub answer: Answer,
    /// With which words.
    pub comment: Option<Comment>,
    /// When.
    pub at: Timestamp,
    /// The wish that was decided on, on the terms that were in force.
    pub digest: AskDigest,
    /// With an approval: what the approver made of those terms.
    pub narrowed: Narrowing,
}

/// Why access ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndReason {
    /// Its time was over.
    Expired,
    /// The requester gave it back.
    Returned,
    /// An approver or administrator took it away.
    Revoked,
    /// Something outside Curfew ended it or made it pointless.
    Lost(Cause),
    /// It could not be created.
    Failed(String),
    /// It was made outside Curfew, on a permission set that is configured as Curfew's alone and exclusively so.
    Stray,
}

/// What ended a grant from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Somebody removed the assignment in Identity Center.
    AssignmentRemoved,
    /// The person is not in the directory any more.
    UserGone,
    /// The person was disabled in the directory.
    UserDisabled,
    /// The account was suspended, or is closed or closing.
    AccountNotActive,
    /// The account is not in the organisation any more.
    AccountGone,
    /// The permission set was deleted.
    PermissionSetGone,
    /// It extends a grant that was given back, taken away or lost, and was overlooked then.
    ExtendedGrantEnded,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::AssignmentRemoved,
        Self::UserGone,
        Self::UserDisabled,
        Self::AccountNotActive,
        Self::AccountGone,
        Self::PermissionSetGone,
        Self::ExtendedGrantEnded,
    ];

    /// The word for it in API, console and documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::AssignmentRemoved => "assignment_removed",
            Self::UserGone => "user_gone",
            Self::UserDisabled => "user_disabled",
            Self::AccountNotActive => "account_not_active",
            Self::AccountGone => "account_gone",
            Self::PermissionSetGone => "permission_set_gone",
            Self::ExtendedGrantEnded => "extended_grant_ended",
        }
    }
}

/// The stages, in the only order in which a request passes them (I10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "they are the states of the same names")]
pub enum Stage {
    Submitted,
    AwaitingApproval,
    Approved,
    Scheduled,
    Provisioning,
    Active,
    Ending,
    Ended,
    Denied,
    Cancelled,
    Lapsed,
    Failed,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 12] = [
        Self::Submitted,
        Self::AwaitingApproval,
        Self::Approved,
        Self::Scheduled,
        Self::Provisioning,
        Self::Active,
        Self::Ending,
        Self::Ended,
        Self::Denied,
        Self::Cancelled,
        Self::Lapsed,
        Self::Failed,
    ];

    /// The word for it in API, console and documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Approved => "approved",
            Self::Scheduled => "scheduled",
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Ending => "ending",
            Self::Ended => "ended",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
            Self::Lapsed => "lapsed",
            Self::Failed => "failed",
        }
    }

    /// The stage of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// Nothing can happen any more.
    pub fn is_terminal(self) -> bool {
        self >= Self::Ended
    }
}

impl State {
    /// Which stage this is.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Submitted => Stage::Submitted,
            Self::AwaitingApproval { .. } => Stage::AwaitingApproval,
            Self::Approved => Stage::Approved,
            Self::Scheduled { .. } => Stage::Scheduled,
            Self::Provisioning(_) => Stage::Provisioning,
            Self::Active(_) => Stage::Active,
            Self::Ending { .. } => Stage::Ending,
            Self::Ended { .. } => Stage::Ended,
            Self::Denied => Stage::Denied,
            Self::Cancelled { .. } => Stage::Cancelled,
            Self::Lapsed => Stage::Lapsed,
            Self::Failed { .. } => Stage::Failed,
        }
    }

    /// The grant, where there is one.
    pub fn grant(&self) -> Option<&Grant> {
        match self {
            Self::Provisioning(grant)
            | Self::Active(grant)
            | Self::Ending { grant, .. }
            | Self::Ended { grant, .. } => Some(grant),
            _ => None,
        }
    }
}

impl Grant {
    /// A grant that begins now and lasts for this long from `from` on, which is now or later. Fractions of a second are
    /// cut off, so that it never ends later than was approved.
    pub(super) fn beginning(
        now: Timestamp,
        from: Timestamp,
        duration: AccessDuration,
        (session, means): (SignedDuration, Means),
    ) -> Self {
        let expires_at = duration.after(whole_seconds(from));
        Self { started_at: whole_seconds(now), expires_at, session, standing: false, means }
    }

    /// The people who give and take the access by hand, where it is given so.
    pub fn hands(&self) -> Option<&[UserId]> {
        match &self.means {
            Means::Hands(people) => Some(people),
            Means::Assignment | Means::Membership(_) => None,
        }
    }

    /// Until when role sessions that were issued before the end may still work (I17).
    pub fn sessions_until(&self) -> Timestamp {
        self.expires_at.checked_add(self.session).unwrap_or(Timestamp::MAX)
    }

    /// Whether its time is over.
    pub fn is_due(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }
}
