//! The controls themselves are tried by `curfew-sim controls`, which takes minutes; here, that they still fit the code.

use curfew_sim::campaign::controls::{Places, check_fit, load};
use curfew_sim::scenario::named;

#[test]
fn every_control_fits_the_code_and_names_scenarios_and_invariants() {
    let places = Places::of_build();
    let controls = load(&places.controls()).unwrap();
    check_fit(&controls, &places.root).unwrap();
    for control in &controls {
        assert!(!control.scenarios.is_empty() && !control.breaks.is_empty(), "{}", control.name);
        for scenario in &control.scenarios {
            assert!(named(scenario).is_some(), "{}: there is no scenario {scenario}", control.name);
        }
    }
}
