//! What one life cycle costs: AWS calls, write units, states. Exact, so that a regression shows; and the same whatever
//! the size of the organisation and of its history.

use curfew_domain::request::Stage;
use curfew_domain::time::SignedDuration;
use curfew_sim::life::{Cost, Size, lives};
use curfew_sim::storm::{Storm, fill, fill_history};
use curfew_sim::{Counts, Function, Options, Service, run};
use serde_json::json;

const SMALL: Size = Size { users: 10, accounts: 10, permission_sets: 10, grants: 10 };
const BIG: Size = Size { users: 10_000, accounts: 10_000, permission_sets: 10_000, grants: 10_000 };

fn storm(size: Size) -> Storm {
    Storm { grants: size.grants, accounts: 100, operation_ms: 0, seed: 1 }
}

#[test]
fn a_life_costs_this_much_and_the_same_at_any_size() {
    let automatic = Cost {
        calls: 44,
        sso_admin: 9,
        dynamodb: 29,
        organizations: 1,
        write_units: 23,
        half_read_units: 38,
        states: 3,
    };
    let approved = Cost {
        calls: 55,
        sso_admin: 9,
        dynamodb: 38,
        organizations: 1,
        write_units: 28,
        half_read_units: 56,
        states: 5,
    };
    for size in [SMALL, BIG] {
        let [first, second] = lives(size, ["Reader", "Operator"], true);
        assert_eq!((&first.cost, &second.cost), (&automatic, &approved), "{size:?}");
    }
}

/// What 42 sweeps cost over one active grant and so many requests that are over, with owned permission sets.
fn sweeps(over: usize) -> Counts {
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
        world.counts().since(&before)
    })
}

#[test]
fn a_sweep_costs_what_is_live_whatever_the_history() {
    let few = sweeps(10);
    assert_eq!(sweeps(1_000), few);
    // Each time the list of live requests, two days of it, the requests themselves, which configuration and directory are
    // in force (one read), open reviews, and the list once more to tidy it, with one old day the first time; once the
    // files and rules of the configuration and the directory itself; and one note of how many grants there are.
    assert_eq!(few.calls_of(Service::DynamoDb), 42 * 8 + 9);
    // Where the two owned permission sets are assigned; the grant's assignment, its account and permission set; strays.
    assert_eq!(
        few.calls_of(Service::SsoAdmin) + few.calls_of(Service::Organizations),
        42 * 2 + 42 / 2 + 2 * 42 / 3 + 42 / 7
    );
}
