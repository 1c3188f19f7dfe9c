//! What a validated configuration says. Made by `folder::load` only, so that what it promises holds: every name that is
//! used is declared, every flow is reachable by an action of the Cedar schema, every duration is within its bounds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_domain::time::{AccessDuration, SignedDuration};

use crate::pattern::Pattern;

mod notices;

pub use crate::risk::Risk;
pub use notices::{NoticeTarget, Reminders, Told};

/// Name of a flow, policy, catalog, approver group, owner or rotation: 1 to 64 of `a-z`, `0-9` and `-`, beginning with a
/// letter.
pub type Name = String;

/// Everything that the `.toml` files of a configuration folder declare.
#[derive(Debug, Clone)]
pub struct Model {
    /// Settings for everything.
    pub settings: Settings,
    /// Who may do what in Curfew itself.
    pub roles: Roles,
    /// Catalogs by name.
    pub catalogs: BTreeMap<Name, Catalog>,
    /// Access controls in the order of the files; the more specific one wins, never the later one.
    pub access: Vec<AccessControl>,
    /// Flows by name.
    pub flows: BTreeMap<Name, Flow>,
    /// Policies by name.
    pub policies: BTreeMap<Name, Policy>,
    /// Named lists of approvers.
    pub approver_groups: BTreeMap<Name, Vec<Approver>>,
    /// Who is on call, by rotation.
    pub rotations: BTreeMap<Name, Vec<Shift>>,
    /// Permission sets and groups that are Curfew's alone, and what is done about assignments that Curfew did not make.
    pub ownership: Ownership,
    /// Where notices go besides the people concerned, by name.
    pub notices: BTreeMap<Name, NoticeTarget>,
    /// Every name in the folder that the directory must know, for `lint`.
    pub mentions: Vec<Mention>,
}

/// A name in the folder that the directory must know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    /// What it names.
    pub kind: Mentioned,
    /// As it was written.
    pub name: String,
    /// Where.
    pub origin: Origin,
}

/// What a name in the folder means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mentioned {
    /// A user, by user name or id.
    User,
    /// A group, by display name.
    Group,
    /// A permission set, by name or ARN.
    PermissionSet,
}

/// Settings for everything.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Longest session duration of a permission set that may be granted (I17).
    pub session_limit: SignedDuration,
    /// IANA time zone in which `context.weekday` and `context.localTime` are told.
    pub time_zone: String,
    /// A directory older than this denies every grant.
    pub facts_max_age: SignedDuration,
    /// Directory attributes that Cedar sees besides the built-in ones: Cedar name to identity store attribute path.
    pub attributes: BTreeMap<String, String>,
    /// Values of `employment`, as the directory writes them. Empty: any text.
    pub employment: Vec<String>,
    /// Within this time after an emergency grant ends, its review is due.
    pub review_within: SignedDuration,
    /// Who reviews emergency grants.
    pub reviewers: Vec<Approver>,
    /// Pattern (regular expression, whole text) that a ticket must match, where a flow demands a ticket.
    pub ticket_pattern: Option<String>,
    /// Publishing needs the approval of a second administrator.
    pub publish_needs_second: bool,
    /// Which reminders people get.
    pub reminders: Reminders,
}

/// Roles in Curfew itself.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    /// May publish configurations and end any access.
    pub administrators: Subjects,
    /// May read everything.
    pub auditors: Subjects,
}

/// People, named directly or by group. Names as in the directory: user names or user ids, display names of groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subjects {
    /// Everybody in the directory.
    pub everybody: bool,
    /// User names or ids.
    pub users: BTreeSet<String>,
    /// Display names of groups.
    pub groups: BTreeSet<String>,
}

/// A named set of entitlements with those who may see and request them.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// For people.
    pub description: String,
    /// Who may see and request.
    pub visible_to: Subjects,
    /// What is in it: whatever any of these selects.
    pub entitlements: Vec<Selector>,
    /// Where it is declared.
    pub origin: Origin,
}

/// Selects entitlements. Every part that is given must match; at least one is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// Path of the OU that the account is in directly, with globs: `/Workloads/*` one level, `/Workloads/**` the OU itself
    /// and everything below.
    pub unit: Option<Pattern>,
    /// Account id, or account name with globs.
    pub account: Option<Pattern>,
    /// Tags that the account must have, each value with globs.
    pub tags: BTreeMap<String, Pattern>,
    /// Permission set name with globs, or its ARN.
    pub permission_set: Option<Pattern>,
    /// Where it is written.
    pub origin: Origin,
}

/// Settings of entitlements. What is `None` is inherited from the next less specific one; `catalog::Rank` says which that
/// is: entitlement over account over nearer OU over farther OU over permission set alone over default.
#[derive(Debug, Clone)]
pub struct AccessControl {
    /// What it applies to; `None` is the default, of which there is exactly one, and which leaves out nothing but
    /// `emergency_policy`, `account_owner`, `entitlement_owner`.
    pub on: Option<Selector>,
    /// The policy for requests.
    pub policy: Option<Name>,
    /// Emergency access is possible, on this policy's terms; `Some(None)` switches it off.
    pub emergency_policy: Option<Option<Name>>,
    /// Longest grant.
    pub max_duration: Option<AccessDuration>,
    /// How access is given.
    pub strategy: Option<Strategy>,
    /// Who owns the entitlements.
    pub entitlement_owner: Option<Vec<Approver>>,
    /// Who owns the accounts.
    pub account_owner: Option<Vec<Approver>>,
    /// How dangerous it is: one of `low`, `medium`, `high`, `critical`.
    pub risk: Option<Risk>,
    /// File and line, for `explain`.
    pub origin: Origin,
}

/// A place in the folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Relative to the folder.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// How access is given and taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strategy {
    /// Direct assignment of the permission set to the user in the account.
    Connector,
    /// Temporary membership of a group that Curfew owns, by display name.
    Group(String),
    /// Named people do it by hand and confirm.
    Manual(Vec<Approver>),
}

/// A named list of approval steps; none means automatic approval.
#[derive(Debug, Clone)]
pub struct Flow {
    /// For people.
    pub description: String,
    /// In order.
    pub steps: Vec<FlowStep>,
    /// The justification must match this regular expression (whole text).
    pub justification_pattern: Option<String>,
    /// A ticket is required, and matches `settings.ticket_pattern` where there is one.
    pub ticket_required: bool,
    /// Where it is declared.
    pub origin: Origin,
}

/// One approval of a flow.
#[derive(Debug, Clone)]
pub struct FlowStep {
    /// Shown to people.
    pub name: String,
    /// Who may decide.
    pub approvers: Vec<Approver>,
    /// Who may decide when `approvers` turns out to be nobody, or too few for the quorum. Empty: the request is denied.
    pub fallback: Vec<Approver>,
    /// From 1.
    pub quorum: u8,
    /// How long the step waits.
    pub timeout: AccessDuration,
    /// What happens then.
    pub on_timeout: TimeoutRule,
    /// Who approved an earlier step does not count here.
    pub distinct: bool,
    /// A denial needs a comment.
    pub comment_on_denial: bool,
    /// The requester counts, if among the approvers.
    pub self_approval: bool,
    /// Where it is written.
    pub origin: Origin,
}

/// What a flow says about time running out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeoutRule {
    /// The request lapses.
    Lapse,
    /// The request is denied.
    Deny,
    /// Others are asked, with the same quorum and for this long; if they do not answer either, the request lapses.
    Ask {
        /// Who.
        approvers: Vec<Approver>,
        /// How long.
        timeout: AccessDuration,
    },
    /// The rest of this flow is replaced by another one, which must be allowed to this request by Cedar too.
    Flow(Name),
}

/// Somebody who decides, resolved to people when the request is judged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Approver {
    /// `user:<user name or id>`
    User(String),
    /// `group:<display name>`
    Group(String),
    /// `approvers:<name of an approver group>`
    Named(Name),
    /// `manager`: of the requester.
    Manager,
    /// `entitlement-owner`
    EntitlementOwner,
    /// `account-owner`
    AccountOwner,
    /// `on-call:<rotation>`
    OnCall(Name),
}

/// One shift of a rotation: from an instant, inclusive, to another, exclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// User names or ids.
    pub users: Vec<String>,
    /// Inclusive; `None` since ever.
    pub from: Option<curfew_domain::time::Timestamp>,
    /// Exclusive; `None` for ever.
    pub until: Option<curfew_domain::time::Timestamp>,
}

/// An ordered list of flows, weakest first.
#[derive(Debug, Clone)]
pub struct Policy {
    /// For people.
    pub description: String,
    /// Names of flows.
    pub flows: Vec<Name>,
    /// Where it is declared.
    pub origin: Origin,
}

/// Permission sets that nobody but Curfew assigns, and groups whose members nobody but Curfew adds and removes.
#[derive(Debug, Clone, Default)]
pub struct Ownership {
    /// Names or ARNs.
    pub permission_sets: BTreeSet<String>,
    /// Display names.
    pub groups: BTreeSet<String>,
    /// Assignments to users that Curfew did not make are removed, not only reported.
    pub exclusive: bool,
}

/// One permission set in one account with the settings that apply to it.
#[derive(Debug, Clone)]
pub struct Entitlement {
    /// Where.
    pub account: AccountId,
    /// What people call the account.
    pub account_name: String,
    /// Which access.
    pub permission_set: PermissionSetArn,
    /// What people call the permission set.
    pub permission_set_name: String,
    /// Catalogs that it is in; shared, since thousands of entitlements are in the same ones.
    pub catalogs: Arc<BTreeSet<Name>>,
    /// What applies; shared, since few sets of terms cover an organisation.
    pub terms: Arc<Terms>,
}

/// The settings that apply to an entitlement, each with the place that it comes from.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The policy for requests.
    pub policy: Sourced<Name>,
    /// The policy for emergency requests, where they are possible.
    pub emergency_policy: Option<Sourced<Name>>,
    /// Longest grant.
    pub max_duration: Sourced<AccessDuration>,
    /// How access is given.
    pub strategy: Sourced<Strategy>,
    /// Who owns it.
    pub entitlement_owner: Option<Sourced<Vec<Approver>>>,
    /// Who owns the account.
    pub account_owner: Option<Sourced<Vec<Approver>>>,
    /// How dangerous it is.
    pub risk: Sourced<Risk>,
    /// Settings that equally specific access controls set to different values. Neither wins: where there is any, nothing
    /// is granted. `lint` finds those of today's directory; a new account can bring new ones.
    pub ambiguous: Vec<Ambiguity>,
}

/// A setting with two values, neither more specific than the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambiguity {
    /// Its name in `access.toml`.
    pub setting: &'static str,
    /// The access controls that disagree; at least two.
    pub origins: Vec<Origin>,
}

/// A value and where it was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where.
    pub origin: Origin,
}

/// What policy knows about a request besides the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circumstances {
    /// Through which channel the request came: one of `api`, `cli`, `console`, `slack`.
    pub channel: String,
    /// The requester's address, if known: IPv4 or IPv6.
    pub source_address: Option<String>,
    /// Whether the session was opened with a second factor, if the provider tells.
    pub mfa: Option<bool>,
    /// What the requester has now, or has been approved for.
    pub active: Vec<(AccountId, PermissionSetArn)>,
    /// Users that owe a review of emergency access whose time is over; they get no further emergency access.
    pub review_overdue: BTreeSet<UserId>,
}
