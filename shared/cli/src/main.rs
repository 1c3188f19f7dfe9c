//! `curfew`, the command line.
//!
//! A thin client: what it decides it decides with `curfew-policy`, offline; what it publishes it sends to the HTTP API.
//! Each command is a function from its arguments to an [`answer::Answer`]; only `main` writes.

mod access;
mod answer;
mod arguments;
mod aws;
mod config;
mod files;
mod names;
mod problems;
mod remote;
mod sessions;
mod sign_in;
mod table;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let answer = match &arguments.command {
        Command::Login(given) => sign_in::login(given),
        Command::Logout(given) => sign_in::logout(given),
        Command::Aws { command } => aws::run(command),
        Command::Config { command } => config::run(command),
        Command::Completions { shell } => Ok(arguments::completions(*shell)),
        Command::Man { output } => arguments::manual(output.as_deref()),
        command => access::run(command),
    };
    answer::write(answer, arguments.json)
}
