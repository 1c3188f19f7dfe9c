//! What can be done to a request.

use crate::ask::AskDigest;
use crate::id::{RequestId, UserId};
use crate::person::Person;
use crate::text::Comment;
use crate::time::SignedDuration;
use crate::verdict::Verdict;

use super::extend::Extended;
use super::means::Means;
use super::state::Cause;
use super::terms::Narrowing;

/// An approver's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Approve,
    /// No, and that is final.
    Deny,
}

/// How people end access before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// The requester gives it back.
    Return,
    /// An approver or administrator takes it away.
    Revoke,
}

/// Something to do to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Policy has judged.
    Evaluate(Verdict),
    /// An approver answers.
    Decide {
        /// Who.
        by: Person,
        /// The step that was shown to the approver.
        step: usize,
        /// What.
        answer: Answer,
        /// With which words.
        comment: Option<Comment>,
        /// The wish that was shown to the approver, on the terms that were shown (`Request::digest`).
        digest: AskDigest,
        /// With an approval: shorter or later than what was shown.
        narrowed: Narrowing,
    },
    /// The time of the current step is over: what follows is what the step says.
    Lapse,
    /// Withdraw before there is access.
    Cancel {
        /// Who.
        by: Person,
        /// With which words.
        comment: Option<Comment>,
    },
    /// Give way to an emergency request for the same.
    Escalate {
        /// Who asks for that.
        by: Person,
        /// The requester's manager, as the directory says.
        manager: Option<UserId>,
        /// The emergency request.
        to: RequestId,
    },
    /// Begin to create the access.
    Provision {
        /// Session duration of the permission set, for the honest end (I17).
        session: SignedDuration,
        /// How the access is given and taken.
        means: Means,
        /// For an extension: what has become of the grant that it extends.
        extended: Option<Extended>,
    },
    /// The assignment is confirmed.
    Activate {
        /// It is a standing assignment that Curfew did not create.
        standing: bool,
    },
    /// The requester gives the access back.
    Return {
        /// Who.
        by: Person,
        /// With which words.
        comment: Option<Comment>,
    },
    /// An approver or administrator takes the access away.
    Revoke {
        /// Who.
        by: Person,
        /// With which words.
        comment: Option<Comment>,
    },
    /// End this grant together with another one of its chain of extensions. Who may do that is decided on that other
    /// request, with `may_withdraw`.
    EndWith {
        /// The request whose access was given back or taken away.
        other: RequestId,
        /// How.
        how: Withdrawal,
        /// Who.
        by: Person,
        /// With which words.
        comment: Option<Comment>,
    },
    /// The time of the grant is over.
    Expire,
    /// The access was lost outside Curfew.
    Lose(Cause),
    /// It cannot be fulfilled.
    Fail {
        /// Why, for people.
        reason: String,
    },
    /// What was confirmed about the access at the end.
    Close(Gone),
    /// Somebody who gives access by hand has done so.
    Given {
        /// Who.
        by: Person,
        /// With which words.
        comment: Option<Comment>,
    },
    /// Somebody who takes access by hand has done so, or has found that there is none.
    Taken {
        /// Who.
        by: Person,
        /// With which words.
        comment: Option<Comment>,
    },
}

/// What was confirmed about the access when a grant ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gone {
    /// It is absent: listed and not found, with no operation in flight.
    Absent,
    /// It stays, because another grant on the same key has not ended (I9).
    KeptFor(RequestId),
    /// It stays, because Curfew did not create it (I7).
    Standing,
    /// This person has taken it by hand, or found none, and says so.
    Taken(UserId),
}

impl Command {
    /// Its name in refusals.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Evaluate(_) => "evaluate",
            Self::Decide { .. } => "decide",
            Self::Lapse => "lapse",
            Self::Cancel { .. } => "cancel",
            Self::Escalate { .. } => "escalate",
            Self::Provision { .. } => "provision",
            Self::Activate { .. } => "activate",
            Self::Return { .. } => "return",
            Self::Revoke { .. } => "revoke",
            Self::EndWith { .. } => "end with another",
            Self::Expire => "expire",
            Self::Lose(_) => "lose",
            Self::Fail { .. } => "fail",
            Self::Close(_) => "close",
            Self::Given { .. } => "provisioned",
            Self::Taken { .. } => "removed",
        }
    }
}
