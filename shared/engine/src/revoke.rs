//! Revoke: record, delete, confirm absent, close. Never gives up, never closes unconfirmed (I14).
//!
//! Asks neither policy nor directory (I19, I20).

use curfew_domain::assignment::OperationKind;
use curfew_domain::id::RequestId;
use curfew_domain::request::{Command, Gone, Refusal, Request, State};
use curfew_domain::time::SignedDuration;

use crate::core::Core;
use crate::error::{Error, Fault};
use crate::key::{Changed, KeyGuard, Keys};

/// A trigger may be early by less than a minute: the scheduler fires within the minute. It waits then.
const EARLY: SignedDuration = SignedDuration::from_secs(61);

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// The access is confirmed gone, or confirmed not ours to remove, and the request is closed.
    Closed,
    /// There was nothing to do: the request is over already, or never began.
    Nothing,
    /// The grant is not due yet.
    NotDue,
}

/// Ends the access of a request that is due or ending. Any number of calls, at any time, come to the same.
pub async fn revoke(core: &Core, keys: &Keys, id: &RequestId) -> Result<Revoked, Error> {
    let request = core.load(id).await?;
    let request = match &request.state {
        State::Provisioning(grant) | State::Active(grant) => {
            let left = grant.expires_at.duration_since(core.clock.now());
            if left > EARLY {
                return Ok(Revoked::NotDue);
            }
            // A little longer: a clock that is read in whole milliseconds must not be short of the end.
            core.clock.sleep(left.max(SignedDuration::ZERO) + SignedDuration::from_millis(20)).await;
            match core.act(id, |_| Ok(Command::Expire)).await {
                Ok(request) => request,
                Err(Error::Refused(Refusal::Illegal { .. })) => core.load(id).await?,
                Err(Error::Refused(Refusal::NotDue(_))) => return Ok(Revoked::NotDue),
                Err(error) => return Err(error),
            }
        }
        _ => request,
    };
    if !matches!(request.state, State::Ending { .. }) {
        return Ok(Revoked::Nothing);
    }
    remove(core, keys, &request).await
}

/// Removes the access of an ending request under the lease of its key, and closes it.
async fn remove(core: &Core, keys: &Keys, request: &Request) -> Result<Revoked, Error> {
    let id = &request.ask.id;
    let mut key = keys.lock(&request.ask.key()).await?;
    let gone = match confirm_gone(core, &mut key, id).await {
        Ok(gone) => gone,
        Err(error) => return Err(key.abandon(error).await),
    };
    let closed = core.act(id, |_| Ok(Command::Close(gone.clone()))).await;
    key.unlock().await?;
    match closed {
        Ok(_) => Ok(Revoked::Closed),
        // Another invocation closed it while this one waited for the lease.
        Err(Error::Refused(Refusal::Illegal { .. })) => Ok(Revoked::Nothing),
        Err(error) => Err(error),
    }
}

/// Makes sure that the access is gone, unless somebody else needs it or it is not ours.
async fn confirm_gone(core: &Core, key: &mut KeyGuard<'_>, id: &RequestId) -> Result<Gone, Error> {
    key.release(id).await?;
    loop {
        if let Some(holder) = key.record().holder(core.clock.now()) {
            return Ok(Gone::KeptFor(holder.request.clone()));
        }
        if !key.is_assigned().await? {
            if key.record().ours {
                key.forget().await?;
            }
            return Ok(Gone::Absent);
        }
        if !key.record().ours {
            return Ok(Gone::Standing);
        }
        match key.change(OperationKind::Unassign).await? {
            Changed::Confirmed => return Ok(Gone::Absent),
            Changed::NotNow => {}
            Changed::Rejected(reason) => {
                if key.is_assigned().await? {
                    return Err(Fault::transient("delete the assignment", reason).into());
                }
            }
        }
    }
}
