//! DynamoDB developer guide, "Condition expressions", "Managing complex workflows with DynamoDB transactions", "Paginating
//! table query results", "Read consistency"; API reference, `TransactWriteItems`, `Query`, `BatchGetItem`.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, KeysAndAttributes, Put, TransactWriteItem};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use jiff::SignedDuration;

use super::place::Place;
use super::{Statements, outcome};

type Item = HashMap<String, AttributeValue>;
type Transacted<T> = Result<T, SdkError<TransactWriteItemsError, HttpResponse>>;

/// The table of a place.
struct Table<'a> {
    client: Client,
    name: &'a str,
}

pub(super) async fn ask(place: &Place) -> Statements {
    let table = Table { client: place.clients.dynamodb(), name: &place.table };
    let mut statements = Statements::default();
    conditions(&table, &mut statements).await;
    transactions(&table, &mut statements).await;
    order(&table, &mut statements).await;
    pages(&table, &mut statements).await;
    reads(place, &table, &mut statements).await;
    statements
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: u32) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn key(pk: &str, sk: &str) -> Item {
    [("pk", s(pk)), ("sk", s(sk))].map(|(name, value)| (name.to_owned(), value)).into()
}

fn versioned(pk: &str, sk: &str, version: u32) -> Item {
    let mut item = key(pk, sk);
    item.insert("version".to_owned(), n(version));
    item
}

impl Table<'_> {
    async fn put(&self, item: Item) {
        self.client.put_item().table_name(self.name).set_item(Some(item)).send().await.unwrap();
    }

    async fn get(&self, pk: &str, sk: &str) -> Option<Item> {
        let get = self.client.get_item().table_name(self.name).set_key(Some(key(pk, sk))).consistent_read(true);
        get.send().await.unwrap().item
    }

    /// The version that is stored, or `nothing`.
    async fn version(&self, pk: &str, sk: &str) -> String {
        let item = self.get(pk, sk).await;
        item.map_or("nothing".to_owned(), |item| item["version"].as_n().unwrap().clone())
    }

    /// Puts an item that must not be there.
    fn put_absent(&self, item: Item) -> TransactWriteItem {
        let put = Put::builder().table_name(self.name).set_item(Some(item));
        TransactWriteItem::builder().put(put.condition_expression("attribute_not_exists(pk)").build().unwrap()).build()
    }

    fn without(&self, pk: &str, sk: &str) -> TransactWriteItem {
        let delete = Delete::builder().table_name(self.name).set_key(Some(key(pk, sk)));
        TransactWriteItem::builder().delete(delete.build().unwrap()).build()
    }

    /// Only if the item is there in this version.
    fn only_if(&self, pk: &str, sk: &str, version: u32) -> TransactWriteItem {
        let check = ConditionCheck::builder().table_name(self.name).set_key(Some(key(pk, sk)));
        let check =
            check.condition_expression("version = :version").expression_attribute_values(":version", n(version));
        TransactWriteItem::builder().condition_check(check.build().unwrap()).build()
    }

    async fn transact(&self, token: &str, writes: Vec<TransactWriteItem>) -> String {
        let transact = self.client.transact_write_items().client_request_token(token);
        told(&transact.set_transact_items(Some(writes)).send().await)
    }

    async fn page(&self, pk: &str, limit: Option<i32>, after: Option<Item>) -> QueryOutput {
        let query = self.client.query().table_name(self.name).consistent_read(true).set_limit(limit);
        let query = query.key_condition_expression("pk = :pk").expression_attribute_values(":pk", s(pk));
        query.set_exclusive_start_key(after).send().await.unwrap()
    }

    /// How many items each page has, and whether the last one says that there may be more: `2+2+1`.
    async fn pages(&self, pk: &str, limit: Option<i32>) -> String {
        let (mut counts, mut after) = (Vec::new(), None);
        loop {
            let page = self.page(pk, limit, after).await;
            counts.push(page.items().len().to_string());
            after = page.last_evaluated_key;
            if after.is_none() {
                return counts.join("+");
            }
        }
    }
}

/// `ok`, or the name of the error with the reason for each write.
fn told<T>(result: &Transacted<T>) -> String {
    let cancelled = result.as_ref().err().and_then(|error| match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => Some(cancelled),
        _ => None,
    });
    let Some(cancelled) = cancelled else { return outcome(result) };
    let reasons: Vec<&str> =
        cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None")).collect();
    format!("TransactionCanceledException: {}", reasons.join(", "))
}

async fn conditions(table: &Table<'_>, statements: &mut Statements) {
    let put = async |version: u32, condition: &str, known: Option<u32>| {
        let put = table.client.put_item().table_name(table.name).set_item(Some(versioned("CONTRACT#1", "a", version)));
        let known = known.map(|known| [(":version".to_owned(), n(known))].into());
        let put = put.condition_expression(condition).set_expression_attribute_values(known);
        outcome(&put.send().await)
    };
    let (absent, same) = ("attribute_not_exists(pk)", "version = :version");
    statements.ask("put if absent, of what is not there", "ok", put(1, absent, None).await);
    let refused = "ConditionalCheckFailedException";
    statements.ask("put if absent, of what is there", refused, put(9, absent, None).await);
    statements.ask("put over the known version", "ok", put(2, same, Some(1)).await);
    statements.ask("put over another version", refused, put(9, same, Some(1)).await);
    statements.ask("what a refused put leaves", "2", table.version("CONTRACT#1", "a").await);
    let delete = async |sk: &str, known: Option<u32>| {
        let mut delete = table.client.delete_item().table_name(table.name).set_key(Some(key("CONTRACT#1", sk)));
        if let Some(known) = known {
            delete = delete.condition_expression(same).expression_attribute_values(":version", n(known));
        }
        outcome(&delete.send().await)
    };
    statements.ask("delete of another version", refused, delete("a", Some(1)).await);
    statements.ask("delete of the known version", "ok", delete("a", Some(2)).await);
    statements.ask("delete of what is not there", "ok", delete("a", None).await);
    statements.ask("delete of a version of what is not there", refused, delete("a", Some(2)).await);
}

async fn transactions(table: &Table<'_>, statements: &mut Statements) {
    let pk = "CONTRACT#2";
    table.put(versioned(pk, "there", 1)).await;
    let new = |sk: &str| table.put_absent(versioned(pk, sk, 1));
    let refused = table.transact("t1", vec![new("new"), new("there")]).await;
    let reasons = "TransactionCanceledException: None, ConditionalCheckFailed";
    statements.ask("transaction, the second of two conditions fails", reasons, refused);
    statements.ask("what a refused transaction leaves", "nothing", table.version(pk, "new").await);
    let refused = table.transact("t2", vec![table.only_if(pk, "there", 7), new("new")]).await;
    let reasons = "TransactionCanceledException: ConditionalCheckFailed, None";
    statements.ask("transaction, a check of another item fails", reasons, refused);
    let both = || vec![new("new"), table.only_if(pk, "there", 1)];
    statements.ask("transaction, every condition holds", "ok", table.transact("t3", both()).await);
    // The reply of the first was lost, the SDK repeats it, and somebody has changed the item in between.
    table.transact("t4", vec![table.without(pk, "new")]).await;
    statements.ask("the same transaction again, by its token", "ok", table.transact("t3", both()).await);
    statements.ask("what the repetition changes", "nothing", table.version(pk, "new").await);
    let other = table.transact("t3", vec![new("other")]).await;
    statements.ask("another transaction under the same token", "IdempotentParameterMismatchException", other);
    let at_once = |token: &'static str| table.transact(token, vec![new("one"), new("two")]);
    let (a, b, c, d) = tokio::join!(at_once("a"), at_once("b"), at_once("c"), at_once("d"));
    let all = [a, b, c, d];
    let done = all.iter().filter(|told| *told == "ok").count();
    let cancelled = all.iter().filter(|told| told.starts_with("TransactionCanceledException")).count();
    statements.ask(
        "four transactions at once, of which one can win",
        "1 done, 3 cancelled",
        format!("{done} done, {cancelled} cancelled"),
    );
}

async fn order(table: &Table<'_>, statements: &mut Statements) {
    let pk = "CONTRACT#3";
    for sk in ["b#1", "a", "é", "B", "b", "c"] {
        table.put(key(pk, sk)).await;
    }
    table.put(key("CONTRACT#3 and more", "a")).await;
    let found = async |condition: &str, value: Option<(&str, &str)>, forward: bool, limit: Option<i32>| {
        let query = table.client.query().table_name(table.name).consistent_read(true).scan_index_forward(forward);
        let query = query.key_condition_expression(condition).expression_attribute_values(":pk", s(pk));
        let values = value.into_iter();
        let query = values.fold(query, |query, (name, value)| query.expression_attribute_values(name, s(value)));
        let items = query.set_limit(limit).send().await.unwrap().items.unwrap_or_default();
        items.iter().map(|item| item["sk"].as_s().unwrap().as_str()).collect::<Vec<_>>().join(" ")
    };
    statements.ask("sort keys of a partition, by bytes", "B a b b#1 c é", found("pk = :pk", None, true, None).await);
    statements.ask("the same backwards", "é c b#1 b a B", found("pk = :pk", None, false, None).await);
    let begins = found("pk = :pk AND begins_with(sk, :b)", Some((":b", "b")), true, None).await;
    statements.ask("sort keys that begin so", "b b#1", begins);
    let before = found("pk = :pk AND sk < :c", Some((":c", "c")), false, Some(2)).await;
    statements.ask("the last two before a sort key", "b#1 b", before);
}

async fn pages(table: &Table<'_>, statements: &mut Statements) {
    let pk = "CONTRACT#4";
    for n in 0..5 {
        table.put(key(pk, &n.to_string())).await;
    }
    statements.ask("pages of two of five", "2+2+1", table.pages(pk, Some(2)).await);
    statements.ask("a page of all five", "5+0", table.pages(pk, Some(5)).await);
    statements.ask("a partition without items", "0", table.pages("CONTRACT#none", None).await);
    let pk = "CONTRACT#5";
    for n in 0..4 {
        let mut item = key(pk, &n.to_string());
        item.insert("text".to_owned(), s(&"x".repeat(300 * 1024)));
        table.put(item).await;
    }
    statements.ask("pages of four items of 300 KiB", "3+1", table.pages(pk, None).await);
}

async fn reads(place: &Place, table: &Table<'_>, statements: &mut Statements) {
    let pk = "CONTRACT#6";
    table.put(versioned(pk, "a", 1)).await;
    table.put(versioned(pk, "a", 2)).await;
    statements.ask("consistent read after a put", "2", table.version(pk, "a").await);
    statements.ask("consistent query after a put", "1", table.page(pk, None, None).await.count().to_string());
    statements.ask("read of what is not there", "nothing", table.version(pk, "b").await);
    let keys = [key(pk, "a"), key(pk, "b")].into();
    let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().unwrap();
    let batch = table.client.batch_get_item().request_items(table.name, keys).send().await.unwrap();
    let found = batch.responses().map_or(0, |tables| tables[table.name].len());
    let left = batch.unprocessed_keys().map_or(0, HashMap::len);
    statements.ask(
        "batch of two keys, one of which is there",
        "1 found, 0 left",
        format!("{found} found, {left} left"),
    );
    let mut owned = versioned(pk, "c", 1);
    owned.extend([("gpk", s("CONTRACT#owner")), ("gsk", s("1"))].map(|(name, value)| (name.to_owned(), value)));
    table.put(owned).await;
    let shown = place.eventually(SignedDuration::from_secs(10), async || {
        let query = table.client.query().table_name(table.name).index_name("by_owner");
        let query = query.key_condition_expression("gpk = :owner AND gsk < :before");
        let query = query.expression_attribute_values(":owner", s("CONTRACT#owner"));
        let items = query.expression_attribute_values(":before", s("2")).send().await.unwrap().items?;
        let names: BTreeSet<&String> = items.first()?.keys().collect();
        Some(names.into_iter().cloned().collect::<Vec<_>>().join(" "))
    });
    let shown = shown.await.unwrap_or_default();
    statements.ask("attributes that the index shows", "gpk gsk pk sk", shown);
}
