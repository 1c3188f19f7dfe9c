//! What the person at the terminal sees: steps with a mark, waits with a changing line, colours on a terminal only.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::error::Error;

/// How often a wait says that it still waits, where lines cannot be rewritten.
const SPARSE: Duration = Duration::from_secs(15);
/// How often the changing line changes.
const TICK: Duration = Duration::from_millis(250);

/// Styles by meaning, not by colour.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Style {
    Title,
    Good,
    Bad,
    Faint,
}

/// Standard output, as quiet, plain or lively as it should be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    live: bool,
    colour: bool,
    quiet: bool,
}

impl Terminal {
    /// Looks at standard output; `quiet` prints nothing but [`Terminal::announce`].
    pub(crate) fn new(quiet: bool) -> Self {
        let live = std::io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self { live: live && !quiet, colour: live && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()), quiet }
    }

    /// Whether a child may write its own progress to the terminal.
    pub(crate) fn is_live(self) -> bool {
        self.live
    }

    /// Wraps the text in a style, on a terminal.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if !self.colour {
            return text.into();
        }
        let code = match style {
            Style::Title => "1",
            Style::Good => "32",
            Style::Bad => "31",
            Style::Faint => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// One line, unless quiet.
    pub(crate) fn line(self, text: &str) {
        if !self.quiet {
            self.announce(text);
        }
    }

    /// One line, even when quiet. A closed output (`| head`) is no reason to fail.
    #[expect(clippy::unused_self, reason = "reads as a property of the terminal")]
    pub(crate) fn announce(self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }

    /// Does `work`, showing that it takes time, and says with the detail that it returned how it went.
    pub(crate) fn step<T>(self, label: &str, work: impl FnOnce() -> Result<(T, String), Error>) -> Result<T, Error> {
        self.step_noting(label, || None, work)
    }

    /// Like [`Terminal::step`]; `note` says how far the work is.
    pub(crate) fn step_noting<T>(
        self,
        label: &str,
        note: impl Fn() -> Option<String> + Send,
        work: impl FnOnce() -> Result<(T, String), Error>,
    ) -> Result<T, Error> {
        let began = Instant::now();
        let outcome = self.ticking(label, note, work);
        self.conclude(label, began, outcome)
    }

    /// Like [`Terminal::step`], for work that shows its progress by itself.
    pub(crate) fn step_of_another<T>(
        self,
        label: &str,
        work: impl FnOnce() -> Result<(T, String), Error>,
    ) -> Result<T, Error> {
        let began = Instant::now();
        let outcome = work();
        self.conclude(label, began, outcome)
    }

    fn conclude<T>(self, label: &str, began: Instant, outcome: Result<(T, String), Error>) -> Result<T, Error> {
        match outcome {
            Ok((value, detail)) => {
                let took = format!("{:.1} s", began.elapsed().as_secs_f64());
                let mark = self.paint(Style::Good, "✓");
                self.line(&format!("  {mark} {label}: {detail} {}", self.paint(Style::Faint, &format!("({took})"))));
                Ok(value)
            }
            Err(error) => {
                self.line(&format!("  {} {label}", self.paint(Style::Bad, "✗")));
                Err(error)
            }
        }
    }

    /// Polls until there is something, or until the time is over.
    pub(crate) fn wait<T>(
        self,
        label: &str,
        at_most: Duration,
        note: impl Fn() -> Option<String> + Send,
        mut poll: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        let end = Instant::now() + at_most;
        self.ticking(label, note, || {
            loop {
                if let Some(found) = poll() {
                    return Some(found);
                }
                if Instant::now() >= end {
                    return None;
                }
                std::thread::sleep(Duration::from_millis(400));
            }
        })
    }

    /// Runs `work` while another thread shows that time passes.
    fn ticking<T>(self, label: &str, note: impl Fn() -> Option<String> + Send, work: impl FnOnce() -> T) -> T {
        if self.quiet {
            return work();
        }
        let (done, over) = channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let began = Instant::now();
                let every = if self.live { TICK } else { SPARSE };
                while over.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                    self.tick(label, began.elapsed(), note().as_deref());
                }
                self.erase();
            });
            let value = work();
            drop(done);
            value
        })
    }

    fn tick(self, label: &str, passed: Duration, note: Option<&str>) {
        let note = note.map(|note| format!(", {note}")).unwrap_or_default();
        let text = format!("  … {label} ({} s{note})", passed.as_secs());
        let mut out = std::io::stdout().lock();
        let _ = if self.live { write!(out, "\r\x1b[2K{text}") } else { writeln!(out, "{text}") };
        let _ = out.flush();
    }

    fn erase(self) {
        if self.live {
            let mut out = std::io::stdout().lock();
            let _ = write!(out, "\r\x1b[2K").and_then(|()| out.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Terminal = Terminal { live: false, colour: false, quiet: true };

    #[test]
    fn colours_only_where_wanted() {
        assert_eq!(PLAIN.paint(Style::Bad, "no"), "no");
        let colourful = Terminal { colour: true, ..PLAIN };
        assert_eq!(colourful.paint(Style::Bad, "no"), "\x1b[31mno\x1b[0m");
    }

    #[test]
    fn a_wait_ends_with_what_it_waited_for_or_in_time() {
        let mut left = 2;
        let found = PLAIN.wait(
            "x",
            Duration::from_secs(5),
            || None,
            || {
                left -= 1;
                (left == 0).then_some("here")
            },
        );
        assert_eq!(found, Some("here"));
        assert_eq!(PLAIN.wait("x", Duration::ZERO, || None, || None::<()>), None);
    }
}
