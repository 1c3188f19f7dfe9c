//! What AWS does around the functions: the state machine of `infra/approval.asl.json`, asynchronous invocations with
//! their retries, one-off schedules, and the schedule of the sweep.

use std::sync::Arc;

use curfew_domain::id::RequestId;
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::directive::{Directive, Next};
use curfew_engine::error::{Error, Fault};
use curfew_engine::trigger::Trigger;
use tokio::sync::oneshot;

use super::functions::{
    Failure, run_evaluate, run_grants, run_notify, run_provision, run_revoke, run_settle, run_sweep,
};
use super::world::{Execution, State, World};

const SWEEP_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// `TimeoutSeconds` of the state `Provision`.
const PROVISION_TIMEOUT: i64 = 1_800;
/// How far the clocks of Step Functions and Lambda are apart.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_millis(700);
/// Pause of Lambda before its second try of an asynchronous event; the template allows `revoke` no third.
const ASYNCHRONOUS_RETRIES: [i64; 1] = [60];

/// Starts the execution of a request, unless it was started before.
pub(crate) fn start(world: &Arc<World>, state: &mut State, id: &RequestId) {
    if state.executions.contains_key(id) {
        return;
    }
    let (world, name) = (Arc::clone(world), id.clone());
    let task = tokio::task::spawn_local(async move {
        run(&world, &name).await;
        world.state().executions.get_mut(&name).unwrap().running = false;
    });
    state.executions.insert(id.clone(), Execution { running: true, task: Some(task.abort_handle()) });
}

/// Somebody stops the execution of a request.
pub(crate) fn kill(world: &World, id: &RequestId) {
    let mut state = world.state();
    let execution = state.executions.get_mut(id).unwrap();
    execution.running = false;
    execution.task.take().unwrap().abort();
}

/// Invokes `revoke` asynchronously.
pub(crate) fn wake_revoke(world: &Arc<World>, minute: Option<Timestamp>) {
    let world = Arc::clone(world);
    tokio::task::spawn_local(async move {
        for pause in ASYNCHRONOUS_RETRIES.into_iter().map(Some).chain([None]) {
            if run_revoke(&world, minute).await.is_ok() {
                return;
            }
            if let Some(pause) = pause {
                world.pass(SignedDuration::from_secs(pause)).await;
            }
        }
    });
}

/// Invokes `provision` asynchronously; the template has it tried once.
pub(crate) fn wake_provision(world: &Arc<World>) {
    let world = Arc::clone(world);
    tokio::task::spawn_local(async move { drop(run_grants(&world).await) });
}

/// A one-off schedule: fires within a minute of its time, and, because it may, again half a minute later.
pub(crate) fn arm(world: &Arc<World>, trigger: &Trigger) {
    let (world, trigger) = (Arc::clone(world), trigger.clone());
    tokio::task::spawn_local(async move {
        world.until(trigger.at()).await;
        let late = i64::try_from(world.state().next() * 37 % 60).unwrap();
        world.pass(SignedDuration::from_secs(late)).await;
        wake_revoke(&world, Some(trigger.minute()));
        world.pass(SignedDuration::from_secs(30)).await;
        wake_revoke(&world, Some(trigger.minute()));
    });
}

/// Sweeps every minute, for ever.
pub(crate) async fn sweep_every_minute(world: Arc<World>) {
    loop {
        world.pass(SWEEP_EVERY).await;
        let world = Arc::clone(&world);
        tokio::task::spawn_local(async move { drop(run_sweep(&world).await) });
    }
}

/// One execution.
async fn run(world: &Arc<World>, id: &RequestId) {
    let mut directive = match retried(world, async || run_evaluate(world, id).await).await {
        Ended::With(directive) => Some(directive),
        Ended::Late | Ended::Caught => abandon(world, id).await,
    };
    while let Some(now) = directive {
        directive = match now.next {
            Next::Ask => {
                let (step, timeout) = (now.step.unwrap(), now.timeout_seconds.unwrap());
                let asked = waited(world, timeout, |token| {
                    let (world, id) = (Arc::clone(world), id.clone());
                    async move { run_notify(&world, &id, step, &token).await }
                });
                match asked.await {
                    Ended::With(directive) => Some(directive),
                    Ended::Late => settle(world, id, false).await,
                    Ended::Caught => abandon(world, id).await,
                }
            }
            Next::Wait => {
                // The clock of Step Functions runs ahead of that of Lambda.
                let start: Timestamp = now.start.as_deref().unwrap().parse().unwrap();
                world.until(start - CLOCKS_DIFFER).await;
                Some(Directive { next: Next::Provision, ..now })
            }
            Next::Provision => {
                let provided = waited(world, PROVISION_TIMEOUT, |token| {
                    let (world, id) = (Arc::clone(world), id.clone());
                    async move { run_provision(&world, &id, &token).await }
                });
                match provided.await {
                    Ended::With(_) => None,
                    Ended::Late | Ended::Caught => abandon(world, id).await,
                }
            }
            Next::Stop => None,
        };
    }
}

/// How a task of the state machine ended.
enum Ended<T> {
    With(T),
    /// `States.Timeout`.
    Late,
    /// Retries were used up, or the error is not retried.
    Caught,
}

/// The state `Abandon`, which ends the execution.
async fn abandon(world: &Arc<World>, id: &RequestId) -> Option<Directive> {
    settle(world, id, true).await;
    None
}

/// The states `Settle` and `Abandon`: patient. `None` when they gave up and the execution failed.
async fn settle(world: &Arc<World>, id: &RequestId, abandon: bool) -> Option<Directive> {
    for _ in 0..300 {
        match run_settle(world, id, abandon).await {
            Ok(directive) => return Some(directive),
            Err(Failure::Error(Error::Fault(Fault::Permanent { .. }) | Error::Refused(_))) => return None,
            Err(_) => world.pass(SignedDuration::from_secs(20)).await,
        }
    }
    None
}

/// A task with the retries of the definition.
async fn retried<T>(world: &Arc<World>, mut task: impl AsyncFnMut() -> Result<T, Failure>) -> Ended<T> {
    let (mut transient, mut busy) = (0_u32, 0);
    loop {
        match task().await {
            Ok(result) => return Ended::With(result),
            Err(Failure::Died | Failure::Error(Error::Fault(Fault::Transient { .. }))) if transient < 8 => {
                // Half of what full jitter may take.
                let pause = (500 << transient).min(15_000);
                world.pass(SignedDuration::from_millis(pause)).await;
                transient += 1;
            }
            Err(Failure::Error(Error::Busy(_))) if busy < 60 => {
                world.pass(SignedDuration::from_secs(5)).await;
                busy += 1;
            }
            Err(_) => return Ended::Caught,
        }
    }
}

/// A task that waits for its token; the function runs on, whenever the token comes.
async fn waited<F>(world: &Arc<World>, timeout: i64, function: impl Fn(String) -> F) -> Ended<Directive>
where
    F: Future<Output = Result<(), Failure>> + 'static,
{
    let resumed = retried(world, async || {
        let (sender, mut receiver) = oneshot::channel();
        let token = {
            let mut state = world.state();
            let token = format!("token {}", state.next());
            state.waiting.insert(token.clone(), sender);
            token
        };
        let over = tokio::time::sleep(SignedDuration::from_secs(timeout).unsigned_abs());
        tokio::pin!(over);
        let mut call = tokio::task::spawn_local(function(token.clone()));
        let mut called = false;
        let outcome = loop {
            tokio::select! {
                biased;
                Ok(directive) = &mut receiver => break Ok(Some(directive)),
                result = &mut call, if !called => {
                    called = true;
                    if let Err(failure) = result.unwrap() {
                        break Err(failure);
                    }
                }
                () = &mut over => break Ok(None),
            }
        };
        world.state().waiting.remove(&token);
        outcome
    })
    .await;
    match resumed {
        Ended::With(Some(directive)) => Ended::With(directive),
        Ended::With(None) | Ended::Late => Ended::Late,
        Ended::Caught => Ended::Caught,
    }
}
