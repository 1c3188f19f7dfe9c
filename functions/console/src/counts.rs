//! What waits for whom, kept for a few seconds in the warm function: every page shows two numbers of it.

use std::sync::{Arc, Mutex, PoisonError};

use curfew_domain::request::Request;
use curfew_domain::review::Review;
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::core::Core;
use curfew_engine::error::Error;
use curfew_engine::health::live;

/// For how long pages about other things show what was read for another page.
const FRESH: SignedDuration = SignedDuration::from_secs(15);

/// Everything that is not over, as it was a moment ago.
#[derive(Debug)]
pub(crate) struct Live {
    read_at: Timestamp,
    /// Requests that are not over, oldest first.
    pub(crate) requests: Vec<Request>,
    /// Reviews that nobody has answered, oldest request first.
    pub(crate) reviews: Vec<Review>,
}

/// What was read last.
#[derive(Default)]
pub(crate) struct Counts(Mutex<Option<Arc<Live>>>);

impl Counts {
    /// What was read last, whenever that was: costs nothing.
    pub(crate) fn last(&self) -> Option<Arc<Live>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was read a few seconds ago, or now.
    pub(crate) async fn recent(&self, core: &Core) -> Result<Arc<Live>, Error> {
        let now = core.clock.now();
        match self.last().filter(|live| now.duration_since(live.read_at).abs() < FRESH) {
            Some(live) => Ok(live),
            None => self.now(core).await,
        }
    }

    /// As it is now.
    pub(crate) async fn now(&self, core: &Core) -> Result<Arc<Live>, Error> {
        let read_at = core.clock.now();
        let (_, requests) = live(core).await?;
        let reviews = core.store.open_reviews().await?;
        let live = Arc::new(Live { read_at, requests, reviews });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&live));
        Ok(live)
    }

    /// Something was changed: the next page reads anew.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
