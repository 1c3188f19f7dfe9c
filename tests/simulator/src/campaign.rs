//! Campaigns: which faults to try where, on several threads, until the first violation.

pub mod controls;
mod points;
mod pool;
mod run;
mod schedule;
mod search;

pub use points::{Baseline, baseline, singles};
pub use pool::{Bounds, Found, Report, Told, Work, run_all};
pub use run::{Ran, run, stage};
pub use schedule::{Fault, Schedule, ScheduleError};
pub use search::{PairWork, Pairs, pairs, random};
