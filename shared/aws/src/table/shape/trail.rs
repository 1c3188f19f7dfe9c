//! Audit records as they are stored with their request (I18).
//!
//! Of the chain, only the hash at its end is stored, as the head of the request. The others follow from the records
//! themselves: whoever changes one, changes every hash after it, and the last is not that of the head any more.

use curfew_domain::audit::{Head, Record, RecordHash};
use curfew_domain::id::RequestId;
use curfew_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct TrailDoc {
    /// The head that the first record follows. Absent if that is the first of all; otherwise an earlier release stored those
    /// before it, each by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<(u64, String)>,
    records: Vec<RecordDoc>,
}

/// When, on whose behalf, what, and its facts.
#[derive(Serialize, Deserialize)]
struct RecordDoc(Timestamp, String, String, String);

pub(super) fn trail_doc(trail: &[Record]) -> TrailDoc {
    let first = trail.first().filter(|first| first.seq > 1);
    TrailDoc {
        after: first.map(|first| (first.seq.saturating_sub(1), first.previous.as_str().to_owned())),
        records: trail.iter().map(|r| RecordDoc(r.at, r.actor.clone(), r.event.clone(), r.body.clone())).collect(),
    }
}

pub(super) fn trail(request: &RequestId, doc: TrailDoc) -> Vec<Record> {
    let before = |(seq, hash)| Head { seq, hash: RecordHash::from_stored(hash) };
    let mut head = doc.after.map_or_else(Head::origin, before);
    let mut next = |RecordDoc(at, actor, event, body): RecordDoc| {
        let record = head.extend(request, at, actor, &event, body);
        head = record.head();
        record
    };
    doc.records.into_iter().map(&mut next).collect()
}
