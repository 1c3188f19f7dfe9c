//! What every verb shares: load, decide, commit, then act.

use std::sync::{Arc, Mutex, PoisonError};

use curfew_domain::id::RequestId;
use curfew_domain::request::{Command, Context, Effect, Request, Transition, Wait, apply};
use curfew_domain::time::SignedDuration;

use crate::configurations::Configurations;
use crate::directive::directive;
use crate::error::{Error, Fault};
use crate::ports::{Clock, Commit, Flow, Store, Wake};

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
    /// Starts and resumes executions.
    pub flow: Option<Arc<dyn Flow>>,
    /// The token of the execution that waits for this very invocation to provision its request.
    pub in_hand: Arc<TokenInHand>,
    /// Starts the writer, for what is listed before. The writer itself has none: what it has just recorded it has in hand
    /// (`Writer::take_up`).
    pub wake: Option<Arc<dyn Wake>>,
}

/// A task token that its invocation has not stored, because it will probably use it itself. Should the invocation die, Step
/// Functions sees that and begins the task again, with another token; should it end otherwise, it stores the token.
#[derive(Default)]
pub struct TokenInHand(Mutex<Option<(RequestId, String)>>);

impl TokenInHand {
    pub(crate) fn put(&self, id: &RequestId, token: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((id.clone(), token.to_owned()));
    }

    /// The token for this request, which is nobody's any more.
    pub(crate) fn take(&self, id: &RequestId) -> Option<String> {
        let mut in_hand = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        in_hand.take_if(|(of, _)| of == id).map(|(_, token)| token)
    }
}

impl Core {
    /// The request as it is now.
    pub async fn load(&self, id: &RequestId) -> Result<Request, Error> {
        self.store.load(id).await?.ok_or(Error::NotFound)
    }

    /// Does something to a request. Whoever loses a race decides again on what the winner left.
    pub async fn act<F>(&self, id: &RequestId, command: F) -> Result<Request, Error>
    where
        F: Fn(&Request) -> Result<Command, Error>,
    {
        self.act_on(self.load(id).await?, command).await
    }

    /// The same for a request that was loaded before; if it has changed since, that is a lost race.
    pub async fn act_on<F>(&self, mut request: Request, command: F) -> Result<Request, Error>
    where
        F: Fn(&Request) -> Result<Command, Error>,
    {
        for attempt in 1..=ATTEMPTS {
            let transition = apply(&request, command(&request)?, Context { now: self.clock.now() })?;
            if self.store.commit(&transition).await? == Commit::Done {
                self.carry_out(&transition).await;
                return Ok(transition.request);
            }
            self.clock.sleep(SignedDuration::from_millis(i64::from(attempt) * 20)).await;
            request = self.load(&request.ask.id).await?;
        }
        Err(Error::Busy(format!("request {} is being changed by others", request.ask.id)))
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
            Effect::Remove => match (&self.wake, request.intent()) {
                (Some(wake), Some(intent)) => {
                    self.store.list_intent(&intent).await?;
                    wake.removals().await
                }
                _ => Ok(()),
            },
            Effect::Retire => self.store.retire(id).await,
        }
    }

    /// Resumes the execution that waits at this place. None waits there yet, or any more: nothing to do.
    pub async fn resume(&self, request: &Request, wait: Wait) -> Result<(), Fault> {
        let id = &request.ask.id;
        if wait == Wait::Provisioning
            && let Some(token) = self.in_hand.take(id)
        {
            let resumed = self.flow()?.resume(&token, &directive(request, self.clock.now())).await;
            if resumed.is_err() {
                self.in_hand.put(id, &token);
            }
            // Those of earlier attempts, should there be any, wait no more, and the sweep tidies them away.
            return resumed;
        }
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
