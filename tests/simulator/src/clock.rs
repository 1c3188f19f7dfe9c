//! Time and randomness of a run.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use aws_smithy_async::time::TimeSource;
use curfew_domain::hex::hex;
use curfew_domain::id::{LinkId, RequestId};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::error::Fault;
use curfew_engine::ports::{Clock, Ids};
use tokio::time::Instant;

/// When every run begins: 2026-11-23T08:00:00Z, a Monday.
const BEGIN_MS: i64 = 1_795_420_800_000;

/// True time: the paused clock of the runtime, from a fixed instant on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TrueClock {
    began: Instant,
}

impl TrueClock {
    /// Begins now. Must be called inside of the runtime.
    pub(crate) fn begin() -> Self {
        Self { began: Instant::now() }
    }

    /// Since the beginning, in whole milliseconds.
    pub(crate) fn elapsed_ms(self) -> i64 {
        i64::try_from(self.began.elapsed().as_millis()).expect("a short run")
    }

    /// Milliseconds since 1970.
    pub(crate) fn now_ms(self) -> i64 {
        BEGIN_MS + self.elapsed_ms()
    }

    /// Now.
    pub(crate) fn now(self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms()).expect("a time in this millennium")
    }

    /// The runtime's instant at which a true time comes.
    pub(crate) fn instant(self, at: Timestamp) -> Instant {
        let ms = u64::try_from(at.as_millisecond() - BEGIN_MS).unwrap_or(0);
        self.began + Duration::from_millis(ms)
    }
}

/// The clock that a function sees: true time and its skew.
#[derive(Debug, Clone)]
pub(crate) struct FunctionClock {
    pub(crate) base: TrueClock,
    /// Milliseconds ahead of true time; shared by all sandboxes of the function, so that it can be healed.
    pub(crate) skew_ms: Arc<AtomicI64>,
}

impl FunctionClock {
    fn now_ms(&self) -> i64 {
        self.base.now_ms() + self.skew_ms.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Clock for FunctionClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms()).expect("a time in this millennium")
    }

    async fn sleep(&self, duration: SignedDuration) {
        tokio::time::sleep(Duration::try_from(duration).unwrap_or_default()).await;
    }
}

impl TimeSource for FunctionClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(u64::try_from(self.now_ms()).unwrap_or(0))
    }
}

/// Ids from the seed.
#[derive(Debug)]
pub(crate) struct SeededIds(Mutex<fastrand::Rng>);

impl SeededIds {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)))
    }

    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut bytes);
        bytes
    }
}

impl Ids for SeededIds {
    fn request(&self, now: Timestamp) -> Result<RequestId, Fault> {
        let what = "make a request id";
        let millis = u64::try_from(now.as_millisecond()).map_err(|e| Fault::permanent(what, e))?;
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &self.random()).into_uuid();
        RequestId::parse(&uuid.to_string()).map_err(|e| Fault::permanent(what, e))
    }

    fn link(&self) -> Result<LinkId, Fault> {
        LinkId::parse(&hex(&self.random::<16>())).map_err(|e| Fault::permanent("make a link id", e))
    }
}
