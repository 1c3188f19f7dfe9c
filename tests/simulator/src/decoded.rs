//! Stored items as the domain knows them, kept up to date with every write.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use curfew_aws::table::stored;
use curfew_domain::assignment::Assignment;
use curfew_domain::audit::Record;
use curfew_domain::id::{AccountId, GroupId, Key, PermissionSetArn, RequestId, UserId};
use curfew_domain::request::Request;
use serde_json::Value;

use crate::aws::dynamodb::Written;
use crate::log::{Change, Changed};

/// What the table means.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    pub(crate) requests: BTreeMap<RequestId, Rc<Request>>,
    pub(crate) records: BTreeMap<RequestId, BTreeMap<String, Rc<Record>>>,
    pub(crate) assignments: BTreeMap<Key, Rc<Assignment>>,
}

impl Decoded {
    /// Takes a write over.
    pub(crate) fn take(&mut self, written: Written) -> Change {
        let Written { pk, sk, before, after } = written;
        let item = match (pk.split_once('#'), sk.as_str()) {
            (Some(("REQ", id)), "R") => {
                let id = request_id(id);
                let after = after.map(|item| Rc::new(stored::request(&typed(&item)).expect("a readable request")));
                let records = self.records.entry(id.clone()).or_default();
                let kept = after.iter().flat_map(|request| &request.trail);
                records.extend(kept.map(|record| (format!("A#{:06}", record.seq), Rc::new(record.clone()))));
                Changed::Request { before: replace(&mut self.requests, id, after.clone()), after }
            }
            (Some(("REQ", id)), sk) if sk.starts_with("A#") => {
                let id = request_id(id);
                let after = after.map(|item| Rc::new(stored::record(&id, &typed(&item)).expect("a readable record")));
                let records = self.records.entry(id).or_default();
                Changed::Record { before: replace(records, sk.to_owned(), after.clone()), after }
            }
            (Some(("KEY", parts)), "K") => {
                let key = key(parts);
                let decode =
                    |item: Rc<Value>| stored::assignment(&key, &typed(&item)).expect("a readable record of a key");
                let after = after.map(|item| Rc::new(decode(item)));
                Changed::Assignment { before: replace(&mut self.assignments, key, after.clone()), after }
            }
            _ => Changed::Other { before, after },
        };
        Change { pk, sk, item }
    }
}

/// Puts the new value there, or takes the old one away; the old one.
fn replace<K: Ord, V>(all: &mut BTreeMap<K, V>, key: K, value: Option<V>) -> Option<V> {
    match value {
        Some(value) => all.insert(key, value),
        None => all.remove(&key),
    }
}

fn request_id(text: &str) -> RequestId {
    RequestId::parse(text).expect("a request id")
}

fn key(parts: &str) -> Key {
    let mut parts = parts.split('#');
    let mut next = || parts.next().expect("a user, and an account and a permission set, or a group");
    let user = UserId::parse(next()).expect("a user id");
    match next() {
        "GROUP" => Key::Membership { user, group: GroupId::parse(next()).expect("a group id") },
        account => Key::Assignment {
            user,
            account: AccountId::parse(account).expect("an account id"),
            permission_set: PermissionSetArn::parse(next()).expect("an ARN"),
        },
    }
}

/// An item in the types of the SDK.
fn typed(item: &Value) -> HashMap<String, AttributeValue> {
    let attributes = item.as_object().expect("an item is a map");
    attributes.iter().map(|(name, value)| (name.clone(), typed_value(value))).collect()
}

fn typed_value(value: &Value) -> AttributeValue {
    let (kind, content) = value.as_object().and_then(|value| value.iter().next()).expect("a value has a type");
    let text = || content.as_str().expect("a text").to_owned();
    match kind.as_str() {
        "S" => AttributeValue::S(text()),
        "N" => AttributeValue::N(text()),
        "B" => AttributeValue::B(Blob::new(aws_smithy_types::base64::decode(text()).expect("base64"))),
        "BOOL" => AttributeValue::Bool(content == true),
        "NULL" => AttributeValue::Null(true),
        "SS" => AttributeValue::Ss(
            content.as_array().expect("a list").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        ),
        "L" => AttributeValue::L(content.as_array().expect("a list").iter().map(typed_value).collect()),
        "M" => AttributeValue::M(typed(content)),
        _ => panic!("the simulator does not know the type {kind}"),
    }
}
