//! Working on one key: the operation in flight, and the changes themselves (I8).
//!
//! Everything that changes an assignment goes through `KeyWork`. It exists only while the writer has the lease, it
//! resolves what is in flight before anything is observed, and it records each change before it is tried.

use curfew_domain::assignment::{Assignment, Operation, OperationKind};
use curfew_domain::id::{Key, RequestId};
use curfew_domain::request::Request;
use curfew_domain::time::{SignedDuration, Timestamp};

use super::Tools;
use super::quota::Slot;
use super::watch::Over;
use crate::error::{Error, Fault};
use crate::ports::{Begun, Commit, Progress};

/// How long a listing may lag behind a finished operation before that is a fault.
const LISTING_LAG: SignedDuration = SignedDuration::from_secs(30);
/// Pause between two looks at a listing.
const PAUSE: SignedDuration = SignedDuration::from_millis(700);
/// A change is begun only this soon after it was recorded, so that who finds the record knows when it is settled.
const PROMPT: SignedDuration = SignedDuration::from_secs(8);

/// What a change came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Changed {
    /// Done and seen in the listing.
    Confirmed,
    /// Identity Center will not do it.
    Rejected(String),
    /// Not begun: a conflict or a throttle. Whether it is still right must be looked at afresh.
    NotNow(String),
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

/// One key in the writer's hands.
pub(super) struct KeyWork<'a> {
    tools: &'a Tools,
    slot: Slot<'a>,
    record: Assignment,
}

impl<'a> KeyWork<'a> {
    /// Takes a key up for a request, and resolves what is in flight; with the request as it is then. Read under the lease:
    /// an end that came before is seen, and one that comes later is carried out later.
    pub(super) async fn open(
        tools: &'a Tools,
        slot: Slot<'a>,
        key: &Key,
        id: &RequestId,
    ) -> Result<(Self, Request), Error> {
        let (record, mut request) = tools.store.assignment_for(key, id).await?;
        let in_flight = record.operation.is_some();
        let mut work = Self { tools, slot, record };
        work.resolve(None).await?;
        if in_flight {
            // That may have taken minutes.
            request = tools.store.load(id).await?;
        }
        Ok((work, request.ok_or(Error::NotFound)?))
    }

    /// What is recorded about the key.
    pub(super) fn record(&self) -> &Assignment {
        &self.record
    }

    /// A grant needs the key until then. Stored with the next change, or by `save`.
    pub(super) async fn hold(&mut self, request: &RequestId, until: Timestamp) -> Result<(), Error> {
        let held = self.record.held(request, until);
        self.save(held).await
    }

    /// A grant needs the key no more.
    pub(super) async fn release(&mut self, request: &RequestId) -> Result<(), Error> {
        let released = self.record.released(request);
        self.save(released).await
    }

    /// Corrects the record of an assignment of ours that is gone.
    pub(super) async fn forget(&mut self) -> Result<(), Error> {
        let gone = Assignment { ours: false, ..self.record.clone() };
        self.save(gone).await
    }

    /// Whether somebody else is just making this very assignment: it will be theirs (I7). To be asked before the listing,
    /// because it may be done in between.
    pub(super) async fn is_being_made_by_others(&self) -> Result<bool, Error> {
        // A membership is made at once: nobody is just making one.
        if matches!(self.record.key, Key::Membership { .. }) {
            return Ok(false);
        }
        for id in self.tools.creates_in_progress().await? {
            if self.record.settled.contains(&id) || self.tools.watch.follows(&id) {
                continue;
            }
            if self.tools.finder.is_about(self.tools, OperationKind::Assign, &id, &self.record.key).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether Identity Center lists the assignment. Trustworthy, because nothing is in flight.
    pub(super) async fn is_assigned(&self) -> Result<bool, Error> {
        self.tools.quota.pace(self.tools.clock.as_ref()).await;
        Ok(self.tools.access.is_assigned(&self.record.key).await?)
    }

    /// The same for an operation that has just ended: one listing for all of its place.
    async fn is_listed(&self) -> Result<bool, Error> {
        self.tools.listings.is_assigned(self.tools, &self.record.key).await
    }

    /// Deletes the assignment; the grant that ends needs it no more, which is recorded with the intent.
    pub(super) async fn unassign(&mut self, ending: &RequestId) -> Result<Changed, Error> {
        let record = self.record.released(ending);
        self.change(OperationKind::Unassign, record).await
    }

    /// Creates the assignment for a grant; its hold is recorded with the intent.
    pub(super) async fn assign(&mut self, grant: &RequestId, until: Timestamp) -> Result<Changed, Error> {
        let record = self.record.held(grant, until);
        self.change(OperationKind::Assign, record).await
    }

    /// Records the intent, asks for the change, follows it to its end and confirms it by listing.
    ///
    /// # Errors
    /// `Busy` or a fault: the change may be under way; whoever takes the key up next resolves it first.
    async fn change(&mut self, kind: OperationKind, record: Assignment) -> Result<Changed, Error> {
        let tools = self.tools;
        // Before the intent: nothing may come between the two.
        tools.quota.pace(tools.clock.as_ref()).await;
        tools.time_left("too little time is left to begin a change")?;
        let since = tools.clock.now();
        self.write(record.intending(kind, since)).await?;
        if tools.clock.now().duration_since(since) > PROMPT {
            return Err(Error::Busy("recording an intent took too long".to_owned()));
        }
        let id = match tools.access.begin(kind, &self.record.key).await {
            Ok(Begun::Accepted(id)) => Some(id),
            Ok(Begun::Done) => {
                let end = self.wait_for_listing(kind).await?;
                self.settle_end(kind, None, &end).await?;
                return Self::changed(Some(end));
            }
            Ok(Begun::Rejected(reason)) => {
                self.write(self.record.settled(None, self.record.ours)).await?;
                return Ok(Changed::Rejected(reason));
            }
            Ok(Begun::NotNow(reason)) => {
                tools.quota.refused(tools.clock.now());
                self.write(self.record.settled(None, self.record.ours)).await?;
                return Ok(Changed::NotNow(reason));
            }
            // It may have begun all the same.
            Err(fault) => {
                tracing::info!(key = ?self.record.key, ?kind, %fault, "the outcome of a change is unknown");
                None
            }
        };
        self.slot.begun(id.as_deref(), tools.clock.now());
        Self::changed(self.resolve(id).await?)
    }

    fn changed(end: Option<End>) -> Result<Changed, Error> {
        match end {
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
    async fn resolve(&mut self, id: Option<String>) -> Result<Option<End>, Error> {
        let Some(operation) = self.record.operation.clone() else { return Ok(None) };
        let kind = operation.kind;
        let known = match id {
            Some(id) => Some(id),
            None => self.find(&operation).await?,
        };
        let Some(id) = known else { return self.settle_unknown(&operation).await.map(Some) };
        let over = self.tools.watch.over(self.tools, kind, &id).await?;
        self.slot.free();
        let end = match over {
            Over::Said(progress) => self.end_of(kind, progress).await?,
            Over::NotInProgress if self.is_listed().await? == (kind == OperationKind::Assign) => End::Shown,
            Over::NotInProgress => match self.ask_once(kind, &id).await? {
                Some(progress) => self.end_of(kind, progress).await?,
                None => return self.settle_unknown(&operation).await.map(Some),
            },
            Over::Unknown => return self.settle_unknown(&operation).await.map(Some),
        };
        self.settle_end(kind, Some(&id), &end).await?;
        Ok(Some(end))
    }

    /// Records what an operation left.
    async fn settle_end(&mut self, kind: OperationKind, id: Option<&str>, end: &End) -> Result<(), Error> {
        let ours = match (end, kind) {
            (End::Shown, _) => kind == OperationKind::Assign,
            // Said to have failed, and yet there: made by this intent, because the listing was empty before it.
            (End::Failed(_), OperationKind::Assign) => self.record.ours || self.is_assigned().await?,
            (End::NotShown, OperationKind::Assign) => true,
            // Until the listing is without it, it is there, and it is ours to remove.
            (End::NotShown | End::Failed(_), OperationKind::Unassign) => self.record.ours,
        };
        self.write(self.record.settled(id, ours)).await
    }

    async fn ask_once(&self, kind: OperationKind, id: &str) -> Result<Option<Progress>, Error> {
        self.tools.quota.pace(self.tools.clock.as_ref()).await;
        Ok(self.tools.access.progress(kind, id).await?)
    }

    async fn end_of(&self, kind: OperationKind, progress: Progress) -> Result<End, Error> {
        match progress {
            Progress::Succeeded => self.wait_for_listing(kind).await,
            Progress::Failed(reason) => Ok(End::Failed(reason)),
            Progress::InProgress => Err(Error::Busy("the operation is in progress again".to_owned())),
        }
    }

    /// Waits until the listing shows what was done.
    async fn wait_for_listing(&self, kind: OperationKind) -> Result<End, Error> {
        let since = self.tools.clock.now();
        while self.is_assigned().await? != (kind == OperationKind::Assign) {
            if self.tools.clock.now().duration_since(since) > LISTING_LAG {
                return Ok(End::NotShown);
            }
            self.tools.pause(PAUSE, "waiting for the listing to show the change").await?;
        }
        Ok(End::Shown)
    }

    /// Identity Center knows nothing of the change: the listing decides. What it shows after an intent to assign was
    /// made by that intent, because the listing was empty when the intent was recorded, and nobody else was just making the
    /// same assignment.
    async fn settle_unknown(&mut self, operation: &Operation) -> Result<End, Error> {
        let (kind, listed) = (operation.kind, self.is_assigned().await?);
        let made = kind == OperationKind::Assign && listed;
        self.write(self.record.settled(None, listed && (self.record.ours || made))).await?;
        Ok(if listed == (kind == OperationKind::Assign) { End::Shown } else { End::NotShown })
    }

    /// Finds Identity Center's id of an operation that an earlier holder began, or whose answer was lost. `None` once
    /// so much time has passed that "not found" means "never was".
    async fn find(&self, operation: &Operation) -> Result<Option<String>, Error> {
        loop {
            let found = self.tools.finder.find(self.tools, operation, &self.record.key).await?;
            if let Some(id) = found.into_iter().find(|id| !self.record.settled.contains(id)) {
                return Ok(Some(id));
            }
            if self.tools.has_settled(operation.since) {
                return Ok(None);
            }
            self.tools.pause(PAUSE * 3, "waiting for an operation of unknown outcome to show up").await?;
        }
    }

    async fn save(&mut self, next: Assignment) -> Result<(), Error> {
        if next == self.record { Ok(()) } else { self.write(next).await }
    }

    async fn write(&mut self, next: Assignment) -> Result<(), Error> {
        let written = Assignment { version: next.version + 1, ..next.clone() };
        let store = &self.tools.store;
        let done = match store.put_assignment(&next).await? {
            Commit::Done => true,
            // The client repeats a write whose reply was lost, and then loses against itself.
            Commit::Conflict => store.assignment(&next.key).await? == written,
        };
        if !done {
            // Nobody may write without the lease: it ran out under us. Whoever has it now resolves what we began.
            return Err(Error::Busy("the lease was lost".to_owned()));
        }
        self.record = written;
        Ok(())
    }
}
