//! The command line, as clap reads it and as `--help` and completions tell it.

mod access;
mod aws;
mod duration;
mod manual;
mod publishing;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use curfew_domain::time::{AccessDuration, Timestamp};

pub(crate) use access::{
    Active, Approve, AskFor, Audit, Deny, End, Escalate, Extend, Login, Ls, Patience, Return, Review, Status, Verify,
};
pub(crate) use aws::{Aws, Credentials, Remove, Setup};
pub(crate) use duration::duration;
pub(crate) use manual::{completions, manual};
pub(crate) use publishing::{
    ApproveVersion, Diff, ImportCel, Publish, Rollback, SaveDirectory, Schema, Show, Versions,
};

/// How the process ends, for `--help`.
pub(crate) const EXIT_CODES: &str = "Exit codes:
  0  done, and as hoped for
  1  problems were found, or an expectation was not met
  2  wrong usage, or a file that cannot be read or written
  3  the server said no, or knows no such thing
  4  the server failed or did not answer
  5  denied, or over before it began
  6  not yet: it waits for somebody, or for its start";

/// Just-in-time access to AWS that ends on time.
#[derive(Debug, Parser)]
#[command(name = "curfew", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Answer in JSON; field names are stable
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sign in, by a browser or with a code
    Login(Login),
    /// Forget the sign-in
    Logout(Server),
    /// List what you may request, and what would come of it
    Ls(Ls),
    /// Request access; done when you have it
    #[command(after_help = EXIT_CODES)]
    Request(AskFor),
    /// Show a request, or all of yours that are open
    #[command(after_help = EXIT_CODES)]
    Status(Status),
    /// List what waits for your decision
    Approvals(Server),
    /// Approve a request, as it is or for a shorter time
    Approve(Approve),
    /// Deny a request
    Deny(Deny),
    /// Ask for more time
    #[command(after_help = EXIT_CODES)]
    Extend(Extend),
    /// Give access back
    Return(Return),
    /// Make an emergency of an open request
    #[command(after_help = EXIT_CODES)]
    Escalate(Escalate),
    /// Withdraw a request that is not active yet
    Cancel(End),
    /// End somebody's access now, as its approver or an administrator
    Revoke(End),
    /// List active access
    Active(Active),
    /// List access that you are asked to give or take by hand
    Tasks(Server),
    /// Say that you have given access by hand
    Provisioned(End),
    /// Say that you have taken access by hand, or that nobody gave it
    Removed(End),
    /// List reviews of emergency access that are open
    Reviews(Server),
    /// Judge emergency access that has ended
    Review(Review),
    /// Verify the audit trail
    Audit {
        #[command(subcommand)]
        command: Audit,
    },
    /// AWS profiles that ask for access by themselves
    Aws {
        #[command(subcommand)]
        command: Aws,
    },
    /// Check, explain, compare and publish the configuration
    #[command(after_help = EXIT_CODES)]
    Config {
        #[command(subcommand)]
        command: Box<ConfigCommand>,
    },
    /// Write completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Write the manual pages
    Man {
        /// Into this folder; without it, the first page to standard output
        #[arg(long, value_name = "FOLDER")]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Find everything that is wrong with a configuration folder
    #[command(after_help = EXIT_CODES)]
    Check(Check),
    /// Tell what would come of somebody's request, and why
    Explain(Explain),
    /// Tell who could get an entitlement, and on which terms
    WhoCan(WhoCan),
    /// Tell what a folder would change against the published version
    Plan(Plan),
    /// Try the expectations in `tests/*.toml` of a folder
    Test(Check),
    /// Run a folder over past requests and over people × entitlements
    Simulate(Simulate),
    /// Check a folder for what can be proven: static checks, and invariants with a solver
    Prove(Prove),
    /// Publish a folder as the new version
    Publish(Publish),
    /// List published versions, newest first
    Versions(Versions),
    /// Show how two versions, or a version and a folder, differ
    Diff(Diff),
    /// Publish an earlier version again
    Rollback(Rollback),
    /// Approve a version that another administrator published
    Approve(ApproveVersion),
    /// Show a published version, or write it into a folder
    Show(Show),
    /// Save the directory for use offline
    Directory(SaveDirectory),
    /// Turn CEL conditions into Cedar, and tell what cannot be turned
    ImportCel(ImportCel),
    /// Write the schema of the configuration files, or of the Cedar policies of a folder
    Schema(Schema),
}

/// Where the API is.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Server {
    /// Address of Curfew, such as `https://curfew.example.com`; where you signed in last, without this
    #[arg(long, env = "CURFEW_URL")]
    pub(crate) url: Option<String>,
    /// File with the token; nobody else may read it. Without this: `CURFEW_TOKEN`, or what `curfew login` has kept
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

/// Where the directory comes from.
#[derive(Debug, Clone, Args)]
pub(crate) struct Known {
    /// Directory saved by `curfew config directory`; without this it is fetched from the API, where there is one
    #[arg(long, value_name = "FILE")]
    pub(crate) directory: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) server: Server,
}

/// Whose configuration.
#[derive(Debug, Clone, Args)]
pub(crate) struct Asked {
    /// Ask this folder; without this, the published version
    #[arg(long, value_name = "FOLDER")]
    pub(crate) folder: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) known: Known,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The configuration folder
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    #[command(flatten)]
    pub(crate) known: Known,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// User name or id
    pub(crate) user: String,
    /// `<account>/<permission set>`, by names or ids
    pub(crate) entitlement: String,
    /// For how long, such as 1h30m or PT1H30M; without this, the shortest time
    #[arg(long, value_parser = duration)]
    pub(crate) duration: Option<AccessDuration>,
    /// At which instant, such as 2026-11-23T09:00:00Z; now, without this
    #[arg(long)]
    pub(crate) at: Option<Timestamp>,
    /// As an emergency
    #[arg(long)]
    pub(crate) emergency: bool,
    /// With this ticket
    #[arg(long)]
    pub(crate) ticket: Option<String>,
    /// With this justification; without one, what is demanded counts as met and is told
    #[arg(long)]
    pub(crate) justification: Option<String>,
    /// Through this channel
    #[arg(long, default_value = "cli", value_parser = ["api", "cli", "console", "slack"])]
    pub(crate) channel: String,
    /// From this address
    #[arg(long, value_name = "IP")]
    pub(crate) source_address: Option<String>,
    /// With (true) or without (false) a second factor; without this, unknown
    #[arg(long, value_name = "BOOL")]
    pub(crate) mfa: Option<bool>,
    /// While having this entitlement; may be repeated
    #[arg(long = "active", value_name = "ENTITLEMENT")]
    pub(crate) active: Vec<String>,
    #[command(flatten)]
    pub(crate) asked: Asked,
}

#[derive(Debug, Args)]
pub(crate) struct WhoCan {
    /// `<account>/<permission set>`, by names or ids
    pub(crate) entitlement: String,
    /// For how long; without this, the shortest time
    #[arg(long, value_parser = duration)]
    pub(crate) duration: Option<AccessDuration>,
    /// At which instant; now, without this
    #[arg(long)]
    pub(crate) at: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) asked: Asked,
}

/// How far to look over people × entitlements.
#[derive(Debug, Clone, Args)]
pub(crate) struct Look {
    /// Compare with this folder instead of the published version
    #[arg(long, value_name = "FOLDER")]
    pub(crate) against: Option<PathBuf>,
    /// As if asked for so long; without this, for every time at which an answer may change
    #[arg(long, value_parser = duration)]
    pub(crate) duration: Option<AccessDuration>,
    /// As if asked at this instant; without this, when the directory was taken
    #[arg(long)]
    pub(crate) at: Option<Timestamp>,
    /// Look at no more than so many pairs of people and entitlements that differ, spread evenly
    #[arg(long, value_name = "PAIRS", default_value_t = 200_000)]
    pub(crate) sample: usize,
    /// Write Markdown, for a pull request
    #[arg(long)]
    pub(crate) markdown: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// The configuration folder
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    #[command(flatten)]
    pub(crate) look: Look,
    #[command(flatten)]
    pub(crate) known: Known,
}

#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// The configuration folder
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Past requests: a file with one request of the API per line, or `api` for all that the API has
    #[arg(long, value_name = "FILE|api")]
    pub(crate) requests: Option<String>,
    #[command(flatten)]
    pub(crate) look: Look,
    #[command(flatten)]
    pub(crate) known: Known,
}

#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// The configuration folder
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// The cvc5 solver; without this, `cvc5` of the search path
    #[arg(long, env = "CVC5", value_name = "PROGRAM")]
    pub(crate) cvc5: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) known: Known,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }
}
