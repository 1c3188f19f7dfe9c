//! What the two functions that write to Identity Center share.

use curfew_engine::writer::{Drained, Limits};
use serde::Serialize;

use crate::environment::Environment;

/// What came of an invocation; for people who read logs and consoles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WriterAnswer {
    /// Intents that were carried out.
    done: usize,
    /// Intents that were tried and are left.
    left: usize,
    /// Another invocation has the lease, and carries out what there is.
    elsewhere: bool,
}

impl From<Drained> for WriterAnswer {
    fn from(Drained { done, left, elsewhere }: Drained) -> Self {
        Self { done, left, elsewhere }
    }
}

/// How much of Identity Center's quotas to use, as the template says.
pub fn writer_limits(environment: &Environment) -> Limits {
    let usual = Limits::default();
    let calls = environment.optional("CALLS_PER_SECOND").and_then(|text| text.parse().ok());
    let operations = environment.optional("OPERATIONS_AT_ONCE").and_then(|text| text.parse().ok());
    Limits {
        calls_per_second: calls.unwrap_or(usual.calls_per_second).max(1),
        operations: operations.unwrap_or(usual.operations).max(1),
    }
}
