//! Load, decide, commit, act: the verbs of Curfew over ports that are its own words. No AWS.
//!
//! Each verb loads a request, lets the domain decide, commits state and audit record together, and only then acts.
//! A crash between commit and act is repaired by a retry of the verb or by `sweep`; no verb assumes that it runs once.

pub mod announce;
pub mod by_key;
pub mod configurations;
pub mod core;
pub mod decide;
pub mod directive;
pub mod end;
pub mod error;
pub mod escalate;
pub mod evaluate;
pub mod extend;
pub mod facts;
pub mod hands;
pub mod health;
pub mod known;
pub mod notify;
pub mod ports;
pub mod provision;
pub mod publish;
pub mod read;
pub mod review;
pub mod revoke;
pub mod submit;
pub mod sweep;
pub mod sync;
pub mod trigger;
pub mod writer;
