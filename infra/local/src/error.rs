//! What can go wrong, said so that the reader knows what to do.

use std::io;
use std::path::{Path, PathBuf};

/// A failure of the local run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{what} is missing: {hint}")]
    Missing { what: String, hint: String },
    #[error("cannot {doing}: {source}")]
    Io { doing: String, source: io::Error },
    #[error("{program} {how}; the end of {}:\n{tail}", log.display())]
    Child { program: String, how: String, log: PathBuf, tail: String },
    #[error("{0}")]
    Http(String),
    #[error("{doing}: expected {expected}, but saw {seen}")]
    Unexpected { doing: String, expected: String, seen: String },
    #[error("{0}")]
    Busy(String),
}

impl Error {
    /// Names what was being done when the operating system refused.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// A program of ours ended when it should not have, or badly; shows the end of its log.
    pub(crate) fn child(program: &str, how: impl Into<String>, log: &Path) -> Self {
        Self::Child { program: program.into(), how: how.into(), log: log.into(), tail: tail(log, 25) }
    }

    /// An answer that is not what the caller needs.
    pub(crate) fn unexpected(
        doing: impl Into<String>,
        expected: impl Into<String>,
        seen: impl std::fmt::Display,
    ) -> Self {
        Self::Unexpected { doing: doing.into(), expected: expected.into(), seen: seen.to_string() }
    }
}

/// The last line of a log that is still being written.
pub(crate) fn last_line(log: &Path) -> Option<String> {
    let bytes = std::fs::read(log).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    text.lines().last().map(|line| line.trim().to_owned())
}

/// The last lines of a log, indented.
fn tail(log: &Path, lines: usize) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.lines().collect();
    let last: Vec<String> =
        all.iter().skip(all.len().saturating_sub(lines)).map(|line| format!("  | {line}")).collect();
    if last.is_empty() { "  | (empty)".into() } else { last.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_child_shows_the_end_of_its_log() {
        let log = std::env::temp_dir().join(format!("curfew-local-tail-{}.log", std::process::id()));
        let text: Vec<String> = (1..=100).map(|n| format!("line {n}")).collect();
        std::fs::write(&log, text.join("\n")).unwrap();
        let said = Error::child("the emulator", "ended", &log).to_string();
        std::fs::remove_file(&log).unwrap();
        assert!(said.starts_with("the emulator ended; the end of "), "{said}");
        assert!(said.contains("line 100") && said.contains("line 76") && !said.contains("line 75"), "{said}");
    }
}
