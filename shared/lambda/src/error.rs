//! How a task fails: a closed set of names. `infra/approval.asl.json` retries and catches by them, and a test holds
//! the two to each other.

use curfew_engine::error::{Error, Fault};
use lambda_runtime::Diagnostic;

use crate::environment::Unset;

/// A failed task, by what its caller should do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// Try again soon.
    #[error("{0}")]
    Transient(String),
    /// Somebody else works on the same thing; try again for as long as one invocation can take.
    #[error("{0}")]
    Busy(String),
    /// Trying again is useless.
    #[error("{0}")]
    Permanent(String),
}

impl TaskError {
    /// The names, as the state machine sees them.
    pub const NAMES: [&'static str; 3] = ["Transient", "Busy", "Permanent"];

    fn name(&self) -> &'static str {
        let [transient, busy, permanent] = Self::NAMES;
        match self {
            Self::Transient(_) => transient,
            Self::Busy(_) => busy,
            Self::Permanent(_) => permanent,
        }
    }
}

impl From<Error> for TaskError {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Fault(fault) => fault.into(),
            Error::Busy(_) => Self::Busy(message),
            // Sync has not run yet: it may before the execution gives up.
            Error::NoDirectory => Self::Transient(message),
            Error::Refused(_) | Error::Review(_) | Error::NotFound | Error::ForeignLink | Error::NotConfigured => {
                Self::Permanent(message)
            }
        }
    }
}

impl From<Fault> for TaskError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Transient { .. } => Self::Transient(fault.to_string()),
            Fault::Permanent { .. } => Self::Permanent(fault.to_string()),
        }
    }
}

impl From<TaskError> for Diagnostic {
    fn from(error: TaskError) -> Self {
        tracing::error!(error = %error, kind = error.name(), "the task failed");
        Self { error_type: error.name().to_owned(), error_message: error.to_string() }
    }
}

/// Why a binary did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is missing.
    #[error(transparent)]
    Unset(#[from] Unset),
    /// The run time gave up.
    #[error("the Lambda run time stopped: {0}")]
    Runtime(String),
}
