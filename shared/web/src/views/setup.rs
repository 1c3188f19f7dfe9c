//! Set-up: configuration, directory, health.

use std::collections::BTreeMap;

use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};

use super::{Access, Errors, Named, Outcome, Person, Prospect};

/// `GET /setup`.
#[derive(Debug, Clone)]
pub struct SetupView {
    /// The version in force; `None`: nothing was published yet.
    pub current: Option<VersionLine>,
    /// Versions that wait for a second administrator.
    pub proposed: Vec<VersionLine>,
    /// What was published, the newest first.
    pub versions: Vec<VersionLine>,
    /// Where [`Self::versions`] goes on: `before` of the next page.
    pub older: Option<String>,
    /// The directory by which policy decides; `None` before it was read first.
    pub directory: Option<DirectoryView>,
    /// The state of all access; `None` if it could not be read.
    pub health: Option<HealthView>,
    /// The reader may change things: administrators may, auditors not.
    pub may_change: bool,
}

/// One act of publishing.
#[derive(Debug, Clone)]
pub struct VersionLine {
    /// Version: a digest.
    pub version: String,
    /// Number of the act, from 1; `None` for what was only proposed.
    pub number: Option<u64>,
    /// By whom: a person's name, or a pipeline's ARN.
    pub by: String,
    /// Who agreed.
    pub seconded_by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// In which words.
    pub comment: Option<String>,
    /// The reader may agree to it.
    pub may_second: bool,
}

/// A snapshot of the directory.
#[derive(Debug, Clone)]
pub struct DirectoryView {
    /// When it was read.
    pub taken_at: Timestamp,
    /// How old it may become before nothing is granted; `None` without a configuration.
    pub max_age: Option<SignedDuration>,
    /// Accounts in it.
    pub accounts: usize,
    /// Permission sets.
    pub permission_sets: usize,
    /// People.
    pub users: usize,
    /// Groups.
    pub groups: usize,
}

/// The state of all access.
#[derive(Debug, Clone)]
pub struct HealthView {
    /// When this was so.
    pub at: Timestamp,
    /// Requests that are not over.
    pub live: usize,
    /// Those of them that could not be read.
    pub unreadable: usize,
    /// Grants that people have.
    pub active: usize,
    /// Grants that are being removed.
    pub ending: usize,
    /// Changes of Identity Center that wait: removals, emergencies, grants.
    pub waiting: [usize; 3],
    /// How long the oldest of them has waited.
    pub oldest: Option<SignedDuration>,
    /// Grants that should have been gone for more than five minutes.
    pub overdue: usize,
    /// Access on what is Curfew's alone that Curfew did not give.
    pub strays: usize,
    /// Who writes to Identity Center.
    pub writer: Writer,
}

/// Who writes to Identity Center.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writer {
    /// Nobody needs to.
    Free,
    /// An invocation does, until then at the latest.
    Held(Timestamp),
    /// The last one died or could not give the lease back; the next caller takes over.
    RanOut(Timestamp),
}

/// `GET /setup/versions/{version}`.
#[derive(Debug, Clone)]
pub struct VersionView {
    /// Which, by whom, when.
    pub line: VersionLine,
    /// Whether it is in force.
    pub current: bool,
    /// Its files: path and text.
    pub files: BTreeMap<String, String>,
    /// The version before, with its files; `None` for the first.
    pub before: Option<(String, BTreeMap<String, String>)>,
    /// The file that is shown whole: `?file=`; the first one if it is not there.
    pub file: Option<String>,
    /// The reader may publish it again.
    pub may_roll_back: bool,
}

/// `GET /setup/explain`.
#[derive(Debug, Clone, Default)]
pub struct ExplainView {
    /// What was asked, as texts.
    pub values: ExplainValues,
    /// What is wrong with it.
    pub errors: Errors,
    /// Suggestions for the three fields; may be empty.
    pub people: Vec<Named>,
    /// Accounts to suggest.
    pub accounts: Vec<Named>,
    /// Permission sets to suggest.
    pub permission_sets: Vec<Named>,
    /// The answer; `None` until it was asked.
    pub answer: Option<ExplanationView>,
}

/// What is to be explained, as texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExplainValues {
    /// User: id or user name.
    pub user: String,
    /// Account: id or name.
    pub account: String,
    /// Permission set: ARN or name.
    pub permission_set: String,
    /// Duration, in words or as `PT1H`; empty: the shortest.
    pub duration: String,
    /// As an emergency.
    pub emergency: bool,
}

/// What would come of a wish, and where each term came from.
#[derive(Debug, Clone)]
pub struct ExplanationView {
    /// Configuration version that was asked.
    pub configuration: String,
    /// Who would ask.
    pub requester: Person,
    /// For what.
    pub access: Access,
    /// For how long.
    pub duration: AccessDuration,
    /// In short.
    pub outcome: Outcome,
    /// With its flow or reasons.
    pub prospect: Prospect,
    /// Why, in sentences, the deciding rule first.
    pub why: Vec<String>,
    /// Catalogs that offer it, and whether the requester may use them.
    pub catalogs: Vec<(String, bool)>,
    /// Settings that apply.
    pub terms: Vec<TermView>,
    /// The policy that was asked, if it came to that.
    pub policy: Option<String>,
    /// Its flows in order, up to the one that decided.
    pub flows: Vec<FlowView>,
    /// Steps to walk: name, and names of those who may decide, and how many must.
    pub steps: Vec<(String, Vec<String>, u8)>,
    /// What was known, by name.
    pub facts: Vec<(String, String)>,
}

/// A setting that applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermView {
    /// Its name in the configuration.
    pub name: String,
    /// Its value.
    pub value: String,
    /// File and line that it comes from.
    pub from: String,
}

/// A flow that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowView {
    /// Its name.
    pub flow: String,
    /// Whether it applies.
    pub applies: bool,
    /// Why not, in words.
    pub why_not: String,
    /// Cedar policies that permit it.
    pub permitted_by: Vec<String>,
    /// Cedar policies that forbid it.
    pub forbidden_by: Vec<String>,
}
