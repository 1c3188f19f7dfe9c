//! What people do about access: each command is a function from its arguments to an answer. What it prints for programs
//! is what the API said.

mod audit;
mod decide;
mod duties;
mod end;
pub(crate) mod entitlement;
pub(crate) mod list;
pub(crate) mod request;
pub(crate) mod show;
pub(crate) mod wait;

use crate::answer::{Answer, Failure};
use crate::arguments::{Audit, Command};

/// Carries a command out.
pub(crate) fn run(command: &Command) -> Result<Answer, Failure> {
    match command {
        Command::Ls(given) => list::entitlements(given),
        Command::Request(given) => request::request(given),
        Command::Status(given) => list::status(given),
        Command::Approvals(server) => list::approvals(server),
        Command::Approve(given) => decide::approve(given),
        Command::Deny(given) => decide::deny(given),
        Command::Extend(given) => request::extend(given),
        Command::Return(given) => end::give_back(given),
        Command::Escalate(given) => request::escalate(given),
        Command::Tasks(server) => duties::tasks(server),
        Command::Provisioned(given) => duties::given(given),
        Command::Removed(given) => duties::taken(given),
        Command::Reviews(server) => duties::reviews(server),
        Command::Review(given) => duties::review(given),
        Command::Cancel(given) => end::cancel(given),
        Command::Revoke(given) => end::revoke(given),
        Command::Active(given) => list::active(given),
        Command::Audit { command: Audit::Verify(given) } => audit::verify(given),
        Command::Login(_)
        | Command::Logout(_)
        | Command::Aws { .. }
        | Command::Config { .. }
        | Command::Completions { .. }
        | Command::Man { .. } => Err(Failure::usage("this is no command about access")),
    }
}
