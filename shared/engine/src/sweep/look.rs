//! Looking at one request: what should have happened to it by now, happens.

use curfew_domain::id::RequestId;
use curfew_domain::request::{Cause, Command, Request, State, Wait};
use curfew_domain::time::{SignedDuration, Timestamp};

use super::Sweeper;
use crate::error::Error;
use crate::extend;
use crate::health::{LATE, overdue_by};

/// A step of the flow that takes longer than this needs a look.
const STUCK: SignedDuration = SignedDuration::from_mins(2);
/// A trigger that is later than this is taken for lost.
const LOST_TRIGGER: SignedDuration = SignedDuration::from_secs(60);
/// A request that has stood where it is for longer than any execution waits for a task has no token left to replay.
const TOKENS_LIVE: SignedDuration = SignedDuration::from_mins(40);

/// Access that should be gone needs a person if that takes too long. The writer keeps trying.
fn report_overdue(request: &Request, now: Timestamp) {
    if let Some(age) = overdue_by(request, now).filter(|age| *age > LATE) {
        tracing::error!(
            request_id = %request.ask.id, key = ?request.key(), alarm = "removal_overdue", seconds = age.as_secs(),
            by_hand = request.key().is_none(),
            "access could not be removed yet; Curfew keeps trying, and what is taken by hand waits for somebody to say so"
        );
    }
}

impl Sweeper {
    /// Whether anything had to be done.
    pub(super) async fn look(&self, request: &Request) -> Result<bool, Error> {
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
            // People give it in their time: it ends in its own.
            State::Provisioning(grant) if grant.hands().is_some() => false,
            State::Approved | State::Provisioning(_) if now.duration_since(request.since) >= STUCK => {
                self.fail_if_dead(id).await?
            }
            State::Active(_) if request.ask.extends.is_some() => self.end_with_extended(request).await?,
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

    /// Who gives back or takes away a grant ends its extensions, too (`end`). One that began while the process that did so
    /// died is found here.
    async fn end_with_extended(&self, request: &Request) -> Result<bool, Error> {
        if extend::objection(&self.core, &request.ask).await?.is_none() {
            return Ok(false);
        }
        self.core.try_act(&request.ask.id, &Command::Lose(Cause::ExtendedGrantEnded)).await
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
