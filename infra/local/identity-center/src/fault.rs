//! Faults that tests order.

use crate::ServiceError;
use serde::{Deserialize, Serialize};

/// The next `times` calls of `operation` go wrong in the way that `kind` says.
///
/// As JSON: `{"operation": "CreateAccountAssignment", "times": 2, "kind": "slow", "ms": 5000}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Name of the operation, or `*` for any.
    pub operation: String,
    /// How often; 1 when the JSON leaves it out.
    #[serde(default = "once")]
    pub times: u32,
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: FaultKind,
}

fn once() -> u32 {
    1
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// Refused: `ThrottlingException`.
    Throttle,
    /// Refused: `ConflictException`.
    Conflict,
    /// Refused: `InternalServerException`.
    InternalError,
    /// Refused: `AccessDeniedException`.
    AccessDenied,
    /// Refused: `ResourceNotFoundException`, whatever is there.
    NotFound,
    /// The request is dropped on the way: no effect, no answer.
    LostRequest,
    /// The call takes effect and its answer is dropped.
    LostReply,
    /// The answer arrives this much later.
    LateReply {
        /// Milliseconds.
        ms: u64,
    },
    /// The assignment operation is accepted and ends FAILED.
    Fail {
        /// Its `FailureReason`.
        reason: String,
    },
    /// The assignment operation is accepted and stays `IN_PROGRESS` until [`crate::Model::heal`].
    Stuck,
    /// The assignment operation runs this long.
    Slow {
        /// Milliseconds.
        ms: u64,
    },
}

impl Fault {
    pub(crate) fn matches(&self, operation: &str) -> bool {
        let asynchronous = matches!(operation, "CreateAccountAssignment" | "DeleteAccountAssignment");
        (self.operation == operation || self.operation == "*") && (asynchronous || !self.kind.needs_operation())
    }
}

impl FaultKind {
    /// The error instead of any effect, if this kind is one.
    pub(crate) fn refusal(&self) -> Option<ServiceError> {
        match self {
            Self::Throttle => Some(ServiceError::throttled("Rate exceeded")),
            Self::Conflict => Some(ServiceError::conflict("There is a conflicting operation in process.")),
            Self::InternalError => {
                Some(ServiceError::internal("An unexpected internal service exception was encountered"))
            }
            Self::AccessDenied => Some(ServiceError::access_denied("User is not authorized to perform this action")),
            Self::NotFound => Some(ServiceError::not_found("It is not found, by order")),
            Self::LostRequest => Some(ServiceError::reply_lost()),
            Self::LostReply | Self::LateReply { .. } | Self::Fail { .. } | Self::Stuck | Self::Slow { .. } => None,
        }
    }

    fn needs_operation(&self) -> bool {
        matches!(self, Self::Fail { .. } | Self::Stuck | Self::Slow { .. })
    }
}
