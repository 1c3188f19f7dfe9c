//! I4: what was approved is judged once more, on fresh facts, immediately before it is created.

use std::sync::Arc;

use curfew_domain::request::{Answer, State as S};
use curfew_domain::time::SignedDuration;
use curfew_policy::{AccountFacts, UserFacts};

use super::people::in_a_world;
use super::world::{Cast, World};

type Change = fn(&Arc<World>, &Cast);

const CHANGES: [(&str, Change); 7] = [
    ("disabled", |world, cast| {
        world.state().disabled.insert(cast.ana.clone(), UserFacts::Disabled);
    }),
    ("not in the directory", |world, cast| {
        world.state().disabled.insert(cast.ana.clone(), UserFacts::Unknown);
    }),
    ("suspended", |world, _| world.state().account = AccountFacts::NotActive),
    ("longer than the bound", |world, _| world.state().session = Some(SignedDuration::from_hours(12))),
    ("permission set does not exist", |world, _| world.state().session = None),
    ("longer than the maximum", |world, cast| world.configure(cast, "PT1H", "PT2M")),
    ("asks for other approvals", |world, cast| {
        // The approvers are other people now.
        let other = Cast { ben: cast.dan.clone(), cyn: cast.dan.clone(), ..cast.clone() };
        world.configure(&other, "PT1H", "PT8H");
    }),
];

#[test]
fn i4_facts_that_changed_since_the_approval_forbid_the_create() {
    for (reason, change) in CHANGES {
        in_a_world(async |world, cast| {
            let id = world.ask_approved(&cast, 5).await;
            // At the last moment: after the decision was stored, before anything else happens.
            world.answer(&cast.ben, &id, Answer::Approve).await;
            change(&world, &cast);
            world.reaches(&id, "failed", SignedDuration::from_mins(2)).await;
            let S::Failed { reason: told } = world.request(&id).state else { panic!("not failed") };
            assert!(told.contains(reason), "{told}");
            assert!(!world.state().calls.contains(&"access.begin_assign"), "{reason}");
            world.all_over(SignedDuration::from_mins(5)).await;
        });
    }
}

#[test]
fn i4_facts_that_change_while_identity_center_is_busy_forbid_the_create() {
    for (reason, change) in CHANGES {
        in_a_world(async |world, cast| {
            world.state().model.inject(curfew_identity_center::Fault {
                operation: "CreateAccountAssignment".to_owned(),
                times: 20,
                kind: curfew_identity_center::FaultKind::Conflict,
            });
            let id = world.ask_approved(&cast, 5).await;
            world.answer(&cast.ben, &id, Answer::Approve).await;
            while world.state().calls.last() != Some(&"access.begin_assign") {
                world.pass(SignedDuration::from_millis(1)).await;
            }
            change(&world, &cast);
            world.reaches(&id, "failed", SignedDuration::from_mins(2)).await;
            world.all_over(SignedDuration::from_mins(5)).await;
            assert!(world.state().begun.is_empty(), "{reason}");
        });
    }
}

#[test]
fn i19_facts_that_cannot_be_had_give_nothing() {
    for port in ["people.", "accounts.", "permission_sets.", "configurations."] {
        in_a_world(async |world, cast| {
            let id = world.ask_approved(&cast, 5).await;
            world.reaches(&id, "awaiting_approval", SignedDuration::from_secs(5)).await;
            let (from, to) = (world.now(), world.now() + SignedDuration::from_hours(1));
            world.state().plan.outages.push((port, from, to));
            world.answer(&cast.ben, &id, Answer::Approve).await;
            world.all_over(SignedDuration::from_mins(30)).await;
            assert_eq!(world.stage(&id), "failed", "{port}");
            assert!(world.state().begun.is_empty());
        });
    }
}

#[test]
fn i20_revocation_needs_neither_people_nor_policy_nor_notices() {
    in_a_world(async |world, cast| {
        let id = world.ask_automatic(&cast, 5).await;
        world.reaches(&id, "active", SignedDuration::from_secs(20)).await;
        let (from, to) = (world.now(), world.now() + SignedDuration::from_hours(1));
        for port in ["people.", "accounts.", "permission_sets.", "configurations.", "notices.", "flow."] {
            world.state().plan.outages.push((port, from, to));
        }
        let end = world.request(&id).state.grant().unwrap().expires_at;
        world.until(end).await;
        world.reaches(&id, "ended", SignedDuration::from_secs(5)).await;
        world.all_over(SignedDuration::from_mins(5)).await;
    });
}
