//! `curfew config`: each command is a file.

mod check;
mod compare;
mod explain;
mod import_cel;
mod matrix;
mod mentions;
mod plan;
mod prove;
mod publish;
mod schema;
mod simulate;
mod sources;
mod test;
mod versions;
mod who_can;

use crate::answer::{Answer, Failure};
use crate::arguments::ConfigCommand;

/// Carries a command out.
pub(crate) fn run(command: &ConfigCommand) -> Result<Answer, Failure> {
    match command {
        ConfigCommand::Check(given) => check::run(given),
        ConfigCommand::Explain(given) => explain::run(given),
        ConfigCommand::WhoCan(given) => who_can::run(given),
        ConfigCommand::Plan(given) => plan::run(given),
        ConfigCommand::Test(given) => test::run(given),
        ConfigCommand::Simulate(given) => simulate::run(given),
        ConfigCommand::Prove(given) => prove::run(given),
        ConfigCommand::Publish(given) => publish::run(given),
        ConfigCommand::Versions(given) => versions::list(given),
        ConfigCommand::Diff(given) => versions::diff(given),
        ConfigCommand::Rollback(given) => publish::rollback(given),
        ConfigCommand::Approve(given) => publish::approve(given),
        ConfigCommand::Show(given) => versions::show(given),
        ConfigCommand::Directory(given) => sources::save_directory(given),
        ConfigCommand::ImportCel(given) => import_cel::run(given),
        ConfigCommand::Schema(given) => schema::run(given),
    }
}
