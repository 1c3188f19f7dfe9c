//! What Curfew knows about one key: who holds it, whether the assignment is ours, what is in flight.
//!
//! The change that is in flight is on record before Identity Center is asked for it.

use crate::id::{Key, RequestId};
use crate::time::Timestamp;

/// Settled changes that are remembered: more than one key can see within the time in which they could be confused.
const SETTLED_KEPT: usize = 12;

/// The record of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Which key.
    pub key: Key,
    /// The grants that need it (I9).
    pub holds: Vec<Hold>,
    /// Whether the assignment that exists, if one does, was created by Curfew (I7).
    pub ours: bool,
    /// The change that was begun and not yet seen to its end (I8).
    pub operation: Option<Operation>,
    /// Identity Center's ids of the latest changes that were seen to their end, so that none is taken for a later one.
    pub settled: Vec<String>,
    /// Version for conditional writes; 0 means never stored.
    pub version: u64,
}

/// One grant's need for the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The request whose grant it is.
    pub request: RequestId,
    /// When the need ends.
    pub until: Timestamp,
}

/// A change of Identity Center that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Create or delete.
    pub kind: OperationKind,
    /// When the intent was recorded.
    pub since: Timestamp,
}

/// What Identity Center was asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// Create the assignment or membership.
    Assign,
    /// Delete the assignment or membership.
    Unassign,
}

impl Assignment {
    /// A key that Curfew knows nothing about yet.
    pub fn unknown(key: Key) -> Self {
        Self { key, holds: Vec::new(), ours: false, operation: None, settled: Vec::new(), version: 0 }
    }

    /// Adds or renews a grant's hold.
    #[must_use]
    pub fn held(&self, request: &RequestId, until: Timestamp) -> Self {
        let mut next = self.released(request);
        next.holds.push(Hold { request: request.clone(), until });
        next
    }

    /// Removes a grant's hold.
    #[must_use]
    pub fn released(&self, request: &RequestId) -> Self {
        let holds = self.holds.iter().filter(|h| h.request != *request).cloned().collect();
        Self { holds, ..self.clone() }
    }

    /// The grant that needs the key longest, of those whose time is not over (I9).
    pub fn holder(&self, now: Timestamp) -> Option<&Hold> {
        self.holds.iter().filter(|h| h.until > now).max_by_key(|h| h.until)
    }

    /// Records that a change is about to be asked for.
    #[must_use]
    pub fn intending(&self, kind: OperationKind, now: Timestamp) -> Self {
        Self { operation: Some(Operation { kind, since: now }), ..self.clone() }
    }

    /// Records the end of the change in flight, Identity Center's id of it if it had one, and what it left.
    #[must_use]
    pub fn settled(&self, id: Option<&str>, ours: bool) -> Self {
        let mut settled = self.settled.clone();
        settled.extend(id.map(str::to_owned));
        settled.drain(..settled.len().saturating_sub(SETTLED_KEPT));
        Self { operation: None, ours, settled, ..self.clone() }
    }
}
