//! Time and randomness of the real world.

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
