//! Commands about published versions, and about what a configuration is made of.

use std::path::PathBuf;

use clap::Args;

use super::{Known, Server};

#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// The configuration folder
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Publish only if this version is the published one; without this, the one that is published when the command begins
    #[arg(long, value_name = "VERSION")]
    pub(crate) based_on: Option<String>,
    /// Why, for the list of versions
    #[arg(long)]
    pub(crate) comment: Option<String>,
    /// Sign with AWS credentials of the environment instead of sending a token: for CI
    #[arg(long)]
    pub(crate) aws: bool,
    /// Region of the API, for `--aws`
    #[arg(long, env = "AWS_REGION")]
    pub(crate) region: Option<String>,
    #[command(flatten)]
    pub(crate) known: Known,
}

#[derive(Debug, Args)]
pub(crate) struct Versions {
    /// List at most so many
    #[arg(long, default_value_t = 20)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// A version, or a folder; without this, the published version
    pub(crate) from: Option<String>,
    /// A version, or a folder; without this, the current folder
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// Which version to publish again
    pub(crate) version: String,
    /// Why, for the list of versions
    #[arg(long)]
    pub(crate) comment: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct ApproveVersion {
    /// Which version waits for a second administrator
    pub(crate) version: String,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Which version; the published one, without this
    pub(crate) version: Option<String>,
    /// Write its files into this folder, which must not exist or be empty
    #[arg(long, value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct SaveDirectory {
    /// Write into this file, which only you may read; without this, to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct ImportCel {
    /// File with conditions, blank lines between them, or `-` for standard input
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Write the Cedar schema of this folder instead of the JSON Schema of its TOML files
    #[arg(long, value_name = "FOLDER")]
    pub(crate) cedar: Option<PathBuf>,
}
