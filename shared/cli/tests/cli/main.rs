//! The real binary: what it writes, and how it ends.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test may fail by panicking, and is no library"
)]

mod checking;
mod comparing;
mod publishing;
mod server;
mod set_ups;
mod tools;
