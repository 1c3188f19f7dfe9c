//! Command line.

use std::path::PathBuf;

use clap::Parser;

/// Runs Curfew on this machine: the Lambda binaries, the SAM template and the state machine as they are deployed,
/// on emulators. No AWS account, no Docker; everything listens on loopback only.
///
/// Without options it starts everything, seeds a sample organisation, tells the story of four requests as it really
/// happens, and then stays up for your own `curl` until Ctrl-C.
#[derive(Debug, Clone, Parser)]
#[command(name = "curfew-local", version)]
pub(crate) struct Args {
    /// Tell the story, stop, and exit with 0 only if everything was as it should be.
    #[arg(long, conflicts_with = "quiet_until_ready")]
    pub(crate) once: bool,

    /// Skip the story; print nothing until the API answers, then one line.
    #[arg(long)]
    pub(crate) quiet_until_ready: bool,

    /// Write addresses, ids and tokens to this file (JSON) as soon as the API answers.
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,

    /// Port of the API on 127.0.0.1; 0 takes any free one [default: the first free one from 8484].
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,

    /// Folder for this instance's state and logs; emptied at start [default: .curfew-local/<port>].
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,

    /// Stop when standard input closes, so that nothing outlives the program that started this one.
    #[arg(long)]
    pub(crate) exit_on_stdin_eof: bool,

    /// How long Identity Center takes for one assignment operation, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 1500)]
    pub(crate) operation_latency_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn defaults_tell_the_story_and_stay() {
        let args = Args::try_parse_from(["curfew-local"]).unwrap();
        assert!(!args.once && !args.quiet_until_ready && !args.exit_on_stdin_eof);
        assert_eq!((args.port, args.operation_latency_ms), (None, 1500));
    }

    #[test]
    fn a_story_cannot_be_both_told_and_skipped() {
        assert!(Args::try_parse_from(["curfew-local", "--once", "--quiet-until-ready"]).is_err());
    }

    #[test]
    fn a_port_is_a_port() {
        assert!(Args::try_parse_from(["curfew-local", "--port", "70000"]).is_err());
        assert_eq!(Args::try_parse_from(["curfew-local", "--port", "0"]).unwrap().port, Some(0));
    }
}
