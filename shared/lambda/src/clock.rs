//! Time and randomness of the real world.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use curfew_domain::hex::hex;
use curfew_domain::id::{LinkId, RequestId};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::error::Fault;
use curfew_engine::ports::{Clock, Ids};

/// The server's clock, in whole milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    async fn sleep(&self, duration: SignedDuration) {
        tokio::time::sleep(Duration::try_from(duration).unwrap_or_default()).await;
    }
}

/// A difference between the sandbox's clock and Lambda's that is more than the way of an event into the function.
const WRONG: SignedDuration = SignedDuration::from_secs(10);

/// A clock that is set right by Lambda at the begin of each invocation.
///
/// Grants end, leases run out and deadlines pass by instants that another function wrote. A sandbox whose clock were
/// minutes ahead would end access early and take the writer's lease from a living holder. Lambda tells each invocation
/// when it will be killed; that minus the function's time-out is when Lambda began it.
pub struct LambdaClock {
    inner: Arc<dyn Clock>,
    timeout: Option<SignedDuration>,
    /// Milliseconds.
    ahead: AtomicI64,
}

impl LambdaClock {
    /// Over a clock that may be wrong. Without the function's time-out, the clock is believed.
    pub(crate) fn new(inner: Arc<dyn Clock>, timeout: Option<SignedDuration>) -> Self {
        Self { inner, timeout, ahead: AtomicI64::new(0) }
    }

    /// An invocation begins that will be killed at this instant.
    pub(crate) fn begin(&self, deadline: Timestamp) {
        let Some(timeout) = self.timeout else { return };
        let ahead = self.inner.now().duration_since(deadline) + timeout;
        let ahead = if ahead.abs() > WRONG { i64::try_from(ahead.as_millis()).unwrap_or(0) } else { 0 };
        if ahead != 0 {
            tracing::error!(ahead_ms = ahead, alarm = "clock", "the clock of this sandbox is wrong; Lambda's is used");
        }
        self.ahead.store(ahead, Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for LambdaClock {
    fn now(&self) -> Timestamp {
        let now = self.inner.now();
        now.checked_sub(SignedDuration::from_millis(self.ahead.load(Ordering::Relaxed))).unwrap_or(now)
    }

    async fn sleep(&self, duration: SignedDuration) {
        self.inner.sleep(duration).await;
    }
}

/// Ids from the operating system's randomness.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RandomIds;

impl Ids for RandomIds {
    fn request(&self, now: Timestamp) -> Result<RequestId, Fault> {
        let what = "make a request id";
        let millis = u64::try_from(now.as_millisecond()).map_err(|e| Fault::permanent(what, e))?;
        let mut random = [0; 10];
        getrandom::fill(&mut random).map_err(|e| Fault::transient(what, e))?;
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        RequestId::parse(&uuid.to_string()).map_err(|e| Fault::permanent(what, e))
    }

    fn link(&self) -> Result<LinkId, Fault> {
        let what = "make a link id";
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|e| Fault::transient(what, e))?;
        LinkId::parse(&hex(&random)).map_err(|e| Fault::permanent(what, e))
    }
}
