//! Lives of requests, from submission to confirmed absence, in an in-memory AWS with a virtual clock.
//!
//! `world` keeps everything outside the engine and can go wrong at each port call; `invariants` is asked after each.

mod access;
mod faults;
mod functions;
mod hands;
mod invariants;
mod machine;
mod people;
mod store;
mod watcher;
mod world;

mod chaos;
mod drift;
mod emergency;
mod every_fault;
mod extending;
mod extending_badly;
mod fresh_facts;
mod happy;
mod health;
mod lease;
mod overlap;
mod races;
mod standing;
mod stepping;
mod sweeping;
mod vanishing;
