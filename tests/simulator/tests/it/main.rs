//! Curfew on the simulated AWS: a bounded campaign, and the special cases that once went wrong or nearly did.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what they expect"
)]

mod announcing;
mod campaign;
mod console;
mod controls;
mod counts;
mod directory;
mod drift;
mod escalating;
mod extending;
mod fresh_facts;
mod health;
mod lease;
mod matrix;
mod overlap;
mod races;
mod regressions;
mod stage;
mod standing;
mod storm;
mod strategies;
mod sweeping;
mod vanishing;
