//! Lambda `provision`: begins approved requests and creates their access in Identity Center.
//!
//! Called by the state machine with a request, and without one by functions that found intents without a holder.

use std::sync::Arc;

use curfew_api::task::ProvisionTask;
use curfew_aws::functions::Writers;
use curfew_aws::identity_store::IdentityStore;
use curfew_aws::memberships::Memberships;
use curfew_aws::organizations::Organization;
use curfew_aws::scheduler::{ScheduleSettings, Schedules};
use curfew_aws::sso_admin::IdentityCenter;
use curfew_aws::state_machine::StateMachine;
use curfew_engine::by_key::ByKey;
use curfew_engine::core::Core;
use curfew_engine::facts::FactSources;
use curfew_engine::provision::provision;
use curfew_engine::writer::{Granting, Writer, WriterParts};
use curfew_lambda::{Host, Invocation, TaskError, Unset, WriterAnswer, request_id, writer_limits};

/// Composes the function.
pub fn start(
    host: &Host,
) -> Result<impl AsyncFn(ProvisionTask, Invocation) -> Result<WriterAnswer, TaskError> + use<>, Unset> {
    let revoke = host.environment.required("REVOKE_FUNCTION_ARN")?;
    let own = host.environment.required("PROVISION_FUNCTION_ARN")?;
    let identity_store = host.environment.required("IDENTITY_STORE_ID")?;
    let instance = host.environment.required("INSTANCE_ARN")?;
    let assignments = Arc::new(IdentityCenter::new(host.clients.sso_admin(), instance));
    let memberships = Arc::new(Memberships::new(host.clients.identity_store(), identity_store.clone()));
    let sources = FactSources {
        people: Arc::new(IdentityStore::new(host.clients.identity_store(), identity_store)),
        accounts: Arc::new(Organization::new(host.clients.organizations())),
        permission_sets: Arc::clone(&assignments) as _,
    };
    let settings = ScheduleSettings {
        group: host.environment.required("SCHEDULE_GROUP")?,
        target: revoke.clone(),
        role: host.environment.required("SCHEDULER_ROLE_ARN")?,
        dead_letters: host.environment.required("EXPIRY_DLQ_ARN")?,
    };
    let parts = WriterParts {
        core: Core { flow: Some(Arc::new(StateMachine::resuming(host.clients.state_machine()))), ..host.core()? },
        access: Arc::new(ByKey { assignments, memberships }),
        wake: Arc::new(Writers::new(host.clients.functions(), revoke, own)),
        granting: Some(Granting {
            sources: sources.clone(),
            timers: Arc::new(Schedules::new(host.clients.scheduler(), settings)),
        }),
        limits: writer_limits(&host.environment),
    };
    let ids = Arc::clone(&host.ids);
    Ok(async move |task: ProvisionTask, invocation: Invocation| {
        let writer = Writer::new(&parts, invocation.writer_name(ids.as_ref())?, invocation.deadline);
        handle(&writer, &sources, task).await
    })
}

async fn handle(writer: &Writer<'_>, sources: &FactSources, task: ProvisionTask) -> Result<WriterAnswer, TaskError> {
    let drained = match (task.request_id, task.task_token) {
        (Some(id), Some(token)) => provision(writer, sources, &request_id(&id)?, &token).await?,
        (None, None) => writer.drain().await?,
        _ => return Err(TaskError::Permanent("a request comes with its task token, or neither does".to_owned())),
    };
    Ok(drained.into())
}
