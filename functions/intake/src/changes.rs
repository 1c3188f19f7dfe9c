//! Calls that change something.

use curfew_api::{DirectoryView, PreferencesView, Problem, RequestView, ReviewView, path_id};
use curfew_domain::id::RequestId;
use curfew_engine::end::{Ending, end};
use curfew_engine::escalate::escalate;
use curfew_engine::extend::extend;
use curfew_engine::hands::{Task, handled};
use curfew_engine::known::Reviewing;
use curfew_engine::review::answer;
use curfew_engine::submit::submit;
use curfew_lambda::http::{Call, HttpAnswer, json, log};

use crate::Intake;

impl Intake {
    pub(crate) async fn submit(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.enabled_caller(call, &self.core).await?;
        let known = caller.known.map_err(log)?;
        let wish = curfew_api::wish(&call.body, call.origin)?;
        let key = call.idempotency_key.clone();
        let request = submit(&self.core, self.ids.as_ref(), &known, &caller.person, wish, key).await.map_err(log)?;
        json(202, &RequestView::brief(&request).named(&request, Some(&known.directory)))
    }

    /// Asks for more time, as a new request.
    pub(crate) async fn extend(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.enabled_caller(call, &self.core).await?;
        let known = caller.known.map_err(log)?;
        let id = path_id(call.part("id"), "request", RequestId::parse)?;
        let wish = curfew_api::extension(&call.body, call.origin)?;
        let (ids, key) = (self.ids.as_ref(), call.idempotency_key.clone());
        let request = extend(&self.core, ids, &known, &caller.person, &id, wish, key).await.map_err(log)?;
        json(202, &RequestView::brief(&request).named(&request, Some(&known.directory)))
    }

    /// Makes an emergency of an open request: the answer is the new request, however often it is asked.
    pub(crate) async fn escalate(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.enabled_caller(call, &self.core).await?;
        let id = path_id(call.part("id"), "request", RequestId::parse)?;
        let urgency = curfew_api::urgency(&call.body, call.origin)?;
        let (known, ids) = (caller.known.map_err(log)?, self.ids.as_ref());
        let request = escalate(&self.core, ids, &known, &caller.person, &id, &urgency).await.map_err(log)?;
        json(202, &RequestView::brief(&request).named(&request, Some(&known.directory)))
    }

    /// Judges emergency access that has ended.
    pub(crate) async fn review(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.enabled_caller(call, &self.core).await?;
        let id = path_id(call.part("id"), "request", RequestId::parse)?;
        let judgement = curfew_api::judgement(&call.body)?;
        let now = self.core.clock.now();
        let reviewing = Reviewing::new(caller.known.as_ref().ok(), now);
        let review = answer(&self.core, &caller.person, reviewing, &id, &judgement).await.map_err(log)?;
        json(200, &ReviewView::new(&review, reviewing.within(), now))
    }

    /// Ends a request or its access. Asks the directory only who calls.
    pub(crate) async fn end(&self, call: &Call, ending: Ending) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        let id = path_id(call.part("id"), "request", RequestId::parse)?;
        let comment = curfew_api::comment(&call.body)?;
        let request = end(&self.core, &caller.person, &id, ending, comment).await.map_err(log)?;
        json(202, &RequestView::brief(&request).named(&request, caller.directory()))
    }

    /// Chooses which notices the caller gets by mail, in place of what they chose before.
    pub(crate) async fn prefer(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.enabled_caller(call, &self.core).await?;
        let preferences = curfew_api::preferences(&call.body)?;
        self.core.store.put_preferences(&caller.person.id, &preferences).await.map_err(log)?;
        json(200, &PreferencesView::from(&preferences))
    }

    /// Records what somebody has done by hand.
    pub(crate) async fn handled(&self, call: &Call, task: Task) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.enabled_caller(call, &self.core).await?;
        let id = path_id(call.part("id"), "request", RequestId::parse)?;
        let comment = curfew_api::comment(&call.body)?;
        let request = handled(&self.core, &caller.person, &id, task, comment).await.map_err(log)?;
        json(200, &RequestView::brief(&request).named(&request, caller.directory()))
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
