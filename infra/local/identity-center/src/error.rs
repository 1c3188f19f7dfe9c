//! Errors as the services answer them.

use serde::Serialize;

/// An error reply: the exception's name, its message and the HTTP status it travels with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ServiceError {
    /// Name of the exception, for example `ConflictException`.
    pub code: &'static str,
    /// Text for people.
    pub message: String,
    /// HTTP status; 0 when no reply arrives at all.
    pub status: u16,
    /// The `Reason` member that Identity Store adds to some exceptions.
    pub reason: Option<&'static str>,
}

impl ServiceError {
    /// The caller never gets an answer: nothing is known about the effect.
    pub fn reply_lost() -> Self {
        Self::new("ReplyLost", 0, "the connection closed without an answer")
    }

    /// True for [`ServiceError::reply_lost`].
    pub fn is_reply_lost(&self) -> bool {
        self.status == 0
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", 400, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundException", 400, message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new("ConflictException", 400, message)
    }

    /// A name is taken (Identity Store).
    pub(crate) fn duplicate(message: impl Into<String>) -> Self {
        Self { reason: Some("UNIQUENESS_CONSTRAINT_VIOLATION"), ..Self::conflict(message) }
    }

    pub(crate) fn throttled(message: impl Into<String>) -> Self {
        Self::new("ThrottlingException", 400, message)
    }

    pub(crate) fn access_denied(message: impl Into<String>) -> Self {
        Self::new("AccessDeniedException", 400, message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new("InternalServerException", 500, message)
    }

    pub(crate) fn unknown_operation() -> Self {
        Self::new("UnknownOperationException", 404, "The action or operation requested is invalid.")
    }

    pub(crate) fn serialization(message: impl Into<String>) -> Self {
        Self::new("SerializationException", 400, message)
    }

    fn new(code: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), status, reason: None }
    }
}
