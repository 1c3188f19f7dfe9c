//! Lambda `evaluate`: asks policy about a submitted request.

use curfew_api::task::RequestTask;
use curfew_engine::core::Core;
use curfew_engine::directive::Directive;
use curfew_engine::evaluate::evaluate;
use curfew_lambda::{Host, Invocation, TaskError, Unset, request_id};

/// Composes the function.
pub fn start(
    host: &Host,
) -> Result<impl AsyncFn(RequestTask, Invocation) -> Result<Directive, TaskError> + use<>, Unset> {
    let core = host.core()?;
    Ok(async move |task: RequestTask, _| handle(&core, &task).await)
}

async fn handle(core: &Core, task: &RequestTask) -> Result<Directive, TaskError> {
    Ok(evaluate(core, &request_id(&task.request_id)?).await?)
}
