//! My access.

use curfew_domain::id::{AccountId, PermissionSetArn, RequestId};
use curfew_domain::request::{Request, Stage};
use curfew_engine::read::{self, Query, Whose};
use curfew_lambda::http::log;
use curfew_web::views::{HomeView, Offer};

use super::Shown;
use crate::Console;
use crate::sign_in::Call;

/// Requests that one page reads.
const PAGE: usize = 50;
/// What is over and shown on a page, at most.
const OVER: usize = 15;
/// Shortcuts, at most.
const SHORTCUTS: usize = 5;

impl Console {
    /// What I have, what is on its way, what is over.
    pub(super) async fn home(&self, call: &Call<'_>) -> Shown {
        self.counts.recent(&self.core).await.map_err(log)?;
        let before = RequestId::parse(call.visit.parameter(curfew_web::forms::CURSOR)).ok();
        let further = before.is_some();
        let page = read::list(&self.core, &call.caller.person, &own(call, before)).await.map_err(log)?;
        let (mut active, mut pending, mut over) = (Vec::new(), Vec::new(), Vec::new());
        for request in &page.items {
            match request.state.stage() {
                Stage::Active | Stage::Ending => active.push(request),
                stage if stage.is_terminal() => over.push(request),
                _ => pending.push(request),
            }
        }
        // What is live and older than this page must be seen, too: access may last for months.
        let live = self.counts.last();
        let elder = live.iter().flat_map(|live| &live.requests).filter(|request| {
            request.ask.requester == call.caller.person.id
                && !further
                && !page.items.iter().any(|shown| shown.ask.id == request.ask.id)
        });
        for request in elder {
            match request.state.stage() {
                Stage::Active | Stage::Ending => active.push(request),
                stage if !stage.is_terminal() => pending.push(request),
                _ => {}
            }
        }
        active.sort_by_key(|request| request.state.grant().map(|grant| grant.expires_at));
        let more = over.len() > OVER;
        over.truncate(OVER);
        let next = if more { over.last().map(|last| last.ask.id.clone()) } else { page.next.clone() };
        let lines = self.lines(call);
        let view = HomeView {
            active: lines.lines(active),
            pending: lines.lines(pending),
            over: lines.lines(over),
            older: next.map(|id| id.to_string()),
            shortcuts: self.shortcuts(call, &page.items),
        };
        Ok(self.page(call, 200, |frame| curfew_web::home(frame, &view)))
    }

    /// What somebody asked for often or asked for last.
    fn shortcuts(&self, call: &Call<'_>, latest: &[Request]) -> Vec<Offer> {
        self.offers_of(call, &latest_first(latest), latest, None)
    }
}

/// What was asked for often or last, the most frequent first; at most a handful.
pub(super) fn latest_first(latest: &[Request]) -> Vec<(AccountId, PermissionSetArn)> {
    let mut asked: Vec<((AccountId, PermissionSetArn), usize)> = Vec::new();
    for request in latest {
        let which = (request.ask.account.clone(), request.ask.permission_set.clone());
        match asked.iter_mut().find(|(known, _)| *known == which) {
            Some((_, times)) => *times += 1,
            None => asked.push((which, 1)),
        }
    }
    // Stable: of equally frequent ones, the latest stays in front.
    asked.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    asked.truncate(SHORTCUTS);
    asked.into_iter().map(|(which, _)| which).collect()
}

/// The reader's own requests, newest first.
pub(super) fn own(call: &Call<'_>, before: Option<RequestId>) -> Query {
    let whose = Whose::Of(call.caller.person.id.clone());
    Query { whose, stage: None, account: None, permission_set: None, before, limit: PAGE }
}
