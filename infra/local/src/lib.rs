//! Curfew on one machine: the Lambda binaries, the SAM template and the state machine as they are deployed, on emulators.
//!
//! The binary `curfew-local` is all of it; as a library this crate offers only [`Ready`], the ready file, to tests.

mod api;
mod args;
mod binaries;
mod closing;
mod configuration;
mod emulator;
mod error;
mod http;
mod identity_center;
mod issuer;
mod organization;
mod prerequisites;
mod processes;
mod proxy;
mod ready;
mod run;
mod servers;
mod state;
mod story;
mod supervise;
mod terminal;
mod tools;

pub use ready::{Ready, Standing, User};
pub use supervise::main;
