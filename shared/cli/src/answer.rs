//! What a command answers, and how the process ends.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use serde::Serialize;
use serde_json::{Value, json};

/// What a command found out.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Whether it is what was hoped for.
    pub(crate) done: Done,
    /// For people; may have ANSI colours, which are taken out where they would not be shown.
    pub(crate) text: String,
    /// For programs; field names are stable.
    pub(crate) json: Value,
}

/// Whether a command found what was hoped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// Exit code 0.
    Fine,
    /// Problems, or an expectation that was not met: exit code 1.
    Found,
    /// What was asked for will not be: exit code 5.
    Denied,
    /// What was asked for is not yet: exit code 6.
    Pending,
}

/// Why a command has no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something on this side of the wire: an argument, a file. Exit code 2.
    Usage(String),
    /// The configuration is not valid; the answer tells all of it. Exit code 1.
    Invalid(Answer),
    /// The server said no. Exit code 3.
    Refused {
        /// Stable name of the reason, as the server gave it.
        code: String,
        /// What to read.
        message: String,
    },
    /// The server did not answer, or failed. Exit code 4.
    Server(String),
    /// There is no access for which to print something: denied (5), or not yet (6).
    NoAccess {
        /// Which of both.
        done: Done,
        /// What to read.
        message: String,
    },
}

impl Answer {
    /// An answer as it was hoped for.
    pub(crate) fn fine(text: impl Into<String>, json: &impl Serialize) -> Self {
        Self::new(Done::Fine, text, json)
    }

    /// An answer.
    pub(crate) fn new(done: Done, text: impl Into<String>, json: &impl Serialize) -> Self {
        // Only maps with keys that are no texts cannot be written, and there are none.
        let json = serde_json::to_value(json).unwrap_or(Value::Null);
        Self { done, text: text.into(), json }
    }
}

impl Done {
    /// `Found` where there is something to find.
    pub(crate) fn found(something: bool) -> Self {
        if something { Self::Found } else { Self::Fine }
    }

    fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Found => 1,
            Self::Denied => 5,
            Self::Pending => 6,
        }
    }
}

impl Failure {
    /// An argument or a file that cannot be used.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    fn code(&self) -> u8 {
        match self {
            Self::Invalid(_) => 1,
            Self::Usage(_) => 2,
            Self::Refused { .. } => 3,
            Self::Server(_) => 4,
            Self::NoAccess { done, .. } => done.code(),
        }
    }

    fn json(&self) -> Value {
        let (code, message) = match self {
            Self::Invalid(answer) => return answer.json.clone(),
            Self::Usage(message) => ("usage", message),
            Self::Refused { code, message } => (code.as_str(), message),
            Self::Server(message) => ("server", message),
            Self::NoAccess { done: Done::Pending, message } => ("pending", message),
            Self::NoAccess { message, .. } => ("denied", message),
        };
        json!({ "error": { "code": code, "message": message } })
    }
}

/// Writes the answer, and says how the process ends. A reader that has gone away is no error.
pub(crate) fn write(answer: Result<Answer, Failure>, as_json: bool) -> ExitCode {
    let code = match &answer {
        Ok(answer) => answer.done.code(),
        Err(failure) => failure.code(),
    };
    let written = match answer {
        Ok(Answer { json, .. }) if as_json => out(&pretty(&json)),
        Err(failure) if as_json => out(&pretty(&failure.json())),
        Ok(Answer { text, .. }) | Err(Failure::Invalid(Answer { text, .. })) => out(&text),
        Err(
            Failure::Usage(message)
            | Failure::Refused { message, .. }
            | Failure::Server(message)
            | Failure::NoAccess { message, .. },
        ) => {
            let mut text = format!("{RED}error{PLAIN}: ");
            let _ = writeln!(text, "{}", message.trim_end());
            anstream::stderr().write_all(text.as_bytes())
        }
    };
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(2),
        _ => ExitCode::from(code),
    }
}

/// Begins an error word.
pub(crate) const RED: &str = "\u{1b}[1;31m";
/// Begins what is good.
pub(crate) const GREEN: &str = "\u{1b}[32m";
/// Begins what matters.
pub(crate) const BOLD: &str = "\u{1b}[1m";
/// Ends all of them.
pub(crate) const PLAIN: &str = "\u{1b}[0m";

fn out(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout();
    stdout.write_all(text.as_bytes())?;
    if !text.is_empty() && !text.ends_with('\n') {
        stdout.write_all(b"\n")?;
    }
    stdout.flush()
}

fn pretty(json: &Value) -> String {
    format!("{json:#}\n")
}

/// Tells something while a command works: on standard error, so that standard output is the answer alone.
///
/// The AWS CLI keeps standard error of a `credential_process` to itself until that has failed; a terminal, if there is one,
/// shows it at once.
pub(crate) fn note(text: &str) {
    use std::io::IsTerminal as _;
    // Nobody is to be told when even this cannot be written.
    let _ = writeln!(anstream::stderr(), "{text}");
    #[cfg(unix)]
    if !io::stderr().is_terminal()
        && let Ok(mut terminal) = std::fs::OpenOptions::new().write(true).open("/dev/tty")
    {
        let _ = writeln!(terminal, "curfew: {text}");
    }
}

/// Tells how far a long work is, where somebody looks at a terminal.
pub(crate) fn progress(done: usize, all: usize, what: &str) {
    use std::io::IsTerminal as _;
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        let end = if done >= all { "\r\u{1b}[K" } else { "" };
        // Nobody is to be told when even this cannot be written.
        let _ = write!(stderr, "\r{done} of {all} {what}{end}");
    }
}
