//! What administrators and auditors see.

use curfew_domain::request::Stage;
use curfew_domain::time::Timestamp;

use super::{Access, Errors, RequestLine};

/// `GET /everyone`: what is active now.
#[derive(Debug, Clone)]
pub struct EveryoneView {
    /// What is searched for.
    pub filter: EveryoneFilter,
    /// Active access that matches; the one that ends first at the beginning.
    pub items: Vec<RequestLine>,
    /// Where it goes on: `cursor` of the next page.
    pub next: Option<String>,
    /// How many there are in all that match.
    pub total: Option<usize>,
    /// Access that should be gone, the latest first.
    pub overdue: Vec<RequestLine>,
    /// What Identity Center has and Curfew did not give, where nobody else may.
    pub drift: Vec<DriftLine>,
    /// How much access was active over time, oldest first and now at the end; empty where that is not known.
    pub chart: Vec<ChartPoint>,
}

/// What is searched for among active access; empty texts match everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EveryoneFilter {
    /// Part of an account's name or id.
    pub account: String,
    /// Part of a person's name.
    pub person: String,
    /// Part of a permission set's name.
    pub permission_set: String,
}

/// Access that Curfew did not give, on what is Curfew's alone.
#[derive(Debug, Clone)]
pub struct DriftLine {
    /// What is there.
    pub place: DriftPlace,
    /// Whose: the name of a person or of a group.
    pub holder: String,
    /// When it was seen first.
    pub since: Timestamp,
    /// When it was seen last.
    pub seen: Timestamp,
    /// The request that removes it, if there is one.
    pub request: Option<String>,
}

/// Where access was found that Curfew did not give.
#[derive(Debug, Clone)]
pub enum DriftPlace {
    /// A permission set that is Curfew's alone is assigned in an account.
    Assigned(Access),
    /// A group that is Curfew's alone has a member: its name.
    Member(String),
}

/// How much access was active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChartPoint {
    /// When.
    pub at: Timestamp,
    /// How many grants.
    pub active: u32,
    /// How many of them were emergencies.
    pub emergencies: u32,
}

/// `GET /audit`.
#[derive(Debug, Clone)]
pub struct AuditView {
    /// What is searched for.
    pub filter: AuditFilter,
    /// What is wrong with it.
    pub errors: Errors,
    /// What was found, the newest first.
    pub items: Vec<RequestLine>,
    /// Where it goes on: `cursor` of the next page.
    pub next: Option<String>,
    /// What checking the chains came to; `None`: it was not asked for. [`crate::forms::VERIFY`] asks for it.
    pub check: Option<ChainCheck>,
}

/// What is searched for among all requests; empty texts match everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// A person: id or user name.
    pub person: String,
    /// An account: id or name.
    pub account: String,
    /// Where it stands.
    pub state: Option<Stage>,
    /// Submitted on or after this day, `2026-11-23`, UTC.
    pub from: String,
    /// Submitted on or before this day.
    pub to: String,
}

/// What checking the audit chains of the requests found came to.
#[derive(Debug, Clone)]
pub struct ChainCheck {
    /// When.
    pub at: Timestamp,
    /// Requests whose chains were checked.
    pub requests: usize,
    /// Records in them.
    pub records: usize,
    /// Chains that cannot be trusted: request id, and the first thing that is wrong.
    pub broken: Vec<(String, String)>,
}

/// `GET /preferences`.
#[derive(Debug, Clone)]
pub struct PreferencesView {
    /// Where mail goes; `None` if the directory has no address.
    pub mail: Option<String>,
    /// Kinds of notices, in the order of a request's life.
    pub notices: Vec<NoticePreference>,
    /// What is wrong.
    pub errors: Errors,
}

/// Whether somebody wants one kind of notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticePreference {
    /// Value of the check box [`crate::forms::NOTICE`].
    pub kind: String,
    /// What it is called.
    pub label: String,
    /// When it comes.
    pub hint: String,
    /// Wanted.
    pub on: bool,
    /// Cannot be switched off.
    pub fixed: bool,
}
