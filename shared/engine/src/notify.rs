//! Notify: keep the token of the waiting execution and make the approvers' links. `announce` mails them.

use curfew_domain::id::RequestId;
use curfew_domain::request::{State, Wait};

use crate::core::Core;
use crate::error::Error;
use crate::ports::{Ids, Link};

/// Makes a way to decide for each approver of a step.
pub async fn ask_approvers(core: &Core, ids: &dyn Ids, id: &RequestId, step: usize, token: &str) -> Result<(), Error> {
    let wait = Wait::Approval { step };
    core.store.put_token(id, wait, token).await?;
    // Loaded after the token was stored: a decision either sees the token, or is seen here.
    let request = core.load(id).await?;
    let asked = match (&request.state, request.current_step()) {
        (State::AwaitingApproval { step: present, .. }, Some(asked)) if *present == step => asked,
        _ => return Ok(core.resume(&request, wait).await?),
    };
    // Who cannot decide this step, because it wants others than approved before, needs no way to it.
    for approver in asked.approvers.iter().filter(|approver| request.waits_for(approver)) {
        core.store.put_link(Link::new(ids, id, step, approver)?).await?;
    }
    Ok(())
}
