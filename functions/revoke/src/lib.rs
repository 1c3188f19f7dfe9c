//! Lambda `revoke`: removes access that is due or was ended.
//!
//! Called by the schedule of a grant, and by other functions that ended one. Asks neither policy nor directory.

use std::sync::Arc;

use curfew_api::task::RequestTask;
use curfew_aws::sso_admin::IdentityCenter;
use curfew_aws::state_machine::StateMachine;
use curfew_engine::core::Core;
use curfew_engine::key::Keys;
use curfew_engine::ports::Access;
use curfew_engine::revoke::{Revoked, revoke};
use curfew_lambda::{Host, Invocation, TaskError, Unset, request_id};
use serde::Serialize;

/// What came of a call; for people who read logs and consoles.
#[derive(Debug, Serialize)]
pub struct Answer {
    outcome: &'static str,
}

/// Composes the function.
pub fn start(host: &Host) -> Result<impl AsyncFn(RequestTask, Invocation) -> Result<Answer, TaskError> + use<>, Unset> {
    let flow = Some(Arc::new(StateMachine::resuming(host.clients.state_machine())) as _);
    let core = Core { flow, ..host.core()? };
    let access: Arc<dyn Access> =
        Arc::new(IdentityCenter::new(host.clients.sso_admin(), host.environment.required("INSTANCE_ARN")?));
    Ok(async move |task: RequestTask, invocation: Invocation| {
        let keys = Keys::new(&core, Arc::clone(&access), invocation.id, invocation.deadline);
        handle(&core, &keys, &task).await
    })
}

async fn handle(core: &Core, keys: &Keys, task: &RequestTask) -> Result<Answer, TaskError> {
    let outcome = match revoke(core, keys, &request_id(&task.request_id)?).await? {
        Revoked::Closed => "closed",
        Revoked::Nothing => "nothing_to_do",
        Revoked::NotDue => "not_due",
    };
    Ok(Answer { outcome })
}
