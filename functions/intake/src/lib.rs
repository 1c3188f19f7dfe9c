//! Lambda `intake`: takes requests in, shows them, and lets people end them.

mod changes;
mod configuration;
mod reads;
mod route;

use std::convert::Infallible;
use std::sync::Arc;

use curfew_api::Problem;
use curfew_aws::functions::{Sync, Writers};
use curfew_aws::identity_store::IdentityStore;
use curfew_aws::state_machine::StateMachine;
use curfew_engine::core::Core;
use curfew_engine::end::Ending;
use curfew_engine::hands::Task;
use curfew_engine::ports::Ids;
use curfew_lambda::http::{Call, Gate, HttpAnswer, HttpEvent, no_route, respond};
use curfew_lambda::{Host, Invocation, Unset};

use crate::route::Route;

pub use crate::route::routes;

/// The function with everything that it works with.
struct Intake {
    core: Core,
    ids: Arc<dyn Ids>,
    gate: Gate,
    /// Begin of callback links, without a slash at the end.
    public_url: String,
    sync: Sync,
}

/// Composes the function.
pub fn start(
    host: &Host,
) -> Result<impl AsyncFn(HttpEvent, Invocation) -> Result<HttpAnswer, Infallible> + use<>, Unset> {
    let people = IdentityStore::new(host.clients.identity_store(), host.environment.required("IDENTITY_STORE_ID")?);
    let machine = StateMachine::new(host.clients.state_machine(), host.environment.required("STATE_MACHINE_ARN")?);
    let writers = Writers::new(
        host.clients.functions(),
        host.environment.required("REVOKE_FUNCTION_ARN")?,
        host.environment.required("PROVISION_FUNCTION_ARN")?,
    );
    let function = Intake {
        core: Core { flow: Some(Arc::new(machine)), wake: Some(Arc::new(writers)), ..host.core()? },
        ids: Arc::clone(&host.ids),
        gate: Gate::new(&host.environment, Arc::new(people))?,
        public_url: host.environment.required("PUBLIC_URL")?,
        sync: Sync::new(host.clients.functions(), host.environment.required("SYNC_FUNCTION_ARN")?),
    };
    Ok(async move |event: HttpEvent, _| Ok(respond(function.answer(event).await)))
}

impl Intake {
    async fn answer(&self, event: HttpEvent) -> Result<HttpAnswer, Problem> {
        let call = Call::new(event)?;
        match Route::parse(&call.route).ok_or_else(no_route)? {
            Route::Submit => self.submit(&call).await,
            Route::List => self.list(&call).await,
            Route::Show => self.show(&call).await,
            Route::Extend => self.extend(&call).await,
            Route::Escalate => self.escalate(&call).await,
            Route::Review => self.review(&call).await,
            Route::Reviews => self.reviews(&call).await,
            Route::Cancel => self.end(&call, Ending::Cancel).await,
            Route::Return => self.end(&call, Ending::Return).await,
            Route::Revoke => self.end(&call, Ending::Revoke).await,
            Route::Provisioned => self.handled(&call, Task::Give).await,
            Route::Removed => self.handled(&call, Task::Take).await,
            Route::Tasks => self.tasks(&call).await,
            Route::Entitlements => self.entitlements(&call).await,
            Route::Explain => self.explain(&call).await,
            Route::Approvals => self.approvals(&call).await,
            Route::Me => self.me(&call).await,
            Route::Configuration => self.configuration(&call).await,
            Route::Publish => self.publish(&call).await,
            Route::PublishFromCi => self.publish_from_ci(&call).await,
            Route::Publications => self.publications(&call).await,
            Route::Version => self.version(&call).await,
            Route::Second => self.second(&call).await,
            Route::RollBack => self.roll_back(&call).await,
            Route::AccessHealth => self.access_health(&call).await,
            Route::Directory => self.directory(&call).await,
            Route::Snapshot => self.snapshot(&call).await,
            Route::Sync => self.sync(&call).await,
            Route::Preferences => self.preferences(&call).await,
            Route::Prefer => self.prefer(&call).await,
        }
    }
}
