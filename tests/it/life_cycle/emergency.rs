//! An open request becomes an emergency, exactly once; emergency access is reviewed, and who owes a review is known.

use std::sync::Arc;

use curfew_domain::id::RequestId;
use curfew_domain::request::{Refusal, Request, State as S};
use curfew_domain::review::{self, Review, Standing};
use curfew_domain::time::SignedDuration;
use curfew_engine::error::Error;
use curfew_engine::review::WITHIN;

use super::every_fault::every_call;
use super::extending::{SOON, mins};
use super::faults::Kind;
use super::functions::{Failure, run_escalate, run_overdue, run_review};
use super::invariants::is_read;
use super::people::in_a_world;
use super::world::{Cast, World};

fn escalations(world: &World, id: &RequestId) -> Vec<RequestId> {
    let state = world.state();
    let of = |request: &&Request| request.ask.escalates.as_ref() == Some(id);
    state.requests.values().filter(of).map(|request| request.ask.id.clone()).collect()
}

/// Whether there is the old request or the one that took its place, and never none or both.
fn is_one(world: &World, id: &RequestId) -> bool {
    match (world.request(id).state, escalations(world, id).as_slice()) {
        (S::Cancelled { escalated_to: Some(to) }, [new]) => to == *new,
        (S::Cancelled { escalated_to: Some(_) }, _) => false,
        (_, new) => new.is_empty(),
    }
}

#[test]
fn an_open_request_gives_way_to_one_emergency_request_however_often_it_is_asked() {
    in_a_world(async |world, cast| {
        let id = world.ask_approved(&cast, 10).await;
        world.reaches(&id, "awaiting_approval", SOON).await;
        for (who, what) in [(&cast.ben, "an approver"), (&cast.dan, "an administrator")] {
            let foreign = run_escalate(&world, &world.person(who), &id).await;
            let refused = matches!(foreign, Err(Failure::Error(Error::Refused(Refusal::NotRequesterOrManager))));
            assert!(refused, "{what}: {foreign:?}");
        }

        let ana = world.person(&cast.ana);
        let (one, other) = tokio::join!(run_escalate(&world, &ana, &id), run_escalate(&world, &ana, &id));
        let (one, other) = (one.unwrap().ask, other.unwrap().ask);
        assert_eq!((&one.id, one.emergency), (&other.id, true), "two clicks are one request");
        assert_eq!(run_escalate(&world, &ana, &id).await.unwrap().ask.id, one.id, "and so is one much later");
        assert!(is_one(&world, &id));
        world.all_over(mins(5)).await;
        assert_eq!(world.stage(&one.id), "denied", "this configuration has no emergency access");
    });
}

/// Asked for, and escalated with as many clicks as it takes.
async fn escalated(world: Arc<World>, cast: Cast) {
    let id = world.ask_approved(&cast, 3).await;
    world.pass(SignedDuration::from_secs(7)).await;
    let ana = world.person(&cast.ana);
    loop {
        let clicked = run_escalate(&world, &ana, &id).await;
        if !is_one(&world, &id) {
            world.state().violations.push(format!("request {id} and its escalation are both there, or neither is"));
        }
        match clicked {
            Ok(_) | Err(Failure::Error(Error::Refused(_) | Error::NotFound)) => return,
            Err(_) => world.pass(SignedDuration::from_secs(5)).await,
        }
    }
}

#[test]
fn an_escalated_life_survives_any_fault_of_a_change() {
    for kind in [Kind::Lost, Kind::ReplyLost, Kind::CrashBefore, Kind::CrashAfter] {
        every_call(kind, escalated, |port| !is_read(port));
    }
}

#[test]
fn an_overdue_review_is_announced_once_and_known_until_somebody_else_answers_it() {
    in_a_world(async |world, cast| {
        // No emergency can be had under this configuration: a plain grant that has ended stands for one.
        let id = world.ask_automatic(&cast, 1).await;
        world.all_over(mins(10)).await;
        let request = world.request(&id);
        let due = Review {
            request: id.clone(),
            requester: cast.ana.clone(),
            since: world.now() - WITHIN + mins(3),
            state: Standing::Open { announced: None },
            head: request.head,
        };
        world.state().reviews.insert(id.clone(), due);
        assert_eq!(run_overdue(&world, &cast.ana).await.unwrap(), [], "there is time left");
        world.pass(mins(8)).await;
        let overdue = run_overdue(&world, &cast.ana).await.unwrap();
        assert_eq!(overdue.iter().map(|review| &review.request).collect::<Vec<_>>(), [&id]);
        assert_eq!(run_overdue(&world, &cast.ben).await.unwrap(), [], "it is Ana's");
        let told = world.state().overdue_told.clone();
        assert_eq!(told, [(id.clone(), vec![cast.ana.clone()])], "eight sweeps tell once");

        let by_herself = run_review(&world, &world.person(&cast.ana), &id).await;
        let refused = matches!(by_herself, Err(Failure::Error(Error::Review(review::Refusal::OwnAccess))));
        assert!(refused, "{by_herself:?}");
        let stranger = run_review(&world, &world.person(&cast.ben), &id).await;
        assert!(matches!(stranger, Err(Failure::Error(Error::NotFound))), "{stranger:?}");
        let administrator = curfew_domain::person::Person { administrator: true, ..world.person(&cast.dan) };
        run_review(&world, &administrator, &id).await.unwrap();
        assert_eq!(run_overdue(&world, &cast.ana).await.unwrap(), [], "she owes nothing any more");
    });
}
