//! Many grants end in the same second. `curfew-sim storm` plays thousands; a few show what it costs.

use curfew_domain::request::Stage;
use curfew_domain::time::SignedDuration;
use curfew_sim::storm::{Storm, curfew, fill};
use curfew_sim::{CallFault, Function, Options, Plan, run};
use serde_json::json;

const STORM: Storm = Storm { grants: 30, accounts: 15, operation_ms: 3_000, seed: 1 };

#[test]
fn i20_a_crowd_of_removals_costs_so_many_calls_and_leaves_people_their_share() {
    let outcomes = curfew(STORM);
    assert_eq!(outcomes.lost, 0);
    let each = format!("{:.3} {:.3}", outcomes.calls_per_removal, outcomes.refused_per_removal);
    assert_eq!(each, "2.600 0.433", "calls and refusals: {outcomes:?}");
    assert!(outcomes.reads_per_second >= 5.0, "{outcomes:?}");
}

/// The storm, with the sweep, over this plan: the numbers of all calls of this operation, once everything is over.
fn calls(plan: Plan, operation: &str) -> Vec<usize> {
    run(Options { plan, ..STORM.options() }, async |world| {
        let end = world.now() + SignedDuration::from_mins(10);
        fill(&world, &STORM, end).await;
        world.until(end - SignedDuration::from_secs(37)).await;
        world.send(Function::Revoke, json!({ "minute": end.to_string() }));
        world.until(end + SignedDuration::from_mins(8)).await;
        let left = world.requests().iter().filter(|request| request.state.stage() != Stage::Ended).count();
        assert_eq!(left, 0);
        world.log().calls().filter(|(_, call)| call.operation == operation).map(|(_, call)| call.number).collect()
    })
}

/// The list of operations names no keys. Whoever takes over from a holder that died in a crowd asks about each operation,
/// and not about each for each key.
#[test]
fn i12_who_takes_over_in_a_crowd_asks_about_each_operation_once() {
    let eighth = calls(Plan::default(), "DeleteAccountAssignment")[7];
    let mut plan = Plan::default();
    plan.calls.insert(eighth, CallFault::CrashAfter);
    let asked = calls(plan, "DescribeAccountAssignmentDeletionStatus").len();
    // Each of the eight once for its key, and those at the end, when few are left, for how they go.
    assert!((8..30).contains(&asked), "{asked}");
}
