//! One binary for all tests of Curfew as a whole.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panicking"
)]

/// Code, template, state machine, sample events and repository hold each other.
mod contract;
/// The real binaries, template and state machine on the local run, with AWS SDK clients as witness.
mod end_to_end;
/// The verbs of the engine in an in-memory AWS: every life of a request, every single fault, every race we know.
mod life_cycle;
