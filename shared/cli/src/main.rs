//! `curfew`, the command line.
//!
//! A thin client: what it decides it decides with `curfew-policy`, offline; what it publishes it sends to the HTTP API.
//! Each command is a function from its arguments to an [`answer::Answer`]; only `main` writes.

mod answer;
mod arguments;
mod config;
mod files;
mod names;
mod problems;
mod remote;
mod table;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let answer = match &arguments.command {
        Command::Config { command } => config::run(command),
        Command::Completions { shell } => Ok(arguments::completions(*shell)),
    };
    answer::write(answer, arguments.json)
}
