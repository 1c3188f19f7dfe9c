//! What every verb shares: load, decide, commit, then act.

use std::sync::Arc;

use curfew_domain::id::{RequestId, UserId};
use curfew_domain::request::{Command, Context, Effect, Grant, Request, Transition, Wait, apply};
use curfew_domain::time::SignedDuration;
use curfew_domain::verdict::Verdict;
use curfew_policy::Configuration;

use crate::configurations::Configurations;
use crate::directive::directive;
use crate::error::{Error, Fault};
use crate::ports::{Clock, Commit, Flow, Notices, Store, Wake};

/// How often a lost race for the same request is tried again.
const ATTEMPTS: u32 = 8;

/// The store, the clock and the hands that carry out effects. A function has only the hands that it needs.
#[derive(Clone)]
pub struct Core {
    /// State.
    pub store: Arc<dyn Store>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The configuration, once it has been read.
    pub configurations: Arc<Configurations>,
    /// Tells people.
    pub notices: Arc<dyn Notices>,
    /// Starts and resumes executions.
    pub flow: Option<Arc<dyn Flow>>,
    /// Starts the writer. The writer itself has none: it goes on with what it has just recorded.
    pub wake: Option<Arc<dyn Wake>>,
}

impl Core {
    /// The request as it is now.
    pub async fn load(&self, id: &RequestId) -> Result<Request, Error> {
        self.store.load(id).await?.ok_or(Error::NotFound)
    }

    /// The configuration in force.
    pub async fn configuration(&self) -> Result<Arc<Configuration>, Error> {
        self.configurations.in_force(self.store.as_ref()).await?.ok_or(Error::NotConfigured)
    }

    /// Does something to a request. Whoever loses a race decides again on what the winner left.
    pub async fn act<F>(&self, id: &RequestId, command: F) -> Result<Request, Error>
    where
        F: Fn(&Request) -> Result<Command, Error>,
    {
        for attempt in 1..=ATTEMPTS {
            let request = self.load(id).await?;
            let transition = apply(&request, command(&request)?, Context { now: self.clock.now() })?;
            if self.store.commit(&transition).await? == Commit::Done {
                self.carry_out(&transition).await;
                return Ok(transition.request);
            }
            self.clock.sleep(SignedDuration::from_millis(i64::from(attempt) * 20)).await;
        }
        Err(Error::Busy(format!("request {id} is being changed by others")))
    }

    /// Does something to a request, unless it has moved on meanwhile; says whether it was done.
    pub async fn try_act(&self, id: &RequestId, command: &Command) -> Result<bool, Error> {
        match self.act(id, |_| Ok(command.clone())).await {
            Ok(_) => Ok(true),
            Err(Error::Refused(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Carries out the effects of a durable transition. A failure is logged and left to `sweep`: the transition holds.
    pub async fn carry_out(&self, transition: &Transition) {
        let id = &transition.request.ask.id;
        let mut waits = false;
        for effect in &transition.effects {
            // As long as its execution waits to be resumed, a request stays where the sweep looks.
            if matches!(effect, Effect::Retire) && waits {
                continue;
            }
            if let Err(error) = self.effect(&transition.request, effect).await {
                waits |= matches!(effect, Effect::Resume(_));
                tracing::warn!(request_id = %id, ?effect, %error, "an effect failed; sweep will repeat what matters");
            }
        }
    }

    async fn effect(&self, request: &Request, effect: &Effect) -> Result<(), Fault> {
        let id = &request.ask.id;
        match effect {
            Effect::StartFlow => self.flow()?.start(id).await,
            Effect::Resume(wait) => self.resume(request, *wait).await,
            Effect::Remove => match &self.wake {
                Some(wake) => wake.removals().await,
                None => Ok(()),
            },
            Effect::Notify(notice) => self.notices.moved(notice, &audience(request), self.clock.now()).await,
            Effect::Retire => self.store.retire(id).await,
        }
    }

    /// Resumes the execution that waits at this place. None waits there yet, or any more: nothing to do.
    pub async fn resume(&self, request: &Request, wait: Wait) -> Result<(), Fault> {
        let id = &request.ask.id;
        for (place, token) in self.store.tokens(id).await? {
            if place == wait {
                self.flow()?.resume(&token, &directive(request, self.clock.now())).await?;
                self.store.drop_token(id, place, &token).await?;
            }
        }
        Ok(())
    }

    fn flow(&self) -> Result<&Arc<dyn Flow>, Fault> {
        self.flow.as_ref().ok_or_else(|| Fault::permanent("use the state machine", "this function cannot"))
    }
}

/// Who is told about a move: the requester, the approvers who were asked to decide, and who gives and takes the access by
/// hand.
pub(crate) fn audience(request: &Request) -> Vec<UserId> {
    let mut people = vec![request.ask.requester.clone()];
    let steps = request.verdict.as_ref().map_or(&[][..], Verdict::steps);
    for step in request.asked_steps().into_iter().filter_map(|index| steps.get(index)) {
        people.extend(step.approvers.iter().filter(|who| !people.contains(who)).cloned().collect::<Vec<_>>());
    }
    let hands = request.state.grant().and_then(Grant::hands).unwrap_or_default();
    people.extend(hands.iter().filter(|who| !people.contains(who)).cloned().collect::<Vec<_>>());
    people
}
