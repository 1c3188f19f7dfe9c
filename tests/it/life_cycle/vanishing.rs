//! What active grants stand on vanishes: the grant ends with the reason, and its access is removed like any other.

use std::sync::Arc;

use curfew_domain::request::{Gone, State as S};
use curfew_domain::time::SignedDuration;
use curfew_identity_center::{DeletedPrincipals, IDENTITY_STORE, SSO_ADMIN};
use curfew_policy::{AccountFacts, UserFacts};
use serde_json::json;

use super::functions::run_sweep;
use super::people::{in_a_world, key, wish};
use super::watcher::watch;
use super::world::{ACCOUNT, Cast, World};

const SOON: SignedDuration = SignedDuration::from_secs(30);
/// Three minutes until its turn, one until the sweep, and the removal.
const NOTICED: SignedDuration = SignedDuration::from_secs(270);

fn mins(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

type Change = fn(&Arc<World>, &Cast);

const VANISHED: [(&str, Change); 4] = [
    ("user_disabled", |world, cast| {
        world.state().disabled.insert(cast.ana.clone(), UserFacts::Disabled);
    }),
    ("user_gone", |world, cast| {
        world.state().disabled.insert(cast.ana.clone(), UserFacts::Unknown);
    }),
    ("account_not_active", |world, _| world.state().account = AccountFacts::NotActive),
    ("account_gone", |world, _| world.state().account = AccountFacts::Unknown),
];

fn ended(world: &World, id: &curfew_domain::id::RequestId) -> (&'static str, Gone) {
    let S::Ended { reason, gone, .. } = world.request(id).state else { panic!("{}", world.stage(id)) };
    (reason.name(), gone)
}

#[test]
fn a_grant_ends_when_its_user_or_account_vanishes() {
    for (reason, change) in VANISHED {
        in_a_world(async |world, cast| {
            let id = world.ask_automatic(&cast, 60).await;
            world.reaches(&id, "active", SOON).await;
            change(&world, &cast);
            world.reaches(&id, "ended", NOTICED).await;
            assert_eq!(ended(&world, &id), (reason, Gone::Absent));
            assert!(!world.is_assigned(&key(&cast.ana, &cast.automatic)));
            world.all_over(mins(5)).await;
        });
    }
}

#[test]
fn all_grants_of_a_user_end_and_those_of_others_stay() {
    in_a_world(async |world, cast| {
        let long = world.ask_automatic(&cast, 60).await;
        let short = world.ask_automatic(&cast, 20).await;
        let other = world.ask(&cast.cyn, wish(&cast.automatic, 15, None)).await;
        for id in [&long, &short, &other] {
            world.reaches(id, "active", SOON).await;
        }
        world.state().disabled.insert(cast.ana.clone(), UserFacts::Disabled);
        world.reaches(&long, "ended", NOTICED).await;
        world.reaches(&short, "ended", NOTICED).await;
        assert!(!world.is_assigned(&key(&cast.ana, &cast.automatic)));
        assert_eq!((ended(&world, &long).0, ended(&world, &short).0), ("user_disabled", "user_disabled"));
        assert_eq!(world.stage(&other), "active");
        world.all_over(mins(20)).await;
        assert_eq!(ended(&world, &other).0, "expired");
    });
}

#[test]
fn a_user_whose_assignments_went_along_is_the_reason_that_is_told() {
    in_a_world(async |world, cast| {
        let id = world.ask_automatic(&cast, 60).await;
        world.reaches(&id, "active", SOON).await;
        {
            let now = world.millis();
            let mut state = world.state();
            state.tampered = true;
            state.model.settings_mut().deleted_principals = DeletedPrincipals::Removed;
            let store = state.model.settings().identity_store_id.clone();
            let body = json!({ "IdentityStoreId": store, "UserId": cast.ana.as_str() });
            state.model.call(IDENTITY_STORE, "DeleteUser", &body, now).unwrap();
            state.disabled.insert(cast.ana.clone(), UserFacts::Unknown);
        }
        world.reaches(&id, "ended", NOTICED).await;
        assert_eq!(ended(&world, &id), ("user_gone", Gone::Absent));
        world.all_over(mins(5)).await;
    });
}

#[test]
fn a_grant_ends_when_its_permission_set_was_deleted() {
    in_a_world(async |world, cast| {
        let id = world.ask_automatic(&cast, 60).await;
        world.reaches(&id, "active", SOON).await;
        // Identity Center deletes none that is assigned.
        world.administer(&key(&cast.ana, &cast.automatic), false);
        {
            let now = world.millis();
            let mut state = world.state();
            let instance = state.model.settings().instance_arn.clone();
            let body = json!({ "InstanceArn": instance, "PermissionSetArn": cast.automatic.as_str() });
            state.model.call(SSO_ADMIN, "DeletePermissionSet", &body, now).unwrap();
            state.session = None;
        }
        world.reaches(&id, "ended", NOTICED).await;
        assert_eq!(ended(&world, &id), ("permission_set_gone", Gone::Absent));
        world.all_over(mins(5)).await;
    });
}

#[test]
fn a_permission_set_that_is_not_found_and_assigned_is_there() {
    in_a_world(async |world, cast| {
        let watcher = watch();
        let id = world.ask_automatic(&cast, 15).await;
        world.reaches(&id, "active", SOON).await;
        world.state().session = None;
        world.pass(mins(10)).await;
        assert_eq!(world.stage(&id), "active");
        assert!(!watcher.alarms("sweep_fault").is_empty());
        world.all_over(mins(10)).await;
        assert_eq!(ended(&world, &id).0, "expired");
    });
}

#[test]
fn i19_facts_that_cannot_be_had_end_nothing_and_hold_no_removal_up() {
    for port in ["people.", "accounts.", "permission_sets."] {
        in_a_world(async |world, cast| {
            let id = world.ask_automatic(&cast, 15).await;
            world.reaches(&id, "active", SOON).await;
            let (from, to) = (world.now(), world.now() + mins(30));
            world.state().plan.outages.push((port, from, to));
            let mut faults = 0;
            for _ in 0..6 {
                faults += run_sweep(&world).await.unwrap().faults;
                world.pass(mins(1)).await;
            }
            assert!(faults > 0, "{port}");
            assert_eq!(world.stage(&id), "active");
            let end = world.request(&id).state.grant().unwrap().expires_at;
            world.until(end).await;
            world.reaches(&id, "ended", mins(2)).await;
            assert_eq!(ended(&world, &id), ("expired", Gone::Absent));
            world.all_over(mins(5)).await;
        });
    }
}

#[test]
fn i14_access_to_a_suspended_account_stays_on_record_until_it_can_be_removed() {
    in_a_world(async |world, cast| {
        let watcher = watch();
        world.state().lateness = mins(60);
        let id = world.ask_automatic(&cast, 60).await;
        world.reaches(&id, "active", SOON).await;
        world.state().account = AccountFacts::NotActive;
        world.state().model.settings_mut().suspended_accounts.insert(ACCOUNT.to_owned());
        world.reaches(&id, "ending", NOTICED).await;
        assert_eq!(run_sweep(&world).await.unwrap().overdue, 0);
        world.pass(mins(20)).await;
        assert_eq!(world.stage(&id), "ending");
        assert!(world.is_assigned(&key(&cast.ana, &cast.automatic)));
        assert!(!watcher.alarms("removal_overdue").is_empty());
        let swept = run_sweep(&world).await.unwrap();
        assert!(swept.overdue == 1 && (1_200..1_300).contains(&swept.oldest_intent_seconds), "{swept:?}");
        let line = watcher.with("message", "swept").pop().unwrap();
        let told = [("live", swept.live), ("looked_at", swept.looked_at), ("repaired", swept.repaired)];
        for (field, value) in told.into_iter().chain([("faults", swept.faults), ("overdue", 1)]) {
            assert_eq!(line[field], value.to_string(), "{field}");
        }
        assert_eq!(line["oldest_intent_seconds"], swept.oldest_intent_seconds.to_string());
        // It is opened again.
        world.state().model.settings_mut().suspended_accounts.clear();
        world.reaches(&id, "ended", mins(3)).await;
        assert_eq!(ended(&world, &id), ("account_not_active", Gone::Absent));
        world.all_over(mins(5)).await;
    });
}

#[test]
fn i17_sessions_that_became_longer_are_reported_and_end_nothing() {
    in_a_world(async |world, cast| {
        let watcher = watch();
        let id = world.ask_automatic(&cast, 15).await;
        world.reaches(&id, "active", SOON).await;
        world.pass(mins(4)).await;
        assert!(watcher.alarms("session_longer").is_empty());
        world.state().session = Some(SignedDuration::from_hours(4));
        world.pass(mins(6)).await;
        let told = watcher.alarms("session_longer");
        assert_eq!(told.len(), 2, "once in three minutes");
        assert_eq!((&told[0]["permission_set"], told[0]["seconds"].as_str()), (&cast.automatic.to_string(), "14400"));
        assert_eq!(world.stage(&id), "active");
        world.all_over(mins(10)).await;
        assert_eq!(ended(&world, &id).0, "expired");
    });
}
