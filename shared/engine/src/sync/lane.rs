//! One service that is read from: at its pace, with patience, and not past the end of the invocation.

use curfew_domain::time::{SignedDuration, Timestamp};

use crate::error::Fault;
use crate::ports::{Clock, Page};

/// No call is begun with less time than this: the longest that the SDK tries one (four attempts of eight seconds), and
/// then what was read must be kept.
const ENOUGH_TIME: SignedDuration = SignedDuration::from_secs(60);
/// How often a call that may work later is tried, after the SDK's own attempts.
const TRIES: u32 = 3;
/// From the first try to the second; then twice as long.
const PAUSE: SignedDuration = SignedDuration::from_secs(2);

/// Why reading stopped before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// There is no time left in this invocation.
    Time,
    /// Something did not answer as it should.
    Fault(Fault),
}

/// Calls to one service.
pub(super) struct Lane<'a> {
    clock: &'a dyn Clock,
    gap: SignedDuration,
    next_call: Timestamp,
    deadline: Timestamp,
    calls: usize,
}

impl<'a> Lane<'a> {
    /// At most so many calls a second, at least one.
    pub(super) fn new(clock: &'a dyn Clock, per_second: u32, deadline: Timestamp) -> Self {
        let gap = SignedDuration::from_micros(1_000_000 / i64::from(per_second.max(1)) + 1);
        Self { clock, gap, next_call: clock.now(), deadline, calls: 0 }
    }

    /// Calls that were made.
    pub(super) fn calls(&self) -> usize {
        self.calls
    }

    /// Makes one call when its turn has come, and again when it may work later.
    pub(super) async fn ask<T>(&mut self, call: impl AsyncFn() -> Result<T, Fault>) -> Result<T, Stop> {
        let (mut pause, mut tries) = (PAUSE, 1);
        loop {
            self.pace().await?;
            match call().await {
                Err(fault @ Fault::Transient { .. }) if tries < TRIES => {
                    tracing::warn!(%fault, "a call is tried again");
                    self.clock.sleep(pause).await;
                    (pause, tries) = (pause * 2, tries + 1);
                }
                answer => return answer.map_err(Stop::Fault),
            }
        }
    }

    /// Follows a listing to its end; false if what was to be listed is gone.
    pub(super) async fn all<T>(
        &mut self,
        list: impl AsyncFn(Option<String>) -> Result<Option<Page<T>>, Fault>,
        mut take: impl FnMut(T),
    ) -> Result<bool, Stop> {
        let mut next = None;
        loop {
            let Some(page) = self.ask(async || list(next.clone()).await).await? else { return Ok(false) };
            page.items.into_iter().for_each(&mut take);
            match page.next {
                Some(token) => next = Some(token),
                None => return Ok(true),
            }
        }
    }

    /// Waits for the turn of the next call, if there is time for it.
    async fn pace(&mut self) -> Result<(), Stop> {
        let now = self.clock.now();
        let at = self.next_call.max(now);
        if self.deadline.duration_since(at) < ENOUGH_TIME {
            return Err(Stop::Time);
        }
        self.next_call = at.checked_add(self.gap).unwrap_or(at);
        self.calls += 1;
        if at > now {
            self.clock.sleep(at.duration_since(now)).await;
        }
        Ok(())
    }
}
