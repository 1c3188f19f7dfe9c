//! The story over a stand-in for Curfew: it must praise one that behaves, and notice each way to misbehave.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use curfew_identity_center::{Assignment, PrincipalType};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Story;
use crate::api::Api;
use crate::identity_center::IdentityCenter;
use crate::organization::{Ids, Organization};
use crate::servers::Servers;
use crate::terminal::Terminal;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Flaw {
    None,
    EndsEarly,
    KeepsWhatWasReturned,
    AssignsWhatWasDenied,
    LinksElsewhere,
    AcceptsNothing,
    OneIsEnough,
}

/// One request: its state, its key, and when it ends.
#[derive(Debug, Clone)]
struct Kept {
    state: &'static str,
    /// How many have approved.
    approvals: usize,
    key: Assignment,
    expiry: Timestamp,
}

/// A Curfew without anything inside.
#[derive(Clone)]
struct StandIn {
    flaw: Flaw,
    center: IdentityCenter,
    users: BTreeMap<String, String>,
    base: Arc<Mutex<String>>,
    kept: Arc<Mutex<Vec<Kept>>>,
}

impl StandIn {
    fn move_to(&self, index: usize, state: &'static str, assigned: bool) {
        let mut kept = self.kept.lock().unwrap();
        kept[index].state = state;
        self.center.set(kept[index].key.clone(), assigned);
    }

    fn view(&self, index: usize) -> Value {
        let kept = self.kept.lock().unwrap()[index].clone();
        let grant = json!({ "expires_at": kept.expiry.to_string(), "sessions_until": kept.expiry.to_string() });
        json!({ "id": index.to_string(), "state": kept.state, "grant": grant, "digest": "d" })
    }
}

type Answer = (StatusCode, Json<Value>);

async fn submit(State(me): State<StandIn>, Json(wish): Json<Value>) -> Answer {
    if me.flaw == Flaw::AcceptsNothing {
        return (StatusCode::BAD_REQUEST, Json(json!({ "code": "no" })));
    }
    let mut kept = me.kept.lock().unwrap();
    let index = kept.len();
    let user = ["ines", "femi", "chloe", "ines"][index];
    let key = Assignment {
        account: wish["account"].as_str().unwrap().into(),
        permission_set: wish["permission_set"].as_str().unwrap().into(),
        principal_type: PrincipalType::User,
        principal_id: me.users[user].clone(),
    };
    let expiry = Timestamp::now() + SignedDuration::from_millis(5000);
    kept.push(Kept { state: "awaiting_approval", approvals: 0, key, expiry });
    drop(kept);
    if index == 0 {
        me.move_to(0, "active", true);
        let me = me.clone();
        let lives = Duration::from_millis(if me.flaw == Flaw::EndsEarly { 1000 } else { 5200 });
        std::thread::spawn(move || {
            std::thread::sleep(lives);
            me.move_to(0, "ended", false);
        });
    }
    (StatusCode::ACCEPTED, Json(json!({ "id": index.to_string() })))
}

async fn show(State(me): State<StandIn>, Path(index): Path<usize>) -> Json<Value> {
    Json(me.view(index))
}

async fn approvals(State(me): State<StandIn>) -> Json<Value> {
    let base = me.base.lock().unwrap().clone();
    let base = if me.flaw == Flaw::LinksElsewhere { "http://example.com".into() } else { base };
    let all = 0..me.kept.lock().unwrap().len();
    let item = |index: usize| json!({ "request": me.view(index), "link": format!("{base}/a/{index}") });
    Json(json!({ "items": all.map(item).collect::<Vec<_>>() }))
}

async fn approve(State(me): State<StandIn>, Path(index): Path<usize>, Json(decision): Json<Value>) -> StatusCode {
    if decision["digest"] != "d" {
        return StatusCode::CONFLICT;
    }
    me.move_to(index, "active", true);
    StatusCode::OK
}

async fn decide(State(me): State<StandIn>, Path(index): Path<usize>, Json(decision): Json<Value>) -> StatusCode {
    if decision["decision"] == "deny" {
        me.move_to(index, "denied", me.flaw == Flaw::AssignsWhatWasDenied);
        return StatusCode::OK;
    }
    let approvals = {
        let mut kept = me.kept.lock().unwrap();
        kept[index].approvals += 1;
        kept[index].approvals
    };
    if approvals == 2 || me.flaw == Flaw::OneIsEnough {
        me.move_to(index, "active", true);
    }
    StatusCode::OK
}

async fn give_back(State(me): State<StandIn>, Path(index): Path<usize>) -> StatusCode {
    me.move_to(index, "ended", me.flaw == Flaw::KeepsWhatWasReturned);
    StatusCode::ACCEPTED
}

/// Tells the story over a stand-in with a flaw; returns how many expectations were not met.
fn told_over(flaw: Flaw) -> usize {
    let (sample, center) = (Organization::sample().unwrap(), IdentityCenter::new(0));
    let mut ids: Ids = center.seed_people(&sample).unwrap();
    let number =
        |(index, account): (usize, &crate::organization::Account)| (account.name.clone(), format!("{index:012}"));
    ids.accounts = sample.accounts.iter().enumerate().map(number).collect();
    center.seed_standing(&sample, &ids).unwrap();
    let (base, kept) = (Arc::default(), Arc::default());
    let stand_in = StandIn { flaw, center: center.clone(), users: ids.users.clone(), base, kept };
    let router = Router::new()
        .route("/v1/requests", post(submit))
        .route("/v1/requests/{id}", get(show))
        .route("/v1/approvals", get(approvals))
        .route("/v1/links/{id}", get(show).post(approve))
        .route("/v1/requests/{id}/decisions", post(decide))
        .route("/v1/requests/{id}/return", post(give_back))
        .with_state(stand_in.clone());
    let (events, _keep) = std::sync::mpsc::channel();
    let servers = Servers::start(events, || ()).unwrap();
    let url = servers.serve(router).unwrap();
    stand_in.base.lock().unwrap().clone_from(&url);
    Story::new(Terminal::new(true), &Api::new(&url, BTreeMap::new()), &center, &ids).tell().unwrap()
}

#[test]
fn a_curfew_that_behaves_is_praised() {
    assert_eq!(told_over(Flaw::None), 0);
}

#[test]
fn each_way_to_misbehave_is_noticed() {
    let flaws = [
        Flaw::EndsEarly,
        Flaw::KeepsWhatWasReturned,
        Flaw::AssignsWhatWasDenied,
        Flaw::LinksElsewhere,
        Flaw::AcceptsNothing,
        Flaw::OneIsEnough,
    ];
    let tellers: Vec<_> = flaws.into_iter().map(|flaw| std::thread::spawn(move || (flaw, told_over(flaw)))).collect();
    for teller in tellers {
        let (flaw, unmet) = teller.join().unwrap();
        assert!(unmet > 0, "{flaw:?} was not noticed");
    }
}
