//! Sync: reads organisation, people and permission sets, and puts them in force as one snapshot.
//!
//! Nothing is seen of a snapshot before all of it was read, believed and stored. One that lost more than half of anything
//! is refused, unless an administrator insists: policy then goes on with the last good one, until that is too old.
//!
//! An invocation that runs out of time, or whose source fails, keeps what it has read; the next one goes on there. One that
//! dies loses what it read, and nothing else. Only one reads at a time.
//!
//! Calls, for `u` OUs, `a` accounts, `s` permission sets in `p` accounts each, `n` people, `g` groups of `m` members
//! each, pages of `ListAccountsForParent` with 20 and all others with 100:
//! organisation `2u + a/20 + a`, people `n/100 + g/100 + g·⌈m/100⌉`, permission sets `s/100 + s·(1 + ⌈p/100⌉)`. For
//! 12,000 people in 400 groups, 500 accounts in 60 OUs and 200 permission sets that are each in 170 accounts that is about
//! 1,800 calls, in three and a half minutes, because the three services are read side by side.

mod doubt;
mod draft;
mod lane;
mod read;

use std::collections::BTreeMap;
use std::sync::Arc;

use curfew_domain::lease::Lease;
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_policy::directory::{Change, Directory, changes};

use crate::error::{Error, Fault};
use crate::ports::{Clock, Commit, Head, Inventory, OrganizationListing, PeopleListing, PermissionSetListing, Store};
pub use doubt::Doubt;
use draft::Draft;
use lane::{Lane, Stop};

/// Calls a second to Organizations. AWS counts each operation by a bucket of its own and does not say how large most are
/// (organizations user guide, "Quotas", "Throttling limits"); in organisations of 250 accounts tools that hurry are
/// throttled (awslabs/aws-deployment-framework #788).
const ORGANIZATION_CALLS: u32 = 5;
/// Calls a second to the identity store. AWS names no number; it throttles (research/performance.md §1).
const PEOPLE_CALLS: u32 = 10;
/// Calls a second to Identity Center. AWS allows 20 for everything in the organisation (singlesignon user guide,
/// "Quotas"): the writer takes 12 of them, the sweep 3, people's requests the rest.
const PERMISSION_SET_CALLS: u32 = 3;
/// The lease outlives whoever holds it by this: clocks differ.
const AFTERLIFE: SignedDuration = SignedDuration::from_secs(15);
/// A draft that is older is not gone on with: its snapshot would be too old to decide by.
const DRAFT_LIVES: SignedDuration = SignedDuration::from_hours(2);
/// Changes that are logged one by one; the others are counted.
const TOLD: usize = 50;

/// Where the directory is read from.
#[derive(Clone)]
pub struct DirectorySources {
    /// OUs, accounts and tags.
    pub organization: Arc<dyn OrganizationListing>,
    /// People and groups.
    pub people: Arc<dyn PeopleListing>,
    /// Permission sets.
    pub permission_sets: Arc<dyn PermissionSetListing>,
    /// Where they are provisioned.
    pub inventory: Arc<dyn Inventory>,
}

/// What sync works with.
pub struct Syncer {
    /// State.
    pub store: Arc<dyn Store>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Everything that is read.
    pub sources: DirectorySources,
}

/// What came of one invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A new snapshot is in force.
    Synced {
        /// It.
        head: Head,
        /// What is different from the one before; nothing, if there was none.
        changes: Vec<Change>,
    },
    /// Time was over; the next invocation goes on.
    Unfinished {
        /// Things that are left to look at, as far as that is known.
        left: usize,
    },
    /// What was read is not believed; the last snapshot stays in force.
    Refused(Vec<Doubt>),
    /// Another invocation reads.
    Elsewhere {
        /// It is dead by then.
        until: Timestamp,
    },
}

impl Syncer {
    /// Goes on reading until the deadline of the invocation, and puts the snapshot in force when it is whole. `force`
    /// believes whatever was read. `name` is unlike that of any other invocation.
    ///
    /// # Errors
    /// Something did not answer. What was read is kept. With `force`: another invocation reads, and would refuse.
    pub async fn sync(&self, name: &str, force: bool, deadline: Timestamp) -> Result<Outcome, Error> {
        let until = deadline.checked_add(AFTERLIFE).unwrap_or(deadline);
        let lease = match self.store.reader().await?.taken(name, self.clock.now(), until) {
            Ok(lease) => lease,
            Err(holder) => return elsewhere(holder.until, force),
        };
        if self.store.put_reader(&lease).await? == Commit::Conflict {
            return elsewhere(until, force);
        }
        let ended = self.run(force, deadline).await;
        let lease = Lease { version: lease.version + 1, ..lease }.given_back();
        if let Err(error) = self.store.put_reader(&lease).await {
            tracing::warn!(%error, "the right to read the directory was not given back; it runs out");
        }
        ended
    }

    async fn run(&self, force: bool, deadline: Timestamp) -> Result<Outcome, Error> {
        let head = self.store.head().await?;
        let mut draft = self.draft(head.as_ref()).await?;
        let clock = self.clock.as_ref();
        let mut lanes = [ORGANIZATION_CALLS, PEOPLE_CALLS, PERMISSION_SET_CALLS]
            .map(|per_second| Lane::new(clock, per_second, deadline));
        let mut read = read::read_all(&self.sources, &mut draft.directory, &mut draft.left, &mut lanes).await;
        let before = if read.is_ok() { self.before().await? } else { None };
        if let Some(before) = &before
            && before.accounts.keys().any(|id| !draft.directory.accounts.contains_key(id))
        {
            // One that was moved while the tree was walked may have been passed over: nobody is to lose access by that.
            draft.left.units = None;
            read = read::read_all(&self.sources, &mut draft.directory, &mut draft.left, &mut lanes).await;
        }
        let calls = lanes.iter().map(Lane::calls).sum();
        match read {
            Ok(()) => self.put(tidied(draft.directory), head.as_ref(), before.as_deref(), force, calls).await,
            Err(stop) => self.keep(&draft, stop, calls).await,
        }
    }

    /// The last snapshot. One that this release cannot read is replaced like any other.
    async fn before(&self) -> Result<Option<Arc<Directory>>, Error> {
        match self.store.latest().await {
            Err(error @ Fault::Permanent { .. }) => {
                tracing::error!(%error, alarm = "sync_fault", "the last directory cannot be read; it is compared by counts");
                Ok(None)
            }
            read => Ok(read?),
        }
    }

    /// What an earlier invocation has left, or nothing.
    async fn draft(&self, head: Option<&Head>) -> Result<Draft, Error> {
        let now = self.clock.now();
        let Some(bytes) = self.store.draft().await? else { return Ok(Draft::new(now)) };
        match Draft::unpack(&bytes) {
            // Whoever put it in force had no time to forget it.
            Ok(draft) if head.is_some_and(|head| head.taken_at >= draft.directory.taken_at) => Ok(Draft::new(now)),
            Ok(draft) if now.duration_since(draft.directory.taken_at) < DRAFT_LIVES => Ok(draft),
            Ok(draft) => {
                tracing::warn!(taken_at = %draft.directory.taken_at, "what was read is too old; reading begins again");
                Ok(Draft::new(now))
            }
            Err(error) => {
                tracing::warn!(%error, "what was read by another release is of no use; reading begins again");
                Ok(Draft::new(now))
            }
        }
    }

    /// Keeps what was read for the next invocation.
    async fn keep(&self, draft: &Draft, stop: Stop, calls: usize) -> Result<Outcome, Error> {
        let packed = draft.pack().map_err(|error| Fault::permanent("keep what was read of the directory", error))?;
        self.store.put_draft(Some(&packed)).await?;
        let left = draft.left.count();
        match stop {
            Stop::Time => {
                tracing::info!(calls, left, "time is over; the next invocation goes on");
                Ok(Outcome::Unfinished { left })
            }
            Stop::Fault(fault) => {
                tracing::error!(calls, left, error = %fault, alarm = "sync_fault", "the directory could not be read on");
                Err(fault.into())
            }
        }
    }

    /// Puts a whole snapshot in force, if it can be believed.
    async fn put(
        &self,
        directory: Directory,
        head: Option<&Head>,
        before: Option<&Directory>,
        force: bool,
        calls: usize,
    ) -> Result<Outcome, Error> {
        let doubts = match (before, head) {
            (Some(before), _) => doubt::doubts(before, &directory),
            (None, Some(head)) => doubt::fewer(&head.counts, &directory.counts()),
            (None, None) => Vec::new(),
        };
        if !doubts.is_empty() && !force {
            let doubted: Vec<String> = doubts.iter().map(ToString::to_string).collect();
            let doubted = doubted.join(", ");
            tracing::error!(doubted, alarm = "sync_refused", "what was read is not believed; the last directory stays");
            self.store.put_draft(None).await?;
            return Ok(Outcome::Refused(doubts));
        }
        let meanwhile = || Error::Busy("another snapshot of the directory came meanwhile".to_owned());
        let head = self.store.put(&directory, head).await?.ok_or_else(meanwhile)?;
        if let Err(error) = self.store.put_draft(None).await {
            tracing::warn!(%error, "what was read before stays; it is older than the snapshot, and is passed over");
        }
        let changes = before.map(|before| changes(before, &directory)).unwrap_or_default();
        tell(&head, &changes, calls, self.clock.now());
        Ok(Outcome::Synced { head, changes })
    }
}

fn elsewhere(until: Timestamp, force: bool) -> Result<Outcome, Error> {
    if force {
        // The other one may refuse what this one was told to believe.
        return Err(Error::Busy(format!("the directory is being read, at the latest until {until}")));
    }
    tracing::info!(%until, "another invocation reads the directory");
    Ok(Outcome::Elsewhere { until })
}

/// Without what points to accounts that left while it was read.
fn tidied(mut directory: Directory) -> Directory {
    let Directory { permission_sets, accounts, .. } = &mut directory;
    for set in permission_sets.values_mut() {
        set.provisioned_in.retain(|account| accounts.contains_key(account));
    }
    directory
}

/// One line for each snapshot, which the metrics of the stack are read off, and one for each of the first changes.
fn tell(head: &Head, changes: &[Change], calls: usize, now: Timestamp) {
    for change in changes.iter().take(TOLD) {
        tracing::info!(change = change.kind(), about = %change, "the directory changed");
    }
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for change in changes {
        *kinds.entry(change.kind()).or_default() += 1;
    }
    let (counts, seconds) = (&head.counts, now.duration_since(head.taken_at).as_secs());
    tracing::info!(
        version = head.version,
        taken_at = %head.taken_at,
        seconds,
        calls,
        users = counts.users,
        groups = counts.groups,
        memberships = counts.memberships,
        units = counts.units,
        accounts = counts.accounts,
        permission_sets = counts.permission_sets,
        changes = changes.len(),
        kinds = ?kinds,
        "synced"
    );
}
