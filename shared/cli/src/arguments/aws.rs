//! Commands about AWS profiles.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use curfew_domain::time::{AccessDuration, SignedDuration};

use super::{EXIT_CODES, Server, duration};

#[derive(Debug, Subcommand)]
pub(crate) enum Aws {
    /// Write a profile for each entitlement into the AWS configuration
    Setup(Setup),
    /// Take out of the AWS configuration what `setup` wrote
    Remove(Remove),
    /// Print credentials for a profile; asks for access where there is none
    #[command(after_help = EXIT_CODES)]
    Credentials(Credentials),
}

#[derive(Debug, Args)]
pub(crate) struct Setup {
    /// The AWS configuration; without this, `~/.aws/config`
    #[arg(long, env = "AWS_CONFIG_FILE", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Names of profiles begin with this
    #[arg(long, default_value = "curfew.")]
    pub(crate) prefix: String,
    /// How long a profile asks for, such as 1h; an entitlement that allows less is asked for less
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, default_value = "1h")]
    pub(crate) duration: AccessDuration,
    /// Region that the profiles work in
    #[arg(long, value_name = "REGION")]
    pub(crate) profile_region: Option<String>,
    /// The AWS access portal, such as `https://example.awsapps.com/start`; what the server says, without this
    #[arg(long, value_name = "URL")]
    pub(crate) portal: Option<String>,
    /// Region of IAM Identity Center; what the server says, without this
    #[arg(long, value_name = "REGION")]
    pub(crate) portal_region: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// The AWS configuration; without this, `~/.aws/config`
    #[arg(long, env = "AWS_CONFIG_FILE", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Credentials {
    /// `<account>/<permission set>`
    pub(crate) entitlement: String,
    /// Address of the AWS access portal
    #[arg(long, value_name = "URL")]
    pub(crate) portal: String,
    /// Region of IAM Identity Center
    #[arg(long, value_name = "REGION")]
    pub(crate) portal_region: String,
    /// For how long to ask, such as 45m or 1h30m
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, default_value = "1h")]
    pub(crate) duration: AccessDuration,
    /// Why
    #[arg(
        long = "because",
        env = "CURFEW_BECAUSE",
        value_name = "JUSTIFICATION",
        default_value = "Used by an AWS profile"
    )]
    pub(crate) justification: String,
    /// Ticket that this is for
    #[arg(long, env = "CURFEW_TICKET")]
    pub(crate) ticket: Option<String>,
    /// Wait so long for the access
    #[arg(long, value_name = "DURATION", default_value = "10m")]
    pub(crate) wait: SignedDuration,
    #[command(flatten)]
    pub(crate) server: Server,
}
