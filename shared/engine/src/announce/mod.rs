//! Announce: people and programs are told of what is durable, from the stream of the table.
//!
//! Each transition reaches it at least once, with the number of its record; so does each reminder. It loads the request
//! afresh, works out what is due (`due`), publishes each notice once on the bus and mails it to whoever wants it. Whatever
//! fails so that it may work later fails the event, which comes again; what has been delivered is marked and not repeated.
//! Nothing in the life of a request waits for any of it (I20).
//!
//! What can still double: a notice whose sender died between the delivery and its mark; the mark is taken over when the
//! dead one's time is over. The bus itself delivers at least once.

mod due;
mod letter;
pub(crate) mod remind;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use curfew_domain::id::{LinkId, RequestId, UserId};
use curfew_domain::notice::NoticeKind;
use curfew_domain::request::{Request, State};
use curfew_domain::time::{SignedDuration, Timestamp};

use crate::core::Core;
use crate::error::{Error, Fault};
use crate::known::Known;
use crate::ports::{Bus, Claim, Ids, Link, Mark, Post};

pub use due::{Because, Circle, Happened, Notice, due};
pub use letter::{Addressee, Letter, Names};
pub use remind::Reminder;

/// No delivery is begun with less time than this.
const LAST_MOMENT: SignedDuration = SignedDuration::from_secs(10);

/// Something of the stream that may have to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// About which request.
    pub request: RequestId,
    /// What.
    pub what: What,
}

/// What a part of the stream is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The request, or its review, came to this version: the record of this number was written.
    Version(u64),
    /// Time for a reminder.
    Reminder(Reminder),
}

/// One invocation: no other has its name, and it is dead after its deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Its name.
    pub name: String,
    /// When it is over.
    pub deadline: Timestamp,
}

/// Tells people and programs.
pub struct Announcer {
    /// State.
    pub core: Core,
    /// New links.
    pub ids: Arc<dyn Ids>,
    /// Programs.
    pub bus: Arc<dyn Bus>,
    /// People; `None` where no sender is configured.
    pub post: Option<Arc<dyn Post>>,
}

/// Where a notice is delivered.
enum Place<'a> {
    Bus,
    Person(&'a UserId, Because),
    Address(&'a str),
}

impl Announcer {
    /// Tells whatever is due because of this.
    ///
    /// # Errors
    /// Something was not delivered that may be later. Everything else was.
    pub async fn announce(&self, occasion: &Occasion, turn: &Turn) -> Result<(), Error> {
        let request = self.core.load(&occasion.request).await?;
        let Some(happened) = self.happened(occasion).await? else { return Ok(()) };
        let known = match Known::load(&self.core).await {
            Ok(known) => Some(known),
            Err(Error::Fault(fault @ Fault::Transient { .. })) => return Err(fault.into()),
            Err(error) => {
                // Programs are told by ids; people cannot be reached without a directory.
                tracing::warn!(request_id = %occasion.request, %error, "notices go out without names and mails");
                None
            }
        };
        let circle = known.as_ref().map(|known| known.circle(&request.ask, self.core.clock.now())).unwrap_or_default();
        let mut failed = None;
        for notice in due(&request, &happened, &circle) {
            let letter = Letter::new(&request, &happened, &notice, known.as_ref());
            if let Err(error) = self.tell(&notice, &letter, known.as_ref(), turn).await {
                let (id, kind) = (&request.ask.id, notice.kind.name());
                tracing::warn!(request_id = %id, kind, %error, "a notice could not be delivered yet");
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// `None`: the record is not there (it never was, or is of a version that has no record).
    async fn happened(&self, occasion: &Occasion) -> Result<Option<Happened>, Error> {
        match occasion.what {
            What::Reminder(reminder) => Ok(Some(Happened::Reminder(reminder))),
            What::Version(seq) => {
                let history = self.core.store.history(&occasion.request).await?;
                Ok(history.into_iter().find(|record| record.seq == seq).map(Happened::Recorded))
            }
        }
    }

    /// One notice to the bus and to everybody. One who cannot be reached does not keep it from the others.
    async fn tell(&self, notice: &Notice, letter: &Letter, known: Option<&Known>, turn: &Turn) -> Result<(), Error> {
        let mut told = self.deliver(&Place::Bus, notice, letter, known, turn).await;
        if self.post.is_none() {
            return told;
        }
        for (who, because) in &notice.people {
            told = told.and(self.deliver(&Place::Person(who, *because), notice, letter, known, turn).await);
        }
        for address in &notice.addresses {
            told = told.and(self.deliver(&Place::Address(address), notice, letter, known, turn).await);
        }
        told
    }

    async fn deliver(
        &self,
        place: &Place<'_>,
        notice: &Notice,
        letter: &Letter,
        known: Option<&Known>,
        turn: &Turn,
    ) -> Result<(), Error> {
        let (request, kind) = (&letter.request, notice.kind);
        let address = match place {
            Place::Bus => None,
            Place::Address(address) => Some((*address).to_owned()),
            Place::Person(who, _) => match self.address_of(who, kind, known).await? {
                Some(address) => Some(address),
                None => return Ok(()),
            },
        };
        let mark = Mark {
            request: request.ask.id.clone(),
            what: format!("{}#{}#{}", notice.occasion, kind.name(), place.name()),
        };
        if self.core.store.is_settled(&mark).await? {
            return Ok(());
        }
        let letter = match place {
            Place::Person(who, because) => letter.copy_for(self.addressee(who, *because, request, kind, known).await?),
            Place::Bus | Place::Address(_) => letter.clone(),
        };
        // A delivery must be marked before its sender dies.
        if turn.deadline.duration_since(self.core.clock.now()) < LAST_MOMENT {
            return Err(Error::Busy("time is over; the rest comes again".to_owned()));
        }
        match self.core.store.claim(&mark, &turn.name, self.core.clock.now(), turn.deadline).await? {
            Claim::Mine => {}
            Claim::Done => return Ok(()),
            Claim::Others => return Err(Error::Busy(format!("{} is being told by somebody else", letter.id))),
        }
        let sent = match (&address, &self.post) {
            (Some(address), Some(post)) => post.send(address, &letter).await,
            _ => self.bus.publish(&letter).await,
        };
        match sent {
            Ok(()) => tracing::info!(request_id = %request.ask.id, kind = kind.name(), to = place.kind(), "told"),
            Err(fault @ Fault::Transient { .. }) => return Err(fault.into()),
            Err(fault @ Fault::Permanent { .. }) => {
                tracing::error!(
                    request_id = %request.ask.id, kind = kind.name(), to = place.kind(), error = %fault,
                    alarm = "notice_refused", "a notice was refused for good"
                );
            }
        }
        Ok(self.core.store.settle(&mark).await?)
    }

    /// Where mail reaches a person who wants this kind; `None` for somebody disabled, without address, or who does not.
    async fn address_of(&self, who: &UserId, kind: NoticeKind, known: Option<&Known>) -> Result<Option<String>, Error> {
        let Some(user) = known.and_then(|known| known.directory.users.get(who)).filter(|user| user.enabled) else {
            return Ok(None);
        };
        let Some(address) = user.email.clone() else {
            tracing::info!(user = %who, kind = kind.name(), "no mail address in the directory");
            return Ok(None);
        };
        let wanted = kind.is_fixed() || self.core.store.preferences(who).await?.want(kind);
        Ok(wanted.then_some(address))
    }

    async fn addressee(
        &self,
        who: &UserId,
        because: Because,
        request: &Request,
        kind: NoticeKind,
        known: Option<&Known>,
    ) -> Result<Addressee, Error> {
        let name = known.and_then(|known| known.directory.users.get(who)).map(|user| user.display_name.clone());
        let decides = matches!(kind, NoticeKind::DecisionNeeded | NoticeKind::Reminded) && request.waits_for(who);
        let link = if decides { self.link(request, who).await? } else { None };
        Ok(Addressee { id: who.clone(), name: name.unwrap_or_else(|| who.to_string()), because, link })
    }

    /// The link that this approver has for the present step. `notify` makes it; whoever comes first, it is one.
    async fn link(&self, request: &Request, who: &UserId) -> Result<Option<LinkId>, Error> {
        let State::AwaitingApproval { step, .. } = request.state else { return Ok(None) };
        let links = self.core.store.links(&request.ask.id).await?;
        if let Some(known) = links.into_iter().find(|link| link.step == step && link.approver == *who) {
            return Ok(Some(known.id));
        }
        let new = Link::new(self.ids.as_ref(), &request.ask.id, step, who)?;
        Ok(Some(self.core.store.put_link(new).await?.id))
    }
}

impl Place<'_> {
    /// Names it in its mark.
    fn name(&self) -> &str {
        match self {
            Self::Bus => "bus",
            Self::Person(who, _) => who.as_str(),
            Self::Address(address) => address,
        }
    }

    /// What it is, for logs: never an address.
    fn kind(&self) -> &'static str {
        match self {
            Self::Bus => "bus",
            Self::Person(..) => "person",
            Self::Address(_) => "address",
        }
    }
}
