//! Payloads of the state machine, of schedules, and of functions that wake each other.
//!
//! Unknown fields are ignored, so that an execution of one release finishes under the next.

use curfew_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Input of `evaluate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestTask {
    /// Which request.
    pub request_id: String,
}

/// Input of `notify`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NotifyTask {
    /// Which request.
    pub request_id: String,
    /// Index of the step.
    pub step: usize,
    /// Token of the waiting execution.
    pub task_token: String,
}

/// Input of `provision`: a request, or whatever is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ProvisionTask {
    /// Which request.
    pub request_id: Option<String>,
    /// Token of its waiting execution.
    pub task_token: Option<String>,
}

/// Input of `revoke`: a minute from its trigger, or whatever is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RevokeTask {
    /// The minute whose grants end.
    pub minute: Option<Timestamp>,
}

/// Input of `sweep`: everything, or one request that the state machine asks about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SweepTask {
    /// Only this request.
    pub request_id: Option<String>,
    /// The state machine gives this request up.
    #[serde(default)]
    pub abandon: bool,
    /// With `abandon`: the name of the error.
    pub error: Option<String>,
}

/// Input of `sync`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncTask {
    /// Believe whatever is read, also if more than half of something is gone: an administrator insists.
    #[serde(default)]
    pub force: bool,
}
