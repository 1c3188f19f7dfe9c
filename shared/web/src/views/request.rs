//! One request, in lists and on its own page.

use curfew_domain::request::{Answer, Stage};
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};

use super::{Access, DecisionPanel, Errors, Person};
use crate::forms::Action;

/// A request as a line of a list.
#[derive(Debug, Clone)]
pub struct RequestLine {
    /// Id.
    pub id: String,
    /// Who asked.
    pub requester: Person,
    /// For what.
    pub access: Access,
    /// Where it stands.
    pub stage: Stage,
    /// Since when it stands there.
    pub since: Timestamp,
    /// Why it stands there, where that needs saying: `expired`, a sentence of a denial.
    pub reason: Option<String>,
    /// As an emergency.
    pub emergency: bool,
    /// Why, in the requester's words.
    pub justification: String,
    /// Ticket.
    pub ticket: Option<String>,
    /// For how long: as asked for, or as an approver has shortened it.
    pub duration: AccessDuration,
    /// Not before: as asked for, or as an approver has postponed it.
    pub start: Option<Timestamp>,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// The access, once it began.
    pub grant: Option<GrantView>,
    /// Who is asked now.
    pub waiting: Option<Waiting>,
    /// What the reader may do with it now.
    pub actions: Actions,
}

/// Access that began.
#[derive(Debug, Clone)]
pub struct GrantView {
    /// When.
    pub started_at: Timestamp,
    /// When it ends, or should have ended.
    pub expires_at: Timestamp,
    /// Until when role sessions that were opened before the end may work (I17); `None` while the removal is under way.
    pub sessions_until: Option<Timestamp>,
    /// The person held the same access before, from elsewhere: Curfew removes nothing.
    pub standing: bool,
    /// How it is given and taken.
    pub means: Means,
    /// Opens this account and role: [`crate::portal_link`]. `None` for others than the requester, and after the end.
    pub portal: Option<String>,
}

/// How access is given and taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// Curfew assigns the permission set.
    Assignment,
    /// Curfew puts the person into this group, by name.
    Membership(String),
    /// These people do it and say so.
    Hands(Vec<Person>),
}

/// The step that waits.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Its name.
    pub step: String,
    /// When its time runs out.
    pub deadline: Timestamp,
    /// How many must approve.
    pub quorum: u8,
    /// Who may still decide.
    pub can: Vec<Person>,
    /// Who has approved it.
    pub have: Vec<Person>,
}

/// What the reader may do with a request now, by role and state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one button")]
pub struct Actions {
    /// Withdraw it.
    pub cancel: bool,
    /// Give the access back.
    pub give_back: bool,
    /// End somebody's access now.
    pub revoke: bool,
    /// Ask for more time.
    pub extend: bool,
    /// Make an emergency of it.
    pub escalate: bool,
    /// Decide it.
    pub decide: bool,
    /// Review it.
    pub review: bool,
    /// Say that it was given by hand, or that it will not be.
    pub given: bool,
    /// Say that it was taken by hand.
    pub taken: bool,
}

/// `GET /requests/{id}`.
#[derive(Debug, Clone)]
pub struct RequestView {
    /// The line that lists show.
    pub line: RequestLine,
    /// What was asked for, where an approver has narrowed it.
    pub asked: Option<Asked>,
    /// Where it came from: `console`, `api`, …; source address; second factor.
    pub origin: Origin,
    /// Requests that belong to it.
    pub related: Related,
    /// How the access would be given now, before it begins; `None` where that is not known, or over.
    pub means: Option<Means>,
    /// What policy said.
    pub verdict: Option<VerdictView>,
    /// The approvals, in order, with those that take over on time-out.
    pub steps: Vec<StepView>,
    /// What was answered, oldest first.
    pub decisions: Vec<DecisionView>,
    /// The audit records, oldest first; `None` where the reader may not see them.
    pub history: Option<Vec<RecordView>>,
    /// What checking the chain behind [`Self::history`] came to.
    pub chain: Option<Chain>,
    /// The review of an emergency.
    pub review: Option<ReviewView>,
    /// What an approver needs in order to decide now; `None` for everybody else.
    pub panel: Option<DecisionPanel>,
    /// For how long it can be extended at most; only if [`Actions::extend`].
    pub extend_max: Option<AccessDuration>,
    /// For forms that ask for something new: sent back, so that sending twice asks once.
    pub idempotency_key: String,
    /// A form of this page that came back with errors.
    pub sent: Option<Sent>,
}

/// A form that came back: what was entered, and what is wrong with it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Which form.
    pub action: Action,
    /// Field names and values, as sent. Fields that the form does not have are passed over.
    pub values: Vec<(String, String)>,
    /// What is wrong.
    pub errors: Errors,
}

/// What was asked for, where an approver has narrowed it.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// For how long.
    pub duration: AccessDuration,
    /// Not before.
    pub start: Option<Timestamp>,
}

/// Where a request came from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// `console`, `api`, `cli` or `slack`, as the caller said.
    pub channel: Option<String>,
    /// Source address.
    pub source_address: Option<String>,
    /// Whether the requester had signed in with a second factor.
    pub mfa: Option<bool>,
}

/// Requests that belong to one, by id.
#[derive(Debug, Clone, Default)]
pub struct Related {
    /// The one whose grant it is to prolong.
    pub extends: Option<String>,
    /// The one that prolongs its grant.
    pub extended_by: Option<String>,
    /// The one whose place it took, as an emergency.
    pub escalates: Option<String>,
    /// The emergency that took its place.
    pub escalated_to: Option<String>,
}

/// What policy said, with the reasons.
#[derive(Debug, Clone)]
pub struct VerdictView {
    /// In short.
    pub outcome: Outcome,
    /// Name of the policy; empty where there was none to ask.
    pub policy: String,
    /// The flow that decided.
    pub flow: Option<String>,
    /// The configuration version that decided.
    pub configuration: String,
    /// Why, in sentences, the deciding rule first.
    pub why: Vec<String>,
    /// Ids of Cedar policies that permitted it.
    pub permitted_by: Vec<String>,
    /// Flows that were tried before, each with the Cedar policies that forbade it.
    pub passed_over: Vec<(String, Vec<String>)>,
    /// Facts that were known, by name.
    pub facts: Vec<(String, String)>,
}

/// A verdict in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// No access.
    Denied,
    /// People decide.
    NeedsApproval,
    /// Approved at once.
    Approved,
}

/// One approval.
#[derive(Debug, Clone)]
pub struct StepView {
    /// Its name.
    pub name: String,
    /// What has become of it.
    pub state: StepState,
    /// Who may decide.
    pub approvers: Vec<Person>,
    /// How many of them must approve.
    pub quorum: u8,
    /// When its time runs out; only while it waits.
    pub deadline: Option<Timestamp>,
    /// How long it waits.
    pub timeout: SignedDuration,
    /// What happens when nobody answers.
    pub on_timeout: OnTimeout,
}

/// What happens when nobody answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnTimeout {
    /// The request lapses.
    Lapse,
    /// The request is denied.
    Deny,
    /// The step with this index takes over.
    Escalate(usize),
}

/// What has become of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// It is asked now.
    Waiting,
    /// It will be asked next.
    Next,
    /// It is asked only if another times out.
    Standby,
    /// Enough have approved.
    Approved,
    /// Somebody denied.
    Denied,
    /// Nobody answered.
    TimedOut,
    /// It will not be asked any more.
    Over,
}

/// One answer.
#[derive(Debug, Clone)]
pub struct DecisionView {
    /// Index into the steps.
    pub step: usize,
    /// Who.
    pub by: Person,
    /// What.
    pub answer: Answer,
    /// In which words.
    pub comment: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The duration to which it was shortened.
    pub duration: Option<AccessDuration>,
    /// The start to which it was postponed.
    pub start: Option<Timestamp>,
}

/// One audit record.
#[derive(Debug, Clone)]
pub struct RecordView {
    /// Position in the chain, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// On whose behalf: a person's name, or `Curfew`.
    pub actor: String,
    /// What happened: a word such as `decided`.
    pub event: String,
    /// Its facts by name.
    pub facts: Vec<(String, String)>,
    /// Hash, hexadecimal.
    pub hash: String,
}

/// What checking a chain came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chain {
    /// Every record is there and unchanged.
    Intact,
    /// The first thing that is wrong, in words.
    Broken(String),
}

/// The review of an emergency.
#[derive(Debug, Clone)]
pub struct ReviewView {
    /// When the end of the access was confirmed.
    pub since: Timestamp,
    /// Until when it should be done.
    pub deadline: Timestamp,
    /// What was found; `None` while it is open.
    pub answered: Option<ReviewAnswer>,
}

/// What a reviewer found.
#[derive(Debug, Clone)]
pub struct ReviewAnswer {
    /// Who.
    pub by: Person,
    /// When.
    pub at: Timestamp,
    /// Whether it was justified.
    pub justified: bool,
    /// In which words.
    pub comment: String,
}
