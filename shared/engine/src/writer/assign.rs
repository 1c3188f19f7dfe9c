//! Assign: judge on fresh facts, arm the expiry, create, confirm, activate. In this order, so that a crash anywhere
//! leaves a record and a trigger, and never access without them (I4, I5, I6).

use std::sync::PoisonError;

use curfew_domain::id::RequestId;
use curfew_domain::request::{Command, Grant, Refusal, Request, State};
use curfew_domain::time::{SignedDuration, Timestamp};

use super::key::{Changed, KeyWork};
use super::quota::Slot;
use super::{Granting, Tried, Writer};
use crate::error::{Error, Fault};
use crate::extend;
use crate::provision::objection;
use crate::trigger::Trigger;

/// Facts that policy judged less than this ago, in the same invocation, are fresh for the first try.
const FRESH: SignedDuration = SignedDuration::from_secs(10);
/// How long Identity Center may refuse a grant before the request fails. The person can ask again; too much patience
/// would surprise them with access that they gave up on.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// What became of the attempt.
enum Assigned {
    /// The assignment is confirmed.
    Confirmed { standing: bool },
    /// It will not come to be.
    Rejected(String),
    /// Not now.
    NotNow(String),
}

/// Creates the access of a request that is being provisioned.
pub(super) async fn assign(writer: &Writer<'_>, slot: Slot<'_>, id: &RequestId) -> Result<Tried, Error> {
    let Some(granting) = &writer.parts.granting else {
        return Err(Fault::permanent("create the assignment", "this function removes only").into());
    };
    let core = writer.core();
    let asked = core.load(id).await?;
    if core.clock.now().duration_since(asked.since) > PATIENCE {
        // What may be in flight is resolved by the removal that follows.
        return settle(writer, id, Assigned::Rejected("Identity Center did not take it for ten minutes".to_owned()))
            .await;
    }
    // It has moved on, or people give it by hand.
    let Some(known) = asked.key() else { return Ok(Tried::Done) };
    let mut key = KeyWork::open(&writer.tools, slot, &known).await?;
    // Loaded with the key in hand: an end that came before is seen here, and one that comes later is carried out after.
    let request = core.load(id).await?;
    let State::Provisioning(grant) = &request.state else { return Ok(Tried::Done) };
    let assigned = attempt(writer, granting, &mut key, &request, grant).await?;
    settle(writer, id, assigned).await
}

/// With the key in hand: is it still allowed, whose assignment is there, and create it if none is.
async fn attempt(
    writer: &Writer<'_>,
    granting: &Granting,
    key: &mut KeyWork<'_>,
    request: &Request,
    grant: &Grant,
) -> Result<Assigned, Error> {
    let (core, id) = (writer.core(), &request.ask.id);
    if grant.is_due(core.clock.now()) {
        return Ok(Assigned::Rejected("it could not be created before its end".to_owned()));
    }
    if !writer.is_vouched_for(id, core.clock.now())
        && let Err(objection) = objection(core, &granting.sources, request).await?
    {
        return Ok(Assigned::Rejected(objection));
    }
    arm(writer, granting, id, grant.expires_at).await?;
    if request.ask.extends.is_some() {
        // Once the hold is recorded: whoever ends the extended grant from now on finds it, and ends this one too.
        key.hold(id, grant.expires_at).await?;
        if let Some(objection) = extend::objection(core, &request.ask).await? {
            return Ok(Assigned::Rejected(objection));
        }
    }
    if key.is_assigned().await? {
        key.hold(id, grant.expires_at).await?;
        return Ok(Assigned::Confirmed { standing: !key.record().ours });
    }
    Ok(match key.assign(id, grant.expires_at).await? {
        Changed::Confirmed => Assigned::Confirmed { standing: false },
        Changed::Rejected(reason) => Assigned::Rejected(format!("Identity Center refused: {reason}")),
        // Others may be making this very assignment, and it would be theirs (I7): everything is looked at afresh.
        Changed::NotNow(reason) => Assigned::NotNow(reason),
    })
}

/// Records what became of the attempt.
async fn settle(writer: &Writer<'_>, id: &RequestId, assigned: Assigned) -> Result<Tried, Error> {
    let core = writer.core();
    let outcome = match assigned {
        Assigned::NotNow(reason) => return Ok(Tried::NotNow(reason)),
        Assigned::Confirmed { standing } => core.act(id, |_| Ok(Command::Activate { standing })).await,
        Assigned::Rejected(reason) => core.act(id, |_| Ok(Command::Fail { reason: reason.clone() })).await,
    };
    let outcome = match outcome {
        // Creating took longer than the grant lasts.
        Err(Error::Refused(Refusal::Overdue(_))) => core.act(id, |_| Ok(Command::Expire)).await,
        other => other,
    };
    match outcome {
        Ok(request) => {
            let (key, state) = (request.key(), request.state.stage().name());
            tracing::info!(request_id = %id, ?key, state, "an intent to grant was carried out");
            Ok(Tried::Done)
        }
        // Ended meanwhile; the removal is an intent of its own.
        Err(Error::Refused(_)) => Ok(Tried::Done),
        Err(error) => Err(error),
    }
}

/// Lists the grant under the minute of its end, and makes sure that `revoke` is called then.
pub(crate) async fn arm(writer: &Writer<'_>, granting: &Granting, id: &RequestId, at: Timestamp) -> Result<(), Error> {
    let core = writer.core();
    core.store.put_due(id, at).await?;
    let trigger = Trigger::of(id, at, core.clock.now());
    granting.timers.ensure(&trigger).await?;
    // It took so long that the shared trigger may have fired before the grant was listed.
    if trigger.at() <= core.clock.now() {
        granting.timers.ensure(&Trigger::of(id, at, core.clock.now())).await?;
    }
    Ok(())
}

impl Writer<'_> {
    fn is_vouched_for(&self, id: &RequestId, now: Timestamp) -> bool {
        let mut vouched = self.vouched.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = vouched.take_if(|(request, _)| request == id);
        mine.is_some_and(|(_, at)| now.duration_since(at) <= FRESH)
    }
}
