//! A request and the one table that says what may happen to it.
//!
//! `apply` takes a request and a command and gives the next request, its audit record and the effects to carry out,
//! or a typed refusal. `table.rs` is the whole table; each verb has a file of its own.

#[cfg(test)]
mod approval_tests;
mod authority;
mod body;
mod cancel;
mod command;
mod decide;
mod end;
mod escalate;
#[cfg(test)]
mod escalate_tests;
mod evaluate;
mod extend;
#[cfg(test)]
mod extension_properties;
mod intent;
mod lapse;
mod means;
#[cfg(test)]
mod means_tests;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod property_moves;
mod provision;
mod recount;
mod refusal;
mod state;
mod stray;
mod submit;
mod table;
mod terms;

pub use authority::{may_handle, may_see, may_withdraw};
pub use command::{Answer, Command, Gone, Withdrawal};
pub use escalate::{Escalation, Plea, escalate};
pub use extend::Extended;
pub use intent::{Intent, Rank};
pub use means::Means;
pub use refusal::Refusal;
pub use state::{Cause, Decision, EndReason, Grant, Request, Stage, State};
pub use stray::{Stray, remove_stray};
pub use submit::submit;
pub use table::{Context, Effect, Transition, Wait, apply};
pub use terms::{FARTHEST_START, Narrowing, Terms};

#[cfg(test)]
pub(crate) use escalate_tests::emergency_that_ended;
