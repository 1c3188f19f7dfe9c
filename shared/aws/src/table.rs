//! DynamoDB: the one table.
//!
//! | partition key | sort key | what |
//! |---|---|---|
//! | `REQ#<id>` | `R` | the request as it is now, with its audit records, compressed; `version` guards every write |
//! | `REQ#<id>` | `A#<seq>` | an audit record of its review, or of an earlier release; never changed |
//! | `REQ#<id>` | `D` | lists the request under its day |
//! | `REQ#<id>` | `T#approval#<step>#<digest>`, `T#provisioning#<digest>` | a task token of the waiting execution |
//! | `REQ#<id>` | `L#<step>#<approver>` | the callback link of an approver; its id says the request |
//! | `REQ#<id>` | `N#<reminder>` | time for a reminder; the stream tells `announce` |
//! | `REQ#<id>` | `M#<occasion>#<kind>#<place>` | a notice on its way (`holder`, `held_until`), or delivered (neither) |
//! | `PREF#<user>` | `P` | which notices a person wants by mail |
//! | `REQ#<id>` | `V` | the review of its emergency grant; `version` guards every write |
//! | `REVIEW` | `<id>` | a review that nobody has answered |
//! | `LINK#<link>` | `L` | a callback link that an earlier release made: its id does not say its request |
//! | `LIVE` | `<day>` | a day on which requests were submitted that may not be over |
//! | `LIVE#<day>` | `<id>` | a request of that day that is not over, or whose execution waits to hear that it is |
//! | `INTENT` | `<id>` | what a request wants of Identity Center, if who recorded it does not carry it out |
//! | `DUE#<minute>` | `<id>` | a grant that ends in that minute; DynamoDB forgets it days later, nobody reads it then |
//! | `WRITER` | `L` | who may write to Identity Center; absent where nobody does. `holder` guards every write, or `version` |
//! | `IDEM#<user>#<key>` | `I` | an idempotency key |
//! | `KEY#<user>#<account>#<permission set>` | `K` | what is known about an assignment |
//! | `STRAY` | `<place>#<who>` | access that Curfew did not give, as the sweep saw it; DynamoDB forgets it a day after its time |
//! | `CENSUS` | `<minute>` | how much access there was; DynamoDB forgets it after five weeks |
//! | `STAR#<user>` | `<account>#<permission set>` | a favourite |
//! | `CONFIG` | `current`, `p#<number>`, `proposal#<version>` | the publication in force, each publication, what waits for a second administrator |
//! | `CONFIG#<version>`, `RULES#<version>` | `C#<n>`, `M` | files of a version, and its rules compiled: chunks, and the item that says they are whole |
//! | `PERSON#<user>` | `P` | kinds of notices that somebody does not want |
//! | `DIRECTORY` | `head` | which snapshot of the directory is in force; `version` guards every write |
//! | `DIRECTORY` | `draft` | what an unfinished reading has left |
//! | `DIRECTORY` | `reader` | who reads the directory; `version` guards every write |
//! | `SNAPSHOT#<place>`, `DRAFT#<place>` | `C#<n>` | a chunk of either; overwritten when its place comes round |
//!
//! The table's stream carries `R`, `V` and `N#…` of requests to `announce`: each transition writes one `R` or `V`, whose
//! `version` is the number of its record. Marks are for the outbox alone; access depends on none of them.
//!
//! Index `by_owner` (keys only): `REQUESTER#<user>` and `DAY#<day>`, both by request id.
//!
//! # Why so
//!
//! A write costs a unit for each KB of the whole item, in a transaction twice that, and one for each index entry that comes
//! or goes; so a transition should be one write of one small item.
//!
//! - **A request and its audit records are one item.** A transition is one conditional put: there is no moment in which one
//!   is there without the other (I18), and no transaction. Compressed, because records and request say the same names and
//!   words over and over, a whole life stays near 1 KB. Records are only ever added by `apply`; the chain proves it, and the
//!   simulator checks it after every write.
//! - **What a request wants of Identity Center is its state** (`Request::intent`), written with the transition itself. The
//!   list `INTENT` only tells the holder of the lease of requests that somebody else moved. Who moved a request and carries
//!   it out himself lists nothing; should he die, the sweep finds the request by its state and lists it.
//! - **`LIVE`, `D` and the idempotency key** are written in the transaction that stores the request, once: the sweep must
//!   find whatever was accepted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put};
use curfew_domain::id::RequestId;
use curfew_engine::error::Fault;
use curfew_policy::directory::Directory;

use crate::fault::unbuilt;

mod assignments;
mod bench;
mod blob;
mod callbacks;
mod chunks;
mod configurations;
mod directories;
mod intents;
mod outbox;
mod overview;
mod requests;
mod reviews;
mod shape;
pub mod stored;

/// Attributes of one item.
type Item = HashMap<String, AttributeValue>;

/// The table.
pub struct Table {
    client: Client,
    name: String,
    /// The newest day that is known to be listed under `LIVE`; saves a write per request.
    marked_day: Mutex<Option<String>>,
    /// The directory that was read last, with the digest of its content; saves reading it for each request.
    directory: Mutex<Option<(String, Arc<Directory>)>>,
}

impl Table {
    /// The table of this name.
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name, marked_day: Mutex::new(None), directory: Mutex::new(None) }
    }

    /// A strongly consistent read of one item.
    async fn get(&self, pk: &str, sk: &str, what: &'static str) -> Result<Option<Item>, Fault> {
        let read =
            self.client.get_item().table_name(&self.name).key("pk", s(pk)).key("sk", s(sk)).consistent_read(true);
        Ok(read.send().await.map_err(|e| crate::fault::fault(what, e))?.item)
    }

    /// A put inside a transaction.
    fn put(&self, item: Item, condition: Option<(&str, Option<u64>)>, what: &'static str) -> Result<Put, Fault> {
        let mut put = Put::builder().table_name(&self.name).set_item(Some(item));
        if let Some((expression, version)) = condition {
            put = put.condition_expression(expression);
            if let Some(version) = version {
                put = put.expression_attribute_values(":version", n(version));
            }
        }
        put.build().map_err(|e| unbuilt(what, e))
    }
}

/// Nothing of this key may exist yet.
const ABSENT: &str = "attribute_not_exists(pk)";
/// What is there must be what was read.
const UNCHANGED: &str = "version = :version";

/// The condition that guards the next write of something of this version.
fn guard(version: u64) -> (&'static str, Option<u64>) {
    if version == 0 { (ABSENT, None) } else { (UNCHANGED, Some(version)) }
}

fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn n(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn item<const N: usize>(pk: &str, sk: &str, rest: [(&str, AttributeValue); N]) -> Item {
    let mut item: Item = rest.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    item.insert("pk".to_owned(), s(pk));
    item.insert("sk".to_owned(), s(sk));
    item
}

/// Partition key of everything about one request.
fn request_pk(id: &RequestId) -> String {
    format!("REQ#{id}")
}

/// A text attribute that must be there.
fn text<'a>(item: &'a Item, name: &'static str) -> Result<&'a str, Fault> {
    let value = item.get(name).and_then(|v| v.as_s().ok());
    value.map(String::as_str).ok_or_else(|| unreadable(format!("attribute `{name}` is missing or no text")))
}

/// A number attribute that must be there.
fn number(item: &Item, name: &'static str) -> Result<u64, Fault> {
    let value = item.get(name).and_then(|v| v.as_n().ok()).and_then(|v| v.parse().ok());
    value.ok_or_else(|| unreadable(format!("attribute `{name}` is missing or no number")))
}

/// What the table holds was not written by a release that we know, or was harmed.
fn unreadable(cause: impl ToString) -> Fault {
    Fault::permanent("read the table", cause)
}
