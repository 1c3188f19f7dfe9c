//! Cancel, return and revoke: people end a request or its access.

use curfew_domain::id::RequestId;
use curfew_domain::person::Person;
use curfew_domain::request::{Command, Request, may_see};
use curfew_domain::text::Comment;

use crate::core::Core;
use crate::error::Error;

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
    core.act(id, |request| {
        if !may_see(request, person) {
            return Err(Error::NotFound);
        }
        let (by, comment) = (person.clone(), comment.clone());
        Ok(match ending {
            Ending::Cancel => Command::Cancel { by, comment },
            Ending::Return => Command::Return { by, comment },
            Ending::Revoke => Command::Revoke { by, comment },
        })
    })
    .await
}
