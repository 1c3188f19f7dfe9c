//! Task tokens of executions that wait, and approvers' links.

use async_trait::async_trait;
use curfew_domain::id::{LinkId, RequestId, UserId};
use curfew_domain::request::Wait;

use super::Ids;
use crate::error::Fault;

/// A callback link: one approver's way to one step of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its opaque id.
    pub id: LinkId,
    /// Which request.
    pub request: RequestId,
    /// Which step.
    pub step: usize,
    /// For whom.
    pub approver: UserId,
}

impl Link {
    /// A new link.
    ///
    /// # Errors
    /// There is no randomness to be had.
    pub fn new(ids: &dyn Ids, request: &RequestId, step: usize, approver: &UserId) -> Result<Self, Fault> {
        let id = ids.link()?.of(request);
        Ok(Self { id, request: request.clone(), step, approver: approver.clone() })
    }
}

/// Task tokens and links. A token is written and read here and nowhere else.
#[async_trait]
pub trait Callbacks: Send + Sync {
    /// Keeps the token of an execution that waits, beside those of earlier attempts.
    async fn put_token(&self, request: &RequestId, wait: Wait, token: &str) -> Result<(), Fault>;
    /// The tokens that have not been used.
    async fn tokens(&self, request: &RequestId) -> Result<Vec<(Wait, String)>, Fault>;
    /// Forgets a used token.
    async fn drop_token(&self, request: &RequestId, wait: Wait, token: &str) -> Result<(), Fault>;
    /// Keeps a link; if this approver has one for this step already, that one stays and is returned.
    async fn put_link(&self, link: Link) -> Result<Link, Fault>;
    /// The link of this id.
    async fn link(&self, id: &LinkId) -> Result<Option<Link>, Fault>;
    /// The links of a request.
    async fn links(&self, request: &RequestId) -> Result<Vec<Link>, Fault>;
}
