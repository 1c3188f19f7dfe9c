//! Search over all requests, and whether their audit chains hold.

use curfew_api::Problem;
use curfew_domain::audit::Record;
use curfew_domain::id::{AccountId, RequestId, UserId};
use curfew_domain::request::{Request, Stage};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::error::Error;
use curfew_engine::read::{self, Page, Query, Whose};
use curfew_engine::review;
use curfew_lambda::http::log;
use curfew_web::forms::{ACCOUNT, CURSOR, FROM, PERSON, STATE, TO, VERIFY};
use curfew_web::views::{AuditFilter, AuditView, Chain, ChainCheck, Errors};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Shown;
use super::detail::chain;
use crate::Console;
use crate::sign_in::Call;

/// Requests on a page.
const PAGE: usize = 25;

/// What is searched for, understood.
pub(super) struct Search {
    pub(super) filter: AuditFilter,
    pub(super) errors: Errors,
    query: Query,
    from: Option<Timestamp>,
}

impl Console {
    /// What was found, the newest first.
    pub(super) async fn audit(&self, call: &Call<'_>) -> Shown {
        call.overseer()?;
        let search = Search::of(call, PAGE);
        let found = if search.errors.is_empty() { self.found(call, &search).await? } else { nothing() };
        let check = if call.visit.parameter(VERIFY).is_empty() { None } else { Some(self.check(&found.items).await?) };
        let Search { filter, errors, .. } = search;
        let next = found.next.map(|id| id.to_string());
        let view = AuditView { filter, errors, items: self.lines(call).lines(&found.items), next, check };
        let status = if view.errors.is_empty() { 200 } else { 422 };
        Ok(self.page(call, status, |frame| curfew_web::audit(frame, &view)))
    }

    /// A page of what is searched for.
    pub(super) async fn found(&self, call: &Call<'_>, search: &Search) -> Result<Page, Problem> {
        let mut page = read::list(&self.core, &call.caller.person, &search.query).await.map_err(log)?;
        if let Some(from) = search.from {
            let before = page.items.len();
            page.items.retain(|request| request.ask.submitted_at >= from);
            let next_is_older = page.next.as_ref().is_some_and(|next| *next < RequestId::first_at(from));
            if page.items.len() < before || next_is_older {
                page.next = None;
            }
        }
        Ok(page)
    }

    /// Whether the audit chains of these requests hold.
    async fn check(&self, requests: &[Request]) -> Result<ChainCheck, Problem> {
        let (mut records, mut broken) = (0, Vec::new());
        for request in requests {
            let (history, verdict) = self.checked(request).await?;
            records += history.len();
            if let Chain::Broken(why) = verdict {
                tracing::error!(request_id = %request.ask.id, why, alarm = "audit_chain", "an audit chain is broken");
                broken.push((request.ask.id.to_string(), why));
            }
        }
        Ok(ChainCheck { at: self.core.clock.now(), requests: requests.len(), records, broken })
    }

    /// The records of a request and of its review, and whether their chain holds.
    pub(super) async fn checked(&self, request: &Request) -> Result<(Vec<Record>, Chain), Problem> {
        let history = self.core.store.history(&request.ask.id).await.map_err(|fault| log(Error::from(fault)))?;
        let reviewed = if request.ask.emergency { review::of(&self.core, request).await.map_err(log)? } else { None };
        let head = reviewed.as_ref().map_or(&request.head, |(review, _)| &review.head);
        // What came after the request was loaded is for the next look.
        let history: Vec<Record> = history.into_iter().filter(|record| record.seq <= head.seq).collect();
        let verdict = chain(request, &history, head);
        Ok((history, verdict))
    }
}

fn nothing() -> Page {
    Page { items: Vec::new(), next: None }
}

impl Search {
    /// Reads the parameters; what is not understood is an error at its field.
    pub(super) fn of(call: &Call<'_>, limit: usize) -> Self {
        let text = |name| call.visit.parameter(name).trim().to_owned();
        let (person, account, from, to) = (text(PERSON), text(ACCOUNT), text(FROM), text(TO));
        let state = Stage::parse(&text(STATE));
        let mut errors = Errors::default();
        let mut wrong = |field: &str, why: &str| errors.fields.extend(Errors::at(field, why).fields);
        let whose = match user(call, &person) {
            Ok(Some(id)) => Whose::Of(id),
            Ok(None) => Whose::All,
            Err(why) => {
                wrong(PERSON, why);
                Whose::All
            }
        };
        let of_account = account_id(call, &account).unwrap_or_else(|why| {
            wrong(ACCOUNT, why);
            None
        });
        let mut day = |field: &str, text: &str| {
            let read = start_of(text);
            if read.is_none() && !text.is_empty() {
                wrong(field, "Write a day, such as 2026-11-23.");
            }
            read
        };
        let (since, until) = (day(FROM, &from), day(TO, &to));
        let until = until.and_then(|day| day.checked_add(SignedDuration::from_hours(24)).ok());
        let cursor = RequestId::parse(call.visit.parameter(CURSOR)).ok();
        let before = [cursor, until.map(RequestId::first_at)].into_iter().flatten().min();
        let query = Query { whose, stage: state, account: of_account, permission_set: None, before, limit };
        Self { filter: AuditFilter { person, account, state, from, to }, errors, query, from: since }
    }

    /// Goes on after this request.
    pub(super) fn after(&mut self, id: RequestId) {
        self.query.before = Some(id);
    }
}

fn start_of(day: &str) -> Option<Timestamp> {
    let day: Date = day.parse().ok()?;
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// A person by id, user name or what people call them.
pub(super) fn user(call: &Call<'_>, text: &str) -> Result<Option<UserId>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    let known = call.caller.known.as_ref().ok();
    let named = known.and_then(|known| {
        let mut users = known.directory.users.iter();
        users.find(|(_, user)| user.name == text || user.display_name == text).map(|(id, _)| id.clone())
    });
    named.or_else(|| UserId::parse(text).ok()).map(Some).ok_or("Nobody in the directory has this name.")
}

/// An account by id or name.
pub(super) fn account_id(call: &Call<'_>, text: &str) -> Result<Option<AccountId>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    let known = call.caller.known.as_ref().ok();
    let named = known.and_then(|known| {
        known.directory.accounts.iter().find(|(_, account)| account.name == text).map(|(id, _)| id.clone())
    });
    named.or_else(|| AccountId::parse(text).ok()).map(Some).ok_or("No account in the directory has this name.")
}
