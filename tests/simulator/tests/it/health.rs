//! What operators see of all access at `GET /v1/health/access`: through the life of a grant, and when things go wrong.

use curfew_domain::request::{Answer, Stage};
use curfew_identity_center::FaultKind;
use curfew_sim::campaign::stage;
use curfew_sim::scenario::cast::Person;
use curfew_sim::scenario::people::{millis, mins, secs};
use curfew_sim::scenario::{Play, named};
use curfew_sim::{CallFault, Options, Plan, parts};
use serde_json::{Value, json};

use crate::stage::{active, approved, play};

async fn look(play: &Play) -> (u16, Value) {
    play.world.api(Person::Dan.name(), "GET", "/v1/health/access", None).await
}

async fn health(play: &Play) -> Value {
    let (status, seen) = look(play).await;
    assert_eq!(status, 200, "{seen}");
    seen
}

#[test]
fn a_grant_is_seen_where_it_is_from_beginning_to_end() {
    play(async |play| {
        let counts = async || {
            let seen = health(&play).await;
            ["live", "active", "ending"].map(|field| seen[field].as_u64().unwrap())
        };
        assert_eq!((counts().await, health(&play).await["writer"].clone()), ([0, 0, 0], json!({ "lease": "free" })));
        let id = approved(&play, mins(30)).await;
        assert!(play.reaches(&id, Stage::AwaitingApproval, mins(1)).await);
        assert_eq!(counts().await, [1, 0, 0]);
        play.answer(Person::Ben, &id, Answer::Approve).await;
        assert!(play.reaches(&id, Stage::Provisioning, mins(1)).await);
        play.world.pass(millis(500)).await;
        let creating = health(&play).await;
        assert_eq!(creating["intents"], json!({ "removal": 0, "emergency": 0, "grant": 1 }));
        assert_eq!(
            (&creating["oldest_intent"]["request"], &creating["writer"]["lease"]),
            (&json!(id.as_str()), &json!("held"))
        );

        assert!(play.reaches(&id, Stage::Active, mins(2)).await);
        play.world.pass(secs(5)).await;
        let seen = health(&play).await;
        assert_eq!((counts().await, seen.get("oldest_intent")), ([1, 1, 0], None));
        assert_eq!(seen["writer"]["lease"], "free", "it was given back");
        assert!(play.all_over(mins(40)).await);
        assert_eq!((counts().await, &health(&play).await["overdue"]), ([0, 0, 0], &json!([])));
    });
}

#[test]
fn access_that_cannot_be_removed_is_named_after_five_minutes() {
    play(async |play| {
        play.book.borrow_mut().patience = mins(15);
        let id = active(&play, mins(15)).await;
        let ends = play.end_of(&id).unwrap();
        play.world.until(ends - secs(2)).await;
        play.inject("DeleteAccountAssignment", 10_000, FaultKind::Conflict);
        play.world.until(ends + mins(4)).await;
        let late = health(&play).await;
        assert_eq!((&late["ending"], &late["intents"]["removal"]), (&json!(1), &json!(1)));
        assert_eq!(late["overdue"], json!([]), "not yet");
        play.world.until(ends + secs(301)).await;
        let overdue = health(&play).await["overdue"].clone();
        let key = play.world.request(&id).unwrap().ask.key();
        let expected = json!([{
            "request": id.as_str(), "user": key.user().as_str(), "account": parts(&key).account.as_str(),
            "permission_set": parts(&key).permission_set.as_str(), "since": ends.to_string(),
        }]);
        assert_eq!(overdue, expected);
        play.world.identity(|model, _| model.disarm());
        assert!(play.all_over(mins(10)).await);
        assert_eq!(health(&play).await["overdue"], json!([]));
    });
}

#[test]
fn what_the_store_does_not_say_is_an_error_and_no_good_news() {
    let options = |plan: Plan| -> Options { named("automatic").unwrap().options(1, plan) };
    let story = async |play: Play| {
        active(&play, mins(2)).await;
        play.world.pass(secs(5)).await;
        let before = play.world.calls();
        let status = look(&play).await.0;
        (status, before + 1..=play.world.calls())
    };
    let ((status, calls), _) = stage(options(Plan::default()), true, story);
    assert!(status == 200 && calls.clone().count() > 2);
    for number in calls {
        let plan = Plan { calls: [(number, CallFault::CrashAfter)].into(), ..Plan::default() };
        let ((status, _), _) = stage(options(plan), false, story);
        assert_eq!(status, 500, "call {number}");
    }
}
