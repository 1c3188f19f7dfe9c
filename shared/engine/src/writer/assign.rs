//! Assign: judge on fresh facts, arm the expiry, create, confirm, activate. In this order, so that a crash anywhere
//! leaves a record and a trigger, and never access without them (I4, I5, I6).

use curfew_domain::id::RequestId;
use curfew_domain::request::{Command, Grant, Intent, Refusal, Request, State};
use curfew_domain::time::{SignedDuration, Timestamp};

use super::key::{Changed, KeyWork};
use super::quota::Slot;
use super::{Granting, Tried, Writer, locked};
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
pub(super) async fn assign(writer: &Writer<'_>, slot: Slot<'_>, intent: &Intent) -> Result<Tried, Error> {
    let Some(granting) = &writer.parts.granting else {
        return Err(Fault::permanent("create the assignment", "this function removes only").into());
    };
    let (core, id) = (writer.core(), &intent.request);
    let vouched = writer.is_vouched_for(id, core.clock.now());
    if !vouched {
        let asked = core.load(id).await?;
        if core.clock.now().duration_since(asked.since) > PATIENCE {
            // What may be in flight is resolved by the removal that follows.
            let reason = "Identity Center did not take it for ten minutes".to_owned();
            return settle(writer, asked, Assigned::Rejected(reason)).await;
        }
    }
    let began = core.clock.now();
    let (mut key, request) = KeyWork::open(&writer.tools, slot, &intent.key, id).await?;
    let vouched = vouched && core.clock.now().duration_since(began) <= FRESH;
    let State::Provisioning(grant) = &request.state else { return Ok(Tried::Done) };
    let assigned = attempt(writer, granting, &mut key, &request, grant, vouched).await?;
    settle(writer, request, assigned).await
}

/// With the key in hand: is it still allowed, whose assignment is there, and create it if none is.
async fn attempt(
    writer: &Writer<'_>,
    granting: &Granting,
    key: &mut KeyWork<'_>,
    request: &Request,
    grant: &Grant,
    vouched: bool,
) -> Result<Assigned, Error> {
    let (core, id) = (writer.core(), &request.ask.id);
    if grant.is_due(core.clock.now()) {
        return Ok(Assigned::Rejected("it could not be created before its end".to_owned()));
    }
    if !vouched {
        let bench = core.store.bench(None).await?;
        if let Err(objection) = objection(core, &granting.sources, request, &bench).await? {
            return Ok(Assigned::Rejected(objection));
        }
    }
    arm(writer, granting, id, grant.expires_at).await?;
    if request.ask.extends.is_some() {
        // Once the hold is recorded: whoever ends the extended grant from now on finds it, and ends this one too.
        key.hold(id, grant.expires_at).await?;
        if let Some(objection) = extend::objection(core, &request.ask).await? {
            return Ok(Assigned::Rejected(objection));
        }
    }
    if key.is_being_made_by_others().await? {
        return Ok(Assigned::NotNow("somebody else is making this very assignment".to_owned()));
    }
    if key.is_assigned().await? {
        key.hold(id, grant.expires_at).await?;
        return Ok(Assigned::Confirmed { standing: !key.record().ours });
    }
    Ok(match key.assign(id, grant.expires_at).await? {
        Changed::Confirmed => Assigned::Confirmed { standing: false },
        Changed::Rejected(reason) => Assigned::Rejected(format!("Identity Center refused: {reason}")),
        // Others may be working on this very key: everything is looked at afresh.
        Changed::NotNow(reason) => Assigned::NotNow(reason),
    })
}

/// Records what became of the attempt.
async fn settle(writer: &Writer<'_>, request: Request, assigned: Assigned) -> Result<Tried, Error> {
    let (core, id) = (writer.core(), &request.ask.id.clone());
    let outcome = match assigned {
        Assigned::NotNow(reason) => return Ok(Tried::NotNow(reason)),
        Assigned::Confirmed { standing } => core.act_on(request, |_| Ok(Command::Activate { standing })).await,
        Assigned::Rejected(reason) => core.act_on(request, |_| Ok(Command::Fail { reason: reason.clone() })).await,
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
            // What could not be created, or came too late, is removed.
            writer.take_up(&request);
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
    granting.timers.ensure(&trigger, id).await?;
    // It took so long that the shared trigger may have fired before the grant was listed.
    if trigger.at() <= core.clock.now() {
        granting.timers.ensure(&Trigger::of(id, at, core.clock.now()), id).await?;
    }
    Ok(())
}

impl Writer<'_> {
    fn is_vouched_for(&self, id: &RequestId, now: Timestamp) -> bool {
        let mine = locked(&self.vouched).take_if(|(request, _)| request == id);
        mine.is_some_and(|(_, at)| now.duration_since(at) <= FRESH)
    }
}
