//! A letter: one notice with everything that a reader needs, in ids and in names. What is in it was written by people:
//! whoever renders it escapes it.

use curfew_domain::id::{LinkId, UserId};
use curfew_domain::notice::NoticeKind;
use curfew_domain::request::{Answer, Decision, EndReason, Grant, Request, Stage, State};
use curfew_domain::time::{AccessDuration, Timestamp};
use curfew_domain::verdict::{Step, Verdict};
use curfew_policy::directory::Directory;

use super::due::{Because, Happened, Notice};
use crate::known::Known;

/// One notice, ready to be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it tells.
    pub kind: NoticeKind,
    /// The same for every delivery of this notice: `<request>/<occasion>/<kind>`.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it: `user:<id>` or `curfew`.
    pub actor: String,
    /// The request, as it is now.
    pub request: Request,
    /// The stage that the request came to; now, where it is a reminder.
    pub stage: Stage,
    /// Names for the ids in it.
    pub names: Names,
    /// Everybody whom it is for, with the reason; sorted.
    pub people: Vec<(UserId, Because)>,
    /// Whom this copy is for; `None` for programs and for addresses that are nobody's.
    pub to: Option<Addressee>,
    /// IANA time zone in which times are told beside UTC.
    pub time_zone: String,
}

/// Whom a copy is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// The person.
    pub id: UserId,
    /// What people call them.
    pub name: String,
    /// Why they get it.
    pub because: Because,
    /// Their way to the decision that is waited for.
    pub link: Option<LinkId>,
}

/// What people call what is in a request. An id stands for what the directory does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The requester.
    pub requester: String,
    /// The account.
    pub account: String,
    /// The permission set.
    pub permission_set: String,
    /// Who did what is told; `None` where Curfew did.
    pub actor: Option<String>,
}

impl Letter {
    pub(super) fn new(request: &Request, happened: &Happened, notice: &Notice, known: Option<&Known>) -> Self {
        let (at, actor, stage) = match happened {
            Happened::Recorded(record) => (record.at, record.actor.clone(), record.led_to()),
            Happened::Reminder(_) => (request.since, "curfew".to_owned(), None),
        };
        let directory = known.map(|known| known.directory.as_ref());
        let mut people = notice.people.clone();
        people.sort();
        Self {
            kind: notice.kind,
            id: format!("{}/{}/{}", request.ask.id, notice.occasion, notice.kind.name()),
            at,
            names: Names::of(request, &actor, directory),
            actor,
            stage: stage.unwrap_or(request.state.stage()),
            request: request.clone(),
            people,
            to: None,
            time_zone: known
                .map_or_else(|| "UTC".to_owned(), |known| known.configuration.model().settings.time_zone.clone()),
        }
    }

    /// The copy for one person.
    pub(super) fn copy_for(&self, to: Addressee) -> Self {
        Self { to: Some(to), ..self.clone() }
    }

    /// The grant, where there is one.
    pub fn grant(&self) -> Option<&Grant> {
        self.request.state.grant()
    }

    /// Why the access ended, or ends.
    pub fn reason(&self) -> Option<&EndReason> {
        match &self.request.state {
            State::Ending { reason, .. } | State::Ended { reason, .. } => Some(reason),
            _ => None,
        }
    }

    /// The step that is waited for, its index, and until when.
    pub fn step(&self) -> Option<(usize, &Step, Timestamp)> {
        let State::AwaitingApproval { step, deadline } = self.request.state else { return None };
        self.request.current_step().map(|current| (step, current, deadline))
    }

    /// For how long access is given, as far as it is decided.
    pub fn duration(&self) -> AccessDuration {
        self.request.terms().duration
    }

    /// The denial, where there is one.
    pub fn denial(&self) -> Option<&Decision> {
        self.request.decisions.iter().rev().find(|decision| decision.answer == Answer::Deny)
    }

    /// Why policy denied it, in its own words; nothing where people decided.
    pub fn explanation(&self) -> &[String] {
        let verdict = self.request.verdict.as_ref().filter(|verdict| verdict.steps().is_empty());
        verdict.map_or(&[], |verdict: &Verdict| verdict.explanation.as_slice())
    }
}

impl Names {
    fn of(request: &Request, actor: &str, directory: Option<&Directory>) -> Self {
        let ask = &request.ask;
        let user = |id: &UserId| directory.and_then(|all| all.users.get(id)).map(|user| user.display_name.clone());
        let account = directory.and_then(|all| all.accounts.get(&ask.account)).map(|it| it.name.clone());
        let set = directory.and_then(|all| all.permission_sets.get(&ask.permission_set)).map(|it| it.name.clone());
        let short = || ask.permission_set.as_str().rsplit('/').next().unwrap_or_default().to_owned();
        let actor = actor.strip_prefix("user:").and_then(|id| UserId::parse(id).ok());
        Self {
            requester: user(&ask.requester).unwrap_or_else(|| ask.requester.to_string()),
            account: account.unwrap_or_else(|| ask.account.to_string()),
            permission_set: set.unwrap_or_else(short),
            actor: actor.map(|id| user(&id).unwrap_or_else(|| id.to_string())),
        }
    }
}
