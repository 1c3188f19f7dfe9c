//! What is active across the organisation.

use curfew_domain::id::GroupId;
use curfew_domain::request::{Request, Stage, State};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::error::Error;
use curfew_engine::health::{is_overdue, strays};
use curfew_engine::ports::{Census, Principal, Sighting};
use curfew_engine::sweep::Place;
use curfew_lambda::http::log;
use curfew_web::forms::{ACCOUNT, CURSOR, PERMISSION_SET, PERSON};
use curfew_web::views::{ChartPoint, DriftLine, DriftPlace, EveryoneFilter, EveryoneView, RequestLine};

use super::Shown;
use crate::Console;
use crate::names::Names;
use crate::sign_in::Call;

/// Lines on a page.
const PAGE: usize = 50;
/// How far back the drawing goes.
const DRAWN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Counts that are read for it: one in a quarter of an hour, at most.
const COUNTS: u32 = 7 * 24 * 4;

impl Console {
    /// Active access by account, person and permission set, with what is overdue and what nobody gave above.
    pub(super) async fn everyone(&self, call: &Call<'_>) -> Shown {
        call.overseer()?;
        let live = self.counts.now(&self.core).await.map_err(log)?;
        let strays = strays(&self.core).await.map_err(log)?;
        let counts = self.core.store.censuses(COUNTS).await.map_err(|fault| log(Error::from(fault)))?;
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
            drift: strays.iter().map(|stray| drift(stray, &live.requests, lines.names)).collect(),
            chart: chart(&counts, now(&live.requests, lines.now)),
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

fn drift(stray: &Sighting, live: &[Request], names: Names<'_>) -> DriftLine {
    let group = |name: &str| Some(names.group(&GroupId::parse(name.strip_prefix("GROUP ")?).ok()?));
    let holder = match &stray.principal {
        Principal::User(user) => names.person(user).name,
        Principal::Other(name) => group(name).unwrap_or_else(|| name.clone()),
    };
    let removes = |request: &&Request| match (&stray.place, &stray.principal, &request.state) {
        (Place::Set(set, account), Principal::User(user), State::Ending { .. }) => {
            let ask = &request.ask;
            ask.permission_set == *set && ask.account == *account && ask.requester == *user
        }
        _ => false,
    };
    DriftLine {
        place: match &stray.place {
            Place::Set(set, account) => DriftPlace::Assigned(names.access(account, set)),
            Place::Group(id) => DriftPlace::Member(names.group(id)),
        },
        holder,
        since: stray.since,
        seen: stray.seen,
        request: live.iter().find(removes).map(|request| request.ask.id.to_string()),
    }
}

fn now(live: &[Request], at: Timestamp) -> Census {
    let active = || live.iter().filter(|request| matches!(request.state, State::Active(_)));
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Census {
        at,
        active: count(active().count()),
        emergencies: count(active().filter(|request| request.ask.emergency).count()),
    }
}

/// The counts of the last days, newest first, as points of the drawing, oldest first: the highest of each hour. What was
/// counted last before those days stood at their beginning.
fn chart(counts: &[Census], now: Census) -> Vec<ChartPoint> {
    let from = now.at.checked_sub(DRAWN).unwrap_or(Timestamp::MIN);
    let hour = |at: Timestamp| at.as_second().div_euclid(3_600);
    let mut points: Vec<ChartPoint> = Vec::new();
    for census in counts.iter().rev().filter(|census| census.at < now.at).chain([&now]) {
        let Census { at, active, emergencies } = *census;
        let point = ChartPoint { at: at.max(from), active, emergencies };
        match points.last_mut() {
            // Of what lies before the beginning, the latest counts.
            Some(last) if last.at == from && point.at == from => *last = point,
            Some(last) if hour(last.at) == hour(point.at) && at != now.at => {
                last.active = last.active.max(active);
                last.emergencies = last.emergencies.max(emergencies);
            }
            _ => points.push(point),
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census(minute: i64, active: u32) -> Census {
        let at = Timestamp::from_second(1_795_424_400 + minute * 60).unwrap();
        Census { at, active, emergencies: 0 }
    }

    #[test]
    fn the_drawing_begins_with_what_stood_then_and_ends_now() {
        let week = 7 * 24 * 60;
        let counts =
            [census(week + 135, 4), census(week + 125, 9), census(week + 30, 2), census(-5, 7), census(-400, 1)];
        let drawn = chart(&counts, census(week, 3));
        assert_eq!(drawn.iter().map(|point| point.active).collect::<Vec<_>>(), [7, 3], "nothing is from the future");
        let drawn = chart(&counts, census(week + 200, 5));
        let expected = [(200, 7), (week + 30, 2), (week + 125, 9), (week + 200, 5)];
        let seen: Vec<_> = drawn.iter().map(|point| (point.at, point.active)).collect();
        assert_eq!(seen, expected.map(|(minute, active)| (census(minute, 0).at, active)));
        assert_eq!(chart(&[], census(0, 2)).len(), 1, "one point is no drawing");
    }
}
