//! Which calls were made, and how they ended.

use crate::Millis;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

/// One call as the service saw it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Call {
    /// When it arrived.
    pub at: Millis,
    /// `X-Amz-Target` before the point.
    pub service: String,
    /// `X-Amz-Target` after the point.
    pub operation: String,
    /// The request body.
    pub parameters: Value,
    /// `ok`, or the name of the exception, or `ReplyLost`.
    pub outcome: &'static str,
}

/// The latest calls, and exact counts of all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal {
    pub(crate) calls: VecDeque<Call>,
    pub(crate) counters: BTreeMap<String, BTreeMap<&'static str, u64>>,
}

impl Journal {
    pub(crate) fn record(&mut self, call: Call, length: usize) {
        *self.counters.entry(call.operation.clone()).or_default().entry(call.outcome).or_default() += 1;
        self.calls.push_back(call);
        while self.calls.len() > length {
            self.calls.pop_front();
        }
    }
}
