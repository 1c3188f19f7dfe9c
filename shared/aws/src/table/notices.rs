//! Notices, for now: kept in the table and logged. Mail and chat come behind the same port.

use std::sync::Arc;

use async_trait::async_trait;
use curfew_domain::id::{RequestId, UserId};
use curfew_domain::request::{Notice, Request};
use curfew_domain::review::Review;
use curfew_domain::time::Timestamp;
use curfew_engine::error::Fault;
use curfew_engine::ports::{Link, Notices};

use super::{Table, item, request_pk, s};
use crate::fault::fault;

/// Keeps notices in the table.
pub struct TableNotices {
    table: Arc<Table>,
}

impl TableNotices {
    /// Notices in this table.
    pub fn new(table: Arc<Table>) -> Self {
        Self { table }
    }

    async fn keep(&self, request: &RequestId, what: &str, to: &[UserId], at: Timestamp) -> Result<(), Fault> {
        let people = to.iter().map(UserId::as_str).collect::<Vec<_>>().join(" ");
        let item = item(&request_pk(request), &format!("N#{at}#{what}"), [("to", s(people))]);
        let put = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item));
        put.send().await.map_err(|e| fault("keep the notice", e))?;
        Ok(())
    }
}

#[async_trait]
impl Notices for TableNotices {
    async fn moved(&self, notice: &Notice, to: &[UserId], at: Timestamp) -> Result<(), Fault> {
        let state = notice.stage.name();
        tracing::info!(request_id = %notice.request, state, people = to.len(), "notice");
        self.keep(&notice.request, state, to, at).await
    }

    async fn decision_needed(&self, request: &Request, links: &[Link], at: Timestamp) -> Result<(), Fault> {
        let id = &request.ask.id;
        // The links themselves are not logged: who reads logs must not act for an approver.
        tracing::info!(request_id = %id, approvers = links.len(), "notice: decision needed");
        let to: Vec<UserId> = links.iter().map(|link| link.approver.clone()).collect();
        self.keep(id, "decision_needed", &to, at).await
    }

    async fn emergency(&self, request: &Request, to: &[UserId], at: Timestamp) -> Result<(), Fault> {
        let id = &request.ask.id;
        tracing::warn!(request_id = %id, requester = %request.ask.requester, people = to.len(), "notice: emergency");
        self.keep(id, "emergency", to, at).await
    }

    async fn review_opened(&self, review: &Review, to: &[UserId], at: Timestamp) -> Result<(), Fault> {
        tracing::info!(request_id = %review.request, people = to.len(), "notice: review opened");
        self.keep(&review.request, "review_opened", to, at).await
    }

    async fn review_overdue(&self, review: &Review, to: &[UserId], at: Timestamp) -> Result<(), Fault> {
        tracing::info!(request_id = %review.request, people = to.len(), "notice: review overdue");
        self.keep(&review.request, "review_overdue", to, at).await
    }
}
