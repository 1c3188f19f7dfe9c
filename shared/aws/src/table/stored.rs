//! Stored items as the domain knows them, for those who hold the items themselves: tests and tools.

#![expect(clippy::implicit_hasher, reason = "an item is what the SDK says it is")]

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use curfew_domain::assignment::Assignment;
use curfew_domain::audit::Record;
use curfew_domain::id::{Key, RequestId};
use curfew_domain::request::Request;
use curfew_engine::error::Fault;

use super::{number, requests, shape, text};

/// The request of an item `REQ#<id>`, `R`, with the audit records that are stored in it.
pub fn request(item: &HashMap<String, AttributeValue>) -> Result<Request, Fault> {
    requests::decode(item)
}

/// The audit record of an item `REQ#<id>`, `A#<seq>`.
pub fn record(id: &RequestId, item: &HashMap<String, AttributeValue>) -> Result<Record, Fault> {
    requests::record(id, item)
}

/// What an item `KEY#…`, `K` knows about a key.
pub fn assignment(key: &Key, item: &HashMap<String, AttributeValue>) -> Result<Assignment, Fault> {
    shape::assignment(key.clone(), number(item, "version")?, text(item, "doc")?)
}

/// The text of the `doc` of an item `REQ#<id>`, `R`.
pub fn document(packed: &[u8]) -> Result<String, Fault> {
    shape::unpacked(packed)
}

/// The bytes that such a text is stored as.
pub fn pack(document: &str) -> Result<Vec<u8>, Fault> {
    shape::packed(document)
}
