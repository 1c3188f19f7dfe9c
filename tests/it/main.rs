//! One binary for all tests of Curfew as a whole.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::large_futures,
    reason = "a test may fail by panicking"
)]

/// Code, template, state machine, sample events and repository hold each other.
mod contract;
/// The real binaries, template and state machine on the local run, with AWS SDK clients as witness.
mod end_to_end;
/// What Curfew relies on in the services of AWS, asked of the simulator and of the local run alike.
mod services;
