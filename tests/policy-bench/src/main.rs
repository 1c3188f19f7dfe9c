//! `cargo run --release --locked -p curfew-policy-bench`: how long verdicts take, next to full Cedar, CEL and a plain
//! loop. `… -- differential --cases 1000000`: whether slicing changes any answer.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use curfew_policy_bench::differential;
use curfew_policy_bench::full::Failure;
use curfew_policy_bench::measure::{Row, row};
use curfew_policy_bench::report;

/// Measures how policy decides, and compares answers.
#[derive(Parser)]
struct Arguments {
    /// One JSON document instead of tables.
    #[arg(long, global = true)]
    json: bool,
    /// Numbers of policies to measure at.
    #[arg(long, num_args = 1.., default_values_t = [10, 100, 1_000, 10_000])]
    policies: Vec<usize>,
    /// From which everything made up follows.
    #[arg(long, global = true, default_value_t = 20_261_122)]
    seed: u64,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Compares sliced answers with full Cedar over everything and with a plain matcher, until one differs.
    Differential {
        /// Flows to ask about.
        #[arg(long, default_value_t = 1_000_000)]
        cases: u64,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Some(Command::Differential { cases }) => compare(arguments.seed, cases, arguments.json),
        None => measure(&arguments.policies, arguments.seed, arguments.json),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(seed: u64, cases: u64, json: bool) -> Result<bool, Failure> {
    let mut next = 0;
    let tally = differential::run(seed, cases, |tally| {
        if tally.cases >= next {
            eprintln!("{} of {cases} cases, seed {seed}", tally.cases);
            next = tally.cases + cases.div_ceil(20);
        }
    })?;
    println!("{}", report::tally(&tally, seed, json));
    Ok(true)
}

/// Whether every goal is met and every answer is the same.
fn measure(policies: &[usize], seed: u64, json: bool) -> Result<bool, Failure> {
    let mut rows: Vec<Row> = Vec::new();
    for count in policies {
        let row = row(*count, seed)?;
        if !json {
            println!("{}", report::row(&row));
        }
        rows.push(row);
    }
    let goals = report::goals(&rows);
    if json {
        println!("{}", report::json(&rows, &goals));
    } else {
        println!("{}", report::verdicts(&goals));
    }
    Ok(goals.iter().all(|goal| goal.met))
}
