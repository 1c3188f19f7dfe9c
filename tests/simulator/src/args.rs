//! Command line.

use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// Curfew over a simulated AWS: the handlers of the Lambda binaries, the real state machine, a seeded clock, and
/// everything that can go wrong. Each run is a pure function of its schedule; a violation prints the schedule that
/// shows it again.
#[derive(Debug, Clone, Parser)]
#[command(name = "curfew-sim", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Command {
    /// List the scenarios, with what a run without faults costs.
    Scenarios {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Every kind of fault at every AWS call and every event of every scenario, one at a time.
    Exhaustive {
        #[command(flatten)]
        campaign: Campaign,
        /// Try only every n-th schedule, beginning with the first.
        #[arg(long, value_name = "N", default_value_t = 1)]
        every: usize,
        /// In scenarios that mostly wait, with more than 400 calls, strike every call and not every second, third, …
        #[arg(long)]
        all: bool,
    },
    /// Two faults at a time.
    Pairs {
        #[command(flatten)]
        campaign: Campaign,
        /// Calls between the two faults, at most; without it any distance.
        #[arg(long, value_name = "CALLS", conflicts_with = "full")]
        distance: Option<usize>,
        /// How many pairs of each scenario, drawn evenly by the seed.
        #[arg(long, value_name = "N", default_value_t = 2_000, conflicts_with = "full")]
        sample: usize,
        /// Seed of the draw.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Every pair. This takes long.
        #[arg(long)]
        full: bool,
    },
    /// Several faults at random places of random scenarios, one run per seed.
    Random {
        #[command(flatten)]
        campaign: Campaign,
        /// Seeds `A..B`, without `B`.
        #[arg(long, value_name = "A..B", value_parser = seeds, default_value = "0..1000")]
        seeds: std::ops::Range<u64>,
    },
    /// Run one schedule and tell what happened, such as `approved/call:37:crash-after+event:2:triple#7`.
    Replay {
        /// As a violation prints it.
        schedule: String,
        /// Also tell what merely read.
        #[arg(long)]
        reads: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Many grants end in the same second: how many are lost, how long does it take, how many calls does it cost? With
    /// the retry patterns of two peers over the same Identity Center.
    Storm {
        /// Grants that end at once.
        #[arg(long, value_name = "N", default_value_t = 1_000)]
        grants: usize,
        /// Accounts among which they are spread.
        #[arg(long, value_name = "N", default_value_t = 100)]
        accounts: usize,
        /// How long Identity Center takes for one operation on average, in milliseconds. AWS does not say.
        #[arg(long, value_name = "MS", default_value_t = 3_000)]
        operation_ms: u64,
        /// Decides every random choice.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Leave the peers out.
        #[arg(long)]
        alone: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// One schedule per grant, or one per minute? Lateness, invocations and cost of the ways to trigger an end.
    Triggers {
        /// Grants that end.
        #[arg(long, value_name = "N", default_value_t = 1_000)]
        grants: usize,
        /// Minutes over which their ends are spread.
        #[arg(long, value_name = "N", default_value_t = 1)]
        minutes: usize,
        /// Decides every random choice.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// What the life of one request costs, automatically approved and approved by somebody: calls, write units, states, and
    /// which function spends them on what.
    Counts {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// What reading a large organisation costs: calls, time, write units, memory.
    Directory {
        /// People.
        #[arg(long, value_name = "N", default_value_t = 12_000)]
        users: usize,
        /// Groups; each person is in five.
        #[arg(long, value_name = "N", default_value_t = 400)]
        groups: usize,
        /// Accounts.
        #[arg(long, value_name = "N", default_value_t = 500)]
        accounts: usize,
        /// Permission sets, each in every third account.
        #[arg(long, value_name = "N", default_value_t = 200)]
        permission_sets: usize,
        /// Decides every random choice.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Break Curfew on purpose, in each way of `tests/simulator/controls`, and see whether the exhaustive run notices.
    Controls {
        /// Only these, separated by commas.
        #[arg(long, value_name = "NAMES", value_delimiter = ',')]
        only: Vec<String>,
        /// Only check that every control still fits the code.
        #[arg(long)]
        fit: bool,
        /// Threads of each campaign.
        #[arg(long, value_name = "N", default_value_t = 2)]
        threads: usize,
        /// Longest search for a violation, per control.
        #[arg(long, value_name = "TIME", value_parser = time, default_value = "120s")]
        time_limit: Duration,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What every campaign can be told.
#[derive(Debug, Clone, Args)]
pub(crate) struct Campaign {
    /// Only these scenarios, separated by commas.
    #[arg(long = "scenario", value_name = "NAMES", value_delimiter = ',')]
    pub(crate) scenarios: Vec<String>,
    /// Only these kinds of fault, separated by commas.
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    pub(crate) kinds: Vec<String>,
    /// Threads; each runs one schedule at a time.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) threads: usize,
    /// Print JSON instead of progress and time lines.
    #[arg(long)]
    pub(crate) json: bool,
    /// Stop after this long, such as `90s`, `20m` or `8h`.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) time_limit: Option<Duration>,
    /// Go on after a violation, and list them all at the end.
    #[arg(long)]
    pub(crate) keep_going: bool,
}

/// `A..B`.
fn seeds(text: &str) -> Result<std::ops::Range<u64>, String> {
    let parse = |part: &str| part.parse::<u64>().map_err(|error| format!("`{part}`: {error}"));
    let (first, last) = text.split_once("..").ok_or("expected A..B")?;
    let range = parse(first)?..parse(last)?;
    if range.is_empty() { Err("the range is empty".to_owned()) } else { Ok(range) }
}

/// A number with a unit.
fn time(text: &str) -> Result<Duration, String> {
    let (number, seconds) = match text.char_indices().last() {
        Some((at, 's')) => (text.get(..at), 1),
        Some((at, 'm')) => (text.get(..at), 60),
        Some((at, 'h')) => (text.get(..at), 3_600),
        _ => (Some(text), 1),
    };
    let number: u64 = number.unwrap_or_default().parse().map_err(|_| "expected a time such as 90s, 20m or 8h")?;
    Ok(Duration::from_secs(number.saturating_mul(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_and_seeds_are_read() {
        assert_eq!(time("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(time("8h"), Ok(Duration::from_hours(8)));
        assert_eq!(time("5"), Ok(Duration::from_secs(5)));
        assert!(time("soon").is_err() && time("").is_err());
        assert_eq!(seeds("3..9"), Ok(3..9));
        assert!(seeds("9..3").is_err() && seeds("7").is_err());
    }
}
