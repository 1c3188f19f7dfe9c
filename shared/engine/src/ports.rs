//! What the engine needs from outside, in its own words. Adapters: `curfew-aws`.

use std::collections::BTreeSet;
use std::fmt;

use async_trait::async_trait;
use curfew_domain::assignment::{Assignment, OperationKind};
use curfew_domain::audit::Record;
use curfew_domain::id::{AccountId, Key, LinkId, PermissionSetArn, RequestId, UserId};
use curfew_domain::lease::{Holder, Lease};
use curfew_domain::request::{Intent, Request, Transition};
use curfew_domain::review::{Review, Step};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_policy::bundle::{Bundle, Version};

use crate::directive::Directive;
use crate::error::Fault;
use crate::facts::{AccountFacts, PermissionSetFacts, UserFacts};
use crate::publish::{Proposal, Publication};
use crate::trigger::Trigger;

mod callbacks;
mod directory;
mod judging;
mod outbox;
mod overview;

pub use callbacks::{Callbacks, Link};
pub use directory::{
    Directories, Head, ListedAccount, ListedPermissionSet, ListedUnit, ListedUser, OrganizationListing, PeopleListing,
    PermissionSetListing,
};
pub use judging::{Bench, Judging};
pub use outbox::{Bus, Claim, Mark, Outbox, Post};
pub use overview::{Census, Favourite, Overview, Sighting};

/// Time and waiting.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Waits.
    async fn sleep(&self, duration: SignedDuration);
}

/// Randomness.
pub trait Ids: Send + Sync {
    /// A new request id that sorts after those of earlier instants.
    fn request(&self, now: Timestamp) -> Result<RequestId, Fault>;
    /// 128 random bits, as the id of a link that says no request.
    fn link(&self) -> Result<LinkId, Fault>;
}

/// The outcome of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// Written.
    Done,
    /// Somebody else was first; nothing was written.
    Conflict,
}

/// A caller's promise that repeated calls mean one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// Whose key it is.
    pub user: UserId,
    /// The key, as sent.
    pub key: String,
    /// Digest of what was asked, without id and time.
    pub body: String,
}

/// The request that an idempotency key stands for already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// That request.
    pub request: RequestId,
    /// Digest of what was asked then.
    pub body: String,
}

/// What came of storing a request in the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replaced {
    /// Written.
    Done,
    /// The key stands for this request already; nothing was written.
    Repeated(Repeated),
    /// Somebody else moved the old request on; nothing was written.
    Conflict,
}

/// Requests and their audit records.
#[async_trait]
pub trait Requests: Send + Sync {
    /// The request as it is now (strongly consistent).
    async fn load(&self, id: &RequestId) -> Result<Option<Request>, Fault>;
    /// Those of these requests that exist, in the same order.
    async fn load_all(&self, ids: &[RequestId]) -> Result<Vec<Request>, Fault>;
    /// What an idempotency key stands for already.
    async fn repeated(&self, key: &Idempotency) -> Result<Option<Repeated>, Fault>;
    /// Stores a new request with its first record and its idempotency key, all or nothing; nothing, if the key stands
    /// for another request already, which is returned.
    async fn insert(&self, first: &Transition, key: Option<&Idempotency>) -> Result<Option<Repeated>, Fault>;
    /// Stores a new request as `insert` does, together with the end of the one that it takes the place of: all or nothing.
    async fn replace(&self, first: &Transition, key: &Idempotency, ended: &Transition) -> Result<Replaced, Fault>;
    /// Stores a request with the record of its transition, and the review that it leaves due, all or nothing, if nobody
    /// else moved it on. What the request wants of Identity Center is part of its state.
    async fn commit(&self, transition: &Transition) -> Result<Commit, Fault>;
    /// The audit records, oldest first.
    async fn history(&self, id: &RequestId) -> Result<Vec<Record>, Fault>;
    /// Ids of one person's requests, newest first, older than `before`.
    async fn of_requester(&self, who: &UserId, before: Option<&RequestId>, limit: u32)
    -> Result<Vec<RequestId>, Fault>;
    /// Ids of the requests submitted on a day (`YYYY-MM-DD`, UTC), newest first, older than `before`.
    async fn of_day(&self, day: &str, before: Option<&RequestId>, limit: u32) -> Result<Vec<RequestId>, Fault>;
    /// Ids of all requests that were not retired, oldest first (strongly consistent).
    async fn live(&self) -> Result<Vec<RequestId>, Fault>;
    /// Takes a request that is over out of the live ones.
    async fn retire(&self, id: &RequestId) -> Result<(), Fault>;
    /// Forgets what only made `live` longer to read.
    async fn tidy(&self) -> Result<(), Fault>;
    /// What is listed of what requests want of Identity Center (strongly consistent): what nobody has in hand.
    async fn intents(&self) -> Result<Vec<Intent>, Fault>;
    /// Lists what a request wants of Identity Center, for whoever has the lease or takes it next. Only once its transition
    /// is durable.
    async fn list_intent(&self, intent: &Intent) -> Result<(), Fault>;
    /// Takes it off the list, if it is still what is listed for the request.
    async fn unlist_intent(&self, intent: &Intent) -> Result<(), Fault>;
    /// Lists a request under the minute in which its grant ends.
    async fn put_due(&self, id: &RequestId, at: Timestamp) -> Result<(), Fault>;
    /// The requests that were listed under the minute of this instant (strongly consistent).
    async fn due(&self, at: Timestamp) -> Result<Vec<RequestId>, Fault>;
}

/// Reviews of emergency access. They come into being with the transition that leaves them due.
#[async_trait]
pub trait Reviews: Send + Sync {
    /// The review of this request's grant (strongly consistent).
    async fn review(&self, request: &RequestId) -> Result<Option<Review>, Fault>;
    /// Every review that nobody has answered, oldest request first (strongly consistent).
    async fn open_reviews(&self) -> Result<Vec<Review>, Fault>;
    /// Stores a review with the record of its step, all or nothing, if nobody else moved it on.
    async fn commit_review(&self, step: &Step) -> Result<Commit, Fault>;
}

/// What Curfew knows about keys.
#[async_trait]
pub trait Assignments: Send + Sync {
    /// The record of a key (strongly consistent); an unknown key has version 0.
    async fn assignment(&self, key: &Key) -> Result<Assignment, Fault>;
    /// The same in one read with a request (both strongly consistent).
    async fn assignment_for(&self, key: &Key, request: &RequestId) -> Result<(Assignment, Option<Request>), Fault>;
    /// Writes a record over the version it was made from. On success the stored version is one higher.
    async fn put_assignment(&self, assignment: &Assignment) -> Result<Commit, Fault>;
    /// Takes the right to write to Identity Center, if it was given back and nobody has taken it since; or if this very
    /// holder has. A conflict if somebody has it, be it that their time is over.
    async fn take_lease(&self, holder: &Holder) -> Result<Commit, Fault>;
    /// Gives it back, if this holder still has it.
    async fn give_lease_back(&self, holder: &Holder) -> Result<(), Fault>;
    /// Who may write to Identity Center (strongly consistent).
    async fn lease(&self) -> Result<Lease, Fault>;
    /// Writes the lease over the version it was made from. On success the stored version is one higher.
    async fn put_lease(&self, lease: &Lease) -> Result<Commit, Fault>;
}

/// The Cedar rules of a configuration, compiled so that a cold start parses only what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledRules {
    /// The compiled form.
    pub index: String,
    /// Its digest.
    pub digest: String,
}

/// Published configurations.
#[async_trait]
pub trait Configurations: Send + Sync {
    /// The publication in force.
    async fn in_force(&self) -> Result<Option<Publication>, Fault>;
    /// The files of a version, if it was ever stored whole.
    async fn bundle(&self, version: &Version) -> Result<Option<Bundle>, Fault>;
    /// The rules of a version as they were compiled when it was stored, with their digest; by whichever release that was.
    async fn rules(&self, version: &Version) -> Result<Option<CompiledRules>, Fault>;
    /// Stores files, and their rules compiled, under their version. Puts nothing in force; may be repeated.
    async fn put_bundle(&self, bundle: &Bundle, rules: &CompiledRules) -> Result<(), Fault>;
    /// Puts a version in force whose files are stored, if no other publication has this number.
    async fn put_in_force(&self, publication: &Publication) -> Result<Commit, Fault>;
    /// Publications, the newest first: at most `limit` of those with a number below `before`.
    async fn publications(&self, before: Option<u64>, limit: u32) -> Result<Vec<Publication>, Fault>;
    /// The latest proposal of this version.
    async fn proposal(&self, version: &Version) -> Result<Option<Proposal>, Fault>;
    /// Stores a proposal in place of an earlier one of the same version.
    async fn put_proposal(&self, proposal: &Proposal) -> Result<(), Fault>;
    /// All proposals, whether or not they can still be agreed to.
    async fn proposals(&self) -> Result<Vec<Proposal>, Fault>;
}

/// Everything that one table keeps.
pub trait Store:
    Requests + Reviews + Callbacks + Assignments + Configurations + Directories + Outbox + Judging + Overview
{
}
impl<T> Store for T where
    T: Requests + Reviews + Callbacks + Assignments + Configurations + Directories + Outbox + Judging + Overview
{
}

/// Executions of the approval state machine.
#[async_trait]
pub trait Flow: Send + Sync {
    /// Starts the execution of a request; succeeds if it was started before.
    async fn start(&self, request: &RequestId) -> Result<(), Fault>;
    /// Hands a directive to the execution that waits with this token. An execution that waits no more is no fault.
    async fn resume(&self, token: &str, directive: &Directive) -> Result<(), Fault>;
}

/// Looks at executions.
#[async_trait]
pub trait FlowStatus: Send + Sync {
    /// Whether the execution of this request runs.
    async fn is_running(&self, request: &RequestId) -> Result<bool, Fault>;
}

/// Starts the functions that carry out intents. A call may come to nothing, or happen twice.
#[async_trait]
pub trait Wake: Send + Sync {
    /// Has removals carried out soon.
    async fn removals(&self) -> Result<(), Fault>;
    /// Has grants carried out soon, and removals before them.
    async fn grants(&self) -> Result<(), Fault>;
}

/// Fresh facts about people.
#[async_trait]
pub trait People: Send + Sync {
    /// Whether a user exists and is enabled.
    async fn user(&self, id: &UserId) -> Result<UserFacts, Fault>;
    /// The same in one call, if the user of this id has exactly this user name.
    async fn user_if_named(&self, id: &UserId, name: &str) -> Result<Option<UserFacts>, Fault>;
    /// The user of this user name.
    async fn user_named(&self, name: &str) -> Result<Option<UserId>, Fault>;
}

/// Fresh facts about accounts.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Whether an account is in use.
    async fn account(&self, id: &AccountId) -> Result<AccountFacts, Fault>;
}

/// Fresh facts about permission sets.
#[async_trait]
pub trait PermissionSets: Send + Sync {
    /// Whether a permission set exists, and its session duration.
    async fn permission_set(&self, arn: &PermissionSetArn) -> Result<PermissionSetFacts, Fault>;
}

/// Where an operation of Identity Center stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Not over.
    InProgress,
    /// Done.
    Succeeded,
    /// Ended without effect, for this reason.
    Failed(String),
}

/// Identity Center's answer to a wish to change an assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It works on it under this id.
    Accepted(String),
    /// It has done it at once: memberships have no operations to follow.
    Done,
    /// It certainly did not begin, and may later: a conflict or a throttle.
    NotNow(String),
    /// It certainly did not begin and never will.
    Rejected(String),
}

/// That an operation was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begin {
    /// Identity Center's id of it.
    pub id: String,
    /// When, by Identity Center's clock; `None` if it does not say.
    pub at: Option<Timestamp>,
}

/// Reads assignments and memberships.
#[async_trait]
pub trait AccessReader: Send + Sync {
    /// Whether Identity Center lists the assignment of this user, directly, or this member of the group.
    async fn is_assigned(&self, key: &Key) -> Result<bool, Fault>;
    /// Which of these users Identity Center lists with a permission set in an account, directly.
    async fn assigned(
        &self,
        account: &AccountId,
        set: &PermissionSetArn,
        users: &BTreeSet<UserId>,
    ) -> Result<BTreeSet<UserId>, Fault> {
        let mut found = BTreeSet::new();
        for user in users {
            let (account, permission_set) = (account.clone(), set.clone());
            if self.is_assigned(&Key::Assignment { user: user.clone(), account, permission_set }).await? {
                found.insert(user.clone());
            }
        }
        Ok(found)
    }
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What it lists.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// Who has an assignment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// A user.
    User(UserId),
    /// A group, or something else that Curfew never assigns to; as Identity Center writes it.
    Other(String),
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "USER {id}"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

/// Lists assignments of a permission set, page by page, because the pages share Identity Center's quota with removals.
#[async_trait]
pub trait Inventory: Send + Sync {
    /// The accounts that a permission set is provisioned in; none, if there is no such permission set.
    async fn accounts(&self, set: &PermissionSetArn, page: Option<&str>) -> Result<Page<AccountId>, Fault>;
    /// Who has it in an account, directly.
    async fn holders(
        &self,
        account: &AccountId,
        set: &PermissionSetArn,
        page: Option<&str>,
    ) -> Result<Page<Principal>, Fault>;
}

/// Changes assignments and memberships: the port behind which a provisioning strategy is. A transient fault from `begin` means that the outcome is unknown.
#[async_trait]
pub trait Access: AccessReader {
    /// Asks for one change, once: it is never repeated behind the caller's back.
    async fn begin(&self, kind: OperationKind, key: &Key) -> Result<Begun, Fault>;
    /// Where an operation stands; `None` if Identity Center knows none of this id.
    async fn progress(&self, kind: OperationKind, id: &str) -> Result<Option<Progress>, Fault>;
    /// Ids of all operations on assignments of a kind that are in progress.
    async fn in_progress(&self, kind: OperationKind) -> Result<Vec<String>, Fault>;
    /// The operations on assignments of a kind that Identity Center remembers, whatever became of them.
    async fn operations(&self, kind: OperationKind) -> Result<Vec<Begin>, Fault>;
    /// The key that an operation is about; `None` if Identity Center does not know the operation, or Curfew no such key.
    async fn target(&self, kind: OperationKind, id: &str) -> Result<Option<Key>, Fault>;
}

/// Expiry triggers.
#[async_trait]
pub trait Timers: Send + Sync {
    /// Makes sure that `revoke` is called for this trigger, and has seen it (I6), on behalf of the grant of this request.
    async fn ensure(&self, trigger: &Trigger, grant: &RequestId) -> Result<(), Fault>;
}
