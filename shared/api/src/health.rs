//! `GET /v1/health/access`: the state of all access, for operators.

use curfew_domain::request::Rank;
use curfew_engine::health::{Health, OldestIntent, Overdue, WriterState};
use curfew_engine::ports::Sighting;
use curfew_engine::sweep::Place;
use serde::Serialize;

use crate::directory::SnapshotView;

/// The state of all access.
#[derive(Debug, Serialize)]
pub struct AccessHealthView {
    at: String,
    /// Requests that are not over.
    live: usize,
    /// Those of them that could not be read; the log names them.
    unreadable: usize,
    active: usize,
    ending: usize,
    intents: IntentsView,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_intent: Option<OldestIntentView>,
    /// Access that should have been gone for more than five minutes, the latest first.
    overdue: Vec<OverdueView>,
    /// Access that Curfew did not give, on what is Curfew's alone, as the sweep saw it last; the oldest first.
    strays: Vec<StrayView>,
    writer: WriterView,
    /// The published version; absent when nothing was published, or it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<String>,
    /// The snapshot of the directory that policy decides by; absent before the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    directory: Option<SnapshotView>,
}

/// Changes of Identity Center that wait.
#[derive(Debug, Default, Serialize)]
struct IntentsView {
    removal: usize,
    emergency: usize,
    grant: usize,
}

#[derive(Debug, Serialize)]
struct OldestIntentView {
    rank: &'static str,
    request: String,
    age_seconds: i64,
}

#[derive(Debug, Serialize)]
struct OverdueView {
    request: String,
    user: String,
    account: String,
    permission_set: String,
    since: String,
}

#[derive(Debug, Serialize)]
struct StrayView {
    /// With `account`: the permission set that is assigned there.
    #[serde(skip_serializing_if = "Option::is_none")]
    permission_set: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// Or the group that has a member.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// Who has it, as Identity Center writes it: `USER <id>`, `GROUP <id>`.
    principal: String,
    since: String,
    seen: String,
}

#[derive(Debug, Serialize)]
struct WriterView {
    /// `free`, `held`, or `ran_out`: the last holder died or could not give the lease back.
    lease: &'static str,
    /// Which invocation: its request id in the logs, and a random word.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

impl AccessHealthView {
    /// What was read, with the version of the configuration in force.
    pub fn new(health: &Health, configuration: Option<String>) -> Self {
        let mut intents = IntentsView::default();
        for (rank, count) in health.intents {
            match rank {
                Rank::Removal => intents.removal = count,
                Rank::Emergency => intents.emergency = count,
                Rank::Grant => intents.grant = count,
            }
        }
        Self {
            at: health.at.to_string(),
            live: health.live,
            unreadable: health.unreadable,
            active: health.active,
            ending: health.ending,
            intents,
            oldest_intent: health.oldest_intent.as_ref().map(oldest_intent),
            overdue: health.overdue.iter().map(overdue).collect(),
            strays: health.strays.iter().map(stray).collect(),
            writer: writer(&health.writer),
            configuration,
            directory: health.directory.as_ref().map(|head| SnapshotView::new(head, health.at)),
        }
    }
}

fn oldest_intent(oldest: &OldestIntent) -> OldestIntentView {
    let OldestIntent { rank, request, age } = oldest;
    OldestIntentView { rank: rank.name(), request: request.to_string(), age_seconds: age.as_secs() }
}

fn overdue(Overdue { request, user, account, permission_set, since }: &Overdue) -> OverdueView {
    OverdueView {
        request: request.to_string(),
        user: user.to_string(),
        account: account.to_string(),
        permission_set: permission_set.to_string(),
        since: since.to_string(),
    }
}

fn stray(Sighting { place, principal, since, seen, .. }: &Sighting) -> StrayView {
    let (permission_set, account, group) = match place {
        Place::Set(set, account) => (Some(set.to_string()), Some(account.to_string()), None),
        Place::Group(group) => (None, None, Some(group.to_string())),
    };
    let principal = principal.to_string();
    StrayView { permission_set, account, group, principal, since: since.to_string(), seen: seen.to_string() }
}

fn writer(state: &WriterState) -> WriterView {
    let (lease, known) = match state {
        WriterState::Free => ("free", None),
        WriterState::Held { holder, until } => ("held", Some((holder, until))),
        WriterState::RanOut { holder, until } => ("ran_out", Some((holder, until))),
    };
    let (holder, until) = known.map(|(holder, until)| (holder.clone(), until.to_string())).unzip();
    WriterView { lease, holder, until }
}

#[cfg(test)]
mod tests {
    use curfew_domain::id::{AccountId, PermissionSetArn, RequestId, UserId};
    use curfew_domain::time::{SignedDuration, Timestamp};
    use curfew_engine::ports::Principal;
    use serde_json::json;

    use super::*;

    const REQUEST: &str = "019ab2c3-0000-7000-8000-000000000001";
    const USER: &str = "00000000-0000-4000-8000-000000000001";
    const SET: &str = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn calm() -> Health {
        Health {
            at: at("2026-11-23T09:00:00Z"),
            live: 0,
            unreadable: 0,
            active: 0,
            ending: 0,
            intents: Rank::ALL.map(|rank| (rank, 0)),
            oldest_intent: None,
            overdue: Vec::new(),
            strays: Vec::new(),
            writer: WriterState::Free,
            directory: None,
        }
    }

    #[test]
    fn what_is_not_there_is_absent() {
        let shown = serde_json::to_value(AccessHealthView::new(&calm(), None)).unwrap();
        let expected = json!({
            "at": "2026-11-23T09:00:00Z", "live": 0, "unreadable": 0, "active": 0, "ending": 0,
            "intents": { "removal": 0, "emergency": 0, "grant": 0 }, "overdue": [], "strays": [],
            "writer": { "lease": "free" },
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_waits_and_what_is_late_is_named() {
        let request = RequestId::parse(REQUEST).unwrap();
        let overdue = Overdue {
            request: request.clone(),
            user: UserId::parse(USER).unwrap(),
            account: AccountId::parse("111122223333").unwrap(),
            permission_set: PermissionSetArn::parse(SET).unwrap(),
            since: at("2026-11-23T08:54:58Z"),
        };
        let health = Health {
            live: 3,
            ending: 1,
            intents: [(Rank::Removal, 1), (Rank::Emergency, 2), (Rank::Grant, 3)],
            oldest_intent: Some(OldestIntent {
                rank: Rank::Removal,
                request,
                age: SignedDuration::from_millis(301_900),
            }),
            overdue: vec![overdue],
            strays: vec![Sighting {
                place: Place::Set(PermissionSetArn::parse(SET).unwrap(), AccountId::parse("111122223333").unwrap()),
                principal: Principal::User(UserId::parse(USER).unwrap()),
                since: at("2026-11-23T08:00:00Z"),
                seen: at("2026-11-23T08:56:00Z"),
                until: at("2026-11-23T09:11:00Z"),
            }],
            writer: WriterState::RanOut { holder: "w".to_owned(), until: at("2026-11-23T08:59:00Z") },
            ..calm()
        };
        let shown = serde_json::to_value(AccessHealthView::new(&health, Some("v".to_owned()))).unwrap();
        let expected = json!({
            "at": "2026-11-23T09:00:00Z", "live": 3, "unreadable": 0, "active": 0, "ending": 1,
            "intents": { "removal": 1, "emergency": 2, "grant": 3 },
            "oldest_intent": { "rank": "removal", "request": REQUEST, "age_seconds": 301 },
            "overdue": [{
                "request": REQUEST, "user": USER, "account": "111122223333", "permission_set": SET,
                "since": "2026-11-23T08:54:58Z",
            }],
            "strays": [{
                "permission_set": SET, "account": "111122223333", "principal": format!("USER {USER}"),
                "since": "2026-11-23T08:00:00Z", "seen": "2026-11-23T08:56:00Z",
            }],
            "writer": { "lease": "ran_out", "holder": "w", "until": "2026-11-23T08:59:00Z" },
            "configuration": "v",
        });
        assert_eq!(shown, expected);
    }
}
