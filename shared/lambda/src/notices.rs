//! Notices, for now: logged. What they tell is in the audit trail; mail and chat come behind the same port.

use async_trait::async_trait;
use curfew_domain::id::UserId;
use curfew_domain::request::{Notice, Request};
use curfew_domain::review::Review;
use curfew_domain::time::Timestamp;
use curfew_engine::error::Fault;
use curfew_engine::ports::{Link, Notices};

/// Logs notices.
pub(crate) struct LoggedNotices;

#[async_trait]
impl Notices for LoggedNotices {
    async fn moved(&self, notice: &Notice, to: &[UserId], _: Timestamp) -> Result<(), Fault> {
        let state = notice.stage.name();
        tracing::info!(request_id = %notice.request, state, people = to.len(), "notice");
        Ok(())
    }

    async fn decision_needed(&self, request: &Request, links: &[Link], _: Timestamp) -> Result<(), Fault> {
        // The links themselves are not logged: who reads logs must not act for an approver.
        tracing::info!(request_id = %request.ask.id, approvers = links.len(), "notice: decision needed");
        Ok(())
    }

    async fn review_overdue(&self, review: &Review, to: &[UserId], _: Timestamp) -> Result<(), Fault> {
        tracing::info!(request_id = %review.request, people = to.len(), "notice: review overdue");
        Ok(())
    }
}
