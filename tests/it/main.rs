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
