//! Lambda `notify`: keeps the token of the waiting execution and asks the approvers.

use std::sync::Arc;

use curfew_api::task::NotifyTask;
use curfew_aws::state_machine::StateMachine;
use curfew_engine::core::Core;
use curfew_engine::notify::ask_approvers;
use curfew_engine::ports::Ids;
use curfew_lambda::{Host, Invocation, TaskError, Unset, request_id};

/// Composes the function.
pub fn start(host: &Host) -> Result<impl AsyncFn(NotifyTask, Invocation) -> Result<(), TaskError> + use<>, Unset> {
    let flow = Some(Arc::new(StateMachine::resuming(host.clients.state_machine())) as _);
    let core = Core { flow, ..host.core()? };
    let ids = Arc::clone(&host.ids);
    Ok(async move |task: NotifyTask, _| handle(&core, ids.as_ref(), &task).await)
}

async fn handle(core: &Core, ids: &dyn Ids, task: &NotifyTask) -> Result<(), TaskError> {
    Ok(ask_approvers(core, ids, &request_id(&task.request_id)?, task.step, &task.task_token).await?)
}
