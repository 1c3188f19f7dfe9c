//! Extensions: who gets none, what two people's clicks at once come to, and every single fault at every call.

use std::sync::Arc;

use curfew_domain::id::{RequestId, UserId};
use curfew_domain::request::{Refusal, State as S};
use curfew_domain::time::SignedDuration;
use curfew_engine::end::Ending;
use curfew_engine::error::Error;
use curfew_engine::submit::Refused;

use super::every_fault::broken;
use super::extending::{SOON, end_of, mins, reason, shown};
use super::faults::Kind::{self, CrashAfter, CrashBefore, Frozen, Lost, ReplyLost};
use super::people::{in_a_world, key, wish};
use super::world::{Cast, World};

#[test]
fn only_ones_own_active_grant_is_extended_once_and_within_the_maximum() {
    in_a_world(async |world, cast| {
        let refused = async |who: &UserId, id: &RequestId, minutes: i64| {
            world.extend(who, id, minutes).await.expect_err("must be refused")
        };
        let approved = world.ask_approved(&cast, 10).await;
        world.reaches(&approved, "awaiting_approval", SOON).await;
        let early = refused(&cast.ana, &approved, 5).await;
        assert!(matches!(early, Refused::Error(Error::Refused(Refusal::Illegal { .. }))), "{early}");

        let first = world.ask_automatic(&cast, 60).await;
        world.reaches(&first, "active", SOON).await;
        assert!(matches!(refused(&cast.ben, &first, 5).await, Refused::Error(Error::NotFound)));
        let other = refused(&cast.dan, &first, 5).await;
        assert!(matches!(other, Refused::Error(Error::Refused(Refusal::NotRequester("extend")))), "{other}");

        // Eight hours at most, of which almost one is left of the grant.
        let Refused::ExtensionTooLong { longest: Some(longest), .. } = refused(&cast.ana, &first, 480).await else {
            panic!("too long")
        };
        assert_eq!(longest.seconds() / 60, 420);
        assert!(matches!(refused(&cast.ana, &first, 421).await, Refused::ExtensionTooLong { .. }));
        world.configure(&cast, "PT1H", "PT30M");
        let none = refused(&cast.ana, &first, 1).await;
        assert!(matches!(none, Refused::ExtensionTooLong { longest: None, .. }), "{none}");
        world.configure(&cast, "PT1H", "PT8H");

        let again = world.try_extend(&cast.ana, &first, 420, "same key").await.unwrap().unwrap();
        let repeat = world.try_extend(&cast.ana, &first, 420, "same key").await.unwrap().unwrap();
        assert_eq!(again.ask.id, repeat.ask.id);
        assert_eq!(shown(&world, &first).await.as_ref(), Some(&again.ask.id));
        let other_wish = world.try_extend(&cast.ana, &first, 419, "same key").await.unwrap();
        assert!(matches!(other_wish, Err(Refused::KeyReused)));
        world.reaches(&again.ask.id, "active", SOON).await;
        let Refused::AlreadyExtended { by, active: true } = refused(&cast.ana, &first, 5).await else { panic!() };
        assert_eq!(by, again.ask.id);

        world.end(&cast.ana, &first, Ending::Return).await.unwrap();
        let over = refused(&cast.ana, &first, 5).await;
        assert!(matches!(over, Refused::Error(Error::Refused(Refusal::Illegal { .. }))), "{over}");
        world.all_over(mins(20)).await;
    });
}

#[test]
fn two_extensions_that_slip_through_at_once_give_no_more_than_one() {
    in_a_world(async |world, cast| {
        let first = world.ask_automatic(&cast, 10).await;
        world.reaches(&first, "active", SOON).await;
        let (one, two) = tokio::join!(world.extend(&cast.ana, &first, 10), world.extend(&cast.ana, &first, 10));
        let (one, two) = (one.unwrap(), two.unwrap());
        world.reaches(&one, "active", SOON).await;
        world.reaches(&two, "active", SOON).await;
        assert_ne!(one, two);
        let last = end_of(&world, &first) + mins(10);
        assert_eq!((end_of(&world, &one), end_of(&world, &two)), (last, last));
        world.end(&cast.ana, &two, Ending::Return).await.unwrap();
        world.all_over(mins(1)).await;
        assert!([first, one, two].iter().all(|id| reason(&world, id) == "returned"));
    });
}

#[test]
fn an_extension_that_holds_the_key_already_is_ended_with_the_grant_before_it_is_active() {
    in_a_world(async |world, cast| {
        let first = world.ask_automatic(&cast, 60).await;
        world.reaches(&first, "active", SOON).await;
        // It has looked at the grant, and is slow from there on.
        world.state().plan.of_port = Some(("access.is_assigned", 0, Frozen(5)));
        let second = world.extend(&cast.ana, &first, 60).await.unwrap();
        world.pass(SignedDuration::from_secs(2)).await;
        assert_eq!(world.stage(&second), "provisioning");
        world.end(&cast.ana, &first, Ending::Return).await.unwrap();
        world.all_over(mins(1)).await;
        assert_eq!(reason(&world, &second), "returned");
        let with = world.state().records[&second].iter().find(|record| record.event == "ending").unwrap().body.clone();
        assert!(with.contains(&format!("\"with\":\"{first}\"")), "{with}");
        assert!(world.state().records[&second].iter().all(|record| record.event != "activated"));
    });
}

#[test]
fn i10_an_extension_brings_nothing_back_however_long_any_look_takes() {
    // The n-th request that is loaded from the extension on is what it was five seconds ago.
    for slow in 0..16 {
        in_a_world(async |world, cast| {
            let first = world.ask_automatic(&cast, 60).await;
            world.reaches(&first, "active", SOON).await;
            world.state().plan.of_port = Some(("requests.load", slow, Frozen(5)));
            let second = world.extend(&cast.ana, &first, 60).await.unwrap();
            world.pass(SignedDuration::from_secs(2)).await;
            world.end(&cast.ana, &first, Ending::Return).await.unwrap();
            world.pass(mins(1)).await;
            assert!(!world.is_assigned(&key(&cast.ana, &cast.automatic)), "{slow}: {}", world.stage(&second));
            world.all_over(mins(1)).await;
        });
    }
}

/// A grant of two hours, extended by two hours and given back.
async fn extended_and_returned(world: Arc<World>, cast: Cast) {
    let first = world.ask_automatic(&cast, 120).await;
    while !matches!(world.request(&first).state, S::Active(_)) {
        if world.request(&first).state.stage().is_terminal() {
            return;
        }
        world.pass(SignedDuration::from_millis(300)).await;
    }
    let second = world.extend(&cast.ana, &first, 120).await.unwrap();
    world.pass(SignedDuration::from_millis(350)).await;
    world.end(&cast.ana, &first, Ending::Return).await.ok();
    // What was said to be ended must not be there for two hours more: `all_over` waits 40 minutes.
    assert_ne!(first, second);
}

/// A grant of three minutes, extended by three.
async fn extended_to_its_end(world: Arc<World>, cast: Cast) {
    let first = world.ask(&cast.ana, wish(&cast.automatic, 3, None)).await;
    for _ in 0..60 {
        world.pass(SignedDuration::from_secs(1)).await;
        if matches!(world.request(&first).state, S::Active(_)) && world.extend(&cast.ana, &first, 3).await.is_ok() {
            return;
        }
    }
}

/// Every call × each kind of fault.
fn every_call<L: Future<Output = ()>>(life: impl Fn(Arc<World>, Cast) -> L, kinds: &[Kind]) {
    let (violations, calls) = broken(&life, &[]);
    assert!(violations.is_empty(), "without a fault: {:#?}", violations.first());
    let mut found = Vec::new();
    for kind in kinds {
        for (number, port) in calls.iter().enumerate() {
            let (violations, _) = broken(&life, &[(number, *kind)]);
            found.extend(violations.first().map(|what| format!("{kind:?} at {number} ({port}): {what}")));
        }
    }
    found.truncate(20);
    assert!(found.is_empty(), "of {} points: {found:#?}", calls.len() * kinds.len());
}

#[test]
fn no_single_fault_breaks_an_extension() {
    every_call(extended_to_its_end, &[Lost, ReplyLost, CrashBefore, CrashAfter, Frozen(20)]);
}

#[test]
fn no_single_fault_leaves_an_extension_behind_when_its_grant_is_given_back() {
    every_call(extended_and_returned, &[Lost, ReplyLost, CrashBefore, CrashAfter]);
}
