//! The main thread: starts the run in another thread, waits for whatever ends it, and ends everything in order.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use clap::Parser;

use crate::args::Args;
use crate::error::Error;
use crate::processes::{Processes, Running};
use crate::run::{Outcome, Run};
use crate::servers::Servers;
use crate::terminal::{Style, Terminal};

/// Exit code of a run that was stopped before it was ready, as shells use it.
const INTERRUPTED: u8 = 130;

/// What can happen while we run.
#[derive(Debug)]
pub(crate) enum Event {
    /// All steps are done, and the story told if it was to be told.
    Finished(Result<Outcome, Error>),
    /// The emulator ended by itself.
    Died(Error),
    /// Ctrl-C or SIGTERM.
    Interrupted,
    /// Whoever started us is gone.
    Abandoned,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let terminal = Terminal::new(args.quiet_until_ready);
    let processes = Processes::default();
    let ready_file = args.ready_file.clone();
    let code = supervise(args, terminal, &processes).unwrap_or_else(|error| {
        eprintln!("{}: {error}", terminal.paint(Style::Bad, "curfew-local"));
        ExitCode::FAILURE
    });
    if let Some(file) = ready_file {
        // Nobody should find addresses that answer no more.
        let _ = std::fs::remove_file(file);
    }
    processes.end_all();
    code
}

fn supervise(args: Args, terminal: Terminal, processes: &Processes) -> Result<ExitCode, Error> {
    let (events, happened) = channel();
    let servers = Servers::start(events.clone(), || Event::Interrupted)?;
    if args.exit_on_stdin_eof {
        watch_stdin(events.clone());
    }
    let once = args.once;
    let run = Run { args, terminal, servers, processes: processes.clone(), events: events.clone() };
    std::thread::spawn(move || {
        let _ = events.send(Event::Finished(run.all()));
    });
    let (mut told, mut _held) = (ExitCode::from(INTERRUPTED), None);
    for event in happened {
        match event {
            Event::Finished(outcome) => {
                let Outcome { unmet, state } = outcome?;
                if unmet > 0 {
                    let said = format!(
                        "{unmet} of the story's expectations were not met; logs: {}",
                        state.path("logs").display()
                    );
                    eprintln!("{}", terminal.paint(Style::Bad, &said));
                }
                told = if unmet > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS };
                _held = Some(state);
                if once {
                    return Ok(told);
                }
            }
            Event::Died(error) => return Err(error),
            Event::Interrupted | Event::Abandoned => {
                terminal.line("\nStopping.");
                return Ok(told);
            }
        }
    }
    Ok(told)
}

/// Tells when standard input ends: then nobody is left who could stop us.
fn watch_stdin(events: Sender<Event>) {
    std::thread::spawn(move || {
        let mut stdin = std::io::stdin().lock();
        let mut buffer = [0_u8; 1024];
        while matches!(stdin.read(&mut buffer), Ok(read) if read > 0) {}
        let _ = events.send(Event::Abandoned);
    });
}

/// Tells when the emulator ends by itself.
pub(crate) fn watch(process: Running, log: PathBuf, events: Sender<Event>) {
    std::thread::spawn(move || {
        loop {
            if let Some(how) = process.ended() {
                let _ = events.send(Event::Died(Error::child("the emulator", how, &log)));
                return;
            }
            std::thread::sleep(Duration::from_millis(300));
        }
    });
}
