//! Sweep: compares records with reality, without input, and repairs what events missed.
//!
//! It converges: whatever was lost, one sweep after another brings every request to the state that it should have. It
//! never changes Identity Center itself; it records what is to be changed, and wakes the writer.
//!
//! Its cost is proportional to what is live, and does not depend on history or on the size of the organisation. A sweep
//! over a healthy world makes
//! - at most one write in a quarter of an hour, of how much access there is, when that has changed;
//! - four reads of the table, one more where an intent is older than 45 s, one for the configuration, and one or two for each live request;
//! - a listing in two minutes for each permission set in each account, and each group, that has active grants;
//! - a look in three minutes at each user, account and permission set of active grants;
//! - for each permission set that is configured as Curfew's alone: a listing of its accounts (a page per 100), and a
//!   listing in seven minutes for each of those; and one for each such group.
//!
//! At most three calls a second go to Identity Center, directory and organisation together, and at most 165 in a sweep,
//! besides pages and second looks: then each has its turn later, and none is forgotten.

mod counting;
mod drift;
mod look;
mod place;
mod reminding;
mod round;
mod vanishing;

use std::sync::Arc;

use curfew_domain::id::RequestId;
use curfew_domain::request::{Command, Intent, Rank, Refusal, Request, State};
use curfew_domain::time::{SignedDuration, Timestamp};

use crate::core::Core;
use crate::directive::{Directive, directive};
use crate::error::{Error, Fault};
use crate::facts::FactSources;
use crate::health::{LATE, overdue_by};
use crate::known::Reviewing;
use crate::ports::{AccessReader, FlowStatus, Ids, Inventory, PeopleListing, Wake};
use crate::review;
pub use counting::Counted;
pub use place::Place;
pub use reminding::Reminded;
use round::Round;

/// An intent that is older than this may have no holder: a writer is woken, who goes away if there is one.
const LOST_INTENT: SignedDuration = SignedDuration::from_secs(45);

/// Intents that one sweep lists at most. In a storm, a living holder has all of them in hand, and they become fewer by
/// themselves; the next sweep goes on.
const LISTED: usize = 100;

/// What the sweep works with.
pub struct Sweeper {
    /// State and effects.
    pub core: Core,
    /// Executions.
    pub status: Arc<dyn FlowStatus>,
    /// Assignments.
    pub access: Arc<dyn AccessReader>,
    /// Assignments by permission set.
    pub inventory: Arc<dyn Inventory>,
    /// Memberships by group.
    pub members: Arc<dyn PeopleListing>,
    /// Names for the requests that remove what Curfew did not give.
    pub ids: Arc<dyn Ids>,
    /// Users, accounts and permission sets.
    pub sources: FactSources,
    /// Reminders that it has noted already.
    pub reminded: Reminded,
    /// How much access it has noted last.
    pub counted: Counted,
}

/// What one sweep saw and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Requests that are not over.
    pub live: usize,
    /// Requests that there was time for.
    pub looked_at: usize,
    /// Requests that were moved or woken.
    pub repaired: usize,
    /// Requests, and other things, that could not be looked at this time.
    pub faults: usize,
    /// Requests whose access should have been gone for more than five minutes.
    pub overdue: usize,
    /// Age of the oldest intent; 0 if there is none.
    pub oldest_intent_seconds: u64,
}

impl Swept {
    /// With what the live requests themselves tell.
    fn counting(self, live: &[Request], now: Timestamp) -> Self {
        let age = |request: &Request| u64::try_from(now.duration_since(request.since).as_secs()).unwrap_or_default();
        let is_overdue = |request: &&Request| overdue_by(request, now).is_some_and(|by| by > LATE);
        Self {
            overdue: live.iter().filter(is_overdue).count(),
            // An intent is as old as the state that it is read off.
            oldest_intent_seconds: live.iter().filter(|r| r.intent().is_some()).map(age).max().unwrap_or_default(),
            ..self
        }
    }

    /// One line for each sweep: the metrics of the stack are read off it.
    fn log(&self) {
        let Self { live, looked_at, repaired, faults, overdue, oldest_intent_seconds } = *self;
        tracing::info!(live, looked_at, repaired, faults, overdue, oldest_intent_seconds, "swept");
    }

    fn fault(&mut self, id: &RequestId, error: &Error) {
        self.faults += 1;
        tracing::error!(request_id = %id, %error, alarm = "sweep_fault", "a request could not be swept this time");
    }
}

/// Overdue access first, then everything else by age; active grants, which are most, last.
fn urgency(request: &Request, now: Timestamp) -> (u8, Timestamp) {
    match &request.state {
        State::Ending { .. } => (0, request.since),
        State::Provisioning(grant) | State::Active(grant) if grant.is_due(now) => (0, grant.expires_at),
        State::Active(_) => (2, request.since),
        _ => (1, request.since),
    }
}

impl Sweeper {
    /// Looks at every request that is not over, the most urgent first, and at what active grants stand on, until the
    /// deadline; the next sweep comes soon. What cannot be looked at does not keep the rest waiting.
    ///
    /// # Errors
    /// The live requests could not be read.
    pub async fn sweep(&self, deadline: Timestamp) -> Result<Swept, Error> {
        let mut swept = Swept::default();
        let mut live = self.load_live(&mut swept).await?;
        let now = self.core.clock.now();
        live.sort_by_cached_key(|request| urgency(request, now));
        self.wake_writers(&live, now).await;
        let mut round = Round::new(self, deadline, swept.counting(&live, now));
        for request in &live {
            if !round.has_time("looking at live requests") {
                break;
            }
            round.swept.looked_at += 1;
            match self.look(request).await {
                Ok(true) => round.swept.repaired += 1,
                Ok(false) => {}
                Err(error) => round.swept.fault(&request.ask.id, &error),
            }
        }
        round.check_grounds(&live).await;
        round.compare(&live).await;
        let known = round.known().await;
        if let Some(known) = &known {
            round.find_strays(known, &live).await;
        }
        round.look_again(known.as_ref()).await;
        let on = known.as_ref().map(|known| known.configuration.model().settings.reminders);
        round.remind(&live, on.unwrap_or_default()).await;
        round.count(&live).await;
        let mut swept = round.swept;
        // Without rules, administrators review, and a default says how soon.
        let reviewing = Reviewing::new(known.as_ref(), self.core.clock.now());
        if let Err(error) = review::announce_overdue(&self.core, reviewing).await {
            swept.faults += 1;
            tracing::error!(%error, alarm = "sweep_fault", "reviews could not be looked at this time");
        }
        if let Err(error) = self.core.store.tidy().await {
            tracing::warn!(%error, "the list of live requests was not tidied");
        }
        swept.log();
        Ok(swept)
    }

    /// Intents whose holder may have died: lists them and wakes who carries them out. First, because nothing else is as
    /// urgent.
    async fn wake_writers(&self, live: &[Request], now: Timestamp) {
        let is_old = |request: &&Request| now.duration_since(request.since) > LOST_INTENT;
        let old: Vec<Intent> = live.iter().filter(is_old).filter_map(Request::intent).collect();
        if old.is_empty() {
            return;
        }
        let listed = self.list(&old).await;
        let woken = match &self.core.wake {
            Some(wake) => self.wake(wake.as_ref(), &old).await,
            None => Ok(()),
        };
        if let Err(error) = listed.and(woken) {
            tracing::error!(%error, alarm = "sweep_fault", "the writers could not be woken this time");
        }
    }

    /// Lists those that are on no list: who had them in hand may have died. The most urgent first, as the requests are.
    async fn list(&self, old: &[Intent]) -> Result<(), Fault> {
        let listed = self.core.store.intents().await?;
        for intent in old.iter().filter(|intent| !listed.contains(intent)).take(LISTED) {
            self.core.store.list_intent(intent).await?;
        }
        Ok(())
    }

    async fn wake(&self, wake: &dyn Wake, old: &[Intent]) -> Result<(), Fault> {
        let mut woken = Ok(());
        if old.iter().any(|intent| intent.rank == Rank::Removal) {
            woken = wake.removals().await;
        }
        if old.iter().any(|intent| intent.rank != Rank::Removal) {
            woken = woken.and(wake.grants().await);
        }
        woken
    }

    /// The live requests. One that cannot be read does not hide the others.
    async fn load_live(&self, swept: &mut Swept) -> Result<Vec<Request>, Error> {
        let ids = self.core.store.live().await?;
        swept.live = ids.len();
        if let Ok(live) = self.core.store.load_all(&ids).await {
            return Ok(live);
        }
        let mut live = Vec::with_capacity(ids.len());
        for id in &ids {
            match self.core.load(id).await {
                Ok(request) => live.push(request),
                Err(error) => swept.fault(id, &error),
            }
        }
        Ok(live)
    }

    /// The state machine asks about a step that timed out: lapse it if that is so, and go on with what is.
    pub async fn settle(&self, id: &RequestId) -> Result<Directive, Error> {
        let request = match self.core.act(id, |_| Ok(Command::Lapse)).await {
            Ok(request) => request,
            // Decided at the last moment, or its clock runs ahead of ours.
            Err(Error::Refused(Refusal::Illegal { .. } | Refusal::NotYetLapsed(_))) => self.core.load(id).await?,
            Err(error) => return Err(error),
        };
        Ok(directive(&request, self.core.clock.now()))
    }

    /// The state machine gives a request up: nothing may be left half done.
    pub async fn abandon(&self, id: &RequestId, error: &str) -> Result<Directive, Error> {
        let reason = format!("it could not be completed ({error}); the execution of the same name says more");
        self.core.try_act(id, &Command::Fail { reason }).await?;
        Ok(directive(&self.core.load(id).await?, self.core.clock.now()))
    }
}
