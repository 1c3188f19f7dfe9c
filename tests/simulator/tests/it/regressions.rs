//! What the campaigns found in Curfew's own code: the schedule that showed it, played again, each under the name of what
//! was wrong. A control in `controls/` that brings the mistake back breaks the same invariant.

use curfew_sim::campaign::{Schedule, run};
use curfew_sim::scenario::named;

use crate::stage::well;

/// Plays a schedule again, as `curfew-sim replay` does.
fn replay(schedule: &str) {
    let schedule: Schedule = schedule.parse().unwrap();
    let scenario = named(&schedule.scenario).unwrap_or_else(|| panic!("there is no scenario {}", schedule.scenario));
    well(&run(&scenario, &schedule));
}

/// The holder dies right after it has closed the request: nobody has told the execution, and the lease is not given back.
#[test]
fn i15_an_execution_ends_though_who_closed_its_request_died_at_once() {
    replay("returned-provisioning/call:71:crash-after#1");
}

#[test]
fn i7_a_create_that_was_in_progress_before_an_intent_is_not_taken_for_the_one_that_it_began() {
    replay("standing-comes/call:50:crash-after#1");
}
