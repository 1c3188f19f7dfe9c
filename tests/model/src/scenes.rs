//! The settings in which the whole design is checked.

use crate::protocol::Setting;
use crate::safeguards::Safeguards;
use crate::state::Faults;

/// A setting with a name.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// For people, and to select it.
    pub name: &'static str,
    /// What is checked.
    pub setting: Setting,
}

const BASE: Setting =
    Setting { safeguards: Safeguards::ALL, faults: Faults::NONE, grants: 2, slots: 3, standing: false };

const fn with(faults: Faults) -> Setting {
    Setting { faults, ..BASE }
}

/// One invocation dies, and one trigger is lost.
pub const CRASH: Setting = with(Faults { crashes: 1, lost_triggers: 1, ..Faults::NONE });
/// The same over an assignment that an administrator made before.
pub const STANDING: Setting = Setting { standing: true, ..CRASH };

/// Checked in CI.
pub const SMALL: &[Scene] = &[
    Scene { name: "no fault", setting: BASE },
    Scene { name: "crash", setting: CRASH },
    Scene { name: "standing", setting: STANDING },
    Scene { name: "lost answer", setting: with(Faults { crashes: 1, lost_answers: 1, ..Faults::NONE }) },
    Scene { name: "duplicate", setting: with(Faults { crashes: 1, duplicates: 1, ..Faults::NONE }) },
    Scene { name: "return", setting: with(Faults { crashes: 1, returns: 1, ..Faults::NONE }) },
    Scene { name: "by hand", setting: with(Faults { crashes: 1, removals_by_hand: 1, ..Faults::NONE }) },
];

/// Checked by `--large`.
pub const LARGE: &[Scene] = &[
    Scene {
        name: "two crashes, lost answer, lost trigger",
        setting: with(Faults { crashes: 2, lost_answers: 1, lost_triggers: 1, ..Faults::NONE }),
    },
    Scene { name: "two crashes, duplicate", setting: with(Faults { crashes: 2, duplicates: 1, ..Faults::NONE }) },
    Scene {
        name: "crash, duplicate, lost answer, lost trigger",
        setting: with(Faults { crashes: 1, duplicates: 1, lost_answers: 1, lost_triggers: 1, ..Faults::NONE }),
    },
    Scene {
        name: "two crashes, return, lost answer",
        setting: with(Faults { crashes: 2, lost_answers: 1, returns: 1, ..Faults::NONE }),
    },
    Scene {
        name: "crash, return, by hand",
        setting: with(Faults { crashes: 1, removals_by_hand: 1, returns: 1, ..Faults::NONE }),
    },
    Scene {
        name: "two crashes, four invocations",
        setting: Setting { slots: 4, ..with(Faults { crashes: 2, duplicates: 1, ..Faults::NONE }) },
    },
    Scene {
        name: "standing, two crashes, duplicate",
        setting: Setting { standing: true, ..with(Faults { crashes: 2, duplicates: 1, ..Faults::NONE }) },
    },
    Scene {
        name: "standing, crash, by hand, return",
        setting: Setting {
            standing: true,
            ..with(Faults { crashes: 1, removals_by_hand: 1, returns: 1, ..Faults::NONE })
        },
    },
];

/// What the design does not promise (`README.md`): an administrator assigns the same key at the same moment.
pub const RACE_WITH_ADMINISTRATOR: Setting = with(Faults { assignments_by_hand: 1, ..Faults::NONE });
