//! Lambda `sweep`: repairs what events missed, and settles what the state machine gives up.

use std::sync::Arc;

use curfew_api::task::SweepTask;
use curfew_aws::functions::RevokeFunction;
use curfew_aws::sso_admin::IdentityCenter;
use curfew_aws::state_machine::StateMachine;
use curfew_engine::core::Core;
use curfew_engine::directive::Directive;
use curfew_engine::sweep::{Sweeper, Swept};
use curfew_lambda::{Clients, Environment, Invocation, TaskError, Unset, request_id};
use serde::Serialize;

/// What the sweep answers: to the state machine a directive, to its schedule some counts.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// What the state machine does next.
    Directive(Directive),
    /// What a whole sweep saw and did.
    Swept {
        /// Requests that are not over.
        live: u32,
        /// Requests that were moved or woken.
        repaired: u32,
        /// Requests that could not be looked at.
        faults: u32,
    },
}

/// Composes the function.
pub fn start(
    environment: Environment,
    clients: &Clients,
) -> Result<impl AsyncFn(SweepTask, Invocation) -> Result<Answer, TaskError> + use<>, Unset> {
    let machine = Arc::new(StateMachine::new(clients.state_machine(), environment.required("STATE_MACHINE_ARN")?));
    let revoke = RevokeFunction::new(clients.functions(), environment.required("REVOKE_FUNCTION_ARN")?);
    let sweeper = Sweeper {
        core: Core {
            flow: Some(Arc::clone(&machine) as _),
            wake: Some(Arc::new(revoke)),
            ..curfew_lambda::core(environment, clients)?
        },
        status: machine,
        access: Arc::new(IdentityCenter::new(clients.sso_admin(), environment.required("INSTANCE_ARN")?)),
    };
    Ok(async move |task: SweepTask, _| handle(&sweeper, task).await)
}

async fn handle(sweeper: &Sweeper, task: SweepTask) -> Result<Answer, TaskError> {
    let Some(id) = task.request_id else {
        let Swept { live, repaired, faults } = sweeper.sweep().await?;
        return Ok(Answer::Swept { live, repaired, faults });
    };
    let id = request_id(&id)?;
    let directive = if task.abandon { sweeper.abandon(&id).await? } else { sweeper.settle(&id).await? };
    Ok(Answer::Directive(directive))
}
