//! Extensions: access goes on without a gap and ends when the extension ends; giving back or revoking either end of a
//! chain ends all of it; nothing that was ended otherwise than by its time comes back. (I9, I10)

use std::sync::Arc;

use curfew_domain::id::{RequestId, UserId};
use curfew_domain::request::{Answer, Gone, Refusal, Request, State as S};
use curfew_domain::text::Justification;
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use curfew_engine::core::Core;
use curfew_engine::end::Ending;
use curfew_engine::error::Error;
use curfew_engine::extend::{Extension, extend, extended_by};
use curfew_engine::submit::Refused;

use curfew_engine::trigger::{Trigger, minute};

use super::functions::{Failure, invoke};
use super::hands::Hands;
use super::people::{in_a_world, key};
use super::world::{Cast, World};

pub(super) const SOON: SignedDuration = SignedDuration::from_secs(30);

pub(super) fn mins(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

pub(super) fn end_of(world: &World, id: &RequestId) -> Timestamp {
    world.request(id).state.grant().unwrap().expires_at
}

fn gone(world: &World, id: &RequestId) -> Gone {
    let S::Ended { gone, .. } = world.request(id).state else { panic!("not ended: {}", world.stage(id)) };
    gone
}

fn creates(world: &World) -> usize {
    world.state().calls.iter().filter(|call| **call == "access.begin_assign").count()
}

pub(super) fn reason(world: &World, id: &RequestId) -> String {
    match world.request(id).state {
        S::Failed { reason } => reason,
        S::Ended { reason, .. } => reason.name().to_owned(),
        other => panic!("not over: {other:?}"),
    }
}

fn core(hands: &Hands) -> Core {
    let hands = Arc::new(hands.clone());
    let (flow, wake) = (Some(Arc::clone(&hands) as _), Some(Arc::clone(&hands) as _));
    Core { store: hands.clone(), clock: hands.clone(), notices: hands, flow, wake }
}

impl World {
    /// One click on "extend".
    pub(super) async fn try_extend(
        self: &Arc<Self>,
        who: &UserId,
        id: &RequestId,
        minutes: i64,
        key: &str,
    ) -> Result<Result<Request, Refused>, Failure> {
        let person = self.person(who);
        let wish = Extension {
            duration: AccessDuration::from_seconds(minutes * 60).unwrap(),
            justification: Justification::parse("not done yet").unwrap(),
            ticket: None,
            origin: curfew_domain::origin::Origin::default(),
        };
        invoke(self, async |hands| {
            let core = core(&hands);
            let configuration = core.configuration().await?;
            match extend(&core, &hands, &configuration, &person, id, wish, Some(key.to_owned())).await {
                Err(Refused::Error(error @ (Error::Fault(_) | Error::Busy(_)))) => Err(error),
                other => Ok(other),
            }
        })
        .await
    }

    /// Extends, and clicks again with the same idempotency key until there is an answer.
    pub(super) async fn extend(
        self: &Arc<Self>,
        who: &UserId,
        id: &RequestId,
        minutes: i64,
    ) -> Result<RequestId, Refused> {
        let key = format!("key {}", self.state().next());
        loop {
            match self.try_extend(who, id, minutes, &key).await {
                Ok(answer) => return answer.map(|request| request.ask.id),
                Err(_) => self.pass(SignedDuration::from_secs(5)).await,
            }
        }
    }

    /// An active grant and an active extension of it.
    async fn extended(self: &Arc<Self>, cast: &Cast, minutes: i64, more: i64) -> (RequestId, RequestId) {
        let first = self.ask_automatic(cast, minutes).await;
        self.reaches(&first, "active", SOON).await;
        let second = self.extend(&cast.ana, &first, more).await.unwrap();
        self.reaches(&second, "active", SOON).await;
        (first, second)
    }
}

#[test]
fn i10_an_extension_has_a_grant_of_its_own_and_access_goes_on_without_a_gap() {
    in_a_world(async |world, cast| {
        let key = key(&cast.ana, &cast.automatic);
        let first = world.ask_automatic(&cast, 4).await;
        world.reaches(&first, "active", SOON).await;
        let before = end_of(&world, &first);
        world.pass(mins(1)).await;
        let second = world.extend(&cast.ana, &first, 5).await.unwrap();
        world.reaches(&second, "active", SOON).await;
        assert_eq!(end_of(&world, &first), before, "the extended grant is not touched");
        assert_eq!(end_of(&world, &second), before + mins(5));
        let minutes: Vec<_> = world.state().triggers.iter().map(Trigger::minute).collect();
        assert_eq!(
            minutes,
            [minute(before), minute(before + mins(5))],
            "the new trigger is armed before the old one goes"
        );
        let submitted = world.state().records[&second][0].body.clone();
        assert!(submitted.contains(&format!("\"extends\":\"{first}\"")), "{submitted}");

        world.until(before + SignedDuration::from_secs(5)).await;
        assert_eq!(gone(&world, &first), Gone::KeptFor(second.clone()));
        world.until(before + mins(5)).await;
        assert!(world.is_assigned(&key), "not a second too early");
        world.reaches(&second, "ended", SignedDuration::from_secs(5)).await;
        assert_eq!((gone(&world, &second), creates(&world)), (Gone::Absent, 1));
        world.all_over(mins(1)).await;
    });
}

#[test]
fn i6_the_trigger_of_an_extension_is_armed_before_the_extended_grant_ends_at_any_distance() {
    // The extension is asked for so many milliseconds before the end; later, there is nothing to extend.
    for before in (0..1_200).step_by(60) {
        in_a_world(async |world, cast| {
            let first = world.ask_automatic(&cast, 2).await;
            world.reaches(&first, "active", SOON).await;
            let end = end_of(&world, &first);
            world.until(end - SignedDuration::from_millis(before)).await;
            match world.extend(&cast.ana, &first, 2).await {
                Ok(second) => {
                    world.reaches(&second, "active", SOON).await;
                    let last = end_of(&world, &second);
                    assert!(last >= end + mins(2) && last <= world.now().max(end) + mins(2), "{before}");
                    world.until(last).await;
                    assert!(world.is_assigned(&key(&cast.ana, &cast.automatic)), "{before}");
                }
                Err(Refused::Error(Error::Refused(Refusal::Overdue(_) | Refusal::Illegal { .. }))) => {
                    assert!(before < 100, "{before}");
                }
                Err(other) => panic!("{before}: {other}"),
            }
            world.all_over(mins(10)).await;
        });
    }
}

#[test]
fn an_extension_that_is_approved_after_the_end_begins_then() {
    in_a_world(async |world, cast| {
        let first = world.ask_approved(&cast, 3).await;
        world.answer(&cast.ben, &first, Answer::Approve).await;
        world.reaches(&first, "active", SOON).await;
        let second = world.extend(&cast.ana, &first, 3).await.unwrap();
        world.reaches(&second, "awaiting_approval", SOON).await;
        world.reaches(&first, "ended", mins(4)).await;
        assert_eq!(gone(&world, &first), Gone::Absent);
        world.pass(mins(2)).await;
        let approved = world.now();
        world.answer(&cast.cyn, &second, Answer::Approve).await;
        world.reaches(&second, "active", SOON).await;
        let lasts = end_of(&world, &second).duration_since(approved);
        assert!(lasts >= mins(3) - SignedDuration::from_secs(1) && lasts < mins(3) + SOON, "{lasts}");
        world.all_over(mins(10)).await;
    });
}

#[test]
fn i10_an_extension_that_is_denied_changes_nothing() {
    in_a_world(async |world, cast| {
        let first = world.ask_approved(&cast, 3).await;
        world.answer(&cast.ben, &first, Answer::Approve).await;
        world.reaches(&first, "active", SOON).await;
        let (end, denied) = (end_of(&world, &first), world.extend(&cast.ana, &first, 3).await.unwrap());
        world.answer(&cast.ben, &denied, Answer::Deny).await;
        world.until(end).await;
        world.reaches(&first, "ended", SignedDuration::from_secs(5)).await;
        assert_eq!((world.stage(&denied), gone(&world, &first)), ("denied", Gone::Absent));
        world.all_over(mins(1)).await;
    });
}

#[test]
fn giving_back_or_revoking_either_end_of_a_chain_ends_all_of_it() {
    for (who, ending) in [("ana", Ending::Return), ("dan", Ending::Revoke)] {
        for clicked in 0..3 {
            in_a_world(async |world, cast| {
                let (first, second) = world.extended(&cast, 30, 30).await;
                let third = world.extend(&cast.ana, &second, 30).await.unwrap();
                world.reaches(&third, "active", SOON).await;
                let chain = [first, second, third];
                let who = if who == "ana" { &cast.ana } else { &cast.dan };
                let answer = world.end(who, &chain[clicked], ending).await.unwrap();
                assert_eq!(answer.ask.id, chain[clicked]);
                world.pass(SOON).await;
                assert!(chain.iter().all(|id| world.stage(id) == "ended"));
                let expected = if ending == Ending::Return { "returned" } else { "revoked" };
                assert!(chain.iter().all(|id| reason(&world, id) == expected));
                assert!(!world.is_assigned(&key(&cast.ana, &cast.automatic)));
                world.all_over(mins(1)).await;
            });
        }
    }
}

#[test]
fn a_grant_that_merely_overlaps_stays_when_a_chain_ends_and_a_chain_when_it_ends() {
    for chain_ends in [true, false] {
        in_a_world(async |world, cast| {
            let other = world.ask_automatic(&cast, 20).await;
            let (first, second) = world.extended(&cast, 5, 5).await;
            let clicked = if chain_ends { &first } else { &other };
            world.end(&cast.ana, clicked, Ending::Return).await.unwrap();
            world.pass(SOON).await;
            assert_eq!(world.stage(&other) == "active", chain_ends);
            assert!([first, second].iter().all(|id| (world.stage(id) == "ended") == chain_ends));
            assert!(world.is_assigned(&key(&cast.ana, &cast.automatic)));
            world.all_over(mins(30)).await;
        });
    }
}

#[test]
fn access_that_an_extension_keeps_can_be_ended_by_the_record_that_has_expired() {
    in_a_world(async |world, cast| {
        let (first, second) = world.extended(&cast, 2, 60).await;
        let third = world.extend(&cast.ana, &second, 60).await.unwrap();
        world.reaches(&third, "active", SOON).await;
        world.reaches(&first, "ended", mins(3)).await;
        // Somebody who could not end the extension by itself cannot end it so.
        let refused = world.end(&cast.ben, &first, Ending::Revoke).await;
        assert!(refused.is_err() && world.stage(&third) == "active");
        world.end(&cast.dan, &first, Ending::Revoke).await.unwrap();
        world.pass(SOON).await;
        assert_eq!((world.stage(&second), world.stage(&third)), ("ended", "ended"));
        // Nothing is left: the same click is told so.
        assert!(matches!(world.end(&cast.dan, &first, Ending::Revoke).await, Err(Error::Refused(_))));
        world.all_over(mins(1)).await;
    });
}

#[test]
fn i10_an_extension_never_brings_back_what_was_given_back_or_revoked_at_any_distance() {
    let mut seen = std::collections::BTreeSet::new();
    for after in (0..600).step_by(3) {
        for ending in [Ending::Return, Ending::Revoke] {
            seen.insert(in_a_world(async |world, cast| {
                let first = world.ask_automatic(&cast, 60).await;
                world.reaches(&first, "active", SOON).await;
                let second = world.extend(&cast.ana, &first, 60).await.unwrap();
                world.pass(SignedDuration::from_millis(after)).await;
                let who = if ending == Ending::Return { &cast.ana } else { &cast.dan };
                world.end(who, &first, ending).await.unwrap();
                world.pass(mins(1)).await;
                assert!(!world.is_assigned(&key(&cast.ana, &cast.automatic)), "{after}");
                world.all_over(mins(1)).await;
                assert_eq!(creates(&world), 1, "{after}: nothing was created anew");
                let records = world.state().records[&second].len();
                format!("{records}: {}", reason(&world, &second))
            }));
        }
    }
    // Refused when it begins, refused under the key's lease, and ended with the other.
    let expected = [
        "3: the grant that it was to extend was given back; nothing is left to extend",
        "5: the grant that it was to extend was given back; nothing is left to extend",
        "6: returned",
    ];
    for what in expected {
        assert!(seen.contains(what), "{what}: {seen:#?}");
    }
}

#[test]
fn an_extension_is_refused_when_it_is_judged_after_its_grant_was_given_back() {
    in_a_world(async |world, cast| {
        let first = world.ask_automatic(&cast, 60).await;
        world.reaches(&first, "active", SOON).await;
        world.state().lost.insert("start");
        let second = world.extend(&cast.ana, &first, 60).await.unwrap();
        world.end(&cast.ana, &first, Ending::Return).await.unwrap();
        world.state().lost.remove("start");
        world.reaches(&second, "failed", mins(5)).await;
        assert!(reason(&world, &second).contains("was given back"));
        assert_eq!(world.request(&second).verdict, None, "policy was not asked");
        world.all_over(mins(1)).await;
    });
}

#[test]
fn an_extension_that_waits_for_approval_is_refused_when_its_grant_was_revoked() {
    in_a_world(async |world, cast| {
        let first = world.ask_approved(&cast, 60).await;
        world.answer(&cast.ben, &first, Answer::Approve).await;
        world.reaches(&first, "active", SOON).await;
        let second = world.extend(&cast.ana, &first, 60).await.unwrap();
        world.reaches(&second, "awaiting_approval", SOON).await;
        world.end(&cast.ben, &first, Ending::Revoke).await.unwrap();
        world.answer(&cast.cyn, &second, Answer::Approve).await;
        world.reaches(&second, "failed", SOON).await;
        assert!(reason(&world, &second).contains("was revoked"));
        world.all_over(mins(1)).await;
        assert_eq!(creates(&world), 1);
    });
}

#[test]
fn refusing_an_extension_takes_nothing_from_the_grant() {
    in_a_world(async |world, cast| {
        let first = world.ask_approved(&cast, 10).await;
        world.answer(&cast.ben, &first, Answer::Approve).await;
        world.reaches(&first, "active", SOON).await;
        let second = world.extend(&cast.ana, &first, 10).await.unwrap();
        world.reaches(&second, "awaiting_approval", SOON).await;
        world.end(&cast.ben, &second, Ending::Revoke).await.unwrap();
        world.pass(SOON).await;
        assert_eq!((world.stage(&first), world.stage(&second)), ("active", "cancelled"));
        // It came to nothing, so the grant can be extended again.
        let third = world.extend(&cast.ana, &first, 10).await.unwrap();
        assert_eq!(shown(&world, &first).await, Some(third));
        world.all_over(mins(40)).await;
    });
}

/// What `GET /v1/requests/{id}` names as `extended_by`.
pub(super) async fn shown(world: &Arc<World>, id: &RequestId) -> Option<RequestId> {
    let request = world.request(id);
    invoke(world, async |hands| extended_by(&core(&hands), &request).await).await.unwrap()
}
