//! Cancel, return and revoke: people end a request or its access.
//!
//! Who gives access back or takes it away means the access, not a record: every grant of a chain of extensions ends with
//! the one that was named. Grants that merely overlap stay.

use curfew_domain::id::RequestId;
use curfew_domain::person::Person;
use curfew_domain::request::{Command, Refusal, Request, Withdrawal, may_see, may_withdraw};
use curfew_domain::text::Comment;

use crate::core::Core;
use crate::error::Error;
use crate::extend::chain;

/// How somebody ends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The requester withdraws it.
    Cancel,
    /// The requester gives the access back.
    Return,
    /// An approver or administrator takes it away.
    Revoke,
}

/// Records the end and has the access removed. Policy and directory are not asked (I19, I20).
pub async fn end(
    core: &Core,
    person: &Person,
    id: &RequestId,
    ending: Ending,
    comment: Option<Comment>,
) -> Result<Request, Error> {
    match ending {
        Ending::Cancel => act(core, person, id, ending, comment.as_ref()).await,
        Ending::Return => withdraw(core, person, id, Withdrawal::Return, comment.as_ref()).await,
        Ending::Revoke => withdraw(core, person, id, Withdrawal::Revoke, comment.as_ref()).await,
    }
}

/// Ends the access of a request and of its whole chain of extensions.
async fn withdraw(
    core: &Core,
    person: &Person,
    id: &RequestId,
    how: Withdrawal,
    comment: Option<&Comment>,
) -> Result<Request, Error> {
    let request = core.load(id).await?;
    // Before the one that was named: after a crash it is still active, so that who clicks again ends them all.
    let before = if request.state.grant().is_some() && may_withdraw(&request, person, how) {
        end_chain(core, &request, person, how, comment).await
    } else {
        Ok(false)
    };
    let ending = match how {
        Withdrawal::Return => Ending::Return,
        Withdrawal::Revoke => Ending::Revoke,
    };
    match act(core, person, id, ending, comment).await {
        Ok(ended) => {
            // Whatever could not be done before, and an extension that began meanwhile: it holds the key before it looks
            // whether this grant was ended, so that it either sees that, or is seen here.
            if ended.state.grant().is_some() {
                end_chain(core, &ended, person, how, comment).await?;
            }
            Ok(ended)
        }
        // Its own grant was over, and the access was not.
        Err(Error::Refused(Refusal::Illegal { .. })) if before? => core.load(id).await,
        Err(error) => Err(error),
    }
}

async fn act(
    core: &Core,
    person: &Person,
    id: &RequestId,
    ending: Ending,
    comment: Option<&Comment>,
) -> Result<Request, Error> {
    core.act(id, |request| {
        if !may_see(request, person) {
            return Err(Error::NotFound);
        }
        let (by, comment) = (person.clone(), comment.cloned());
        Ok(match ending {
            Ending::Cancel => Command::Cancel { by, comment },
            Ending::Return => Command::Return { by, comment },
            Ending::Revoke => Command::Revoke { by, comment },
        })
    })
    .await
}

/// Ends the other grants of the chain; whether there was one to end. One that cannot be ended does not spare the others.
async fn end_chain(
    core: &Core,
    request: &Request,
    person: &Person,
    how: Withdrawal,
    comment: Option<&Comment>,
) -> Result<bool, Error> {
    let (mut ended, mut failed) = (false, None);
    for other in chain(core, request).await? {
        let command =
            Command::EndWith { other: request.ask.id.clone(), how, by: person.clone(), comment: comment.cloned() };
        match core.try_act(&other, &command).await {
            Ok(done) => ended |= done,
            Err(error) => {
                tracing::error!(request_id = %other, %error, "a grant of a chain of extensions was not ended yet");
                failed = Some(error);
            }
        }
    }
    failed.map_or(Ok(ended), Err)
}
