//! What code, template, state machine, sample events and repository promise each other.
//!
//! Nothing runs here but cargo's own listings: each test reads two sides and compares them in both directions. What the
//! template and the state machine mean, the simulator says.

mod repository;

mod binaries;
mod events;
mod flow;
mod layout;
mod notices;
mod operations;
mod rights;
pub(crate) mod routes;
