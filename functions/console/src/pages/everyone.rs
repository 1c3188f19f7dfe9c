//! What is active across the organisation.

use curfew_domain::request::{Request, Stage};
use curfew_engine::health::is_overdue;
use curfew_lambda::http::log;
use curfew_web::forms::{ACCOUNT, CURSOR, PERMISSION_SET, PERSON};
use curfew_web::views::{EveryoneFilter, EveryoneView, RequestLine};

use super::Shown;
use crate::Console;
use crate::sign_in::Call;

/// Lines on a page.
const PAGE: usize = 50;

impl Console {
    /// Active access by account, person and permission set, with what is overdue above.
    pub(super) async fn everyone(&self, call: &Call<'_>) -> Shown {
        call.overseer()?;
        let live = self.counts.now(&self.core).await.map_err(log)?;
        let lines = self.lines(call);
        let filter = EveryoneFilter {
            account: call.visit.parameter(ACCOUNT).to_owned(),
            person: call.visit.parameter(PERSON).to_owned(),
            permission_set: call.visit.parameter(PERMISSION_SET).to_owned(),
        };
        let overdue = |request: &&Request| is_overdue(request, lines.now);
        let has_access = |request: &&Request| matches!(request.state.stage(), Stage::Active | Stage::Ending);
        let mut found: Vec<RequestLine> = lines
            .lines(live.requests.iter().filter(has_access))
            .into_iter()
            .filter(|line| fits(&filter, line))
            .collect();
        found.sort_by_key(|line| (line.grant.as_ref().map(|grant| grant.expires_at), line.id.clone()));
        let total = found.len();
        // A page begins after the line with the cursor's id; a line that is gone begins at its place no more.
        let cursor = call.visit.parameter(CURSOR);
        let from = found.iter().position(|line| line.id == cursor).map_or(0, |at| at + 1);
        let rest = found.split_off(from.min(total));
        let more = rest.len() > PAGE;
        let items: Vec<RequestLine> = rest.into_iter().take(PAGE).collect();
        let view = EveryoneView {
            next: items.last().filter(|_| more).map(|line| line.id.clone()),
            overdue: lines.lines(live.requests.iter().filter(overdue)),
            // The sweep tells of both in its log; the store keeps neither.
            drift: Vec::new(),
            chart: Vec::new(),
            total: Some(total),
            filter,
            items,
        };
        Ok(self.page(call, 200, |frame| curfew_web::everyone(frame, &view)))
    }
}

fn fits(filter: &EveryoneFilter, line: &RequestLine) -> bool {
    let has = |wanted: &str, texts: &[&str]| {
        let wanted = wanted.trim().to_lowercase();
        texts.iter().any(|text| text.to_lowercase().contains(&wanted))
    };
    has(&filter.account, &[&line.access.account.id, &line.access.account.name])
        && has(&filter.person, &[&line.requester.id, &line.requester.name, &line.requester.user_name])
        && has(&filter.permission_set, &[&line.access.permission_set.id, &line.access.permission_set.name])
}
