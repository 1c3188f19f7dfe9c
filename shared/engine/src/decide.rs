//! Decide: an approver answers, through the API or a callback link.

use curfew_domain::ask::AskDigest;
use curfew_domain::id::{LinkId, RequestId};
use curfew_domain::person::Person;
use curfew_domain::request::{Answer, Command, Narrowing, Refusal, Request, State, may_see};
use curfew_domain::text::Comment;

use crate::core::Core;
use crate::error::Error;
use crate::ports::Link;

/// An approver's words.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Yes or no.
    pub answer: Answer,
    /// With which words.
    pub comment: Option<Comment>,
    /// With a yes: shorter, or later.
    pub narrowed: Narrowing,
}

/// Decides the present step of a request: on what was shown, or, for those who do not say what that was, on what is on
/// offer now.
pub async fn decide(
    core: &Core,
    person: &Person,
    id: &RequestId,
    reply: &Reply,
    shown: Option<&AskDigest>,
) -> Result<Request, Error> {
    core.act(id, |request| {
        if !may_see(request, person) {
            return Err(Error::NotFound);
        }
        let State::AwaitingApproval { step, .. } = request.state else {
            return Err(Refusal::Illegal { stage: request.state.stage(), command: "decide" }.into());
        };
        Ok(command(person, step, reply, shown.cloned().unwrap_or_else(|| request.digest())))
    })
    .await
}

/// The request behind a link, for its approver.
pub async fn open_link(core: &Core, person: &Person, id: &LinkId) -> Result<(Link, Request), Error> {
    let link = own_link(core, person, id).await?;
    let request = core.load(&link.request).await?;
    Ok((link, request))
}

/// The link of this id, if it was made for this person.
async fn own_link(core: &Core, person: &Person, id: &LinkId) -> Result<Link, Error> {
    let link = core.store.link(id).await?.ok_or(Error::NotFound)?;
    if link.approver == person.id { Ok(link) } else { Err(Error::ForeignLink) }
}

/// Decides through a link: only the step it was made for, and only what was shown.
pub async fn decide_by_link(
    core: &Core,
    person: &Person,
    id: &LinkId,
    reply: &Reply,
    shown: &AskDigest,
) -> Result<Request, Error> {
    let link = own_link(core, person, id).await?;
    core.act(&link.request, |_| Ok(command(person, link.step, reply, shown.clone()))).await
}

fn command(person: &Person, step: usize, reply: &Reply, digest: AskDigest) -> Command {
    let (by, comment) = (person.clone(), reply.comment.clone());
    Command::Decide { by, step, answer: reply.answer, comment, digest, narrowed: reply.narrowed }
}
