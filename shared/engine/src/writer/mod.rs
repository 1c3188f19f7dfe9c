//! The write path to Identity Center: one holder of the lease at a time carries out all intents, removals first, within
//! the organisation's quotas.
//!
//! `provision` and `revoke` both try to become the holder. What either has moved itself it has in hand, and carries out
//! without listing it; the state of the request says what it wants. Whoever does not get the lease lists what it has in hand,
//! tries once more, and goes away: the holder looks at the list again and again until it is empty, gives the lease back, and
//! looks once more, so that an intent listed meanwhile is either seen by it or by who listed it. A holder that leaves lists
//! what it leaves. One that dies is healed by the sweep, which lists what requests have wanted for long: its lease runs out
//! after it cannot be alive any more, and what it had begun is on record.

pub(crate) mod assign;
mod finder;
mod key;
mod listing;
mod queue;
mod quota;
mod remove;
mod tempo;
mod watch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use curfew_domain::assignment::OperationKind;
use curfew_domain::id::RequestId;
use curfew_domain::lease::{Holder, Lease};
use curfew_domain::request::{Intent, Rank, Request};
use curfew_domain::time::{SignedDuration, Timestamp};
use futures_util::future::{Either, select};
use futures_util::stream::{self, FuturesUnordered, StreamExt};

use crate::core::Core;
use crate::error::{Error, Fault};
use crate::facts::FactSources;
use crate::ports::{Access, Clock, Commit, Store, Timers, Wake};
use finder::Finder;
use listing::Listings;
use queue::Queue;
use quota::{Lane, Quota, Slot};
use watch::Watch;

pub use quota::Limits;

/// An operation of unknown outcome may take this long to show up. Until then "not found" proves nothing.
const SETTLING: SignedDuration = SignedDuration::from_secs(40);
/// A change is begun only with this much time left, and what is under way is left to the next holder then.
const MARGIN: SignedDuration = SignedDuration::from_secs(8);
/// Nothing new is taken up with less time than this; what is under way is seen to its end.
const HANDOVER: SignedDuration = SignedDuration::from_secs(30);
/// The lease outlives its holder by this much.
const AFTERLIFE: SignedDuration = SignedDuration::from_secs(15);
/// From one look at the intents to the next: longer for each that is left, because a look reads them all and there is
/// enough to do anyway; within these bounds.
const REFRESH: [SignedDuration; 2] = [SignedDuration::from_millis(1_500), SignedDuration::from_secs(20)];
const REFRESH_EACH: SignedDuration = SignedDuration::from_millis(25);
/// How often it is checked whether something can be begun.
const TICK: SignedDuration = SignedDuration::from_millis(10);
/// Tries to take the lease when others write it at the same moment.
const LEASE_TRIES: u32 = 3;
/// Intents that are listed beside each other by who leaves them.
const LISTED_AT_ONCE: usize = 25;

/// What creating access needs beyond removing it.
pub struct Granting {
    /// Fresh facts, for policy.
    pub sources: FactSources,
    /// Expiry triggers.
    pub timers: Arc<dyn Timers>,
}

/// What every invocation of the writing functions shares.
pub struct WriterParts {
    /// State and effects.
    pub core: Core,
    /// Identity Center.
    pub access: Arc<dyn Access>,
    /// Starts the next holder.
    pub wake: Arc<dyn Wake>,
    /// `None` in `revoke`: it removes only, whatever happens to policy and directory (I19, I20).
    pub granting: Option<Granting>,
    /// How much of the quotas to use.
    pub limits: Limits,
}

/// The writer of one invocation.
pub struct Writer<'a> {
    parts: &'a WriterParts,
    tools: Tools,
    /// Unlike any other writer's.
    name: String,
    /// What this invocation has moved itself and the queue does not have yet.
    moved: Mutex<Vec<Intent>>,
    /// The request that policy has just been asked about, and when. Good for one try.
    vouched: Mutex<Option<(RequestId, Timestamp)>>,
}

/// What is needed to work on a key.
struct Tools {
    store: Arc<dyn Store>,
    access: Arc<dyn Access>,
    clock: Arc<dyn Clock>,
    quota: Quota,
    watch: Watch,
    listings: Listings,
    finder: Finder,
    deadline: Timestamp,
}

/// What one drain did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drained {
    /// Intents that were carried out.
    pub done: usize,
    /// Intents that were tried and are left.
    pub left: usize,
    /// Somebody else has the lease and will see to everything.
    pub elsewhere: bool,
}

/// How one try of an intent ended.
enum Tried {
    /// Carried out, or pointless by now.
    Done,
    /// Identity Center takes no more changes at present.
    NotNow(String),
    /// To be tried again later, for this reason.
    Again(String),
}

impl Tools {
    /// The time until the margin before the deadline.
    fn time_left(&self, what: &'static str) -> Result<SignedDuration, Error> {
        let left = self.deadline.duration_since(self.clock.now());
        if left > MARGIN { Ok(left - MARGIN) } else { Err(Error::Busy(what.to_owned())) }
    }

    /// Nothing new is begun any more.
    fn is_closing(&self) -> bool {
        self.deadline.duration_since(self.clock.now()) < HANDOVER
    }

    /// Waits a little; never into the margin before the deadline.
    async fn pause(&self, pause: SignedDuration, what: &'static str) -> Result<(), Error> {
        let left = self.time_left(what)?;
        self.clock.sleep(pause.min(left)).await;
        Ok(())
    }

    /// Ids of all creates in progress, whoever asked for them.
    async fn creates_in_progress(&self) -> Result<Vec<String>, Error> {
        self.quota.pace(self.clock.as_ref()).await;
        Ok(self.access.in_progress(OperationKind::Assign).await?)
    }

    /// Whether so much time has passed that an operation that is not found never was.
    fn has_settled(&self, since: Timestamp) -> bool {
        self.clock.now().duration_since(since) >= SETTLING
    }
}

impl<'a> Writer<'a> {
    /// The writer of an invocation that is killed at `deadline`. No other writer may ever have the same name.
    pub fn new(parts: &'a WriterParts, name: String, deadline: Timestamp) -> Self {
        let clock = Arc::clone(&parts.core.clock);
        let quota = Quota::new(parts.limits, clock.now());
        let (store, access) = (Arc::clone(&parts.core.store), Arc::clone(&parts.access));
        let (watch, listings, finder) = (Watch::default(), Listings::default(), Finder::default());
        let tools = Tools { store, access, clock, quota, watch, listings, finder, deadline };
        Self { parts, tools, name, moved: Mutex::default(), vouched: Mutex::default() }
    }

    /// State and effects.
    pub fn core(&self) -> &Core {
        &self.parts.core
    }

    /// What creating access needs; only in `provision`.
    pub(crate) fn granting(&self) -> Option<&Granting> {
        self.parts.granting.as_ref()
    }

    /// Takes up what this request wants: the next `drain`, or the one under way, carries it out, or lists it.
    pub fn take_up(&self, request: &Request) {
        if let Some(intent) = request.intent() {
            locked(&self.moved).push(intent);
        }
    }

    /// Whether there is something that `take_up` was told and nobody carries out yet.
    pub(crate) fn has_some_to_do(&self) -> bool {
        !locked(&self.moved).is_empty()
    }

    /// Policy has just allowed this request, on fresh facts.
    pub(crate) fn vouch(&self, id: &RequestId) {
        *locked(&self.vouched) = Some((id.clone(), self.tools.clock.now()));
    }

    /// Carries out all intents, if nobody else is doing so.
    ///
    /// # Errors
    /// The store could not be reached. What is recorded is carried out by the next holder.
    pub async fn drain(&self) -> Result<Drained, Error> {
        let mut total = Drained::default();
        let mut queue = Queue::default();
        loop {
            queue.take_up(self.moved());
            if !self.take_lease().await? {
                // Whoever has it might have looked at the list for the last time before this was on it.
                if self.list(&mut queue).await? == 0 || !self.take_lease().await? {
                    return Ok(Drained { elsewhere: true, ..total });
                }
            }
            let worked = self.work(&mut queue, &mut total.done).await;
            self.give_lease_back().await;
            queue.take_up(self.moved());
            if let Err(error) = worked {
                self.list(&mut queue).await?;
                return Err(error);
            }
            // Somebody may have listed an intent, and seen our lease, after our last look.
            queue.update(self.parts.core.store.intents().await?);
            total.left = queue.left(|_| true);
            if self.is_closing() || queue.is_idle(|intent| self.may(intent)) {
                self.list(&mut queue).await?;
                self.hand_over(&queue).await;
                return Ok(total);
            }
        }
    }

    /// Lists what this invocation has in hand and has not carried out; how many intents that was.
    async fn list(&self, queue: &mut Queue) -> Result<usize, Fault> {
        let unlisted = queue.unlisted();
        let mut writes =
            stream::iter(&unlisted).map(|intent| self.tools.store.list_intent(intent)).buffer_unordered(LISTED_AT_ONCE);
        while let Some(written) = writes.next().await {
            written?;
        }
        drop(writes);
        let many = unlisted.len();
        queue.let_go(unlisted);
        Ok(many)
    }

    fn moved(&self) -> Vec<Intent> {
        std::mem::take(&mut locked(&self.moved))
    }

    /// Works on intents until there are none left that this holder can do something about, or until there is no time.
    async fn work(&self, queue: &mut Queue, done: &mut usize) -> Result<(), Error> {
        let mut running = FuturesUnordered::new();
        let mut refresh = self.tools.clock.now();
        if queue.has_some_in_hand() {
            // Nothing waited for it to be listed.
            refresh = refresh.checked_add(REFRESH[0]).unwrap_or(refresh);
        }
        loop {
            let now = self.tools.clock.now();
            let closing = self.is_closing();
            queue.take_up(self.moved());
            if !closing && now >= refresh {
                self.refresh(queue).await?;
                let ([least, most], left) = (REFRESH, i32::try_from(queue.left(|_| true)).unwrap_or(i32::MAX));
                let pause = REFRESH_EACH.checked_mul(left).unwrap_or(most).clamp(least, most);
                refresh = now.checked_add(pause).unwrap_or(now);
            }
            while !closing && self.tools.quota.has_room(now) {
                let fits = |intent: &Intent| self.may(intent).then(|| self.slot(intent, now)).flatten();
                let Some((intent, slot)) = queue.next(now, &self.tools.listings.places(), fits) else { break };
                let listed = queue.take_over(&intent);
                running.push(self.carry_out(intent, listed, slot));
            }
            let idle = closing || queue.is_idle(|intent| self.may(intent));
            if (running.is_empty() && idle) || self.tools.time_left("").is_err() {
                return Ok(());
            }
            if running.is_empty() {
                self.tools.clock.sleep(TICK).await;
                continue;
            }
            if let Either::Left((Some((intent, tried)), _)) = select(running.next(), self.tools.clock.sleep(TICK)).await
            {
                self.note(queue, done, intent, tried);
            }
        }
    }

    async fn refresh(&self, queue: &mut Queue) -> Result<(), Error> {
        queue.update(self.parts.core.store.intents().await?);
        Ok(())
    }

    fn note(&self, queue: &mut Queue, done: &mut usize, intent: Intent, tried: Result<Tried, Error>) {
        let reason = match tried {
            Ok(Tried::Done) => {
                *done += 1;
                return queue.done(&intent);
            }
            Ok(Tried::NotNow(reason)) => {
                tracing::debug!(request_id = %intent.request, rank = intent.rank.name(), reason, "not now");
                return queue.not_now(intent, self.tools.clock.now());
            }
            Ok(Tried::Again(reason)) => reason,
            Err(error) => error.to_string(),
        };
        tracing::info!(request_id = %intent.request, rank = intent.rank.name(), reason, "not yet; trying again");
        queue.again(intent, self.tools.clock.now());
    }

    async fn carry_out(&self, intent: Intent, listed: bool, slot: Slot<'_>) -> (Intent, Result<Tried, Error>) {
        if listed {
            // First: afterwards, a holder that dies would leave it listed for ever. Should this one die, the request's state
            // still says what it wants, and the sweep lists it again.
            if let Err(error) = self.tools.store.unlist_intent(&intent).await {
                tracing::warn!(request_id = %intent.request, %error, "an intent that is in hand is still listed");
            }
        }
        let tried = match intent.rank {
            Rank::Removal => remove::remove(self, slot, &intent).await,
            Rank::Emergency | Rank::Grant => assign::assign(self, slot, &intent).await,
        };
        (intent, tried)
    }

    fn slot(&self, intent: &Intent, now: Timestamp) -> Option<Slot<'_>> {
        self.tools.quota.slot(&Lane::of(&intent.key), now)
    }

    /// Whether this function may carry an intent out.
    fn may(&self, intent: &Intent) -> bool {
        intent.rank == Rank::Removal || self.parts.granting.is_some()
    }

    fn is_closing(&self) -> bool {
        self.tools.is_closing()
    }

    /// Wakes the next holder for what this one could not do: it has no time, or no right. What it has tried and failed
    /// to do is left to the sweep.
    ///
    /// Lambda ends a chain of functions that start each other after 16 links (Lambda developer guide, "Recursive loop
    /// detection"); the sweep begins a new one.
    async fn hand_over(&self, queue: &Queue) {
        let grants = queue.left(|rank| rank != Rank::Removal);
        let removals = queue.left(|rank| rank == Rank::Removal);
        let woken = match (self.is_closing(), &self.parts.granting) {
            (_, None) if grants > 0 => self.parts.wake.grants().await,
            (true, None) if removals > 0 => self.parts.wake.removals().await,
            (true, Some(_)) if grants + removals > 0 => self.parts.wake.grants().await,
            _ => return,
        };
        if let Err(error) = woken {
            tracing::warn!(%error, "the next holder was not woken; the sweep will do it");
        }
    }

    fn holder(&self) -> Holder {
        let until = self.tools.deadline.checked_add(AFTERLIFE).unwrap_or(Timestamp::MAX);
        Holder { name: self.name.clone(), until }
    }

    /// Whether the lease could be had: in one write if it was given back, as nearly always.
    async fn take_lease(&self) -> Result<bool, Fault> {
        let (store, me) = (&self.tools.store, self.holder());
        if store.take_lease(&me).await? == Commit::Done {
            return Ok(true);
        }
        for _ in 0..LEASE_TRIES {
            let lease = store.lease().await?;
            let Ok(taken) = lease.taken(&me.name, self.tools.clock.now(), me.until) else { return Ok(false) };
            if self.put_lease(&taken).await? {
                if let Some(dead) = &lease.holder {
                    tracing::warn!(dead_writer = dead.name, until = %dead.until, "the last holder did not give the lease back");
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A lease that is not given back runs out, and is then taken by another.
    async fn give_lease_back(&self) {
        if let Err(error) = self.tools.store.give_lease_back(&self.holder()).await {
            tracing::warn!(%error, "the lease was not given back and will run out");
        }
    }

    async fn put_lease(&self, lease: &Lease) -> Result<bool, Fault> {
        let store = &self.tools.store;
        match store.put_lease(lease).await? {
            Commit::Done => Ok(true),
            // The client repeats a write whose reply was lost, and then loses against itself.
            Commit::Conflict => Ok(store.lease().await? == Lease { version: lease.version + 1, ..lease.clone() }),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
