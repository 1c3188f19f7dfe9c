//! An emergency takes the place of an open request only where it could be allowed.

use std::collections::BTreeSet;

use curfew_domain::request::{Answer, Stage};
use curfew_sim::Published;
use curfew_sim::scenario::cast::{Person, with_emergencies};
use curfew_sim::scenario::people::{mins, secs};
use serde_json::{Value, json};

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
        |options| {
            with_emergencies(&mut options.organisation);
            options.announce = true;
        },
        async |play| {
            let id = approved(&play, mins(2)).await;
            assert!(play.reaches(&id, Stage::AwaitingApproval, secs(20)).await);
            let new = play.escalate(Person::Ana, &id).await.unwrap();
            assert!(play.reaches(&new, Stage::AwaitingApproval, secs(20)).await);
            play.world.pass(secs(10)).await;
            let told = |kind: &str| -> Vec<BTreeSet<String>> {
                let about = |event: &Published| event.kind == kind && event.detail["request"]["id"] == new.as_str();
                let id = |person: &Value| person["id"].as_str().unwrap().to_owned();
                let people = |event: Published| event.detail["people"].as_array().unwrap().iter().map(id).collect();
                play.world.published().into_iter().filter(about).map(people).collect()
            };
            let everybody: BTreeSet<String> =
                ["ana", "ben", "cyn", "dan"].map(|name| play.world.user(name).to_string()).into();
            let loud = told("emergency");
            assert!(loud.len() == 1 && loud[0].is_superset(&everybody), "once, to everybody: {loud:?}");
            // And once it is over, that there is something to review.
            play.answer(Person::Ben, &new, Answer::Approve).await;
            assert!(play.reaches(&new, Stage::Active, mins(1)).await);
            assert_eq!(told("review_due"), []);
            assert!(play.reaches(&new, Stage::Ended, mins(5)).await);
            play.world.pass(secs(10)).await;
            let due = told("review_due");
            assert!(due.len() == 1 && due[0].contains(play.world.user("dan").as_str()), "once: {due:?}");
        },
    );
}
