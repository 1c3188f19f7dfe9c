//! The programs that we start. None of them outlives us.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;

/// How long a program has to end by itself after its standard input was closed.
const GRACE: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(25);

type Shared = Arc<Mutex<Child>>;

/// All programs started so far, shared by those who start them and by the one who stops everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Processes(Arc<Mutex<Registry>>);

#[derive(Debug, Default)]
struct Registry {
    closed: bool,
    children: Vec<Shared>,
}

/// One program that keeps running.
#[derive(Debug, Clone)]
pub(crate) struct Running(Shared);

impl Running {
    /// How it ended, if it did.
    pub(crate) fn ended(&self) -> Option<String> {
        hold(&self.0).try_wait().map_or_else(|error| Some(error.to_string()), |status| status.map(describe))
    }
}

impl Processes {
    /// Starts a program that should keep running.
    pub(crate) fn start(&self, program: &str, command: &mut Command) -> Result<Running, Error> {
        let mut registry = hold(&self.0);
        if registry.closed {
            return Err(Error::Busy(format!("not starting {program}: stopping")));
        }
        // In a group of its own, so that Ctrl-C is for us alone and its children can be ended with it.
        let child = command.process_group(0).spawn().map_err(Error::io(format!("start {program}")))?;
        let shared = Arc::new(Mutex::new(child));
        registry.children.push(Arc::clone(&shared));
        Ok(Running(shared))
    }

    /// Runs a program to its end; fails with the end of `log` if it fails.
    pub(crate) fn run(&self, program: &str, command: &mut Command, log: &Path) -> Result<(), Error> {
        let running = self.start(program, command.stdin(Stdio::null()))?;
        loop {
            let ended = hold(&running.0).try_wait().map_err(Error::io(format!("wait for {program}")))?;
            match ended {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(Error::child(program, describe(status), log)),
                None => std::thread::sleep(POLL),
            }
        }
    }

    /// Ends everything, politely where a program listens on its standard input, and starts nothing any more.
    pub(crate) fn end_all(&self) {
        let mut registry = hold(&self.0);
        registry.closed = true;
        for child in registry.children.drain(..).rev() {
            end(&mut hold(&child));
        }
    }
}

fn end(child: &mut Child) {
    // Our helpers end when their standard input does: it also closes if we are killed outright.
    let deadline = Instant::now() + if child.stdin.take().is_some() { GRACE } else { Duration::ZERO };
    while matches!(child.try_wait(), Ok(None)) {
        if Instant::now() >= deadline {
            kill_group(child);
            let _ = child.wait();
            return;
        }
        std::thread::sleep(POLL);
    }
}

/// The program and all that it started. The standard library can only kill the program itself.
fn kill_group(child: &mut Child) {
    let kill = format!("kill -KILL -{}", child.id());
    if !Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        let _ = child.kill();
    }
}

fn describe(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("ended with exit code {code}"),
        None => format!("was ended ({status})"),
    }
}

/// A panic while holding these locks leaves nothing half done.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends both outputs of a program to a file.
pub(crate) fn log_to<'c>(command: &'c mut Command, log: &Path) -> Result<&'c mut Command, Error> {
    let file = File::create(log).map_err(Error::io(format!("create {}", log.display())))?;
    let copy = file.try_clone().map_err(Error::io(format!("open {}", log.display())))?;
    Ok(command.stdout(file).stderr(copy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_named_with_its_log() {
        let log = std::env::temp_dir().join(format!("curfew-local-run-{}.log", std::process::id()));
        let mut command = Command::new("sh");
        log_to(command.args(["-c", "echo no such thing >&2; exit 3"]), &log).unwrap();
        let error = Processes::default().run("the helper", &mut command, &log).unwrap_err().to_string();
        std::fs::remove_file(&log).unwrap();
        assert!(error.starts_with("the helper ended with exit code 3"), "{error}");
        assert!(error.contains("no such thing"), "{error}");
    }

    #[test]
    fn what_listens_on_its_input_ends_by_itself_and_the_rest_is_killed() {
        let processes = Processes::default();
        let polite = processes.start("cat", Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null())).unwrap();
        let mut deaf = Command::new("sh");
        deaf.args(["-c", "sleep 600; true"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let deaf = processes.start("sh", &mut deaf).unwrap();
        assert!(polite.ended().is_none() && deaf.ended().is_none());
        processes.end_all();
        assert_eq!(polite.ended().unwrap(), "ended with exit code 0");
        assert!(deaf.ended().unwrap().starts_with("was ended"));
        // The pipe ends only when the grandchild is gone too.
        let mut output = hold(&deaf.0).stdout.take().unwrap();
        std::io::Read::read_to_end(&mut output, &mut Vec::new()).unwrap();
        assert!(processes.start("true", &mut Command::new("true")).is_err(), "nothing starts while stopping");
    }
}
