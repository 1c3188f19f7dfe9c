//! What goes wrong, and where.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use curfew_domain::time::SignedDuration;

use crate::functions::Function;
use crate::log::Service;

/// Everything that goes wrong in one run. The default is a run without any fault.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// By the running number of an AWS call made by a function, from 1. The SDK's own repetitions count as calls.
    pub calls: BTreeMap<usize, CallFault>,
    /// By the running number of a call of `announce`, from 1.
    pub notices: BTreeMap<usize, CallFault>,
    /// By the running number of a batch of the stream, from 1. A stream loses nothing: what is dropped comes hours later.
    pub batches: BTreeMap<usize, EventFault>,
    /// By the running number of an event for a function, from 1; Lambda's repetitions are the same event.
    pub events: BTreeMap<usize, EventFault>,
    /// Before these calls a new release is deployed: sandboxes that are idle are gone, those at work finish and go.
    pub deploys: BTreeSet<usize>,
    /// By how much a function's clock is ahead of true time.
    pub skew: BTreeMap<Function, SignedDuration>,
    /// Services that are down for a while.
    pub outages: Vec<Outage>,
}

/// A service answers every call in `[from, to)`, counted from the beginning of the run, with an error and no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// Which.
    pub service: Service,
    /// From.
    pub from: Duration,
    /// To, exclusive.
    pub to: Duration,
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$each])* $variant,)* }

        impl $name {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As it is written in a schedule of faults.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The kind of this name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.name() == name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
pub(crate) use named;

named!(
    /// What happens to one AWS call.
    CallFault {
        /// The invocation dies before AWS sees the call.
        CrashBefore = "crash-before",
        /// AWS applies the call; the invocation dies before it sees the answer.
        CrashAfter = "crash-after",
        /// AWS applies the call; the connection breaks. The SDK repeats the call where it may.
        ReplyLost = "reply-lost",
        /// AWS does not see the call; the connection breaks.
        NeverArrived = "never-arrived",
        /// AWS refuses the call because there were too many.
        Throttle = "throttle",
        /// AWS refuses the call because of another one at the same time.
        Conflict = "conflict",
        /// AWS answers with status 500 and applies nothing.
        InternalError = "internal-error",
        /// AWS applies the call; no answer comes until the attempt times out.
        Timeout = "timeout",
        /// AWS applies the call; its answer comes seconds later, when the caller still listens and much has changed.
        LateReply = "late-reply",
        /// The read shows how things were a few seconds ago.
        StaleRead = "stale-read",
        /// AWS applies the call; the whole function freezes in it for 15 minutes, and is killed at its deadline.
        FrozenApplied = "frozen-applied",
        /// The same; AWS never sees the call.
        FrozenNever = "frozen-never",
        /// The assignment operation is accepted and ends FAILED.
        OperationFails = "operation-fails",
    }
);

named!(
    /// What happens to one event on its way to a function.
    EventFault {
        /// It never arrives.
        Drop = "drop",
        /// It arrives three times, a little apart.
        Triple = "triple",
        /// It arrives a day late.
        Delay = "delay",
        /// It arrives 90 seconds late, after its successors.
        Reorder = "reorder",
    }
);

impl CallFault {
    /// Whether AWS applies a call that is struck so.
    pub fn applies_call(self) -> bool {
        use CallFault::{CrashAfter, FrozenApplied, LateReply, OperationFails, ReplyLost, StaleRead, Timeout};
        matches!(self, CrashAfter | ReplyLost | Timeout | LateReply | StaleRead | FrozenApplied | OperationFails)
    }
}

/// How long ago a stale read looks.
pub(crate) const STALENESS: SignedDuration = SignedDuration::from_secs(5);
/// How late an answer is that comes late: less than any caller waits.
pub(crate) const LATENESS: Duration = Duration::from_secs(6);
