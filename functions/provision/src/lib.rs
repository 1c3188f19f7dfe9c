//! Lambda `provision`: creates approved access in Identity Center.

use std::sync::Arc;

use curfew_api::task::ProvisionTask;
use curfew_aws::functions::RevokeFunction;
use curfew_aws::identity_store::IdentityStore;
use curfew_aws::organizations::Organization;
use curfew_aws::scheduler::{ScheduleSettings, Schedules};
use curfew_aws::sso_admin::IdentityCenter;
use curfew_aws::state_machine::StateMachine;
use curfew_engine::core::Core;
use curfew_engine::facts::FactSources;
use curfew_engine::key::Keys;
use curfew_engine::provision::{Provisioner, provision};
use curfew_lambda::{Host, Invocation, TaskError, Unset, request_id};

struct Provision {
    core: Core,
    sources: FactSources,
    access: Arc<IdentityCenter>,
    schedules: Schedules,
}

/// Composes the function.
pub fn start(host: &Host) -> Result<impl AsyncFn(ProvisionTask, Invocation) -> Result<(), TaskError> + use<>, Unset> {
    let revoke = host.environment.required("REVOKE_FUNCTION_ARN")?;
    let access = Arc::new(IdentityCenter::new(host.clients.sso_admin(), host.environment.required("INSTANCE_ARN")?));
    let function = Provision {
        core: Core {
            flow: Some(Arc::new(StateMachine::resuming(host.clients.state_machine()))),
            wake: Some(Arc::new(RevokeFunction::new(host.clients.functions(), revoke.clone()))),
            ..host.core()?
        },
        sources: FactSources {
            people: Arc::new(IdentityStore::new(
                host.clients.identity_store(),
                host.environment.required("IDENTITY_STORE_ID")?,
            )),
            accounts: Arc::new(Organization::new(host.clients.organizations())),
            permission_sets: Arc::clone(&access) as _,
        },
        access,
        schedules: Schedules::new(
            host.clients.scheduler(),
            ScheduleSettings {
                group: host.environment.required("SCHEDULE_GROUP")?,
                target: revoke,
                role: host.environment.required("SCHEDULER_ROLE_ARN")?,
                dead_letters: host.environment.required("EXPIRY_DLQ_ARN")?,
            },
        ),
    };
    Ok(async move |task: ProvisionTask, invocation: Invocation| function.handle(&task, invocation).await)
}

impl Provision {
    async fn handle(&self, task: &ProvisionTask, invocation: Invocation) -> Result<(), TaskError> {
        let access = Arc::clone(&self.access) as _;
        let keys = Keys::new(&self.core, access, invocation.id, invocation.deadline);
        let provisioner =
            Provisioner { core: &self.core, sources: &self.sources, timers: &self.schedules, keys: &keys };
        Ok(provision(&provisioner, &request_id(&task.request_id)?, &task.task_token).await?)
    }
}
