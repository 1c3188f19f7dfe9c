//! The safeguards of the design, each of which can be taken away.

/// The safeguards. `true` means in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each safeguard is there or not, on its own")]
pub struct Safeguards {
    /// The sweep wakes `provision` and `revoke` for what has waited too long.
    pub sweep: bool,
    /// One writer at a time.
    pub lease: bool,
    /// The lease runs out only when its holder is surely dead.
    pub lease_outlives_holder: bool,
    /// Whoever takes a key with an operation on record follows that operation to its end first.
    pub resolve_first: bool,
    /// "No such operation" is trusted only when a lost call would have shown up by now.
    pub settle_time: bool,
    /// The operation is recorded before it is asked for.
    pub record_before_call: bool,
    /// The assignment is looked for before it is created.
    pub list_before_create: bool,
    /// The hold is recorded before the assignment is looked for or created; otherwise after activation.
    pub hold_before_create: bool,
    /// What another grant needs is not deleted.
    pub hold_check: bool,
    /// What the record does not call ours is not deleted.
    pub ours_check: bool,
    /// The end of a delete is awaited and confirmed by listing before the request is closed.
    pub confirm_before_close: bool,
    /// The writer takes an intent to assign only when its trigger is armed.
    pub arm_before_create: bool,
    /// Transitions of a request name the phase that they expect.
    pub conditional_transitions: bool,
    /// Under the lease, the request is loaded again before its hold and its create.
    pub reload_under_lease: bool,
    /// Writes of the record of the key name the version that they expect.
    pub record_version: bool,
    /// The writer looks at the queue once more after it gave the lease back.
    pub look_after_release: bool,
    /// A `revoke` that leaves intents to assign behind wakes `provision`.
    pub hand_over: bool,
}

/// A safeguard by name, and how to take it away.
pub struct Removal {
    /// The field's name.
    pub name: &'static str,
    /// Takes it away.
    pub remove: fn(&mut Safeguards),
}

macro_rules! removals {
    ($($field:ident),* $(,)?) => {
        /// Every safeguard.
        pub const REMOVALS: &[Removal] = &[$(Removal { name: stringify!($field), remove: |s| s.$field = false }),*];

        impl Safeguards {
            /// The whole design.
            pub const ALL: Self = Self { $($field: true),* };
        }
    };
}

// `ALL` does not compile if a field is missing here, so no safeguard can go without a removal.
removals!(
    sweep,
    lease,
    lease_outlives_holder,
    resolve_first,
    settle_time,
    record_before_call,
    list_before_create,
    hold_before_create,
    hold_check,
    ours_check,
    confirm_before_close,
    arm_before_create,
    conditional_transitions,
    reload_under_lease,
    record_version,
    look_after_release,
    hand_over,
);

impl Safeguards {
    /// The design without this safeguard; `None` if there is none of that name.
    pub fn without(name: &str) -> Option<Self> {
        let removal = REMOVALS.iter().find(|removal| removal.name == name)?;
        let mut safeguards = Self::ALL;
        (removal.remove)(&mut safeguards);
        Some(safeguards)
    }
}
