//! What one life cycle costs: AWS calls, write units, states. Exact, so that a regression shows; and the same whatever
//! the size of the organisation and of its history.

use curfew_domain::request::Stage;
use curfew_domain::time::SignedDuration;
use curfew_sim::storm::{Storm, fill, fill_history};
use curfew_sim::{Counts, Function, Options, Service, World, run};
use serde_json::json;

/// How big an organisation.
#[derive(Debug, Clone, Copy)]
struct Size {
    users: usize,
    accounts: usize,
    permission_sets: usize,
    grants: usize,
}

const SMALL: Size = Size { users: 10, accounts: 10, permission_sets: 10, grants: 10 };
const BIG: Size = Size { users: 500, accounts: 500, permission_sets: 500, grants: 100 };

/// What a life cost, from the request to the end of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cost {
    calls: u64,
    sso_admin: u64,
    dynamodb: u64,
    organizations: u64,
    write_units: u64,
    states: u64,
}

impl From<Counts> for Cost {
    fn from(counts: Counts) -> Self {
        Self {
            calls: counts.all_calls(),
            sso_admin: counts.calls_of(Service::SsoAdmin),
            dynamodb: counts.calls_of(Service::DynamoDb),
            organizations: counts.calls_of(Service::Organizations),
            write_units: counts.write_units,
            states: counts.states,
        }
    }
}

fn options(size: Size) -> Options {
    // The sweep's cost is its own, per minute and not per life.
    let mut options = Options { sweep: false, ..Options::default() };
    // An operation of a second: each is looked at once.
    (options.identity.latency_ms, options.identity.latency_jitter_ms) = (800, 0);
    let organisation = &mut options.organisation;
    organisation.people.extend((0..size.users).map(|n| format!("person{n}")));
    organisation.accounts.extend((0..size.accounts).map(|n| format!("{:012}", 200_000_000_000 + n)));
    let hour = organisation.permission_sets["Reader"];
    organisation.permission_sets.extend((0..size.permission_sets).map(|n| (format!("set{n}"), hour)));
    storm(size).populate(&mut options);
    options
}

fn storm(size: Size) -> Storm {
    Storm { grants: size.grants, accounts: 100, operation_ms: 0, seed: 1 }
}

/// One life in an organisation of this size.
fn life(size: Size, permission_set: &'static str) -> Cost {
    run(options(size), async |world| {
        fill(&world, &storm(size), world.now() + SignedDuration::from_hours(9)).await;
        // Day and sandboxes are known: what comes once a day or per cold start is no part of a life.
        live(&world, permission_set).await;
        let before = world.counts();
        live(&world, permission_set).await;
        world.counts().since(&before).into()
    })
}

async fn live(world: &World, permission_set: &str) {
    let body = json!({
        "account": "111122223333", "permission_set": world.permission_set(permission_set).to_string(),
        "duration": "PT15M", "justification": "count",
    });
    let (status, asked) = world.api("ana", "POST", "/v1/requests", Some(body)).await;
    assert_eq!(status, 202, "{asked}");
    let id = curfew_domain::id::RequestId::parse(asked["id"].as_str().unwrap()).unwrap();
    world.pass(SignedDuration::from_secs(5)).await;
    if world.request(&id).unwrap().state.stage() == Stage::AwaitingApproval {
        let path = format!("/v1/requests/{id}/decisions");
        assert_eq!(world.api("ben", "POST", &path, Some(json!({ "decision": "approve" }))).await.0, 200);
    }
    world.pass(SignedDuration::from_mins(20)).await;
    assert_eq!(world.request(&id).unwrap().state.stage(), Stage::Ended);
}

#[test]
fn a_life_costs_this_much_and_the_same_at_any_size() {
    let automatic = Cost { calls: 81, sso_admin: 9, dynamodb: 64, organizations: 1, write_units: 63, states: 3 };
    let approved = Cost { calls: 97, sso_admin: 9, dynamodb: 77, organizations: 1, write_units: 88, states: 5 };
    for size in [SMALL, BIG] {
        assert_eq!((life(size, "Reader"), life(size, "Operator")), (automatic.clone(), approved.clone()), "{size:?}");
    }
}

/// What 42 sweeps cost over one active grant and so many requests that are over, with owned permission sets.
fn sweeps(over: usize) -> Cost {
    let mut options = Options { sweep: false, ..Options::default() };
    options.organisation.configuration += "\n[ownership]\npermission_sets = [\"Reader\", \"Operator\"]\n";
    storm(SMALL).populate(&mut options);
    options.organisation.accounts.push("100000000000".to_owned()); // the first of the storm
    run(options, async |world| {
        fill_history(&world, over, world.now() - SignedDuration::from_hours(1)).await;
        fill(&world, &Storm { grants: 1, ..storm(SMALL) }, world.now() + SignedDuration::from_hours(2)).await;
        // Once round in two minutes for the comparison, in three for the facts, in seven for strays.
        let before = world.counts();
        for _ in 0..42 {
            world.send(Function::Sweep, json!({}));
            world.pass(SignedDuration::from_mins(1)).await;
        }
        assert_eq!(world.requests().iter().filter(|request| request.state.stage() == Stage::Active).count(), 1);
        world.counts().since(&before).into()
    })
}

#[test]
fn a_sweep_costs_what_is_live_whatever_the_history() {
    let few = sweeps(10);
    assert_eq!(sweeps(1_000), few);
    // Each time the list of live requests, two days of it, the requests themselves, which configuration and directory are
    // in force, open reviews, and the list once more to tidy it, with one old day the first time; once the files and rules
    // of the configuration and the directory itself.
    assert_eq!(few.dynamodb, 42 * 9 + 8);
    // Where the two owned permission sets are assigned; the grant's assignment, its account and permission set; strays.
    assert_eq!(few.sso_admin + few.organizations, 42 * 2 + 42 / 2 + 2 * 42 / 3 + 42 / 7);
}
