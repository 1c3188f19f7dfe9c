//! Revoke: what is due ends to the second, and the writer removes it. Asks neither policy nor directory (I19, I20).

use std::sync::atomic::{AtomicBool, Ordering};

use curfew_domain::request::{Command, Request, State};
use curfew_domain::time::{SignedDuration, Timestamp};
use futures_util::future::join;

use crate::error::Error;
use crate::trigger::PRECISION;
use crate::writer::{Drained, Writer};

/// A trigger comes at most this long before the last end that it is about: it fires up to `PRECISION` early, and the
/// ends lie within a minute.
const EARLY: SignedDuration = SignedDuration::from_secs(2 * PRECISION.as_secs() + 1);
/// A clock that is read in whole milliseconds must not be short of the end.
const HAIR: SignedDuration = SignedDuration::from_millis(20);
/// How often the writer looks whether there is something for it.
const STEP: SignedDuration = SignedDuration::from_millis(20);

/// Ends the grants that end in this minute, each at its second, and removes whatever is to be removed. Without a
/// minute: only the latter. Any number of calls, at any time, come to the same.
///
/// # Errors
/// The store could not be reached; or some grants could not be ended, after all others were.
pub async fn revoke(writer: &Writer<'_>, minute: Option<Timestamp>) -> Result<Drained, Error> {
    let Some(minute) = minute else { return writer.drain().await };
    let due = due(writer, minute).await?;
    if due.is_empty() {
        return writer.drain().await;
    }
    let (fresh, over) = (AtomicBool::new(false), AtomicBool::new(false));
    let ending = async {
        let ended = end_each(writer, due, &fresh).await;
        over.store(true, Ordering::Relaxed);
        ended
    };
    let removing = async {
        let mut total = Drained::default();
        loop {
            let last = over.load(Ordering::Relaxed);
            if fresh.swap(false, Ordering::Relaxed) {
                let drained = writer.drain().await?;
                total = Drained { done: total.done + drained.done, ..drained };
            } else if last {
                return Ok(total);
            } else {
                writer.core().clock.sleep(STEP).await;
            }
        }
    };
    let (ended, removed): (Result<(), Error>, Result<Drained, Error>) = join(ending, removing).await;
    ended.and(removed)
}

/// What ends in this minute and is not so far off that the trigger was a mistake; the earliest end first.
async fn due(writer: &Writer<'_>, minute: Timestamp) -> Result<Vec<(Timestamp, Request)>, Error> {
    let core = writer.core();
    let now = core.clock.now();
    let mut due = Vec::new();
    for request in core.store.load_all(&core.store.due(minute).await?).await? {
        if let State::Provisioning(grant) | State::Active(grant) = &request.state
            && grant.expires_at.duration_since(now) <= EARLY
        {
            due.push((grant.expires_at, request));
        }
    }
    due.sort_by(|(a, first), (b, second)| (a, &first.ask.id).cmp(&(b, &second.ask.id)));
    Ok(due)
}

/// Ends each grant at its end; says when there is something to remove. One that cannot be ended keeps no other.
async fn end_each(writer: &Writer<'_>, due: Vec<(Timestamp, Request)>, fresh: &AtomicBool) -> Result<(), Error> {
    let core = writer.core();
    let mut failed = Ok(());
    for (at, request) in due {
        let left = at.duration_since(core.clock.now());
        if left >= SignedDuration::ZERO {
            core.clock.sleep(left + HAIR).await;
        }
        match core.act_on(request, |_| Ok(Command::Expire)).await {
            Ok(request) => {
                writer.take_up(&request);
                fresh.store(true, Ordering::Relaxed);
            }
            // Ended before by somebody.
            Err(Error::Refused(_)) => {}
            Err(error) => failed = Err(error),
        }
    }
    failed
}
