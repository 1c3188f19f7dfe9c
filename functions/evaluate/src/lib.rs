//! Lambda `evaluate`: asks policy about a submitted request.

use std::sync::Arc;

use curfew_api::task::RequestTask;
use curfew_aws::identity_store::IdentityStore;
use curfew_aws::organizations::Organization;
use curfew_aws::sso_admin::IdentityCenter;
use curfew_engine::core::Core;
use curfew_engine::directive::Directive;
use curfew_engine::evaluate::evaluate;
use curfew_engine::facts::FactSources;
use curfew_lambda::{Host, Invocation, TaskError, Unset, request_id};

/// Composes the function.
pub fn start(
    host: &Host,
) -> Result<impl AsyncFn(RequestTask, Invocation) -> Result<Directive, TaskError> + use<>, Unset> {
    let core = host.core()?;
    let sources = FactSources {
        people: Arc::new(IdentityStore::new(
            host.clients.identity_store(),
            host.environment.required("IDENTITY_STORE_ID")?,
        )),
        accounts: Arc::new(Organization::new(host.clients.organizations())),
        permission_sets: Arc::new(IdentityCenter::new(
            host.clients.sso_admin(),
            host.environment.required("INSTANCE_ARN")?,
        )),
    };
    Ok(async move |task: RequestTask, _| handle(&core, &sources, &task).await)
}

async fn handle(core: &Core, sources: &FactSources, task: &RequestTask) -> Result<Directive, TaskError> {
    Ok(evaluate(core, sources, &request_id(&task.request_id)?).await?)
}
