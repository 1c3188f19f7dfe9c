//! What operators see of all access: the facts of the store, through the life of a grant and when things go wrong.

use std::sync::Arc;

use curfew_domain::request::{Answer, Rank};
use curfew_domain::time::SignedDuration;
use curfew_engine::health::{Health, WriterState};

use super::faults::Kind;
use super::functions::{Failure, run_health};
use super::people::in_a_world;
use super::world::World;

async fn health(world: &Arc<World>) -> Health {
    run_health(world).await.unwrap()
}

#[test]
fn a_grant_is_seen_where_it_is_from_beginning_to_end() {
    in_a_world(async |world, cast| {
        let nothing = health(&world).await;
        assert_eq!((nothing.live, nothing.active, nothing.writer), (0, 0, WriterState::Free));

        let id = world.ask_approved(&cast, 30).await;
        world.reaches(&id, "awaiting_approval", SignedDuration::from_mins(1)).await;
        assert_eq!((health(&world).await.live, health(&world).await.active), (1, 0));
        world.answer(&cast.ben, &id, Answer::Approve).await;
        world.reaches(&id, "provisioning", SignedDuration::from_mins(1)).await;
        world.pass(SignedDuration::from_millis(500)).await;
        let creating = health(&world).await;
        assert_eq!(creating.intents, [(Rank::Removal, 0), (Rank::Emergency, 0), (Rank::Grant, 1)]);
        assert_eq!(creating.oldest_intent.map(|oldest| oldest.request), Some(id.clone()));
        assert!(matches!(creating.writer, WriterState::Held { .. }), "{:?}", creating.writer);

        world.reaches(&id, "active", SignedDuration::from_mins(2)).await;
        world.pass(SignedDuration::from_secs(5)).await;
        let active = health(&world).await;
        assert_eq!((active.active, active.ending, active.oldest_intent), (1, 0, None));
        assert_eq!(active.writer, WriterState::Free, "the lease was given back");

        world.all_over(SignedDuration::from_mins(40)).await;
        let over = health(&world).await;
        assert_eq!((over.live, over.active, over.overdue), (0, 0, Vec::new()));
    });
}

#[test]
fn access_that_cannot_be_removed_is_named_after_five_minutes() {
    in_a_world(async |world, cast| {
        // Identity Center begins no deletion for ten minutes after the grant's end.
        world.state().lateness = SignedDuration::from_mins(20);
        let id = world.ask_automatic(&cast, 15).await;
        world.reaches(&id, "active", SignedDuration::from_mins(2)).await;
        let ends = world.request(&id).state.grant().unwrap().expires_at;
        let healed = ends + SignedDuration::from_mins(10);
        world.state().plan.outages.push(("access.begin", ends, healed));

        world.until(ends + SignedDuration::from_mins(4)).await;
        let late = health(&world).await;
        assert_eq!((late.ending, late.overdue), (1, Vec::new()), "not yet");
        assert_eq!(late.intents[0], (Rank::Removal, 1));
        world.until(ends + SignedDuration::from_secs(301)).await;
        let overdue = health(&world).await.overdue;
        assert_eq!(overdue.len(), 1);
        assert_eq!((&overdue[0].request, overdue[0].since), (&id, ends));
        assert_eq!(overdue[0].key, world.request(&id).ask.key());

        world.all_over(SignedDuration::from_mins(60)).await;
        assert_eq!(health(&world).await.overdue, Vec::new());
    });
}

#[test]
fn what_the_store_does_not_say_is_an_error_and_no_good_news() {
    in_a_world(async |world, _| {
        for call in ["requests.live", "requests.load_all", "assignments.lease"] {
            world.state().plan.of_port = Some((call, 0, Kind::Lost));
            assert!(matches!(run_health(&world).await, Err(Failure::Error(_))), "{call}");
        }
    });
}
