//! Commands of people who want access, decide on it, or look after it.

use clap::{Args, Subcommand};
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};

use super::{Server, duration};

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// Address of Curfew; without it, where you signed in last
    #[arg(env = "CURFEW_URL")]
    pub(crate) url: Option<String>,
    /// Confirm a code in a browser on another machine
    #[arg(long)]
    pub(crate) device: bool,
    /// Port of 127.0.0.1 that the browser comes back to; any free one, without this
    #[arg(long, conflicts_with = "device")]
    pub(crate) port: Option<u16>,
    /// Print the address instead of opening a browser
    #[arg(long, conflicts_with = "device")]
    pub(crate) no_browser: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Ls {
    /// Words that occur in account, permission set or catalog
    #[arg(long, short, num_args = 1.., value_name = "WORDS")]
    pub(crate) search: Vec<String>,
    /// List at most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) limit: u16,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct AskFor {
    /// `<account>/<permission set>`, by names or ids, or by parts of names that only one entitlement has
    pub(crate) entitlement: String,
    /// For how long, such as 45m or 1h30m
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) duration: AccessDuration,
    /// Why
    #[arg(long = "because", value_name = "JUSTIFICATION")]
    pub(crate) justification: String,
    /// Ticket that this is for
    #[arg(long)]
    pub(crate) ticket: Option<String>,
    /// Not before this time, such as 2026-11-23T18:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) start: Option<Timestamp>,
    /// As an emergency: everybody concerned is told, and somebody reviews it afterwards
    #[arg(long)]
    pub(crate) emergency: bool,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Patience {
    /// Wait so long for the access; without this, until it is known who or what it waits for
    #[arg(long, value_name = "DURATION")]
    pub(crate) wait: Option<SignedDuration>,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Which request; without this, all of yours that are open
    pub(crate) id: Option<String>,
    /// Tell each change, until the request is over
    #[arg(long, requires = "id")]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// Which request
    pub(crate) id: String,
    /// For your decision's record
    #[arg(long)]
    pub(crate) comment: Option<String>,
    /// For this long, if that is shorter than was asked
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) duration: Option<AccessDuration>,
    /// Not before this time, if that is later than was asked
    #[arg(long, value_name = "TIME")]
    pub(crate) start: Option<Timestamp>,
    /// Decide without showing the request and asking first
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Deny {
    /// Which request
    pub(crate) id: String,
    /// Why; some steps demand it
    #[arg(long)]
    pub(crate) comment: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Extend {
    /// Which active grant; without this, the only one that you have
    pub(crate) id: Option<String>,
    /// How much longer, from its end on
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) duration: AccessDuration,
    /// Why
    #[arg(long = "because", value_name = "JUSTIFICATION")]
    pub(crate) justification: String,
    /// Ticket that this is for
    #[arg(long)]
    pub(crate) ticket: Option<String>,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Escalate {
    /// Which open request
    pub(crate) id: String,
    /// Why it cannot wait
    #[arg(long = "because", value_name = "JUSTIFICATION")]
    pub(crate) justification: Option<String>,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Review {
    /// Which emergency request
    pub(crate) id: String,
    /// It was right to use emergency access
    #[arg(long, required_unless_present = "not_justified", conflicts_with = "not_justified")]
    pub(crate) justified: bool,
    /// It was not
    #[arg(long)]
    pub(crate) not_justified: bool,
    /// What you found
    #[arg(long)]
    pub(crate) comment: String,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Return {
    /// Which active grant; without this, the only one that you have
    pub(crate) id: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct End {
    /// Which request
    pub(crate) id: String,
    /// Why, for the record
    #[arg(long)]
    pub(crate) comment: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Active {
    /// Everybody's, for administrators and auditors
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Compute every hash of the audit chains again, here, and compare
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Which requests; without any, all that you may see
    pub(crate) ids: Vec<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}
