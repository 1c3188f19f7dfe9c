//! Provision: an approved request begins. Policy is asked again on fresh facts, the grant is recorded with its end, and
//! the writer does the rest.

use curfew_domain::id::RequestId;
use curfew_domain::request::{Command, Means, Refusal, Request, State, Wait};
use curfew_domain::time::SignedDuration;
use curfew_policy::Approved;

use crate::core::Core;
use crate::error::Error;
use crate::extend;
use crate::facts::FactSources;
use crate::hands::{hand_over, unfinished};
use crate::known::{Known, circumstances};
use crate::ports::Bench;
use crate::writer::{Drained, Writer};

/// How much too early a scheduled request may come.
const EARLY: SignedDuration = SignedDuration::from_secs(10);

/// Begins an approved request and has its access created. Repeated calls continue where the last one stopped.
///
/// # Errors
/// The request could not begin; its execution tries again. What has begun is the writer's, and no error of the task.
pub async fn provision(
    writer: &Writer<'_>,
    sources: &FactSources,
    id: &RequestId,
    token: &str,
) -> Result<Drained, Error> {
    let core = writer.core();
    core.in_hand.put(id, token);
    let provisioned = begin_and_drain(writer, sources, id).await;
    let Some(token) = core.in_hand.take(id) else { return provisioned };
    // After a fault the task is tried again, with another token.
    let drained = provisioned?;
    // Somebody else carries it out, or it is not over.
    core.store.put_token(id, Wait::Provisioning, &token).await?;
    // Loaded after the token was stored: an end of provisioning either sees the token, or is seen here.
    let request = core.load(id).await?;
    if !matches!(request.state, State::Provisioning(_)) {
        core.resume(&request, Wait::Provisioning).await?;
    }
    Ok(drained)
}

async fn begin_and_drain(writer: &Writer<'_>, sources: &FactSources, id: &RequestId) -> Result<Drained, Error> {
    let core = writer.core();
    let bench = core.store.bench(Some(id)).await?;
    let request = bench.request.clone().ok_or(Error::NotFound)?;
    let request = match request.state {
        State::Approved | State::Scheduled { .. } => begin(writer, sources, &request, bench).await?,
        _ => request,
    };
    // Also one that an earlier call has begun: that may have died since.
    writer.take_up(&request);
    match &request.state {
        State::Provisioning(grant) if grant.hands().is_some() => hand_over(writer, &request, grant).await?,
        State::Provisioning(_) => {}
        _ => core.resume(&request, Wait::Provisioning).await?,
    }
    if !writer.has_some_to_do() {
        // Whoever listed something has woken somebody for it.
        return Ok(Drained::default());
    }
    match writer.drain().await {
        Ok(drained) => Ok(drained),
        Err(error) => {
            tracing::warn!(request_id = %id, %error, "the writer stopped; the sweep wakes another");
            Ok(Drained::default())
        }
    }
}

/// Records that provisioning begins, or that it cannot; the request afterwards.
async fn begin(
    writer: &Writer<'_>,
    sources: &FactSources,
    request: &Request,
    mut bench: Bench,
) -> Result<Request, Error> {
    let (core, id) = (writer.core(), &request.ask.id);
    if let State::Scheduled { start } = request.state {
        // The clock of the state machine runs a little ahead of ours, or knows no fractions of a second.
        let early = start.duration_since(core.clock.now()).clamp(SignedDuration::ZERO, EARLY);
        if !early.is_zero() {
            core.clock.sleep(early).await;
            // Judged by what is in force then.
            bench = core.store.bench(None).await?;
        }
    }
    let extended = extend::extended(core, &request.ask).await?;
    let command = match objection(core, sources, request, &bench).await? {
        Ok((session, means)) => match unfinished(core, request, &means).await? {
            None => {
                writer.vouch(id);
                Command::Provision { session, means, extended }
            }
            Some(reason) => Command::Fail { reason },
        },
        Err(reason) => Command::Fail { reason },
    };
    match core.act_on(request.clone(), |_| Ok(command.clone())).await {
        // Given back, revoked or lost since it was judged: that is nobody's fault.
        Err(Error::Refused(refusal @ Refusal::NothingToExtend(_))) => {
            core.try_act(id, &Command::Fail { reason: refusal.to_string() }).await?;
            core.load(id).await
        }
        Err(Error::Refused(refusal @ (Refusal::Changed | Refusal::NotApproved))) => {
            tracing::error!(request_id = %id, %refusal, alarm = "not_approved", "a request without approval was to begin");
            core.try_act(id, &Command::Fail { reason: refusal.to_string() }).await?;
            core.load(id).await
        }
        // Cancelled, or begun by another invocation.
        Err(Error::Refused(Refusal::Illegal { .. })) => core.load(id).await,
        Err(Error::Refused(early @ Refusal::NotStarted(_))) => Err(Error::Busy(early.to_string())),
        other => other,
    }
}

/// Why access must not begin now, judged on fresh facts by the configuration in force (I4); or, if nothing speaks against
/// it, the session duration of the permission set, and how the access is given.
pub(crate) async fn objection(
    core: &Core,
    sources: &FactSources,
    request: &Request,
    bench: &Bench,
) -> Result<Result<(SignedDuration, Means), String>, Error> {
    let Some(verdict) = &request.verdict else { return Ok(Err("policy was never asked".to_owned())) };
    let known = Known::on(core, bench).await?;
    let circumstances = circumstances(core, &known, &request.ask).await?;
    let limit = known.configuration.model().settings.session_limit;
    let session = match sources.gather(&request.ask).await?.session_within(limit) {
        Ok(session) => session,
        Err(objections) => return Ok(Err(objections.join("; "))),
    };
    let approves = |index: &usize| verdict.steps().get(*index).is_some_and(|s| request.step_is_approved(*index, s));
    let steps: Vec<usize> = request.asked_steps().into_iter().filter(approves).collect();
    let asked_and_approved = Approved { ask: &request.ask, verdict, steps: &steps };
    let facts = known.facts(&circumstances, core.clock.now());
    Ok(match known.configuration.still_allowed(&facts, &asked_and_approved) {
        Ok(means) => Ok((session, means)),
        Err(reasons) => Err(format!("policy does not allow it any more: {}", reasons.join("; "))),
    })
}
