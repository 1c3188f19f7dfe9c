//! Provision: record, arm the expiry, create, confirm, activate. In this order, so that a crash anywhere leaves a
//! record and a trigger, and never access without them (I5, I6).

use curfew_domain::assignment::OperationKind;
use curfew_domain::id::RequestId;
use curfew_domain::request::{Command, Grant, Refusal, Request, State, Wait};
use curfew_domain::time::SignedDuration;
use curfew_domain::verdict::Outcome;
use curfew_policy::PermissionSetFacts;

use crate::core::Core;
use crate::error::Error;
use crate::extend;
use crate::facts::FactSources;
use crate::key::{Changed, KeyGuard, Keys};
use crate::ports::Timers;

/// How much too early a scheduled request may come.
const EARLY: SignedDuration = SignedDuration::from_secs(10);

/// What provisioning works with.
pub struct Provisioner<'a> {
    /// State and effects.
    pub core: &'a Core,
    /// Fresh facts.
    pub sources: &'a FactSources,
    /// Expiry triggers.
    pub timers: &'a dyn Timers,
    /// The write path.
    pub keys: &'a Keys,
}

/// What became of the attempt to assign.
enum Assigned {
    /// The assignment is confirmed.
    Confirmed { standing: bool },
    /// It will not come to be.
    Rejected(String),
    /// The request moved on meanwhile; whoever moved it is in charge.
    Superseded,
}

/// Creates the access of an approved request. Repeated calls continue where the last one stopped.
pub async fn provision(p: &Provisioner<'_>, id: &RequestId, token: &str) -> Result<(), Error> {
    p.core.store.put_token(id, Wait::Provisioning, token).await?;
    let request = p.core.load(id).await?;
    let request = match request.state {
        State::Approved | State::Scheduled { .. } => match begin(p, &request).await? {
            Some(begun) => begun,
            None => return finish(p, id).await,
        },
        _ => request,
    };
    let State::Provisioning(grant) = &request.state else { return finish(p, id).await };
    if grant.is_due(p.core.clock.now()) {
        p.core.try_act(id, &Command::Expire).await?;
        return finish(p, id).await;
    }
    p.timers.ensure_expiry(id, grant.expires_at).await?;
    let mut key = p.keys.lock(&request.ask.key()).await?;
    let assigned = match assign(p, &mut key, id).await {
        Ok(assigned) => assigned,
        Err(error) => return Err(key.abandon(error).await),
    };
    let outcome = match assigned {
        Assigned::Confirmed { standing } => p.core.act(id, |_| Ok(Command::Activate { standing })).await,
        Assigned::Rejected(reason) => p.core.act(id, |_| Ok(Command::Fail { reason: reason.clone() })).await,
        Assigned::Superseded => p.core.load(id).await,
    };
    let outcome = match outcome {
        // Creating took longer than the grant lasts.
        Err(Error::Refused(Refusal::Overdue(_))) => p.core.act(id, |_| Ok(Command::Expire)).await,
        other => other,
    };
    key.unlock().await?;
    match outcome {
        Ok(_) | Err(Error::Refused(_)) => finish(p, id).await,
        Err(error) => Err(error),
    }
}

/// Records that provisioning begins; `None` if the request cannot begin any more.
async fn begin(p: &Provisioner<'_>, request: &Request) -> Result<Option<Request>, Error> {
    let id = &request.ask.id;
    let facts = p.sources.permission_sets.permission_set(&request.ask.permission_set).await?;
    let PermissionSetFacts::Known { session } = facts else {
        let reason = "the permission set does not exist any more";
        p.core.try_act(id, &Command::Fail { reason: reason.to_owned() }).await?;
        return Ok(None);
    };
    if let State::Scheduled { start } = request.state {
        // The clock of the state machine runs a little ahead of ours, or knows no fractions of a second.
        let early = start.duration_since(p.core.clock.now());
        p.core.clock.sleep(early.clamp(SignedDuration::ZERO, EARLY)).await;
    }
    let extended = extend::extended(p.core, &request.ask).await?;
    match p.core.act(id, |_| Ok(Command::Provision { session, extended: extended.clone() })).await {
        Ok(request) => Ok(Some(request)),
        // Given back, revoked or lost since it was judged: that is nobody's fault.
        Err(Error::Refused(refusal @ Refusal::NothingToExtend(_))) => {
            p.core.try_act(id, &Command::Fail { reason: refusal.to_string() }).await?;
            Ok(None)
        }
        Err(Error::Refused(refusal @ (Refusal::Changed | Refusal::NotApproved))) => {
            tracing::error!(request_id = %id, %refusal, alarm = "not_approved", "a request without approval was to begin");
            p.core.try_act(id, &Command::Fail { reason: refusal.to_string() }).await?;
            Ok(None)
        }
        // Cancelled, or begun by another invocation: read off the state by the caller.
        Err(Error::Refused(Refusal::Illegal { .. })) => Ok(Some(p.core.load(id).await?)),
        Err(Error::Refused(early @ Refusal::NotStarted(_))) => Err(Error::Busy(early.to_string())),
        Err(error) => Err(error),
    }
}

/// Under the lease: is it still wanted and allowed, whose assignment is there, and create it if none is.
async fn assign(p: &Provisioner<'_>, key: &mut KeyGuard<'_>, id: &RequestId) -> Result<Assigned, Error> {
    loop {
        // Loaded under the lease: `revoke` closes a request only under the same lease, so an end that came before is
        // seen here, and one that comes later waits for us.
        let request = p.core.load(id).await?;
        let State::Provisioning(grant) = &request.state else { return Ok(Assigned::Superseded) };
        if let Some(objection) = objection(p, &request, grant).await? {
            return Ok(Assigned::Rejected(objection));
        }
        key.hold(id, grant.expires_at).await?;
        // Once the hold is recorded: whoever ends the extended grant from now on finds it, and ends this one too.
        if let Some(objection) = extend::objection(p.core, &request.ask).await? {
            return Ok(Assigned::Rejected(objection));
        }
        if key.is_assigned().await? {
            return Ok(Assigned::Confirmed { standing: !key.record().ours });
        }
        match key.change(OperationKind::Assign).await? {
            Changed::Confirmed => return Ok(Assigned::Confirmed { standing: false }),
            Changed::Rejected(reason) => {
                return Ok(Assigned::Rejected(format!("Identity Center refused: {reason}")));
            }
            Changed::NotNow => {}
        }
    }
}

/// Why access must not begin now, judged on fresh facts by the current configuration (I4).
async fn objection(p: &Provisioner<'_>, request: &Request, grant: &Grant) -> Result<Option<String>, Error> {
    if grant.is_due(p.core.clock.now()) {
        return Ok(Some("it could not be created before its end".to_owned()));
    }
    let verdict = p.core.configuration().await?.decide(&p.sources.gather(&request.ask).await?);
    let digest = request.ask.digest();
    Ok(match &verdict.outcome {
        Outcome::Denied => Some(format!("policy does not allow it any more: {}", verdict.explanation.join("; "))),
        Outcome::Allowed { steps, .. } => {
            let approved = steps.iter().enumerate().all(|(i, step)| request.step_is_approved(i, step, &digest));
            (!approved).then(|| "policy has changed since it was approved, and now asks for other approvals".to_owned())
        }
    })
}

/// Lets the execution go on, however the request stands now.
async fn finish(p: &Provisioner<'_>, id: &RequestId) -> Result<(), Error> {
    let request = p.core.load(id).await?;
    Ok(p.core.resume(&request, Wait::Provisioning).await?)
}
