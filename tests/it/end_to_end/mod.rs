//! The real binaries behind the real template and state machine on the local run, driven as people drive them, with
//! AWS SDK clients as the independent witness of what Identity Center, Step Functions, Scheduler and the table hold.
//!
//! One local run serves all tests at once. Tests do not disturb one another because each has its own key: user,
//! account and permission set. `jonas` never gets a request, `liam` has only those of `listing`,
//! `grace` in `log-archive` those of `services`, and `ada` is gone after `leaving`.

/// People, and how they call the API.
pub(crate) mod api;
/// Requests that tests follow.
mod asked;
/// What can be asked for here, beyond the sample organisation.
mod entitlements;
/// The one local run.
pub(crate) mod local_run;
/// What AWS holds.
mod witness;

mod announcing;
mod approving;
mod asking_badly;
mod auditing;
mod browsing;
mod commanding;
mod configuring;
mod deciding_badly;
mod ending;
mod expiring;
mod leaving;
mod linking_badly;
mod listing;
mod overlapping;
mod repairing;
mod scheduling;
mod seeing;
mod signing_in_badly;
mod syncing;
mod timing_out;
