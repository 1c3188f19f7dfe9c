//! The directory: a snapshot is whole or is not seen, whatever goes wrong while it is read.

use std::collections::BTreeMap;
use std::time::Duration;

use curfew_domain::time::SignedDuration;
use curfew_identity_center::IDENTITY_STORE;
use curfew_policy::directory::Directory;
use curfew_sim::directory::{Size, invoke, measure, sync};
use curfew_sim::scenario::cast::configuration;
use curfew_sim::{CallFault, Function, Options, Organisation, Plan, What, World, run};
use serde_json::{Value, json};

const MANAGEMENT: &str = "000000000000";
const SHOP: &str = "111122223333";
const LEDGER: &str = "222233334444";

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn options(plan: Plan) -> Options {
    let tags = [("environment".to_owned(), "production".to_owned())];
    let organisation = Organisation {
        people: names(&["ana", "ben", "cyn", "dan"]),
        accounts: names(&[MANAGEMENT, SHOP, LEDGER]),
        management: MANAGEMENT.to_owned(),
        permission_sets: [
            ("Reader".to_owned(), Duration::from_hours(1)),
            ("Admin".to_owned(), Duration::from_hours(4)),
        ]
        .into(),
        groups: [("payments".to_owned(), names(&["ana", "ben"])), ("everyone".to_owned(), names(&["ana", "cyn"]))]
            .into(),
        places: [(SHOP.to_owned(), "Workloads/Production".to_owned()), (LEDGER.to_owned(), "Workloads".to_owned())]
            .into(),
        tags: [(SHOP.to_owned(), tags.into())].into(),
        standing: vec![("dan".to_owned(), LEDGER.to_owned(), "Reader".to_owned())],
        configuration: String::new(),
    };
    Options { seed: 1, plan, sweep: false, organisation, ..Options::default() }
}

/// What a snapshot says, by names.
fn told(directory: &Directory) -> BTreeMap<String, String> {
    let users = directory.users.values().map(|user| {
        let groups: Vec<&str> = user.groups.iter().map(|group| directory.groups[group].name.as_str()).collect();
        (user.name.clone(), format!("enabled {}, in {}", user.enabled, groups.join(" ")))
    });
    let accounts = directory.accounts.iter().map(|(id, account)| {
        let path = directory.path_of(&account.unit);
        (
            id.to_string(),
            format!("{path} {:?} active {} management {}", account.tags, account.active, account.management),
        )
    });
    let sets = directory.permission_sets.values().map(|set| {
        let places: Vec<&str> = set.provisioned_in.iter().map(curfew_domain::id::AccountId::as_str).collect();
        (set.name.clone(), format!("{} s in {}", set.session.as_secs(), places.join(" ")))
    });
    users.chain(accounts).chain(sets).collect()
}

async fn snapshot(world: &World) -> Option<BTreeMap<String, String>> {
    world.directory().await.as_deref().map(told)
}

/// Ben leaves, Cyn joins payments, and the shop goes elsewhere.
fn happenings(world: &World) {
    world.set_user_enabled("ben", false);
    world.place_account(SHOP, "Sandbox");
    let cyn = world.user("cyn").to_string();
    let payments = world.group("payments").to_string();
    world.identity(|model, now| {
        let store = model.settings().identity_store_id.clone();
        let body = json!({ "IdentityStoreId": store, "GroupId": payments, "MemberId": { "UserId": cyn } });
        model.call(IDENTITY_STORE, "CreateGroupMembership", &body, now).unwrap();
    });
}

fn alarms(world: &World) -> Vec<String> {
    let log = world.log();
    let said = log.steps().iter().filter_map(|step| match &step.what {
        What::Said { alarm, .. } => alarm.clone(),
        _ => None,
    });
    said.collect()
}

#[test]
fn the_snapshot_says_what_is_so_and_the_next_one_what_changed() {
    run(options(Plan::default()), async |world| {
        assert_eq!(snapshot(&world).await, None);
        assert_eq!(sync(&world, "first").await.answer["outcome"], "synced");
        let first = snapshot(&world).await.unwrap();
        assert_eq!(first["ben"], "enabled true, in payments");
        assert_eq!(first["dan"], "enabled true, in ");
        assert_eq!(first[SHOP], r#"/Workloads/Production {"environment": "production"} active true management false"#);
        assert_eq!(first[MANAGEMENT], "/ {} active true management true");
        assert_eq!(first["Admin"], "14400 s in ");
        assert_eq!(first["Reader"], format!("3600 s in {LEDGER}"));

        let unchanged = sync(&world, "unchanged").await;
        assert_eq!(unchanged.answer["changes"], json!({}));
        assert!(unchanged.write_units <= 4, "only its age is written: {}", unchanged.write_units);

        happenings(&world);
        let changes = sync(&world, "changed").await.answer["changes"].clone();
        let expected = json!({ "user_disabled": 1, "user_joined": 1, "account_moved": 1, "unit_appeared": 1 });
        assert_eq!(changes, expected);
    });
}

/// Syncs, lets something happen, syncs under a fault, and again when all is well: what was in force in between, and in
/// the end; and the numbers of the calls of the second reading.
fn under(plan: Plan) -> (BTreeMap<String, String>, BTreeMap<String, String>, std::ops::RangeInclusive<usize>) {
    run(options(plan), async |world| {
        sync(&world, "first").await;
        happenings(&world);
        let before = world.calls();
        invoke(&world, json!({})).await;
        let calls = before + 1..=world.calls();
        let between = snapshot(&world).await.unwrap();
        world.heal();
        // Whoever died had the right to read until now.
        world.pass(SignedDuration::from_mins(11)).await;
        assert_eq!(sync(&world, "healed").await.answer["outcome"], "synced");
        (between, snapshot(&world).await.unwrap(), calls)
    })
}

#[test]
fn a_half_read_snapshot_is_never_in_force_whatever_strikes_whichever_call() {
    let old = run(options(Plan::default()), async |world| {
        sync(&world, "first").await;
        snapshot(&world).await.unwrap()
    });
    let (new, end, calls) = under(Plan::default());
    assert_eq!(new, end);
    assert_ne!(old, new);
    let kinds = [
        CallFault::CrashBefore,
        CallFault::CrashAfter,
        CallFault::ReplyLost,
        CallFault::NeverArrived,
        CallFault::Throttle,
        CallFault::InternalError,
        CallFault::Timeout,
        CallFault::FrozenApplied,
        CallFault::FrozenNever,
    ];
    let mut kept = 0;
    for number in calls {
        for kind in kinds {
            let (between, end, _) = under(Plan { calls: [(number, kind)].into(), ..Plan::default() });
            assert!(between == old || between == new, "call {number}, {kind}: {between:#?}");
            assert_eq!(end, new, "call {number}, {kind}");
            kept += usize::from(between == old);
        }
    }
    assert!(kept > 50, "many of these faults end the reading: {kept}");
}

#[test]
fn an_organisation_that_seems_to_be_empty_is_not_believed_until_somebody_insists() {
    run(options(Plan::default()), async |world| {
        sync(&world, "first").await;
        let first = snapshot(&world).await;
        for name in ["ana", "ben", "cyn", "dan"] {
            world.delete_user(name);
        }
        let answer = invoke(&world, json!({})).await;
        assert_eq!(answer["outcome"], "refused");
        assert_eq!(answer["doubts"][0], "4 of 4 enabled users are gone");
        assert_eq!(snapshot(&world).await, first, "the last good one stays");
        assert!(alarms(&world).contains(&"sync_refused".to_owned()));
        assert_eq!(invoke(&world, json!({ "force": true })).await["outcome"], "synced");
        assert!(!snapshot(&world).await.unwrap().contains_key("ana"));
    });
}

#[test]
fn only_one_reads_and_whoever_insists_is_told() {
    run(options(Plan::default()), async |world| {
        world.send(Function::Sync, json!({}));
        world.pass(SignedDuration::from_millis(300)).await;
        assert_eq!(world.at_work(), 1);
        assert_eq!(other(&world, json!({})).await["outcome"], "elsewhere");
        assert_eq!(other(&world, json!({ "force": true })).await, Value::Null, "busy");
    });
}

/// The answer of an invocation that is over before another one.
async fn other(world: &World, payload: Value) -> Value {
    let answer = invoke(world, payload).await;
    assert_eq!(world.at_work(), 1, "the first goes on");
    answer
}

#[test]
fn reading_that_takes_longer_than_an_invocation_goes_on_in_the_next() {
    // Two calls for each permission set, three calls a second: over ten minutes.
    let report = measure(Size { users: 20, groups: 2, accounts: 20, permission_sets: 900 }, 1);
    for reading in &report.readings {
        assert_eq!(reading.answer["outcome"], "synced", "{}", reading.what);
        assert_eq!(reading.invocations, 2, "{}", reading.what);
        assert!(
            reading.calls["sso-admin DescribePermissionSet"] <= 901,
            "{}: one may be asked for twice",
            reading.what
        );
        assert!(reading.sso_admin_per_second <= 4, "{}: three a second", reading.what);
    }
    assert_eq!(report.readings[1].answer["changes"], json!({}));
}

#[test]
fn an_administrator_has_it_read_and_sees_how_old_it_is() {
    let mut options = options(Plan::default());
    options.organisation.configuration = configuration("PT1H", "PT8H");
    run(options, async |world| {
        for path in ["/v1/directory", "/v1/directory/sync"] {
            let method = if path.ends_with("sync") { "POST" } else { "GET" };
            assert_eq!(world.api("ana", method, path, None).await.0, 403);
        }
        let (status, _) = world.api("dan", "POST", "/v1/directory/sync", None).await;
        assert_eq!(status, 202);
        world.pass(SignedDuration::from_mins(1)).await;
        let (_, shown) = world.api("dan", "GET", "/v1/directory", None).await;
        assert_eq!(shown["snapshot"]["counts"]["users"], 4);
        assert!((50..=60).contains(&shown["snapshot"]["age_seconds"].as_i64().unwrap()), "{shown}");
        let (_, health) = world.api("dan", "GET", "/v1/health/access", None).await;
        assert_eq!(health["directory"]["version"], shown["snapshot"]["version"]);
    });
}
