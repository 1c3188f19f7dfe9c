//! AWS profiles that ask by themselves: `curfew aws setup` writes them, `curfew aws credentials` is what they call.

pub(crate) mod cache;
mod credentials;
mod portal;
mod profiles;

use crate::answer::{Answer, Failure};
use crate::arguments::Aws;

/// Carries a command out.
pub(crate) fn run(command: &Aws) -> Result<Answer, Failure> {
    match command {
        Aws::Setup(given) => profiles::setup(given),
        Aws::Remove(given) => profiles::remove(given),
        Aws::Credentials(given) => credentials::credentials(given),
    }
}
