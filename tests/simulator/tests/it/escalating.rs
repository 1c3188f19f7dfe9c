//! An emergency takes the place of an open request only where it could be allowed.

use curfew_domain::request::{Answer, Stage};
use curfew_sim::scenario::cast::{Person, with_emergencies};
use curfew_sim::scenario::people::{mins, secs};
use serde_json::json;

use crate::stage::{approved, play, play_with, stage_of};

#[test]
fn where_emergency_access_is_off_the_open_request_stays() {
    play(async |play| {
        let id = approved(&play, mins(2)).await;
        assert!(play.reaches(&id, Stage::AwaitingApproval, secs(20)).await);
        let path = format!("/v1/requests/{id}/escalate");
        let (status, answer) = play.world.api("ana", "POST", &path, None).await;
        assert_eq!((status, &answer["code"]), (409, &json!("no_emergency")), "{answer}");
        play.answer(Person::Ben, &id, Answer::Approve).await;
        assert!(play.reaches(&id, Stage::Active, secs(40)).await, "{}", stage_of(&play, &id));
    });
}

/// Whoever may be asked and whoever reviews is told at once, besides the requester.
#[test]
fn everybody_named_is_told_of_an_emergency() {
    play_with(
        |options| with_emergencies(&mut options.organisation),
        async |play| {
            let id = approved(&play, mins(2)).await;
            assert!(play.reaches(&id, Stage::AwaitingApproval, secs(20)).await);
            let new = play.escalate(Person::Ana, &id).await.unwrap();
            assert!(play.reaches(&new, Stage::AwaitingApproval, secs(20)).await);
            let told = |stage: &str| {
                let items = play.world.items(&format!("REQ#{new}"));
                let item = items.iter().find(|item| {
                    let sk = item["sk"]["S"].as_str().unwrap_or_default();
                    sk.starts_with("N#") && sk.ends_with(&format!("#{stage}"))
                });
                let to = item.map(|item| item["to"]["S"].as_str().unwrap().split(' ').map(str::to_owned).collect());
                to.map(|to: Vec<String>| to.into_iter().collect::<std::collections::BTreeSet<_>>())
            };
            let everybody = ["ana", "ben", "cyn", "dan"].map(|name| play.world.user(name).to_string());
            assert_eq!(told("emergency"), Some(everybody.into()));
            // And once it is over, that there is something to review.
            play.answer(Person::Ben, &new, Answer::Approve).await;
            assert!(play.reaches(&new, Stage::Ended, mins(5)).await);
            assert_eq!(told("review_opened"), None);
            play.world.pass(mins(2)).await;
            assert!(told("review_opened").is_some_and(|to| to.contains(play.world.user("dan").as_str())));
            let events = |name: &str| play.world.history(&new).iter().filter(|record| record.event == name).count();
            assert_eq!(events("review_opened"), 1, "once");
        },
    );
}
