//! The design holds in every reachable state, and no safeguard can be taken away without a test noticing.

use curfew_model::check;
use curfew_model::controls::CONTROLS;
use curfew_model::properties::STANDING;
use curfew_model::safeguards::REMOVALS;
use curfew_model::scenes::{RACE_WITH_ADMINISTRATOR, SMALL};

#[test]
fn the_whole_design_holds_in_every_state_and_reaches_every_corner() {
    for scene in SMALL {
        let outcome = check::exhaustive(scene.setting, 2);
        assert!(outcome.broken.is_empty(), "{}: {:#?}", scene.name, outcome.broken);
        assert!(outcome.unreached.is_empty(), "{}: never reached: {:?}", scene.name, outcome.unreached);
        println!("{}: {} states, depth {}, {:?}", scene.name, outcome.states, outcome.depth, outcome.took);
    }
}

#[test]
fn without_any_one_safeguard_an_invariant_breaks_unless_said_otherwise() {
    for control in CONTROLS {
        if let Err(outcome) = control.check(1) {
            panic!("without {}: {:#?}", control.without, outcome.broken);
        }
    }
}

#[test]
fn every_safeguard_has_a_control() {
    for removal in REMOVALS {
        assert!(CONTROLS.iter().any(|control| control.without == removal.name), "{} has none", removal.name);
    }
}

/// Not promised, and written down in `README.md`. If this ever holds, the README can promise more.
#[test]
fn an_administrator_who_assigns_the_same_key_at_the_same_moment_may_lose_it() {
    assert!(!check::until_broken(RACE_WITH_ADMINISTRATOR, STANDING).broken.is_empty());
}
