//! Lambda `sweep`: repairs what events missed, and settles what the state machine gives up.

use std::sync::Arc;

use curfew_api::task::SweepTask;
use curfew_aws::functions::Writers;
use curfew_aws::identity_store::IdentityStore;
use curfew_aws::memberships::Memberships;
use curfew_aws::organizations::Organization;
use curfew_aws::sso_admin::IdentityCenter;
use curfew_aws::state_machine::StateMachine;
use curfew_engine::by_key::ByKey;
use curfew_engine::core::Core;
use curfew_engine::directive::Directive;
use curfew_engine::facts::FactSources;
use curfew_engine::sweep::{Counted, Reminded, Sweeper, Swept};
use curfew_lambda::{Host, Invocation, TaskError, Unset, request_id};
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
        live: usize,
        /// Requests that there was time for.
        looked_at: usize,
        /// Requests that were moved or woken.
        repaired: usize,
        /// Requests, and other things, that could not be looked at.
        faults: usize,
        /// Requests whose access should have been gone for more than five minutes.
        overdue: usize,
        /// Age of the oldest intent; 0 if there is none.
        oldest_intent_seconds: u64,
    },
}

/// Composes the function.
pub fn start(host: &Host) -> Result<impl AsyncFn(SweepTask, Invocation) -> Result<Answer, TaskError> + use<>, Unset> {
    let machine =
        Arc::new(StateMachine::new(host.clients.state_machine(), host.environment.required("STATE_MACHINE_ARN")?));
    let writers = Writers::new(
        host.clients.functions(),
        host.environment.required("REVOKE_FUNCTION_ARN")?,
        host.environment.required("PROVISION_FUNCTION_ARN")?,
    );
    let instance = host.environment.required("INSTANCE_ARN")?;
    let assignments = Arc::new(IdentityCenter::new(host.clients.sso_admin(), instance));
    let store = host.environment.required("IDENTITY_STORE_ID")?;
    let memberships = Arc::new(Memberships::new(host.clients.identity_store(), store.clone()));
    let people = Arc::new(IdentityStore::new(host.clients.identity_store(), store));
    let sweeper = Sweeper {
        core: Core { flow: Some(Arc::clone(&machine) as _), wake: Some(Arc::new(writers)), ..host.core()? },
        status: machine,
        access: Arc::new(ByKey { assignments: Arc::clone(&assignments) as _, memberships }),
        inventory: Arc::clone(&assignments) as _,
        members: Arc::clone(&people) as _,
        ids: Arc::clone(&host.ids),
        sources: FactSources {
            people,
            accounts: Arc::new(Organization::new(host.clients.organizations())),
            permission_sets: assignments,
        },
        reminded: Reminded::default(),
        counted: Counted::default(),
    };
    Ok(async move |task: SweepTask, invocation: Invocation| handle(&sweeper, task, invocation).await)
}

async fn handle(sweeper: &Sweeper, task: SweepTask, invocation: Invocation) -> Result<Answer, TaskError> {
    let Some(id) = task.request_id else {
        let swept = sweeper.sweep(invocation.deadline).await?;
        let Swept { live, looked_at, repaired, faults, overdue, oldest_intent_seconds } = swept;
        return Ok(Answer::Swept { live, looked_at, repaired, faults, overdue, oldest_intent_seconds });
    };
    let id = request_id(&id)?;
    let directive = if task.abandon {
        sweeper.abandon(&id, task.error.as_deref().unwrap_or("unknown error")).await?
    } else {
        sweeper.settle(&id).await?
    };
    Ok(Answer::Directive(directive))
}
