//! I16: assignments of permission sets that are Curfew's alone, which Curfew did not make, are reported and not touched.

use std::sync::Arc;

use curfew_domain::id::{AccountId, Key, PermissionSetArn, RequestId};
use curfew_domain::request::{Command, Context, apply, submit};
use curfew_domain::time::SignedDuration;
use curfew_engine::sweep::Swept;
use curfew_identity_center::PrincipalType;
use curfew_policy::Configuration;

use super::functions::run_sweep;
use super::people::{in_a_world, key, wish};
use super::watcher::{Watcher, watch};
use super::world::{ACCOUNT, Cast, World, of_model};

const SOON: SignedDuration = SignedDuration::from_secs(30);

fn mins(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

/// Makes these permission sets Curfew's alone.
fn own(world: &World, sets: &[&PermissionSetArn]) {
    let mut state = world.state();
    let (_, text) = state.configuration.as_ref().unwrap();
    let sets: Vec<String> = sets.iter().map(|set| format!("\"{set}\"")).collect();
    let text = format!("{text}[ownership]\npermission_sets = [{}]\nmode = \"report\"\n", sets.join(", "));
    state.configuration = Some((Configuration::parse(&text).unwrap(), text));
}

/// Who was reported, in which account.
fn strays(watcher: &Watcher) -> Vec<(String, String)> {
    let mut found: Vec<_> =
        watcher.alarms("stray_assignment").iter().map(|l| (l["principal"].clone(), l["account"].clone())).collect();
    found.sort();
    found.dedup();
    found
}

fn elsewhere(key: &Key) -> Key {
    Key { account: AccountId::parse("444455556666").unwrap(), ..key.clone() }
}

#[test]
fn i16_what_curfew_did_not_make_is_reported_within_a_quarter_of_an_hour_and_stays() {
    in_a_world(async |world, cast| {
        let watcher = watch();
        own(&world, &[&cast.approved]);
        // Page by page.
        world.state().model.settings_mut().page_limit = 1;
        let here = key(&cast.ben, &cast.approved);
        let there = elsewhere(&key(&cast.cyn, &cast.approved));
        let not_owned = key(&cast.ben, &cast.automatic);
        for key in [&here, &there, &not_owned] {
            world.administer(key, true);
        }
        let group = curfew_identity_center::Assignment {
            principal_type: PrincipalType::Group,
            principal_id: "11111111-2222-4333-8444-555555555555".to_owned(),
            ..of_model(&here)
        };
        let now = world.millis();
        world.state().model.set_assignment(group.clone(), true, now);
        world.pass(mins(15)).await;
        let expected = [
            (format!("GROUP {}", group.principal_id), ACCOUNT.to_owned()),
            (format!("USER {}", cast.ben), ACCOUNT.to_owned()),
            (format!("USER {}", cast.cyn), there.account.to_string()),
        ];
        let mut expected = expected.to_vec();
        expected.sort();
        assert_eq!(strays(&watcher), expected);
        let told = watcher.alarms("stray_assignment");
        assert!(told.iter().all(|line| line["permission_set"] == cast.approved.as_str()));
        for key in [&here, &there, &not_owned] {
            assert!(world.is_assigned(key));
        }
        assert!(!world.state().calls.iter().any(|call| call.starts_with("access.begin")));
        // Once it is gone, it is reported no more.
        let before = told.len();
        for key in [&here, &there] {
            world.administer(key, false);
        }
        world.state().model.set_assignment(group, false, now);
        world.pass(mins(15)).await;
        assert_eq!(watcher.alarms("stray_assignment").len(), before);
        assert!(watcher.alarms("sweep_fault").is_empty());
    });
}

#[test]
fn i16_a_single_sweep_that_is_lost_delays_no_report_beyond_a_quarter_of_an_hour() {
    in_a_world(async |world, cast| {
        let watcher = watch();
        own(&world, &[&cast.approved]);
        world.administer(&key(&cast.ben, &cast.approved), true);
        // Whenever its turn is: the first time it fails.
        let first = world.now() + mins(7);
        let from = world.now();
        world.state().plan.outages.push(("inventory.", from, first));
        world.pass(mins(15)).await;
        assert_eq!(strays(&watcher).len(), 1);
        assert!(!watcher.alarms("sweep_fault").is_empty());
    });
}

#[test]
fn what_curfew_makes_and_removes_is_never_reported() {
    in_a_world(async |world, cast| {
        let watcher = watch();
        own(&world, &[&cast.automatic, &cast.approved]);
        // Also one that somebody else made and a grant now relies on.
        let standing = key(&cast.cyn, &cast.automatic);
        world.administer(&standing, true);
        world.pass(SignedDuration::from_secs(2)).await;
        let relying = world.ask(&cast.cyn, wish(&cast.automatic, 20, None)).await;
        world.reaches(&relying, "active", SOON).await;
        sweep_all_the_time(&world);
        for _ in 0..7 {
            let id = world.ask(&cast.ana, wish(&cast.automatic, 1, None)).await;
            // At other seconds of the minute each time.
            world.pass(SignedDuration::from_secs(83)).await;
            world.reaches(&id, "ended", mins(2)).await;
        }
        assert_eq!(strays(&watcher), []);
        // Then it is nobody's.
        world.reaches(&relying, "ended", mins(20)).await;
        world.pass(mins(9)).await;
        assert_eq!(strays(&watcher), [(format!("USER {}", cast.cyn), ACCOUNT.to_owned())]);
    });
}

#[test]
fn a_configuration_that_cannot_be_read_keeps_the_sweep_from_nothing_else() {
    in_a_world(async |world, cast| {
        let id = world.ask_automatic(&cast, 5).await;
        world.reaches(&id, "active", SOON).await;
        world.state().lost.insert("trigger");
        let (from, to) = (world.now(), world.now() + mins(30));
        world.state().plan.outages.push(("configurations.", from, to));
        world.all_over(mins(9)).await;
        assert_eq!(world.stage(&id), "ended");
        assert_eq!(run_sweep(&world).await.unwrap(), Swept { faults: 1, ..Swept::default() });
    });
}

#[test]
fn a_sweep_costs_what_is_live_whatever_the_history() {
    for ended in [10, 1_000] {
        in_a_world(async |world, cast| {
            own(&world, &[&cast.automatic, &cast.approved]);
            let id = world.ask_automatic(&cast, 120).await;
            world.reaches(&id, "active", SOON).await;
            remember(&world, &cast, &id, ended);
            // So long that no token can be left.
            world.pass(mins(41)).await;
            let began = world.now();
            let mut total = 0;
            // Once round for the comparison in two minutes, the facts in three, the drift in seven.
            for minute in 0..42 {
                world.until(began + mins(minute)).await;
                let first = world.state().calls.len();
                let swept = run_sweep(&world).await.unwrap();
                assert_eq!(swept, Swept { live: 1, looked_at: 1, ..Swept::default() });
                total += world.state().calls.len() - first;
            }
            let each = ["list", "load", "tidy", "configuration", "accounts", "accounts"].len();
            assert_eq!(total, 42 * each + 42 / 2 + 3 * 42 / 3 + 42 / 7, "{ended}");
            world.all_over(mins(60)).await;
        });
    }
}

/// Requests that are over: asked for like this one, and cancelled.
fn remember(world: &World, cast: &Cast, like: &RequestId, many: i64) {
    let (like, by, now) = (world.request(like), world.person(&cast.ana), world.now());
    let mut state = world.state();
    for n in 0..many {
        let id = RequestId::first_at(now - mins(2_000) + mins(n));
        let first = submit(curfew_domain::ask::Ask { id: id.clone(), ..like.ask.clone() });
        let cancel = Command::Cancel { by: by.clone(), comment: None };
        let second = apply(&first.request, cancel, Context { now }).unwrap();
        state.requests.insert(id.clone(), second.request);
        state.records.insert(id, vec![first.record, second.record]);
    }
}

fn sweep_all_the_time(world: &Arc<World>) {
    let world = Arc::clone(world);
    tokio::task::spawn_local(async move {
        loop {
            let other = Arc::clone(&world);
            tokio::task::spawn_local(async move { drop(run_sweep(&other).await) });
            world.pass(SignedDuration::from_millis(1_870)).await;
        }
    });
}
