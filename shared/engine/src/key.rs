//! Working on one key: the lease, the operation in flight, and the changes themselves (I8).
//!
//! Everything that changes an assignment goes through `KeyGuard`. It exists only while its lease is held, it resolves
//! what is in flight before anything is observed, and it records each intent before it is tried.

use std::sync::Arc;

use curfew_domain::assignment::{Assignment, Operation, OperationKind};
use curfew_domain::id::{Key, RequestId};
use curfew_domain::time::{SignedDuration, Timestamp};

use crate::core::Core;
use crate::error::{Error, Fault};
use crate::ports::{Access, Begun, Clock, Commit, Progress, Store};

/// How long an operation whose acceptance is unknown may take to show up. Until then "not found" proves nothing.
const SETTLING: SignedDuration = SignedDuration::from_secs(30);
/// How long a listing may lag behind a finished operation before that is a fault.
const LISTING_LAG: SignedDuration = SignedDuration::from_secs(30);
/// Pause between two looks at an operation or listing.
const PAUSE: SignedDuration = SignedDuration::from_millis(700);
/// A change is begun only with this much time left, so that its id can still be recorded.
const MARGIN: SignedDuration = SignedDuration::from_secs(8);
/// The lease outlives its owner by this much.
const AFTERLIFE: SignedDuration = SignedDuration::from_secs(5);

/// Tools for working on keys within one invocation.
#[derive(Clone)]
pub struct Keys {
    /// State.
    pub store: Arc<dyn Store>,
    /// Identity Center.
    pub access: Arc<dyn Access>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Names this invocation. Lambda repeats an asynchronous invocation under the same name, after the first has ended;
    /// the record's version keeps two of one name apart, should they ever overlap.
    pub owner: String,
    /// When this invocation is killed.
    pub deadline: Timestamp,
}

/// What a change came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// Done and seen in the listing.
    Confirmed,
    /// Identity Center will not do it.
    Rejected(String),
    /// Not begun. Whether it is still right must be looked at afresh before it is tried again.
    NotNow,
}

/// How an operation in flight ended.
enum End {
    /// As the listing shows, it was done.
    Shown,
    /// It is said to be done, or nobody knows of it, and the listing does not show it.
    NotShown,
    /// Identity Center could not do it, for this reason.
    Failed(String),
}

/// One key under lease.
pub struct KeyGuard<'a> {
    keys: &'a Keys,
    record: Assignment,
}

impl Keys {
    /// Tools over the same store and clock as a core's.
    pub fn new(core: &Core, access: Arc<dyn Access>, owner: String, deadline: Timestamp) -> Self {
        Self { store: Arc::clone(&core.store), access, clock: Arc::clone(&core.clock), owner, deadline }
    }

    /// Takes the lease of a key, waiting for its present owner, and resolves what is in flight.
    ///
    /// # Errors
    /// `Busy` if the owner does not let go in time.
    pub async fn lock(&self, key: &Key) -> Result<KeyGuard<'_>, Error> {
        loop {
            let record = self.store.assignment(key).await?;
            let until = self.deadline.checked_add(AFTERLIFE).unwrap_or(Timestamp::MAX);
            if let Ok(leased) = record.leased(&self.owner, self.clock.now(), until) {
                let mut guard = KeyGuard { keys: self, record };
                if guard.write(leased).await? == Commit::Done {
                    let resolved = guard.resolve().await;
                    return match resolved {
                        Ok(_) => Ok(guard),
                        Err(error) => Err(guard.abandon(error).await),
                    };
                }
            }
            self.pause("waiting for the key's present owner").await?;
        }
    }

    /// Waits a little; never into the margin before the deadline.
    async fn pause(&self, what: &'static str) -> Result<(), Error> {
        let left = self.time_left(what)?;
        self.clock.sleep(PAUSE.min(left)).await;
        Ok(())
    }

    /// The time until the margin before the deadline.
    fn time_left(&self, what: &'static str) -> Result<SignedDuration, Error> {
        let left = self.deadline.duration_since(self.clock.now());
        if left > MARGIN { Ok(left - MARGIN) } else { Err(Error::Busy(what.to_owned())) }
    }
}

impl KeyGuard<'_> {
    /// What is recorded about the key.
    pub fn record(&self) -> &Assignment {
        &self.record
    }

    /// Records that a grant needs the key until then.
    pub async fn hold(&mut self, request: &RequestId, until: Timestamp) -> Result<(), Error> {
        let held = self.record.held(request, until);
        if held == self.record { Ok(()) } else { self.rewrite(held).await }
    }

    /// Records that a grant needs the key no more.
    pub async fn release(&mut self, request: &RequestId) -> Result<(), Error> {
        let released = self.record.released(request);
        if released == self.record { Ok(()) } else { self.rewrite(released).await }
    }

    /// Whether Identity Center lists the assignment. Trustworthy, because nothing is in flight.
    pub async fn is_assigned(&self) -> Result<bool, Error> {
        Ok(self.keys.access.is_assigned(&self.record.key).await?)
    }

    /// Corrects the record of an assignment of ours that is gone.
    pub async fn forget(&mut self) -> Result<(), Error> {
        self.rewrite(self.record.settled(false)).await
    }

    /// Gives the lease back.
    pub async fn unlock(mut self) -> Result<(), Error> {
        self.rewrite(self.record.unleased()).await
    }

    /// Gives the lease back after a failure. What is in flight is on record, and the next owner resolves it first.
    pub async fn abandon(self, error: Error) -> Error {
        let key = self.record.key.clone();
        if let Err(second) = self.unlock().await {
            tracing::info!(?key, error = %second, "the lease was not given back and will run out");
        }
        error
    }

    /// Records the intent, asks for the change, follows it to its end and confirms it by listing.
    ///
    /// # Errors
    /// `Busy` or a fault: the change may be under way, and the next owner of the key resolves it first.
    pub async fn change(&mut self, kind: OperationKind) -> Result<Changed, Error> {
        loop {
            self.keys.time_left("too little time is left to begin a change")?;
            let since = self.keys.clock.now();
            self.rewrite(self.record.intending(kind, since)).await?;
            // The next owner trusts that nothing is begun long after its intent.
            if self.keys.clock.now().duration_since(since) > MARGIN {
                return Err(Error::Busy("recording an intent took too long".to_owned()));
            }
            match self.keys.access.begin(kind, &self.record.key).await? {
                Begun::Accepted(id) => {
                    self.rewrite(self.record.accepted(&id)).await?;
                    break;
                }
                Begun::Rejected(reason) => {
                    self.rewrite(self.record.settled(self.record.ours)).await?;
                    return Ok(Changed::Rejected(reason));
                }
                Begun::NotNow(reason) => {
                    tracing::info!(key = ?self.record.key, ?kind, reason, "not now; trying again");
                    self.rewrite(self.record.settled(self.record.ours)).await?;
                    self.keys.pause("waiting until Identity Center takes a change").await?;
                    // Others may be making this very assignment, and it would be theirs (I7).
                    if kind == OperationKind::Assign {
                        return Ok(Changed::NotNow);
                    }
                }
            }
        }
        match self.resolve().await? {
            Some(End::Shown) => Ok(Changed::Confirmed),
            Some(End::Failed(reason)) => Ok(Changed::Rejected(reason)),
            Some(End::NotShown) | None => {
                let cause = "Identity Center reported success, and its listing shows otherwise";
                Err(Fault::transient("confirm the assignment", cause).into())
            }
        }
    }

    /// Follows the operation in flight, if there is one, to its end, waits until the listing shows it, and only then
    /// records what it left: who comes next relies on the listing.
    async fn resolve(&mut self) -> Result<Option<End>, Error> {
        let Some(operation) = self.record.operation.clone() else { return Ok(None) };
        let kind = operation.kind;
        let Some(id) = self.accepted_id(&operation).await? else {
            return self.settle_unknown(kind).await.map(Some);
        };
        loop {
            let end = match self.keys.access.progress(kind, &id).await? {
                Some(Progress::Succeeded) => self.wait_for_listing(kind).await?,
                Some(Progress::Failed(reason)) => End::Failed(reason),
                None if self.has_settled(&operation) => return self.settle_unknown(kind).await.map(Some),
                // An operation may be unknown for a moment after it was accepted.
                Some(Progress::InProgress) | None => {
                    self.keys.pause("waiting for the operation in flight").await?;
                    continue;
                }
            };
            let ours = match (&end, kind) {
                (End::Shown, _) => kind == OperationKind::Assign,
                // Said to have failed, and yet there: made by this intent, because the listing was empty before it.
                (End::Failed(_), OperationKind::Assign) => self.record.ours || self.is_assigned().await?,
                (End::NotShown, OperationKind::Assign) => true,
                // Until the listing is without it, it is there, and it is ours to remove.
                (End::NotShown | End::Failed(_), OperationKind::Unassign) => self.record.ours,
            };
            self.rewrite(self.record.settled(ours)).await?;
            return Ok(Some(end));
        }
    }

    /// Waits until the listing shows what was done.
    async fn wait_for_listing(&self, kind: OperationKind) -> Result<End, Error> {
        let since = self.keys.clock.now();
        while self.is_assigned().await? != (kind == OperationKind::Assign) {
            if self.keys.clock.now().duration_since(since) > LISTING_LAG {
                return Ok(End::NotShown);
            }
            self.keys.pause("waiting for the listing to show the change").await?;
        }
        Ok(End::Shown)
    }

    /// Identity Center knows nothing of the change: the listing decides. What it shows after an intent to assign was
    /// made by that intent, because the listing was empty when the intent was recorded.
    async fn settle_unknown(&mut self, kind: OperationKind) -> Result<End, Error> {
        let listed = self.is_assigned().await?;
        let ours = listed && (self.record.ours || kind == OperationKind::Assign);
        self.rewrite(self.record.settled(ours)).await?;
        Ok(if listed == (kind == OperationKind::Assign) { End::Shown } else { End::NotShown })
    }

    /// Identity Center's id of the operation; found out, if its answer was lost.
    async fn accepted_id(&mut self, operation: &Operation) -> Result<Option<String>, Error> {
        if let Some(id) = &operation.id {
            return Ok(Some(id.clone()));
        }
        loop {
            let found = self.keys.access.find(operation.kind, &self.record.key, operation.since).await?;
            if let Some(id) = found.into_iter().find(|id| !self.record.settled.contains(id)) {
                self.rewrite(self.record.accepted(&id)).await?;
                return Ok(Some(id));
            }
            if self.has_settled(operation) {
                return Ok(None);
            }
            self.keys.pause("waiting for an operation of unknown outcome to show up").await?;
        }
    }

    /// Whether so much time has passed since the intent that "not found" means "never was".
    fn has_settled(&self, operation: &Operation) -> bool {
        self.keys.clock.now().duration_since(operation.since) >= SETTLING
    }

    async fn rewrite(&mut self, next: Assignment) -> Result<(), Error> {
        match self.write(next).await? {
            Commit::Done => Ok(()),
            // Nobody may write without the lease: it ran out under us. Whoever has it now resolves what we began.
            Commit::Conflict => Err(Error::Busy("the lease of the key was lost".to_owned())),
        }
    }

    async fn write(&mut self, next: Assignment) -> Result<Commit, Error> {
        let written = Assignment { version: next.version + 1, ..next.clone() };
        let mut commit = self.keys.store.put_assignment(&next).await?;
        // The client repeats a write whose reply was lost, and then loses against itself.
        if commit == Commit::Conflict && self.keys.store.assignment(&next.key).await? == written {
            commit = Commit::Done;
        }
        if commit == Commit::Done {
            self.record = written;
        }
        Ok(commit)
    }
}
