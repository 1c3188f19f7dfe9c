//! The real binary: what it writes, and how it ends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panicking"
)]

mod access;
mod checking;
mod comparing;
mod proving;
mod publishing;
mod server;
mod set_ups;
mod tools;
