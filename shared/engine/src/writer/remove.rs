//! Remove: delete, confirm absent, close. Never closes unconfirmed (I14); asks neither policy nor directory (I19, I20).

use curfew_domain::id::RequestId;
use curfew_domain::request::{Command, EndReason, Gone, Intent, Refusal, State};

use super::key::{Changed, KeyWork};
use super::quota::Slot;
use super::{Tried, Writer};
use crate::error::Error;

/// What is known about the assignment of an ending request.
enum Known {
    /// This was confirmed.
    Gone(Gone),
    /// Identity Center takes no more changes at present.
    NotNow(String),
    /// It is still there, for this reason.
    There(String),
}

/// Ends the access of an ending request and closes it.
pub(super) async fn remove(writer: &Writer<'_>, slot: Slot<'_>, intent: &Intent) -> Result<Tried, Error> {
    let (core, id) = (writer.core(), &intent.request);
    let (mut key, request) = KeyWork::open(&writer.tools, slot, &intent.key, id).await?;
    if !matches!(request.state, State::Ending { .. }) {
        return Ok(Tried::Done);
    }
    let stray = matches!(request.state, State::Ending { reason: EndReason::Stray, .. });
    let gone = match look(writer, &mut key, id, stray).await? {
        Known::Gone(gone) => gone,
        Known::NotNow(reason) => return Ok(Tried::NotNow(reason)),
        Known::There(reason) => return Ok(Tried::Again(reason)),
    };
    match core.act_on(request, |_| Ok(Command::Close(gone.clone()))).await {
        Ok(_) => {
            tracing::info!(request_id = %id, key = ?intent.key, ?gone, "a grant is over");
            Ok(Tried::Done)
        }
        // Closed by a holder that died, or lost its answer, right after.
        Err(Error::Refused(Refusal::Illegal { .. })) => Ok(Tried::Done),
        Err(error) => Err(error),
    }
}

/// Makes sure that the access is gone, unless a grant needs it or it is not ours. A `stray` is not ours either, and nobody
/// else's to give: only a grant keeps it, one that began on it meanwhile.
async fn look(writer: &Writer<'_>, key: &mut KeyWork<'_>, id: &RequestId, stray: bool) -> Result<Known, Error> {
    let others = key.record().released(id);
    if let Some(holder) = others.holder(writer.core().clock.now()) {
        key.release(id).await?;
        return Ok(Known::Gone(Gone::KeptFor(holder.request.clone())));
    }
    if !key.record().ours && !stray {
        key.release(id).await?;
        let gone = if key.is_assigned().await? { Gone::Standing } else { Gone::Absent };
        return Ok(Known::Gone(gone));
    }
    match key.unassign(id).await? {
        Changed::Confirmed => Ok(Known::Gone(Gone::Absent)),
        Changed::NotNow(reason) => Ok(Known::NotNow(reason)),
        // Somebody else has removed it, or it cannot be removed now.
        Changed::Rejected(reason) if key.is_assigned().await? => Ok(Known::There(reason)),
        Changed::Rejected(_) => {
            key.forget().await?;
            Ok(Known::Gone(Gone::Absent))
        }
    }
}
