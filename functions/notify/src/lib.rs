//! Lambda `notify`: keeps the token of the waiting execution and asks the approvers.

use std::sync::Arc;

use curfew_api::task::NotifyTask;
use curfew_aws::state_machine::StateMachine;
use curfew_engine::core::Core;
use curfew_engine::notify::ask_approvers;
use curfew_lambda::{Clients, Environment, Invocation, RandomIds, TaskError, Unset, request_id};

/// Composes the function.
pub fn start(
    environment: Environment,
    clients: &Clients,
) -> Result<impl AsyncFn(NotifyTask, Invocation) -> Result<(), TaskError> + use<>, Unset> {
    let flow = Some(Arc::new(StateMachine::resuming(clients.state_machine())) as _);
    let core = Core { flow, ..curfew_lambda::core(environment, clients)? };
    Ok(async move |task: NotifyTask, _| handle(&core, &task).await)
}

async fn handle(core: &Core, task: &NotifyTask) -> Result<(), TaskError> {
    Ok(ask_approvers(core, &RandomIds, &request_id(&task.request_id)?, task.step, &task.task_token).await?)
}
