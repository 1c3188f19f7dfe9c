//! Calls that change something.

use curfew_api::{DirectoryView, Problem, PublishedView, RequestView, path_id};
use curfew_domain::id::RequestId;
use curfew_engine::end::{Ending, end};
use curfew_engine::error::Error;
use curfew_engine::extend::extend;
use curfew_engine::publish::publish;
use curfew_engine::submit::submit;
use curfew_lambda::http::{Call, HttpAnswer, json, log};

use crate::Intake;

/// Largest configuration, in bytes: an item of the table holds 400 KB.
const CONFIGURATION_LIMIT: usize = 300_000;

impl Intake {
    pub(crate) async fn submit(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.enabled_caller(call, &self.core).await?;
        let configuration = caller.configuration.ok_or(Error::NotConfigured)?;
        let wish = curfew_api::wish(&call.body)?;
        let key = call.idempotency_key.clone();
        let request =
            submit(&self.core, self.ids.as_ref(), &configuration, &caller.person, wish, key).await.map_err(log)?;
        json(202, &RequestView::brief(&request))
    }

    /// Asks for more time, as a new request.
    pub(crate) async fn extend(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.enabled_caller(call, &self.core).await?;
        let configuration = caller.configuration.ok_or(Error::NotConfigured)?;
        let id = path_id(call.part("id"), "request", RequestId::parse)?;
        let wish = curfew_api::extension(&call.body)?;
        let (ids, key) = (self.ids.as_ref(), call.idempotency_key.clone());
        let request = extend(&self.core, ids, &configuration, &caller.person, &id, wish, key).await.map_err(log)?;
        json(202, &RequestView::brief(&request))
    }

    /// Ends a request or its access. Asks the directory only who calls.
    pub(crate) async fn end(&self, call: &Call, ending: Ending) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        let id = path_id(call.part("id"), "request", RequestId::parse)?;
        let comment = curfew_api::comment(&call.body)?;
        let request = end(&self.core, &caller.person, &id, ending, comment).await.map_err(log)?;
        json(202, &RequestView::brief(&request))
    }

    pub(crate) async fn publish(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.enabled_caller(call, &self.core).await?;
        if !caller.person.administrator {
            return Err(not_administrator());
        }
        if call.body.len() > CONFIGURATION_LIMIT {
            let detail = format!("The configuration has {} bytes; at most {CONFIGURATION_LIMIT} fit.", call.body.len());
            return Err(Problem::new(413, "body_too_large", "The body is too large", detail));
        }
        let text = std::str::from_utf8(&call.body)
            .map_err(|error| Problem::new(400, "malformed_body", "The body is not UTF-8 text", error.to_string()))?;
        let version = publish(&self.core, &caller.person.id, text).await.map_err(log)?;
        json(200, &PublishedView::from(&version))
    }

    /// Has the directory read now, besides its schedule. Answers at once; `GET /v1/directory` shows what came of it.
    pub(crate) async fn sync(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.enabled_caller(call, &self.core).await?;
        if !caller.person.administrator {
            let detail = "Only administrators have the directory read.";
            return Err(Problem::new(403, "not_administrator", "You may not do this", detail));
        }
        let force = curfew_api::sync_wish(&call.body)?;
        tracing::info!(by = %caller.person.id, force, "sync on demand");
        self.sync.start(force).await.map_err(log)?;
        let head = self.core.store.head().await.map_err(log)?;
        let reader = self.core.store.reader().await.map_err(log)?;
        json(202, &DirectoryView::new(head.as_ref(), &reader, self.core.clock.now()))
    }
}

/// Only administrators.
pub(crate) fn not_administrator() -> Problem {
    let detail = "Only administrators read and publish the configuration.";
    Problem::new(403, "not_administrator", "You may not do this", detail)
}
