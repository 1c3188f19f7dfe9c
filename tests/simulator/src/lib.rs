//! The simulator: a seeded in-memory AWS behind the SDK's HTTP connector, on a paused clock, under the same handlers
//! as in the Lambda binaries.
//!
//! A run is a pure function of seed, plan and story: the same three give the same log, call by call.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::cast_precision_loss,
    reason = "a simulator that meets what it does not know must fail loudly"
)]

mod aws;
pub mod campaign;
mod clock;
mod connector;
mod decoded;
pub mod directory;
mod fault;
mod functions;
pub mod invariants;
mod key;
pub mod life;
mod log;
mod organisation;
mod run;
pub mod scenario;
mod serve;
mod states;
pub mod storm;
pub mod template;
pub mod timeline;
pub mod triggers;
mod world;

pub use aws::outside::{Mailed, Published};
pub use key::{Parts, parts};

pub use fault::{CallFault, EventFault, Outage, Plan};
pub use functions::Function;
pub use log::{
    Call, Change, Changed, Counts, DeadLetter, Event, Execution, ExecutionStatus, FunctionError, Invoked, Log,
    Schedule, Service, Source, Step, Violation, What,
};
pub use organisation::{AccountState, Organisation};
pub use run::run;
pub use states::language;
pub use world::{Options, World};

#[cfg(test)]
mod tests;
