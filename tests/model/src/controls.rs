//! The negative controls: what each safeguard is for, shown by taking it away.

use crate::check::{self, Outcome};
use crate::properties::{ALONE, ARMED, CLOSED, FORWARD, GONE, KEPT, OVER, PROMPT, RECORDED, STANDING};
use crate::protocol::Setting;
use crate::safeguards::Safeguards;
use crate::scenes;

/// What is expected without one safeguard.
pub struct Control {
    /// The safeguard that is taken away.
    pub without: &'static str,
    /// Where it is missed.
    pub scene: Setting,
    /// What comes of it.
    pub expected: Expected,
}

/// What comes of taking a safeguard away.
pub enum Expected {
    /// This invariant does not hold any more.
    Breaks(&'static str),
    /// This one, and no other: every state is looked at.
    BreaksOnly(&'static str),
    /// All invariants still hold, for this reason.
    Holds(&'static str),
}

impl Control {
    /// Checks it.
    ///
    /// # Errors
    /// What came of it, if that was not expected.
    pub fn check(&self, threads: usize) -> Result<Outcome, Outcome> {
        let Some(safeguards) = Safeguards::without(self.without) else { return Err(Outcome::default()) };
        let setting = Setting { safeguards, ..self.scene };
        let outcome = match self.expected {
            Expected::Breaks(invariant) => check::until_broken(setting, invariant),
            Expected::BreaksOnly(_) | Expected::Holds(_) => check::exhaustive(setting, threads),
        };
        let broken: Vec<&str> = outcome.broken.iter().map(|(name, _)| *name).collect();
        let as_expected = match self.expected {
            Expected::Breaks(invariant) | Expected::BreaksOnly(invariant) => broken == [invariant],
            Expected::Holds(_) => broken.is_empty(),
        };
        if as_expected { Ok(outcome) } else { Err(outcome) }
    }
}

/// The long way to the same: checked by `--large`.
pub const LARGE_CONTROLS: &[Control] = &[
    breaks("lease", scenes::CRASH, ALONE),
    breaks("lease", scenes::CRASH, CLOSED),
    breaks("lease_outlives_holder", scenes::CRASH, ALONE),
    breaks("lease_outlives_holder", scenes::STANDING, CLOSED),
    breaks("resolve_first", scenes::CRASH, KEPT),
    Control { without: "look_after_release", scene: scenes::CRASH, expected: Expected::BreaksOnly(PROMPT) },
    Control { without: "hand_over", scene: scenes::CRASH, expected: Expected::BreaksOnly(PROMPT) },
];

/// One or more per safeguard.
pub const CONTROLS: &[Control] = &[
    breaks("sweep", scenes::CRASH, GONE),
    breaks("sweep", scenes::CRASH, OVER),
    breaks("lease", scenes::CRASH, RECORDED),
    breaks("lease_outlives_holder", scenes::CRASH, RECORDED),
    breaks("resolve_first", scenes::CRASH, RECORDED),
    breaks("settle_time", scenes::CRASH, RECORDED),
    breaks("settle_time", scenes::CRASH, ALONE),
    breaks("settle_time", scenes::CRASH, CLOSED),
    breaks("record_before_call", scenes::CRASH, RECORDED),
    breaks("record_before_call", scenes::CRASH, CLOSED),
    breaks("list_before_create", scenes::STANDING, STANDING),
    breaks("hold_before_create", scenes::CRASH, KEPT),
    breaks("hold_check", scenes::CRASH, KEPT),
    breaks("ours_check", scenes::STANDING, STANDING),
    breaks("confirm_before_close", scenes::CRASH, RECORDED),
    breaks("confirm_before_close", scenes::CRASH, CLOSED),
    breaks("arm_before_create", scenes::CRASH, ARMED),
    breaks("conditional_transitions", scenes::CRASH, FORWARD),
    breaks("reload_under_lease", scenes::CRASH, RECORDED),
    breaks("look_after_release", scenes::CRASH, PROMPT),
    breaks("hand_over", scenes::CRASH, PROMPT),
    Control {
        without: "record_version",
        scene: scenes::CRASH,
        expected: Expected::Holds("under the lease nobody else writes the record: a second line of defence"),
    },
];

const fn breaks(without: &'static str, scene: Setting, invariant: &'static str) -> Control {
    Control { without, scene, expected: Expected::Breaks(invariant) }
}
