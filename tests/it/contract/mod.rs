//! What code, template, state machine, sample events and repository promise each other.
//!
//! Nothing runs here but cargo's own listings: each test reads two sides and compares them in both directions.

mod machine;
mod repository;
mod template;

mod binaries;
mod events;
mod flow;
mod layout;
mod operations;
mod rights;
mod routes;
