//! Hands: access that named people give and take, because Curfew cannot reach it. Curfew asks them, keeps the time, and
//! believes only what they say: nothing has begun before somebody says that it was given, and nothing is over before
//! somebody says that it was taken. Until then the request stays open, and an alarm rings. `announce` asks them.

use curfew_domain::id::RequestId;
use curfew_domain::person::Person;
use curfew_domain::request::{Command, Grant, Means, Request, State, Wait, may_handle, may_see};
use curfew_domain::text::Comment;

use crate::announce::Reminder;
use crate::core::Core;
use crate::error::{Error, Fault};
use crate::writer::Writer;
use crate::writer::assign::arm;

/// What is to be done by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Give the access.
    Give,
    /// Take it; it is over.
    Take,
}

impl Task {
    /// The word for it in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Give => "give",
            Self::Take => "take",
        }
    }

    /// What is to be done by hand about this request now.
    pub fn of(request: &Request) -> Option<Self> {
        let task = match &request.state {
            State::Provisioning(_) => Self::Give,
            State::Ending { .. } => Self::Take,
            _ => return None,
        };
        request.state.grant()?.hands().map(|_| task)
    }
}

/// Has people asked to give the access, once its end is armed (I6). The execution has nothing left to wait for.
pub(crate) async fn hand_over(writer: &Writer<'_>, request: &Request, grant: &Grant) -> Result<(), Error> {
    let (core, id) = (writer.core(), &request.ask.id);
    let granting = writer.granting().ok_or_else(|| Fault::permanent("ask people", "this function removes only"))?;
    arm(writer, granting, id, grant.expires_at).await?;
    core.store.remind(id, Reminder::Give).await?;
    Ok(core.resume(request, Wait::Provisioning).await?)
}

/// Why access by hand must not begin now: its requester has the same by another request that is not over. People could
/// not tell which of both to take.
pub(crate) async fn unfinished(core: &Core, request: &Request, means: &Means) -> Result<Option<String>, Error> {
    if !matches!(means, Means::Hands(_)) {
        return Ok(None);
    }
    let live = core.store.load_all(&core.store.live().await?).await?;
    let same = |other: &&Request| {
        let by_hand = other.state.grant().is_some_and(|grant| grant.hands().is_some());
        by_hand && !other.state.stage().is_terminal() && other.ask.key() == request.ask.key()
    };
    let other = live.iter().filter(|other| other.ask.id != request.ask.id).find(same);
    Ok(other
        .map(|other| format!("this access is given by hand, and request {} for the same is not over", other.ask.id)))
}

/// Records what somebody has done: given the access, or taken it; the latter also means that it was not given.
///
/// # Errors
/// This is not for that person to say, or not now.
pub async fn handled(
    core: &Core,
    person: &Person,
    id: &RequestId,
    task: Task,
    comment: Option<Comment>,
) -> Result<Request, Error> {
    core.act(id, |request| {
        if !may_see(request, person) {
            return Err(Error::NotFound);
        }
        let (by, comment) = (person.clone(), comment.clone());
        Ok(match task {
            Task::Give => Command::Given { by, comment },
            Task::Take => Command::Taken { by, comment },
        })
    })
    .await
}

/// What this person may do by hand now, oldest request first.
pub async fn tasks(core: &Core, person: &Person) -> Result<Vec<(Task, Request)>, Error> {
    let live = core.store.load_all(&core.store.live().await?).await?;
    let mine = live.into_iter().filter(|request| may_handle(request, person));
    Ok(mine.filter_map(|request| Some((Task::of(&request)?, request))).collect())
}
