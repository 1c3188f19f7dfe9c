//! Reads at once what is needed together: a call for each would be most of what a decision costs.

use std::sync::Arc;

use async_trait::async_trait;
use curfew_domain::id::RequestId;
use curfew_domain::request::Request;
use curfew_policy::directory::Directory;

use crate::error::Fault;
use crate::publish::Publication;

/// A request and what it is judged by, as one read found them.
#[derive(Debug, Clone)]
pub struct Bench {
    /// The request, if one was named and exists.
    pub request: Option<Request>,
    /// Which configuration is in force. One that cannot be read is a fault for who needs it.
    pub publication: Result<Option<Publication>, Fault>,
    /// The latest directory; likewise.
    pub directory: Result<Option<Arc<Directory>>, Fault>,
}

/// One read for everything.
#[async_trait]
pub trait Judging: Send + Sync {
    /// What is needed to judge a request, or anything without one (strongly consistent).
    async fn bench(&self, request: Option<&RequestId>) -> Result<Bench, Fault>;
}
