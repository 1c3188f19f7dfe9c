//! Sweep: compares records with reality, without input, and repairs what events missed.
//!
//! It converges: whatever was lost, one sweep after another brings every request to the state that it should have.
//! Its cost is proportional to what is live. It never changes Identity Center itself; it wakes the writer.

use std::collections::BTreeSet;
use std::sync::Arc;

use curfew_domain::id::RequestId;
use curfew_domain::request::{Cause, Command, Rank, Refusal, Request, State, Wait};
use curfew_domain::time::{SignedDuration, Timestamp};

use crate::core::Core;
use crate::directive::{Directive, directive};
use crate::error::Error;
use crate::ports::{AccessReader, FlowStatus};

/// A step of the flow that takes longer than this needs a look.
const STUCK: SignedDuration = SignedDuration::from_mins(2);
/// A trigger that is later than this is taken for lost.
const LOST_TRIGGER: SignedDuration = SignedDuration::from_secs(60);
/// An intent that is older than this may have no holder: a writer is woken, who goes away if there is one.
const LOST_INTENT: SignedDuration = SignedDuration::from_secs(45);
/// Access that is not gone after this long needs a person (I14).
const ALARM: SignedDuration = SignedDuration::from_mins(5);
/// Each active grant is compared with Identity Center once in so many minutes; one sweep that fails or is skipped then
/// still keeps within the five minutes of I15.
const COMPARE_MINUTES: i64 = 2;
/// Comparisons in one sweep, at most: they share Identity Center's 20 calls per second with removals.
const COMPARISONS: u32 = 200;
/// A listing that lags is taken for a removal only if it says the same after this long.
const SECOND_LOOK: SignedDuration = SignedDuration::from_secs(10);
/// A request that has stood where it is for longer than any execution waits for a task has no token left to replay.
const TOKENS_LIVE: SignedDuration = SignedDuration::from_mins(40);
/// No look is begun with less time than this.
const ENOUGH_TIME: SignedDuration = SignedDuration::from_secs(20);

/// What the sweep works with.
pub struct Sweeper {
    /// State and effects.
    pub core: Core,
    /// Executions.
    pub status: Arc<dyn FlowStatus>,
    /// Assignments.
    pub access: Arc<dyn AccessReader>,
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
    /// Requests that could not be looked at this time.
    pub faults: usize,
}

impl Swept {
    fn fault(&mut self, id: &RequestId, error: &Error) {
        self.faults += 1;
        tracing::error!(request_id = %id, %error, alarm = "sweep_fault", "a request could not be swept this time");
    }
}

/// Whether it is this request's minute of so many: spread by id, so that no sweep does everything at once.
fn is_turn_of(request: &Request, now: Timestamp, minutes: i64) -> bool {
    let share: i64 = request.ask.id.as_str().bytes().map(i64::from).sum();
    (now.as_second() / 60 + share) % minutes == 0
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

/// Access that should be gone needs a person if that takes too long. The writer keeps trying.
fn report_overdue(request: &Request, now: Timestamp) {
    let age = now.duration_since(request.since);
    if age > ALARM {
        tracing::error!(
            request_id = %request.ask.id, key = ?request.ask.key(), alarm = "removal_overdue", seconds = age.as_secs(),
            "access could not be removed yet; Curfew keeps trying"
        );
    }
}

impl Sweeper {
    /// Looks at every request that is not over, the most urgent first, until the deadline; the next sweep comes soon.
    /// One that cannot be looked at does not keep the others waiting.
    ///
    /// # Errors
    /// The live requests could not be read.
    pub async fn sweep(&self, deadline: Timestamp) -> Result<Swept, Error> {
        let mut swept = Swept::default();
        let mut live = self.load_live(&mut swept).await?;
        let now = self.core.clock.now();
        live.sort_by_cached_key(|request| urgency(request, now));
        self.wake_writers(&live, now).await;
        let mut comparisons = COMPARISONS;
        for request in &live {
            if deadline.duration_since(self.core.clock.now()) < ENOUGH_TIME {
                tracing::warn!(left = live.len() - swept.looked_at, "the sweep ran out of time");
                break;
            }
            swept.looked_at += 1;
            match self.look(request, &mut comparisons).await {
                Ok(true) => swept.repaired += 1,
                Ok(false) => {}
                Err(error) => swept.fault(&request.ask.id, &error),
            }
        }
        if let Err(error) = self.core.store.tidy().await {
            tracing::warn!(%error, "the list of live requests was not tidied");
        }
        Ok(swept)
    }

    /// Intents whose holder may have died: wakes who carries them out. First, because nothing else is as urgent.
    async fn wake_writers(&self, live: &[Request], now: Timestamp) {
        let Some(wake) = &self.core.wake else { return };
        let is_old = |request: &&Request| now.duration_since(request.since) > LOST_INTENT;
        let ranks: BTreeSet<Rank> = live.iter().filter(is_old).filter_map(Request::intent).map(|i| i.rank).collect();
        let mut woken = Ok(());
        if ranks.contains(&Rank::Removal) {
            woken = wake.removals().await;
        }
        if ranks.iter().any(|rank| *rank != Rank::Removal) {
            woken = woken.and(wake.grants().await);
        }
        if let Err(error) = woken {
            tracing::error!(%error, alarm = "sweep_fault", "the writers could not be woken this time");
        }
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

    /// Whether anything had to be done.
    async fn look(&self, request: &Request, comparisons: &mut u32) -> Result<bool, Error> {
        let (id, now) = (&request.ask.id, self.core.clock.now());
        let moved = match &request.state {
            State::Submitted => self.start_again(request, now).await?,
            State::AwaitingApproval { deadline, .. } if now.duration_since(*deadline) >= STUCK => {
                self.core.try_act(id, &Command::Lapse).await?
            }
            State::Scheduled { start } if now.duration_since(*start) >= STUCK => self.fail_if_dead(id).await?,
            State::Provisioning(g) | State::Active(g) if now.duration_since(g.expires_at) >= LOST_TRIGGER => {
                self.core.try_act(id, &Command::Expire).await?
            }
            State::Approved | State::Provisioning(_) if now.duration_since(request.since) >= STUCK => {
                self.fail_if_dead(id).await?
            }
            // One that is due may be gone already: it ends together with another grant on its key.
            State::Active(grant) if !grant.is_due(now) && *comparisons > 0 => {
                self.compare(request, now, comparisons).await?
            }
            State::Ending { .. } => {
                report_overdue(request, now);
                false
            }
            _ => false,
        };
        let over = request.state.stage().is_terminal();
        let awaiting = matches!(request.state, State::AwaitingApproval { .. });
        let replay = moved || awaiting || over || now.duration_since(request.since) < TOKENS_LIVE;
        let replayed = replay && self.replay(id).await?;
        if over {
            self.core.store.retire(id).await?;
        }
        Ok(replayed || moved)
    }

    /// The execution was never started, or died before it judged.
    async fn start_again(&self, request: &Request, now: Timestamp) -> Result<bool, Error> {
        let id = &request.ask.id;
        let age = now.duration_since(request.since);
        if age <= STUCK {
            return Ok(false);
        }
        if age > STUCK * 5 && !self.status.is_running(id).await? {
            let reason = "it could not be judged".to_owned();
            return self.core.try_act(id, &Command::Fail { reason }).await;
        }
        if let Some(flow) = &self.core.flow {
            flow.start(id).await?;
        }
        Ok(true)
    }

    /// A request whose execution is gone will not move by itself.
    async fn fail_if_dead(&self, id: &RequestId) -> Result<bool, Error> {
        if self.status.is_running(id).await? {
            return Ok(false);
        }
        let reason = "its execution ended before it was provisioned".to_owned();
        self.core.try_act(id, &Command::Fail { reason }).await
    }

    /// An active grant must have its assignment.
    async fn compare(&self, request: &Request, now: Timestamp, comparisons: &mut u32) -> Result<bool, Error> {
        if !is_turn_of(request, now, COMPARE_MINUTES) {
            return Ok(false);
        }
        *comparisons -= 1;
        if self.is_assigned(request).await? {
            return Ok(false);
        }
        self.core.clock.sleep(SECOND_LOOK).await;
        if self.is_assigned(request).await? {
            return Ok(false);
        }
        let lost = self.core.try_act(&request.ask.id, &Command::Lose(Cause::AssignmentRemoved)).await?;
        // Otherwise it was ended while this looked.
        if lost {
            tracing::error!(
                request_id = %request.ask.id, alarm = "assignment_removed",
                "an active grant had no assignment: somebody removed it outside Curfew"
            );
        }
        Ok(lost)
    }

    async fn is_assigned(&self, request: &Request) -> Result<bool, Error> {
        Ok(self.access.is_assigned(&request.ask.key()).await?)
    }

    /// An execution that waits at a place which the request has left: its resume was lost.
    async fn replay(&self, id: &RequestId) -> Result<bool, Error> {
        let tokens = self.core.store.tokens(id).await?;
        if tokens.is_empty() {
            return Ok(false);
        }
        let mut replayed = false;
        // Loaded after the tokens were read: otherwise it might not yet have come to where the execution waits.
        let request = self.core.load(id).await?;
        for (wait, _) in tokens {
            let waits_rightly = match (&request.state, wait) {
                (State::AwaitingApproval { step, .. }, Wait::Approval { step: waiting }) => *step == waiting,
                // The token is stored before provisioning begins.
                (State::Approved | State::Scheduled { .. } | State::Provisioning(_), Wait::Provisioning) => true,
                _ => false,
            };
            if !waits_rightly {
                self.core.resume(&request, wait).await?;
                replayed = true;
            }
        }
        Ok(replayed)
    }
}
