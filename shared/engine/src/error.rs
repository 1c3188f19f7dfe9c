//! What can go wrong with a verb.

use curfew_domain::request::Refusal;

/// Something outside Curfew did not do what it should.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    /// It may work later: throttled, unreachable, timed out, or of unknown outcome.
    #[error("{what}: {cause}")]
    Transient {
        /// What was tried.
        what: &'static str,
        /// What came back, for operators.
        cause: String,
    },
    /// It will not work later without somebody's help: rights, wrong settings, unreadable data.
    #[error("{what}: {cause}")]
    Permanent {
        /// What was tried.
        what: &'static str,
        /// What came back, for operators.
        cause: String,
    },
}

/// Why a verb did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The domain refused; nothing changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The rules of reviews refused; nothing changed.
    #[error(transparent)]
    Review(#[from] curfew_domain::review::Refusal),
    /// There is no such thing, or the caller may not know of it.
    #[error("not found")]
    NotFound,
    /// A callback link that was made for another approver.
    #[error("this link was made for another approver")]
    ForeignLink,
    /// Somebody else works on the same thing; try again soon.
    #[error("busy: {0}")]
    Busy(String),
    /// No configuration was published yet.
    #[error("no configuration has been published yet")]
    NotConfigured,
    /// The directory was not read yet.
    #[error("the directory has not been read yet")]
    NoDirectory,
    /// The world outside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Fault {
    /// A fault that may pass.
    #[expect(clippy::needless_pass_by_value, reason = "call sites pass errors and literals alike")]
    pub fn transient(what: &'static str, cause: impl ToString) -> Self {
        Self::Transient { what, cause: cause.to_string() }
    }

    /// A fault that needs help.
    #[expect(clippy::needless_pass_by_value, reason = "call sites pass errors and literals alike")]
    pub fn permanent(what: &'static str, cause: impl ToString) -> Self {
        Self::Permanent { what, cause: cause.to_string() }
    }
}
