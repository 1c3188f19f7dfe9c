//! Why a command does not apply. Nothing changes then.

use crate::id::UserId;
use crate::time::{AccessDuration, Timestamp};

use super::state::Stage;

/// A command that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The pair of state and command is not in the table.
    #[error("a request that is `{}` cannot be changed by `{command}`", .stage.name())]
    Illegal {
        /// Where the request stands.
        stage: Stage,
        /// What was tried.
        command: &'static str,
    },
    /// Only the requester may do this.
    #[error("only the requester may `{0}` this request")]
    NotRequester(&'static str),
    /// Only those two may make an emergency of a request.
    #[error("only the requester or the requester's manager may make an emergency of this request")]
    NotRequesterOrManager,
    /// It is one.
    #[error("this request asks for emergency access already")]
    AlreadyEmergency,
    /// Its entitlement has no emergency access.
    #[error("emergency access is off for this entitlement; the request stays as it is")]
    NoEmergency,
    /// Whoever owes the review of an emergency gets no other.
    #[error("the requester owes the review of an earlier emergency, whose time is over; the request stays as it is")]
    ReviewOwed,
    /// Only an approver of the request or an administrator may do this.
    #[error("only an approver of this request or an administrator may `{0}` it")]
    NotInCharge(&'static str),
    /// Only the people who give and take this access by hand, or an administrator, may do this.
    #[error("only the people who give and take this access by hand, or an administrator, may `{0}` this request")]
    NotInHand(&'static str),
    /// Nobody gives or takes access of their own by hand.
    #[error("nobody confirms what was done by hand about access of their own")]
    OwnHand,
    /// This access is given by Curfew itself.
    #[error("this access is not given and taken by hand: Curfew does it and confirms it")]
    NotByHand,
    /// People give and take this access: only they can say that it is done.
    #[error("this access is given and taken by hand: only who does it can confirm it")]
    ByHand,
    /// Nobody decides on a request of their own (I3).
    #[error("nobody decides on a request of their own")]
    OwnRequest,
    /// Somebody else's step.
    #[error("`{0}` is not an approver of the present step")]
    NotApprover(UserId),
    /// One person counts once (I11).
    #[error("this approver has decided on this step already")]
    AlreadyDecided,
    /// Who approved before does not count here.
    #[error("this step needs people who have not approved this request before, and you have")]
    NotDistinct,
    /// The step that was shown is over.
    #[error("the step that was shown is over")]
    StepOver,
    /// The time of the step that was shown ran out, and others were asked.
    #[error("the time of the step that was shown ran out, and others were asked instead")]
    Escalated,
    /// The step wants to know why it is denied.
    #[error("this step needs a comment with a denial")]
    CommentRequired,
    /// Only an approval can narrow what was asked for.
    #[error("a denial cannot change the duration or the start")]
    DenialNarrows,
    /// An approver may shorten the duration, not lengthen it (I2).
    #[error("an approver may shorten the duration of {0}, not lengthen it")]
    LongerThanAsked(AccessDuration),
    /// An approver may choose a later start, not an earlier one (I2).
    #[error("an approver may choose a start after {0}, not before")]
    EarlierThanAsked(Timestamp),
    /// No execution waits that long.
    #[error("the start lies more than 90 days ahead")]
    StartTooFar,
    /// The deadline of the step has passed (I11).
    #[error("the time to decide was over at {0}")]
    TimedOut(Timestamp),
    /// The deadline of the step has not passed.
    #[error("the step waits until {0}")]
    NotYetLapsed(Timestamp),
    /// The grant's time is not over.
    #[error("the grant lasts until {0}")]
    NotDue(Timestamp),
    /// The grant's time is over: access must not begin.
    #[error("the grant's time was over at {0}")]
    Overdue(Timestamp),
    /// The start that was asked for has not come.
    #[error("the access starts at {0}")]
    NotStarted(Timestamp),
    /// What was shown, judged or approved is not what was asked (I2).
    #[error("what was judged is not what was asked")]
    Changed,
    /// The recorded decisions do not suffice (I1).
    #[error("the recorded decisions do not approve this request")]
    NotApproved,
    /// What an extension refers to was ended before its time, or never began.
    #[error("the grant that it was to extend {0}; nothing is left to extend")]
    NothingToExtend(&'static str),
    /// The verdict names a step that nobody, or too few people, could decide.
    #[error("step {0} of the verdict has too few approvers who could decide")]
    NoApprover(usize),
    /// The verdict leads back, or to a step that it does not have.
    #[error("step {0} of the verdict does not lead forward to another step")]
    NotForward(usize),
}
