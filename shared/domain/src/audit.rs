//! The audit chain of one request: each record carries the hash of the one before (I18).

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::hex::hex;
use crate::id::RequestId;
use crate::request::Stage;
use crate::time::Timestamp;

/// Hash of a record, or of the empty chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordHash(String);

impl RecordHash {
    /// The predecessor of the first record: 64 zeros.
    pub fn origin() -> Self {
        Self("0".repeat(64))
    }

    /// Takes a stored hash over. Nothing is trusted by it: `verify` computes every hash again.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Hexadecimal text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One transition, as it is kept for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Which request.
    pub request: RequestId,
    /// Position in the chain, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// On whose behalf: `user:<id>` or `curfew`.
    pub actor: String,
    /// What happened, such as `decided`.
    pub event: String,
    /// The facts of the event: canonical JSON (sorted keys, no white space).
    pub body: String,
    /// Hash of the record before.
    pub previous: RecordHash,
    /// Hash of this record.
    pub hash: RecordHash,
}

/// Where a chain stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Records so far.
    pub seq: u64,
    /// Hash of the last one.
    pub hash: RecordHash,
}

/// Why a chain cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenChain {
    /// A record is missing, repeated, reordered, or from another request.
    #[error("record {found} stands where record {expected} of this request should be")]
    Sequence {
        /// Expected position.
        expected: u64,
        /// Position found.
        found: u64,
    },
    /// A record does not follow the one before.
    #[error("record {0} does not carry the hash of the record before it")]
    Link(u64),
    /// A record was changed.
    #[error("record {0} does not match its own hash")]
    Content(u64),
    /// The chain is shorter or longer than its head says.
    #[error("the chain has {found} records, its head says {expected}")]
    Truncated {
        /// Records that the head counts.
        expected: u64,
        /// Records found.
        found: u64,
    },
}

impl Head {
    /// The head of an empty chain.
    pub fn origin() -> Self {
        Self { seq: 0, hash: RecordHash::origin() }
    }

    /// The record that follows.
    pub fn extend(&self, request: &RequestId, at: Timestamp, actor: String, event: &str, body: String) -> Record {
        let mut record = Record {
            request: request.clone(),
            seq: self.seq + 1,
            at,
            actor,
            event: event.to_owned(),
            body,
            previous: self.hash.clone(),
            hash: RecordHash::origin(),
        };
        record.hash = record.computed_hash();
        record
    }
}

impl Record {
    /// SHA-256 over every other field, each with its length.
    fn computed_hash(&self) -> RecordHash {
        let fields: [&str; 8] = [
            "curfew audit 1",
            self.request.as_str(),
            &self.seq.to_string(),
            &self.at.to_string(),
            &self.actor,
            &self.event,
            &self.body,
            self.previous.as_str(),
        ];
        let mut hash = Sha256::new();
        for field in fields {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field.as_bytes());
        }
        RecordHash(hex(&hash.finalize()))
    }

    /// The stage that this record led to; `None` if it is about a review.
    pub fn led_to(&self) -> Option<Stage> {
        self.stage("to")
    }

    /// Whether the request came to another stage by this record, or into being.
    pub fn moved(&self) -> bool {
        self.stage("from") != self.stage("to")
    }

    fn stage(&self, name: &str) -> Option<Stage> {
        let body: Value = serde_json::from_str(&self.body).ok()?;
        Stage::parse(body.get(name)?.as_str()?)
    }

    /// The head of the chain that ends in this record.
    pub fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash.clone() }
    }
}

/// Sorted keys and no white space, whatever the order in which the value was built.
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let parts: Vec<String> = entries
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::String(key.clone()), canonical(value)))
                .collect();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        scalar => scalar.to_string(),
    }
}

/// Checks a whole chain, oldest record first, against the head that the request carries.
///
/// # Errors
/// The first thing that is wrong, by position.
pub fn verify(request: &RequestId, records: &[Record], head: &Head) -> Result<(), BrokenChain> {
    let mut last = Head::origin();
    for record in records {
        let expected = last.seq + 1;
        if record.seq != expected || record.request != *request {
            return Err(BrokenChain::Sequence { expected, found: record.seq });
        }
        if record.previous != last.hash {
            return Err(BrokenChain::Link(expected));
        }
        if record.hash != record.computed_hash() {
            return Err(BrokenChain::Content(expected));
        }
        last = record.head();
    }
    match last.seq == head.seq {
        true if last.hash == head.hash => Ok(()),
        // Each follows from the one before, and yet they do not lead to where the request stands.
        true => Err(BrokenChain::Content(last.seq)),
        false => Err(BrokenChain::Truncated { expected: head.seq, found: last.seq }),
    }
}
