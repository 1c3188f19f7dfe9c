//! The bounded campaign of `cargo test`: single faults of the core scenarios, and all scenarios without any.

use std::time::Duration;

use curfew_sim::campaign::{Bounds, Fault, Schedule, Work, baseline, random, run, run_all, singles};
use curfew_sim::scenario::all;
use curfew_sim::timeline::{Detail, timeline};

use crate::stage::well;

/// How many single faults of each core scenario are tried here; `curfew-sim exhaustive` tries all.
const EACH: usize = 90;
/// How many random schedules are tried here; `curfew-sim random` tries any others.
const RANDOM: u64 = 60;

#[test]
fn every_scenario_goes_as_its_story_says_when_nothing_goes_wrong() {
    for scenario in all() {
        let plain = baseline(&scenario, 1);
        assert!(plain.ran.calls > 10, "{}", scenario.name);
        let detail = Detail { reads: false, after_violation: 3 };
        assert!(
            plain.ran.violations.is_empty(),
            "{}: {:#?}\n{}",
            scenario.name,
            plain.ran.violations,
            timeline(&plain.ran, detail)
        );
    }
}

#[test]
fn a_schedule_is_a_pure_function_of_itself() {
    for text in ["approved/call:31:reply-lost+event:2:triple#7", "crowd/skew:revoke:-200#3", "chaos/none#11"] {
        let schedule: Schedule = text.parse().unwrap();
        let scenario = curfew_sim::scenario::named(&schedule.scenario).unwrap();
        let told = || {
            let ran = run(&scenario, &schedule);
            (timeline(&ran, Detail { reads: true, after_violation: 0 }), ran.counts)
        };
        let (first, second) = (told(), told());
        assert!(!first.0.is_empty());
        assert_eq!(first, second, "{text}");
    }
}

#[test]
fn single_faults_of_the_core_scenarios_break_no_invariant() {
    let mut schedules = Vec::new();
    for scenario in all().into_iter().filter(|scenario| scenario.core) {
        let plain = baseline(&scenario, 1);
        well(&plain.ran);
        let mut faults = singles(&plain, true);
        fastrand::Rng::with_seed(1).shuffle(&mut faults);
        // A day that passes takes longer than all the rest.
        faults.retain(|fault| fault.kind() != "delay");
        let one = |fault: &Fault| Schedule { scenario: scenario.name.to_owned(), faults: vec![*fault], seed: 1 };
        schedules.extend(faults.iter().take(EACH).map(one));
    }
    hold(&schedules);
}

#[test]
fn random_trouble_breaks_no_invariant() {
    let with_baseline = |scenario| {
        let plain = baseline(&scenario, 1);
        (scenario, plain)
    };
    let baselines: Vec<_> = all().into_iter().map(with_baseline).collect();
    hold(&random(&baselines, 0..RANDOM));
}

/// Runs all of them; none may break anything.
fn hold(schedules: &impl Work) {
    let bounds = Bounds { threads: 2, time_limit: Some(Duration::from_mins(5)), keep_going: false };
    let report = run_all(schedules, &bounds, |_| {});
    assert!(report.violations.is_empty(), "{:#?}", report.violations);
    assert_eq!(report.schedules, schedules.planned(), "in time: {report:?}");
    assert_eq!(report.missed, 0, "every fault struck: {report:?}");
}
