//! Lambda `revoke`: ends grants at their second and removes access that was ended.
//!
//! Called by the trigger of a minute, and by other functions that ended access. Asks neither policy nor directory.

use std::sync::Arc;

use curfew_api::task::RevokeTask;
use curfew_aws::functions::Writers;
use curfew_aws::memberships::Memberships;
use curfew_aws::sso_admin::IdentityCenter;
use curfew_aws::state_machine::StateMachine;
use curfew_engine::by_key::ByKey;
use curfew_engine::core::Core;
use curfew_engine::revoke::revoke;
use curfew_engine::writer::{Writer, WriterParts};
use curfew_lambda::{Host, Invocation, TaskError, Unset, WriterAnswer, writer_limits};

/// Composes the function.
pub fn start(
    host: &Host,
) -> Result<impl AsyncFn(RevokeTask, Invocation) -> Result<WriterAnswer, TaskError> + use<>, Unset> {
    let writers = Writers::new(
        host.clients.functions(),
        host.environment.required("REVOKE_FUNCTION_ARN")?,
        host.environment.required("PROVISION_FUNCTION_ARN")?,
    );
    let parts = WriterParts {
        core: Core { flow: Some(Arc::new(StateMachine::resuming(host.clients.state_machine()))), ..host.core()? },
        access: Arc::new(ByKey {
            assignments: Arc::new(IdentityCenter::new(
                host.clients.sso_admin(),
                host.environment.required("INSTANCE_ARN")?,
            )),
            memberships: Arc::new(Memberships::new(
                host.clients.identity_store(),
                host.environment.required("IDENTITY_STORE_ID")?,
            )),
        }),
        wake: Arc::new(writers),
        granting: None,
        limits: writer_limits(&host.environment),
    };
    let ids = Arc::clone(&host.ids);
    Ok(async move |task: RevokeTask, invocation: Invocation| {
        let writer = Writer::new(&parts, invocation.writer_name(ids.as_ref())?, invocation.deadline);
        Ok(revoke(&writer, task.minute).await?.into())
    })
}
