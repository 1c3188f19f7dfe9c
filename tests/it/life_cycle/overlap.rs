//! I9: several grants on one key. Access lasts until the last of them ends, and not longer.

use curfew_domain::id::RequestId;
use curfew_domain::request::{Gone, State as S};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::end::Ending;

use super::people::{in_a_world, key, wish};
use super::world::World;

const SOON: SignedDuration = SignedDuration::from_secs(30);

fn mins(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

fn end_of(world: &World, id: &RequestId) -> Timestamp {
    world.request(id).state.grant().unwrap().expires_at
}

fn gone(world: &World, id: &RequestId) -> Gone {
    let S::Ended { gone, .. } = world.request(id).state else { panic!("not ended: {}", world.stage(id)) };
    gone
}

#[test]
fn i9_access_lasts_until_the_later_of_two_ends_in_both_orders() {
    for (first, second) in [(3, 9), (9, 3)] {
        in_a_world(async |world, cast| {
            let key = key(&cast.ana, &cast.automatic);
            let a = world.ask_automatic(&cast, first).await;
            let b = world.ask_automatic(&cast, second).await;
            world.reaches(&a, "active", SOON).await;
            world.reaches(&b, "active", SOON).await;
            let (short, long) = if first < second { (a, b) } else { (b, a) };
            let last = end_of(&world, &long);
            world.until(end_of(&world, &short) + SignedDuration::from_secs(5)).await;
            assert_eq!(gone(&world, &short), Gone::KeptFor(long.clone()));
            world.until(last).await;
            assert!(world.is_assigned(&key), "not a second too early");
            world.reaches(&long, "ended", SignedDuration::from_secs(5)).await;
            assert_eq!(gone(&world, &long), Gone::Absent);
            world.all_over(mins(1)).await;
            let creates = world.state().calls.iter().filter(|c| **c == "access.begin_assign").count();
            assert_eq!(creates, 1, "the second grant found the assignment of the first");
        });
    }
}

#[test]
fn i9_the_later_grant_may_be_given_back_first() {
    in_a_world(async |world, cast| {
        let key = key(&cast.ana, &cast.automatic);
        let short = world.ask_automatic(&cast, 4).await;
        let long = world.ask_automatic(&cast, 60).await;
        world.reaches(&long, "active", SOON).await;
        world.end(&cast.ana, &long, Ending::Return).await.unwrap();
        world.reaches(&long, "ended", SOON).await;
        assert_eq!(gone(&world, &long), Gone::KeptFor(short.clone()));
        assert!(world.is_assigned(&key));
        world.all_over(mins(10)).await;
        assert_eq!(gone(&world, &short), Gone::Absent);
    });
}

#[test]
fn i9_back_to_back_grants_each_have_their_access() {
    // The second begins a little before, at, and a little after the end of the first.
    for offset in [-1_500, -300, 0, 40, 700, 2_000] {
        in_a_world(async |world, cast| {
            let first = world.ask_automatic(&cast, 2).await;
            world.reaches(&first, "active", SOON).await;
            let start = end_of(&world, &first) + SignedDuration::from_millis(offset);
            let second = world.ask(&cast.ana, wish(&cast.automatic, 2, Some(start))).await;
            world.until(start).await;
            world.reaches(&second, "active", SignedDuration::from_secs(15)).await;
            world.all_over(mins(10)).await;
            assert_eq!(gone(&world, &second), Gone::Absent, "offset {offset}");
        });
    }
}

#[test]
fn i9_grants_that_end_in_the_same_second_leave_nothing() {
    in_a_world(async |world, cast| {
        let start = world.now() + mins(2);
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(world.ask(&cast.ana, wish(&cast.automatic, 2, Some(start))).await);
        }
        world.all_over(mins(20)).await;
        assert!(ids.iter().all(|id| world.stage(id) == "ended"));
    });
}

#[test]
fn i9_a_grant_that_fails_takes_nothing_from_its_neighbour() {
    in_a_world(async |world, cast| {
        let key = key(&cast.ana, &cast.automatic);
        let first = world.ask_automatic(&cast, 6).await;
        world.reaches(&first, "active", SOON).await;
        // The second is approved, and then policy objects.
        let start = world.now() + mins(1);
        let second = world.ask(&cast.ana, wish(&cast.automatic, 5, Some(start))).await;
        world.reaches(&second, "scheduled", SOON).await;
        world.configure(&cast, "PT1H", "PT2M");
        world.reaches(&second, "failed", mins(2)).await;
        assert!(world.is_assigned(&key));
        world.all_over(mins(20)).await;
        assert_eq!(gone(&world, &first), Gone::Absent);
    });
}
