//! Calls that show something.

use curfew_api::{
    AccessHealthView, ApprovalView, ApprovalsView, DirectoryView, EntitlementsView, MeView, PageView, PreferencesView,
    Problem, RequestView, ReviewView, ReviewsView, TaskView, TasksView, entitlements_query, explain_query, list_query,
    path_id,
};
use curfew_domain::id::RequestId;
use curfew_engine::error::Error;
use curfew_engine::extend::extended_by;
use curfew_engine::hands::tasks;
use curfew_engine::health::health;
use curfew_engine::known::{Reviewing, of_onlooker};
use curfew_engine::{read, review};
use curfew_lambda::http::{Call, HttpAnswer, json, log};
use curfew_policy::Wish;
use curfew_policy::directory::StoredDirectory;

use crate::Intake;

impl Intake {
    pub(crate) async fn show(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        let id = path_id(call.part("id"), "request", RequestId::parse)?;
        let (request, history) = read::request(&self.core, &caller.person, &id).await.map_err(log)?;
        let extended_by = extended_by(&self.core, &request).await.map_err(log)?;
        let shown = RequestView::full(&request, &history, extended_by.as_ref()).named(&request, caller.directory());
        // Only emergencies are reviewed: nobody else's call pays for the look.
        if !request.ask.emergency {
            return json(200, &shown);
        }
        let Some((review, records)) = review::of(&self.core, &request).await.map_err(log)? else {
            return json(200, &shown);
        };
        let now = self.core.clock.now();
        let reviewing = Reviewing::new(caller.known.as_ref().ok(), now);
        let view = ReviewView::new(&review, reviewing.within(), now);
        json(200, &shown.reviewed(&request, &[history, records].concat(), &review, view))
    }

    /// The open reviews that the caller may see.
    pub(crate) async fn reviews(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        let now = self.core.clock.now();
        let reviewing = Reviewing::new(caller.known.as_ref().ok(), now);
        let open = review::open(&self.core, &caller.person, reviewing).await.map_err(log)?;
        let items = open.iter().map(|review| ReviewView::new(review, reviewing.within(), now)).collect();
        json(200, &ReviewsView { items })
    }

    pub(crate) async fn list(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        let parameters = call.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let query = list_query(parameters, &caller.person.id)?;
        let page = read::list(&self.core, &caller.person, &query).await.map_err(|error| match error {
            Error::NotFound => others_requests(),
            other => log(other),
        })?;
        let named = |request| RequestView::brief(request).named(request, caller.directory());
        let items = page.items.iter().map(named).collect();
        json(200, &PageView { items, next_cursor: page.next.map(|id| id.to_string()) })
    }

    pub(crate) async fn approvals(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        let waiting = read::approvals(&self.core, &caller.person).await.map_err(log)?;
        let view = |(request, link): &(_, Option<curfew_engine::ports::Link>)| {
            ApprovalView::new(request, link.as_ref().map(|link| &link.id), &self.public_url, caller.directory())
        };
        json(200, &ApprovalsView { items: waiting.iter().map(view).collect() })
    }

    /// What the caller may do by hand now.
    pub(crate) async fn tasks(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        let tasks = tasks(&self.core, &caller.person).await.map_err(log)?;
        let view = |(task, request): &(_, _)| TaskView::new(*task, request, caller.directory());
        json(200, &TasksView { items: tasks.iter().map(view).collect() })
    }

    pub(crate) async fn entitlements(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        let (known, who) = (caller.known.map_err(log)?, &caller.person.id);
        let query = entitlements_query(call.query.iter().map(|(name, value)| (name.as_str(), value.as_str())))?;
        let circumstances = of_onlooker(&self.core, &known, who, call.origin).await.map_err(log)?;
        let facts = known.facts(&circumstances, self.core.clock.now());
        json(200, &EntitlementsView::from(&known.configuration.offers(&facts, who, &query.page())))
    }

    /// What would come of asking for an entitlement, and where each of its terms comes from.
    pub(crate) async fn explain(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        let known = caller.known.map_err(log)?;
        let parameters = call.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let query = explain_query(parameters, &caller.person.id)?;
        let looks_after_all = caller.person.administrator || caller.person.auditor;
        if query.requester != caller.person.id && !looks_after_all {
            return Err(others_requests());
        }
        let circumstances = of_onlooker(&self.core, &known, &query.requester, call.origin).await.map_err(log)?;
        let facts = known.facts(&circumstances, self.core.clock.now());
        let wish = Wish {
            requester: &query.requester,
            account: &query.account,
            permission_set: &query.permission_set,
            duration: query.duration,
            justification: None,
            ticket: None,
            emergency: query.emergency,
        };
        let explanation = known.configuration.explain(&facts, &wish);
        // What no catalog offers to somebody is not for them to know of.
        if !looks_after_all && !explanation.catalogs.iter().any(|catalog| catalog.open) {
            return Err(Problem::not_found("entitlement"));
        }
        json(200, &explanation)
    }

    pub(crate) async fn me(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        json(200, &MeView::from(&caller.person))
    }

    /// Which notices the caller gets by mail.
    pub(crate) async fn preferences(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        let preferences = self.core.store.preferences(&caller.person.id).await.map_err(log)?;
        json(200, &PreferencesView::from(&preferences))
    }

    /// The state of all access, from the store. Asks the directory only who calls.
    pub(crate) async fn access_health(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        if !caller.person.administrator && !caller.person.auditor {
            return Err(not_operator());
        }
        let health = health(&self.core).await.map_err(log)?;
        let version = caller.known.ok().map(|known| known.configuration.version().as_str().to_owned());
        json(200, &AccessHealthView::new(&health, version))
    }

    /// How old and how large the directory is that policy decides by.
    pub(crate) async fn directory(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        if !caller.person.administrator && !caller.person.auditor {
            return Err(not_operator());
        }
        let head = self.core.store.head().await.map_err(log)?;
        let reader = self.core.store.reader().await.map_err(log)?;
        json(200, &DirectoryView::new(head.as_ref(), &reader, self.core.clock.now()))
    }

    /// The directory itself, for administrators who try a configuration before they publish it.
    pub(crate) async fn snapshot(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        if !caller.person.administrator && !caller.person.auditor {
            return Err(not_operator());
        }
        let directory = self.core.store.latest().await.map_err(log)?.ok_or(Error::NoDirectory)?;
        json(200, &StoredDirectory::from(directory.as_ref()))
    }
}

fn others_requests() -> Problem {
    let detail = "Only administrators and auditors list the requests of others.";
    Problem::new(403, "not_yours", "You may not do this", detail).in_field("requester")
}

fn not_operator() -> Problem {
    let detail = "Only administrators and auditors see the state of all access and of the directory.";
    Problem::new(403, "not_administrator", "You may not do this", detail)
}
