//! The Lambda functions: what each binary does with the engine, once per invocation.

use std::sync::Arc;

use curfew_domain::ask::AskDigest;
use curfew_domain::id::{LinkId, RequestId, UserId};
use curfew_domain::origin::Origin;
use curfew_domain::person::Person;
use curfew_domain::request::{Command, Request};
use curfew_domain::review::{Finding, Review};
use curfew_domain::text::Comment;
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_domain::verdict::{Grounds, Outcome, Step, Verdict};
use curfew_engine::core::Core;
use curfew_engine::decide::{Reply, decide, decide_by_link};
use curfew_engine::directive::Directive;
use curfew_engine::end::{Ending, end};
use curfew_engine::error::Error;
use curfew_engine::escalate::{Urgency, escalate};
use curfew_engine::evaluate::evaluate;
use curfew_engine::facts::FactSources;
use curfew_engine::health::{Health, health};
use curfew_engine::notify::ask_approvers;
use curfew_engine::provision::provision;
use curfew_engine::review::{Judgement, WITHIN, answer, overdue_reviews};
use curfew_engine::revoke::revoke;
use curfew_engine::submit::{Refused, Wish, submit};
use curfew_engine::sweep::{Sweeper, Swept};
use curfew_engine::writer::{Granting, Limits, Writer, WriterParts};
use tokio::sync::Notify;

use super::hands::Hands;
use super::world::World;

/// Lambda's time-out of the functions that matter here.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(120);
const REVOKE_TIMEOUT: SignedDuration = SignedDuration::from_secs(180);

/// Why an invocation gave no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The function returned an error.
    Error(Error),
    /// It crashed or ran out of time.
    Died,
}

/// Runs one invocation: it may be killed at any port call, and is at its time-out.
pub(crate) async fn invoke<T, F>(world: &Arc<World>, work: impl FnOnce(Hands) -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Error>>,
{
    invoke_for(world, TIMEOUT, work).await
}

async fn invoke_for<T, F>(
    world: &Arc<World>,
    timeout: SignedDuration,
    work: impl FnOnce(Hands) -> F,
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Error>>,
{
    let death = Arc::new(Notify::new());
    let hands = Hands { world: Arc::clone(world), death: Arc::clone(&death) };
    tokio::select! {
        biased;
        () = death.notified() => Err(Failure::Died),
        () = tokio::time::sleep(timeout.unsigned_abs()) => Err(Failure::Died),
        result = work(hands) => result.map_err(Failure::Error),
    }
}

fn core(hands: &Hands) -> Core {
    let hands = Arc::new(hands.clone());
    Core {
        store: hands.clone(),
        clock: hands.clone(),
        notices: hands.clone(),
        flow: Some(hands.clone()),
        wake: Some(hands),
    }
}

fn sources(hands: &Hands) -> FactSources {
    let hands = Arc::new(hands.clone());
    FactSources { people: hands.clone(), accounts: hands.clone(), permission_sets: hands }
}

/// The writer of one invocation: only `provision` may create.
fn parts(hands: &Hands, grants: bool) -> WriterParts {
    let all = Arc::new(hands.clone());
    let granting = grants.then(|| Granting { sources: sources(hands), timers: all.clone() });
    // What others wake has no right to wake itself, other than to hand over.
    let core = Core { wake: None, ..core(hands) };
    WriterParts {
        core,
        access: all.clone(),
        wake: all,
        granting,
        limits: Limits { calls_per_second: 200, operations: 10 },
    }
}

fn name(hands: &Hands) -> String {
    format!("invocation {}", hands.world.state().next())
}

pub(crate) async fn run_evaluate(world: &Arc<World>, id: &RequestId) -> Result<Directive, Failure> {
    invoke(world, async |hands| {
        let core = core(&hands);
        let handmade = world.state().handmade.clone();
        if let Some(steps) = handmade {
            judge(&core, id, steps).await?;
        }
        // For a request that was judged already, it says what comes next.
        evaluate(&core, &sources(&hands), id).await
    })
    .await
}

/// What `evaluate` would do if policy said this.
async fn judge(core: &Core, id: &RequestId, steps: Vec<Step>) -> Result<(), Error> {
    let outcome = Outcome::Allowed { flow: "handmade".to_owned(), steps };
    let digest = core.load(id).await?.ask.digest();
    let (configuration, explanation, grounds) = ("handmade".to_owned(), Vec::new(), Grounds::default());
    let command = Command::Evaluate(Verdict { outcome, digest, configuration, explanation, grounds });
    core.try_act(id, &command).await?;
    Ok(())
}

pub(crate) async fn run_escalate(world: &Arc<World>, person: &Person, id: &RequestId) -> Result<Request, Failure> {
    let urgency = Urgency { justification: None, origin: Origin::default() };
    invoke(world, async |hands| escalate(&core(&hands), &hands, person, None, id, &urgency).await).await
}

pub(crate) async fn run_overdue(world: &Arc<World>, who: &UserId) -> Result<Vec<Review>, Failure> {
    invoke(world, async |hands| overdue_reviews(&core(&hands), who, WITHIN).await).await
}

pub(crate) async fn run_review(world: &Arc<World>, person: &Person, id: &RequestId) -> Result<Review, Failure> {
    let comment = Comment::parse("there was an incident").unwrap();
    let judgement = Judgement { finding: Finding::Justified, comment };
    invoke(world, async |hands| answer(&core(&hands), person, &[], id, &judgement).await).await
}

pub(crate) async fn run_notify(world: &Arc<World>, id: &RequestId, step: usize, token: &str) -> Result<(), Failure> {
    invoke(world, async |hands| ask_approvers(&core(&hands), &hands, id, step, token).await).await
}

pub(crate) async fn run_provision(world: &Arc<World>, id: &RequestId, token: &str) -> Result<(), Failure> {
    run_provision_until(world, id, token, world.now() + TIMEOUT).await
}

/// An invocation that believes that it lives until then.
pub(crate) async fn run_provision_until(
    world: &Arc<World>,
    id: &RequestId,
    token: &str,
    deadline: Timestamp,
) -> Result<(), Failure> {
    invoke(world, async |hands| {
        let parts = parts(&hands, true);
        provision(&Writer::new(&parts, name(&hands), deadline), &sources(&hands), id, token).await?;
        Ok(())
    })
    .await
}

/// `provision` without a request: whatever is to be done.
pub(crate) async fn run_grants(world: &Arc<World>) -> Result<(), Failure> {
    let deadline = world.now() + TIMEOUT;
    invoke(world, async |hands| {
        let parts = parts(&hands, true);
        Writer::new(&parts, name(&hands), deadline).drain().await?;
        Ok(())
    })
    .await
}

pub(crate) async fn run_revoke(world: &Arc<World>, minute: Option<Timestamp>) -> Result<(), Failure> {
    let deadline = world.now() + REVOKE_TIMEOUT;
    invoke_for(world, REVOKE_TIMEOUT, async |hands| {
        let parts = parts(&hands, false);
        revoke(&Writer::new(&parts, name(&hands), deadline), minute).await?;
        Ok(())
    })
    .await
}

fn sweeper(hands: &Hands) -> Sweeper {
    let all = Arc::new(hands.clone());
    Sweeper { core: core(hands), status: all.clone(), access: all.clone(), inventory: all, sources: sources(hands) }
}

pub(crate) async fn run_sweep(world: &Arc<World>) -> Result<Swept, Failure> {
    let deadline = world.now() + TIMEOUT;
    invoke(world, async |hands| sweeper(&hands).sweep(deadline).await).await
}

pub(crate) async fn run_settle(world: &Arc<World>, id: &RequestId, abandon: bool) -> Result<Directive, Failure> {
    invoke(world, async |hands| {
        let sweeper = sweeper(&hands);
        if abandon { sweeper.abandon(id, "test").await } else { sweeper.settle(id).await }
    })
    .await
}

pub(crate) async fn run_submit(world: &Arc<World>, person: &Person, wish: Wish, key: &str) -> Result<Request, Failure> {
    invoke(world, async |hands| {
        let core = core(&hands);
        let configuration = core.configuration().await?;
        match submit(&core, &hands, &configuration, person, wish, Some(key.to_owned())).await {
            Ok(request) => Ok(request),
            Err(Refused::Error(error)) => Err(error),
            Err(refused) => panic!("{refused}"),
        }
    })
    .await
}

pub(crate) async fn run_decide(
    world: &Arc<World>,
    person: &Person,
    id: &RequestId,
    reply: &Reply,
) -> Result<Request, Failure> {
    invoke(world, async |hands| decide(&core(&hands), person, id, reply, None).await).await
}

pub(crate) async fn run_decide_by_link(
    world: &Arc<World>,
    person: &Person,
    link: &LinkId,
    reply: &Reply,
    shown: &AskDigest,
) -> Result<Request, Failure> {
    invoke(world, async |hands| decide_by_link(&core(&hands), person, link, reply, shown).await).await
}

pub(crate) async fn run_end(
    world: &Arc<World>,
    person: &Person,
    id: &RequestId,
    ending: Ending,
) -> Result<Request, Failure> {
    invoke(world, async |hands| end(&core(&hands), person, id, ending, None).await).await
}

pub(crate) async fn run_health(world: &Arc<World>) -> Result<Health, Failure> {
    invoke(world, async |hands| health(&core(&hands)).await).await
}
