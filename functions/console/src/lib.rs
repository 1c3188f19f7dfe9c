//! Lambda `console`: sign-in, sessions, and the pages that people see.
//!
//! Every page is loaded through the verbs of `curfew-engine` and drawn by `curfew-web`; every form is carried out by the
//! verbs that the HTTP API uses. What is here: who signed in, what they may see of what there is, and how a form becomes
//! a wish.

mod act;
mod cookies;
mod counts;
mod frame;
mod lines;
mod names;
mod pages;
mod place;
mod provider;
mod reply;
mod route;
mod seal;
mod session;
mod sign_in;
mod trouble;
mod visit;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use curfew_aws::functions::{Sync, Writers};
use curfew_aws::identity_store::IdentityStore;
use curfew_aws::sessions::Sessions;
use curfew_aws::state_machine::StateMachine;
use curfew_engine::core::Core;
use curfew_engine::ports::Ids;
use curfew_lambda::http::{Gate, HttpAnswer, HttpEvent};
use curfew_lambda::{Host, Invocation, Unset};

use crate::counts::Counts;
use crate::place::Place;
use crate::provider::Provider;
use crate::reply::Reply;
use crate::route::Route;
use crate::seal::Seals;
use crate::session::Limits;
use crate::visit::Visit;

pub use crate::route::routes;
pub use crate::session::sealed_session;

/// The function with everything that it works with.
struct Console {
    core: Core,
    ids: Arc<dyn Ids>,
    gate: Gate,
    place: Place,
    limits: Limits,
    provider: Provider,
    seals: Seals,
    sessions: Arc<Sessions>,
    sync: Sync,
    /// The AWS access portal, if somebody told its address.
    portal: Option<String>,
    counts: Counts,
}

/// Composes the function.
pub fn start(
    host: &Host,
) -> Result<impl AsyncFn(HttpEvent, Invocation) -> Result<HttpAnswer, Infallible> + use<>, Unset> {
    let environment = &host.environment;
    let people = IdentityStore::new(host.clients.identity_store(), environment.required("IDENTITY_STORE_ID")?);
    let machine = StateMachine::new(host.clients.state_machine(), environment.required("STATE_MACHINE_ARN")?);
    let writers = Writers::new(
        host.clients.functions(),
        environment.required("REVOKE_FUNCTION_ARN")?,
        environment.required("PROVISION_FUNCTION_ARN")?,
    );
    let place = Place::new(&environment.required("PUBLIC_URL")?)?;
    let sessions = Arc::new(Sessions::new(host.clients.dynamodb(), environment.required("SESSIONS_TABLE_NAME")?));
    let console = Console {
        core: Core { flow: Some(Arc::new(machine)), wake: Some(Arc::new(writers)), ..host.core()? },
        ids: Arc::clone(&host.ids),
        gate: Gate::new(environment, Arc::new(people))?,
        limits: Limits::new(environment),
        provider: Provider::new(environment, host.clients.back_channel(), &place)?,
        seals: Seals::new(Arc::clone(&sessions), Arc::clone(&host.ids)),
        sessions,
        sync: Sync::new(host.clients.functions(), environment.required("SYNC_FUNCTION_ARN")?),
        portal: environment.optional("PORTAL_URL"),
        counts: Counts::default(),
        place,
    };
    // Erased: the futures of all pages inside each other are more than the compiler lays out.
    Ok(async move |event: HttpEvent, _| {
        let answer: Pin<Box<dyn Future<Output = Reply> + '_>> = Box::pin(console.answer(event));
        Ok(answer.await.into_answer())
    })
}

impl Console {
    async fn answer(&self, event: HttpEvent) -> Reply {
        let visit = Visit::new(event);
        let reply = match Route::parse(&visit.route) {
            None => self.nowhere(&visit),
            Some(Route::Asset) => asset(&visit).unwrap_or_else(|| self.nowhere(&visit)),
            Some(route) if route.is_public() => self.without_session(&visit, route).await,
            Some(route) => Box::pin(self.with_session(&visit, route)).await,
        };
        if visit.route.starts_with("HEAD ") { reply.without_body() } else { reply }
    }
}

/// Style, script and pictures.
fn asset(visit: &Visit) -> Option<Reply> {
    let asset = curfew_web::assets().at(&format!("/assets/{}", visit.part("name")?))?;
    Some(Reply::asset(asset.content_type, asset.body))
}
