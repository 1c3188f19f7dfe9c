//! DynamoDB: one table with a partition and a sort key, `pk` and `sk`, and the index `by_owner` (keys only).
//!
//! Write units: 1 for each KB of the larger of old and new item, twice that in transactions, 1 for each index entry that
//! comes or goes; conditions that fail are billed too (Developer Guide, "DynamoDB read and write operations").

mod expression;
mod store;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::{AwsError, only, text};
use expression::{Condition, Operator};
use store::{ItemKey, Store, attributes, key, size};

/// How long a token of a transaction is remembered, in milliseconds (API reference, `ClientRequestToken`).
const TOKEN_MS: i64 = 600_000;
/// A page of a query, in bytes, at most.
const PAGE: u64 = 1024 * 1024;
/// Name of the index.
const INDEX: &str = "by_owner";

/// An item before and after.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) pk: String,
    pub(crate) sk: String,
    pub(crate) before: Option<Rc<Value>>,
    pub(crate) after: Option<Rc<Value>>,
}

/// What a call cost and changed.
#[derive(Debug, Default)]
pub(crate) struct Bill {
    pub(crate) write_units: u64,
    pub(crate) half_read_units: u64,
    pub(crate) written: Vec<Written>,
}

/// The service with its one table.
#[derive(Debug)]
pub(crate) struct DynamoDb {
    table: String,
    store: Store,
    /// What transactions asked for, by token.
    tokens: BTreeMap<String, Value>,
    /// Until when tokens are remembered, the oldest first.
    expiries: VecDeque<(i64, String)>,
}

/// What a write does when its condition holds.
enum Wish {
    Put(Rc<Value>),
    Delete,
    Nothing,
}

/// One write, alone or of a transaction.
struct Write {
    key: ItemKey,
    wish: Wish,
    condition: Option<Condition>,
}

impl DynamoDb {
    pub(crate) fn new(table: String) -> Self {
        Self { table, store: Store::default(), tokens: BTreeMap::new(), expiries: VecDeque::new() }
    }

    /// The items of a partition now.
    pub(crate) fn partition(&self, pk: &str) -> Vec<Rc<Value>> {
        self.store.partition(pk, None).into_iter().cloned().collect()
    }

    /// Makes one call at `now` (milliseconds); a stale read shows the state of `stale`.
    pub(crate) fn call(
        &mut self,
        operation: &str,
        request: &Value,
        now: i64,
        stale: Option<i64>,
        bill: &mut Bill,
    ) -> Result<Value, AwsError> {
        match operation {
            "GetItem" => Ok(self.get_item(request, stale, bill)),
            "BatchGetItem" => Ok(self.batch_get_item(request, stale, bill)),
            "Query" => Ok(self.query(request, stale, bill)),
            "PutItem" => {
                let (names, values) = ("ExpressionAttributeNames", "ExpressionAttributeValues");
                only(request, &["TableName", "Item", "ConditionExpression", names, values]);
                self.write_one(self.put(request), now, bill)
            }
            "DeleteItem" => {
                let (names, values) = ("ExpressionAttributeNames", "ExpressionAttributeValues");
                only(request, &["TableName", "Key", "ConditionExpression", names, values]);
                self.write_one(self.delete(request), now, bill)
            }
            "TransactWriteItems" => self.transact(request, now, bill),
            _ => panic!("the simulator does not know DynamoDB's {operation}"),
        }
    }

    fn check_table(&self, name: &str) {
        assert_eq!(name, self.table, "there is only this table");
    }

    fn get_item(&self, request: &Value, stale: Option<i64>, bill: &mut Bill) -> Value {
        only(request, &["TableName", "Key", "ConsistentRead"]);
        self.check_table(text(request, "TableName"));
        let consistent = request["ConsistentRead"] == true;
        let found = self.store.get(&key(&request["Key"]), stale.filter(|_| !consistent));
        bill.half_read_units += read_units(found.map_or(0, |item| size(item)), consistent);
        found.map_or_else(|| json!({}), |item| json!({ "Item": **item }))
    }

    fn batch_get_item(&self, request: &Value, stale: Option<i64>, bill: &mut Bill) -> Value {
        only(request, &["RequestItems"]);
        let mut responses = Map::new();
        for (table, wanted) in request["RequestItems"].as_object().expect("tables") {
            self.check_table(table);
            only(wanted, &["Keys", "ConsistentRead"]);
            let consistent = wanted["ConsistentRead"] == true;
            let keys = wanted["Keys"].as_array().expect("keys");
            assert!(keys.len() <= 100, "more than 100 keys");
            let mut found = Vec::new();
            for wanted in keys {
                let item = self.store.get(&key(wanted), stale.filter(|_| !consistent));
                bill.half_read_units += read_units(item.map_or(0, |item| size(item)), consistent);
                found.extend(item.map(|item| (**item).clone()));
            }
            responses.insert(table.clone(), found.into());
        }
        json!({ "Responses": responses, "UnprocessedKeys": {} })
    }

    fn query(&self, request: &Value, stale: Option<i64>, bill: &mut Bill) -> Value {
        only(
            request,
            &[
                "TableName",
                "IndexName",
                "KeyConditionExpression",
                "ExpressionAttributeNames",
                "ExpressionAttributeValues",
                "ScanIndexForward",
                "Limit",
                "ExclusiveStartKey",
                "ConsistentRead",
            ],
        );
        self.check_table(text(request, "TableName"));
        let index = request["IndexName"].as_str();
        let consistent = request["ConsistentRead"] == true;
        assert!(index.is_none_or(|name| name == INDEX && !consistent), "no such index, or a consistent read of it");
        let (hash, range) = if index.is_some() { ("gpk", "gsk") } else { ("pk", "sk") };
        let condition = condition(request, "KeyConditionExpression").expect("a query has a key condition");
        let (partition, rest) = key_condition(condition, hash, range);
        let at = stale.filter(|_| !consistent);
        let mut rows = match index {
            None => self.store.partition(&partition, at),
            Some(_) => self.store.index_partition(&partition, at),
        };
        rows.retain(|item| rest.as_ref().is_none_or(|rest| rest.holds(Some(attributes(item)))));
        if request["ScanIndexForward"] == false {
            rows.reverse();
        }
        if let Some(start) = request.get("ExclusiveStartKey").filter(|start| !start.is_null()) {
            let place = |item: &Value| (item[range]["S"].as_str().map(str::to_owned), key(item));
            let start = place(start);
            let descending = request["ScanIndexForward"] == false;
            rows.retain(|item| if descending { place(item) < start } else { place(item) > start });
        }
        page(&rows, request, index.is_some(), consistent, bill)
    }

    fn put(&self, put: &Value) -> Write {
        self.check_table(text(put, "TableName"));
        let item = put["Item"].clone();
        assert!(size(&item) <= 400 * 1024, "the item is too large");
        Write { key: key(&item), wish: Wish::Put(Rc::new(item)), condition: condition(put, "ConditionExpression") }
    }

    fn delete(&self, delete: &Value) -> Write {
        self.check_table(text(delete, "TableName"));
        Write { key: key(&delete["Key"]), wish: Wish::Delete, condition: condition(delete, "ConditionExpression") }
    }

    fn holds(&self, write: &Write) -> bool {
        let item = self.store.get(&write.key, None);
        write.condition.as_ref().is_none_or(|condition| condition.holds(item.map(|item| attributes(item))))
    }

    /// Units of a write before index entries: of the larger of what is there and what comes.
    fn units(&self, write: &Write) -> u64 {
        let new = if let Wish::Put(item) = &write.wish { Some(&**item) } else { None };
        let old = self.store.get(&write.key, None).map(|item| &**item);
        let bytes = [old, new].into_iter().flatten().map(size).max().unwrap_or(0);
        bytes.div_ceil(1024).max(1)
    }

    fn write_one(&mut self, write: Write, now: i64, bill: &mut Bill) -> Result<Value, AwsError> {
        bill.write_units += self.units(&write);
        if !self.holds(&write) {
            return Err(AwsError::new("ConditionalCheckFailedException", "The conditional request failed"));
        }
        self.apply(write, now, bill);
        Ok(json!({}))
    }

    fn apply(&mut self, write: Write, now: i64, bill: &mut Bill) {
        let after = match write.wish {
            Wish::Put(item) => Some(item),
            Wish::Delete => None,
            Wish::Nothing => return,
        };
        let (before, index_writes) = self.store.set(write.key.clone(), after.clone(), now);
        bill.write_units += index_writes;
        if before.is_some() || after.is_some() {
            let (pk, sk) = write.key;
            bill.written.push(Written { pk, sk, before, after });
        }
    }

    fn transact(&mut self, request: &Value, now: i64, bill: &mut Bill) -> Result<Value, AwsError> {
        only(request, &["TransactItems", "ClientRequestToken"]);
        let items = request["TransactItems"].as_array().expect("writes");
        assert!((1..=100).contains(&items.len()), "{} writes in a transaction", items.len());
        if self.is_repeated(request, now)? {
            return Ok(json!({}));
        }
        let writes: Vec<Write> = items.iter().map(|item| self.part(item)).collect();
        let keys: std::collections::BTreeSet<&ItemKey> = writes.iter().map(|write| &write.key).collect();
        assert_eq!(keys.len(), writes.len(), "a transaction touches an item twice: {request}");
        bill.write_units += 2 * writes.iter().map(|write| self.units(write)).sum::<u64>();
        let failed: Vec<bool> = writes.iter().map(|write| !self.holds(write)).collect();
        if failed.contains(&true) {
            let codes: Vec<&str> =
                failed.iter().map(|failed| if *failed { "ConditionalCheckFailed" } else { "None" }).collect();
            return Err(cancelled(&codes));
        }
        for write in writes {
            self.apply(write, now, bill);
        }
        if let Some(token) = request["ClientRequestToken"].as_str() {
            self.tokens.insert(token.to_owned(), request.clone());
            self.expiries.push_back((now + TOKEN_MS, token.to_owned()));
        }
        Ok(json!({}))
    }

    /// Whether a transaction of this token was done already.
    fn is_repeated(&mut self, request: &Value, now: i64) -> Result<bool, AwsError> {
        while self.expiries.front().is_some_and(|(until, _)| *until <= now) {
            if let Some((_, token)) = self.expiries.pop_front() {
                self.tokens.remove(&token);
            }
        }
        let Some(before) = request["ClientRequestToken"].as_str().and_then(|token| self.tokens.get(token)) else {
            return Ok(false);
        };
        if before == request {
            return Ok(true);
        }
        let message = "The token was used with other parameters";
        Err(AwsError::new("IdempotentParameterMismatchException", message))
    }

    fn part(&self, item: &Value) -> Write {
        let (kind, write) = attributes(item).iter().find(|(_, write)| !write.is_null()).expect("one write");
        let (names, values) = ("ExpressionAttributeNames", "ExpressionAttributeValues");
        match kind.as_str() {
            "Put" => {
                only(write, &["TableName", "Item", "ConditionExpression", names, values]);
                self.put(write)
            }
            "Delete" => {
                only(write, &["TableName", "Key", "ConditionExpression", names, values]);
                self.delete(write)
            }
            "ConditionCheck" => {
                only(write, &["TableName", "Key", "ConditionExpression", names, values]);
                Write { wish: Wish::Nothing, ..self.delete(write) }
            }
            _ => panic!("the simulator does not know {kind} in a transaction"),
        }
    }
}

/// A transaction that was not done, with a reason for each of its writes.
pub(super) fn cancelled(codes: &[&str]) -> AwsError {
    let list = codes.join(", ");
    let message = format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{list}]");
    let reasons: Vec<Value> = codes.iter().map(|code| json!({ "Code": code })).collect();
    let more = Some(("CancellationReasons", reasons.into()));
    AwsError { more, ..AwsError::new("TransactionCanceledException", message) }
}

fn condition(request: &Value, name: &str) -> Option<Condition> {
    let text = request[name].as_str()?;
    Some(expression::parse(text, &request["ExpressionAttributeNames"], &request["ExpressionAttributeValues"]))
}

/// The partition that a key condition names, and what it says of the sort key.
fn key_condition(condition: Condition, hash: &str, range: &str) -> (String, Option<Condition>) {
    let partition = |condition: &Condition| match condition {
        Condition::Compare(path, Operator::Equal, value) if path == hash => {
            Some(value["S"].as_str().expect("keys are texts").to_owned())
        }
        _ => None,
    };
    let of_range = |condition: &Condition| match condition {
        Condition::BeginsWith(path, _) | Condition::Between(path, ..) => path == range,
        Condition::Compare(path, operator, _) => path == range && *operator != Operator::NotEqual,
        _ => false,
    };
    if let Some(pk) = partition(&condition) {
        return (pk, None);
    }
    if let Condition::And(left, right) = condition
        && let Some(pk) = partition(&left)
        && of_range(&right)
    {
        return (pk, Some(*right));
    }
    panic!("not a key condition on {hash} and {range}");
}

/// Half units of one read.
fn read_units(bytes: u64, consistent: bool) -> u64 {
    bytes.div_ceil(4096).max(1) * if consistent { 2 } else { 1 }
}

/// The page that a query answers.
fn page(rows: &[&Rc<Value>], request: &Value, index: bool, consistent: bool, bill: &mut Bill) -> Value {
    let limit = request["Limit"].as_u64().map_or(usize::MAX, |limit| usize::try_from(limit).expect("a small limit"));
    let keys: &[&str] = if index { &["pk", "sk", "gpk", "gsk"] } else { &["pk", "sk"] };
    let picked = |item: &Value| -> Value {
        Value::Object(keys.iter().map(|name| ((*name).to_owned(), item[*name].clone())).collect())
    };
    let (mut bytes, mut items, mut last) = (0, Vec::new(), None);
    for (row, next) in rows.iter().zip(rows.iter().skip(1).map(Some).chain([None])) {
        let shown = if index { picked(row) } else { (***row).clone() };
        bytes += size(&shown);
        items.push(shown);
        let full = next.is_some_and(|next| bytes + size(next) > PAGE);
        if items.len() >= limit || full {
            last = Some(picked(row));
            break;
        }
    }
    bill.half_read_units += read_units(bytes, consistent);
    let mut answer = json!({ "Count": items.len(), "ScannedCount": items.len(), "Items": items });
    if let Some(last) = last {
        answer["LastEvaluatedKey"] = last;
    }
    answer
}

/// What a call is about: the keys that it names.
pub(super) fn subject(request: &Value) -> String {
    let of = |item: &Value| Some(format!("{}/{}", item["pk"]["S"].as_str()?, item["sk"]["S"].as_str()?));
    if let Some(one) = of(&request["Key"]).or_else(|| of(&request["Item"])) {
        return one;
    }
    if let Some(writes) = request["TransactItems"].as_array() {
        let parts = writes.iter().filter_map(Value::as_object).flatten().filter_map(|(kind, write)| {
            let one = of(&write["Key"]).or_else(|| of(&write["Item"]))?;
            Some(format!("{}{one}", if kind == "Delete" { "-" } else { "" }))
        });
        return parts.collect::<Vec<_>>().join(" ");
    }
    if let Some(tables) = request["RequestItems"].as_object() {
        let keys = tables.values().flat_map(|table| table["Keys"].as_array().into_iter().flatten());
        return keys.filter_map(of).collect::<Vec<_>>().join(" ");
    }
    let values = request["ExpressionAttributeValues"].as_object().into_iter().flatten();
    values.filter_map(|(_, value)| value["S"].as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "requests read best where they are made")]
mod tests;
