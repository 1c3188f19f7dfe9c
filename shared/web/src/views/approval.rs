//! What approvers and reviewers see.

use curfew_domain::time::{SignedDuration, Timestamp};

use super::{Person, RequestLine, RequestView, ReviewView};

/// `GET /approvals`.
#[derive(Debug, Clone)]
pub struct ApprovalsView {
    /// What waits for the reader; the one whose time runs out first at the beginning.
    pub items: Vec<ApprovalLine>,
    /// Access that the reader may give or take by hand, the oldest first; what is to be taken before the rest.
    pub tasks: Vec<TaskLine>,
}

/// Access that somebody is to give or take by hand: [`super::Actions`] of its line say which.
#[derive(Debug, Clone)]
pub struct TaskLine {
    /// The request, with the people who do it in its grant.
    pub line: RequestLine,
    /// The reader is one of those people; administrators may say it in their place.
    pub named: bool,
}

/// One request that waits for the reader.
#[derive(Debug, Clone)]
pub struct ApprovalLine {
    /// The request, with its step in [`RequestLine::waiting`].
    pub line: RequestLine,
    /// Whether that is usual for the requester, if it is known.
    pub usual: Option<Usual>,
}

/// What an approver needs in order to decide, besides the request itself.
#[derive(Debug, Clone)]
pub struct DecisionPanel {
    /// Where the form goes: a local path, `/a/{link}` or `/requests/{id}/decisions`.
    pub path: String,
    /// Name of the step that is decided.
    pub step: String,
    /// When its time runs out.
    pub deadline: Timestamp,
    /// Digest of what is shown; sent back with the decision.
    pub digest: String,
    /// A denial needs a comment.
    pub comment_on_denial: bool,
    /// What the permission set can do.
    pub permissions: Permissions,
    /// Whether this is usual for the requester; `None` if it is not known.
    pub usual: Option<Usual>,
    /// Who else holds it now; `None` if it is not known.
    pub holders: Option<Vec<Person>>,
    /// Which rule sent it here, in one sentence.
    pub rule: String,
}

/// What a permission set can do.
#[derive(Debug, Clone, Default)]
pub struct Permissions {
    /// Its description in Identity Center; empty if it has none.
    pub description: String,
    /// How long its sessions last; `None` if it is not known.
    pub session: Option<SignedDuration>,
    /// Names of AWS-managed and customer-managed policies; `None` if they are not known.
    pub policies: Option<Vec<String>>,
    /// It has a policy of its own besides; `None` if that is not known.
    pub inline: Option<bool>,
}

/// Whether access is usual for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usual {
    /// How often they had it before.
    pub times: u32,
    /// Since when that was counted.
    pub since: Timestamp,
    /// When they had it last.
    pub last: Option<Timestamp>,
}

/// `GET /a/{link}`.
#[derive(Debug, Clone)]
pub enum LinkView {
    /// It is the reader's, and waits: the request with its panel.
    Open(Box<RequestView>),
    /// It is the reader's, and decides nothing any more.
    Closed {
        /// Why.
        why: LinkClosed,
        /// The request, which the reader may still see.
        line: Box<RequestLine>,
    },
    /// It was made for somebody else: forwarded. Nothing of the request is shown.
    NotYours,
    /// There is no such link, or not any more.
    Unknown,
}

/// Why a link decides nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkClosed {
    /// The reader has decided.
    Used,
    /// Others have decided, or the request moved on.
    StepOver,
    /// The time of the step ran out.
    Late,
    /// The request was withdrawn.
    Cancelled,
    /// The request was denied.
    Denied,
    /// The reader may not decide this step, such as one who approved an earlier one.
    NotAllowed(String),
}

/// `GET /reviews`.
#[derive(Debug, Clone)]
pub struct ReviewsView {
    /// Open reviews; the one that is due first at the beginning.
    pub items: Vec<ReviewLine>,
}

/// One review.
#[derive(Debug, Clone)]
pub struct ReviewLine {
    /// The emergency request.
    pub line: RequestLine,
    /// Its review.
    pub review: ReviewView,
}
