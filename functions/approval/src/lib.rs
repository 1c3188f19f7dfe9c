//! Lambda `approval`: takes approvers' decisions, by the API and by callback links.

mod route;

use std::convert::Infallible;
use std::sync::Arc;

use curfew_api::{LinkView, Problem, RequestView, path_id};
use curfew_aws::identity_store::IdentityStore;
use curfew_aws::state_machine::StateMachine;
use curfew_domain::id::{LinkId, RequestId};
use curfew_engine::core::Core;
use curfew_engine::decide::{decide, decide_by_link, open_link};
use curfew_lambda::http::{Call, Gate, HttpAnswer, HttpEvent, json, log, no_route, respond};
use curfew_lambda::{Host, Invocation, Unset};

use crate::route::Route;

pub use crate::route::routes;

struct Approval {
    core: Core,
    gate: Gate,
}

/// Composes the function.
pub fn start(
    host: &Host,
) -> Result<impl AsyncFn(HttpEvent, Invocation) -> Result<HttpAnswer, Infallible> + use<>, Unset> {
    let people = IdentityStore::new(host.clients.identity_store(), host.environment.required("IDENTITY_STORE_ID")?);
    let flow = Some(Arc::new(StateMachine::resuming(host.clients.state_machine())) as _);
    let function =
        Approval { core: Core { flow, ..host.core()? }, gate: Gate::new(&host.environment, Arc::new(people))? };
    Ok(async move |event: HttpEvent, _| Ok(respond(function.answer(event).await)))
}

impl Approval {
    async fn answer(&self, event: HttpEvent) -> Result<HttpAnswer, Problem> {
        let call = Call::new(event)?;
        match Route::parse(&call.route).ok_or_else(no_route)? {
            Route::Decide => self.decide(&call).await,
            Route::ShowLink => self.show_link(&call).await,
            Route::DecideByLink => self.decide_by_link(&call).await,
        }
    }

    async fn decide(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.enabled_caller(call, &self.core).await?;
        let id = path_id(call.part("id"), "request", RequestId::parse)?;
        let decided = curfew_api::decision(&call.body)?;
        let (reply, shown) = (&decided.reply, decided.digest.as_ref());
        let request = decide(&self.core, &caller.person, &id, reply, shown).await.map_err(log)?;
        json(200, &RequestView::brief(&request).named(&request, caller.directory()))
    }

    /// Shows, and never decides: mail scanners follow links.
    async fn show_link(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        let id = link_id(call)?;
        let (link, request) = open_link(&self.core, &caller.person, &id).await.map_err(link_problem)?;
        json(200, &LinkView::new(&request, link.step, &caller.person, caller.directory()))
    }

    async fn decide_by_link(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let caller = self.gate.enabled_caller(call, &self.core).await?;
        let id = link_id(call)?;
        let decided = curfew_api::link_decision(&call.body)?;
        let request = decide_by_link(&self.core, &caller.person, &id, &decided.reply, &decided.digest).await;
        let request = request.map_err(link_problem)?;
        json(200, &RequestView::brief(&request).named(&request, caller.directory()))
    }
}

fn link_id(call: &Call) -> Result<LinkId, Problem> {
    path_id(call.part("id"), "link", LinkId::parse)
}

fn link_problem(error: curfew_engine::error::Error) -> Problem {
    match error {
        curfew_engine::error::Error::NotFound => Problem::not_found("link"),
        other => log(other),
    }
}
