//! Requests and their audit records: one item, so that a transition is one write, and no record can be missing.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{KeysAndAttributes, Put, TransactWriteItem};
use curfew_domain::audit::{Record, RecordHash};
use curfew_domain::id::{RequestId, UserId};
use curfew_domain::request::{Intent, Request, Transition};
use curfew_domain::time::Timestamp;
use curfew_engine::error::Fault;
use curfew_engine::ports::{Commit, Idempotency, Repeated, Replaced, Requests};

use super::{ABSENT, AttributeValue, Item, Table, UNCHANGED, item, n, number, request_pk, s, shape, text, unreadable};
use crate::fault::{fault, unbuilt};

/// Keys in one batch (DynamoDB API reference, `BatchGetItem`).
const BATCH: usize = 100;

#[async_trait]
impl Requests for Table {
    async fn load(&self, id: &RequestId) -> Result<Option<Request>, Fault> {
        let found = self.get(&request_pk(id), "R", "load the request").await?;
        found.map(|item| decode(&item)).transpose()
    }

    async fn load_all(&self, ids: &[RequestId]) -> Result<Vec<Request>, Fault> {
        let mut requests = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(BATCH) {
            requests.extend(self.load_batch(chunk).await?);
        }
        let places: HashMap<&RequestId, usize> = ids.iter().enumerate().map(|(place, id)| (id, place)).collect();
        requests.sort_by_key(|request| places.get(&request.ask.id).copied());
        Ok(requests)
    }

    async fn insert(&self, first: &Transition, key: Option<&Idempotency>) -> Result<Option<Repeated>, Fault> {
        let what = "store the request";
        let writes = self.insert_writes(first, key, what).await?;
        match (self.transact(writes, what).await?, key) {
            (Commit::Done, _) => Ok(None),
            (Commit::Conflict, Some(key)) => match self.repeated(key).await? {
                Some(before) => Ok(Some(before)),
                None => Err(Fault::transient(what, "another call with this key is under way")),
            },
            (Commit::Conflict, None) => Err(Fault::transient(what, "the new request id is taken")),
        }
    }

    async fn replace(&self, first: &Transition, key: &Idempotency, ended: &Transition) -> Result<Replaced, Fault> {
        let what = "store the request in the place of another";
        let mut writes = self.insert_writes(first, Some(key), what).await?;
        writes.extend(self.commit_writes(ended, what)?);
        match self.transact(writes, what).await? {
            Commit::Done => Ok(Replaced::Done),
            Commit::Conflict => Ok(self.repeated(key).await?.map_or(Replaced::Conflict, Replaced::Repeated)),
        }
    }

    async fn repeated(&self, key: &Idempotency) -> Result<Option<Repeated>, Fault> {
        let found = self.get(&idempotency_pk(key), "I", "read the idempotency key").await?;
        let decode = |item: Item| {
            let request = RequestId::parse(text(&item, "request")?).map_err(unreadable)?;
            Ok(Repeated { request, body: text(&item, "body")?.to_owned() })
        };
        found.map(decode).transpose()
    }

    async fn commit(&self, transition: &Transition) -> Result<Commit, Fault> {
        let what = "commit the transition";
        let Some(review) = &transition.review else { return self.commit_alone(&transition.request, what).await };
        let mut writes = self.commit_writes(transition, what)?;
        writes.extend(self.open_review(review)?);
        self.transact(writes, what).await
    }

    async fn history(&self, id: &RequestId) -> Result<Vec<Record>, Fault> {
        let items = self.between(&request_pk(id), ["A#", "R"], "read the history").await?;
        let mut records = Vec::new();
        for item in &items {
            match text(item, "sk")? {
                "R" => records.extend(decode(item)?.trail),
                sk if sk.starts_with("A#") => records.push(record(id, item)?),
                _ => {}
            }
        }
        records.sort_by_key(|record| record.seq);
        Ok(records)
    }

    async fn of_requester(
        &self,
        who: &UserId,
        before: Option<&RequestId>,
        limit: u32,
    ) -> Result<Vec<RequestId>, Fault> {
        self.newest(&format!("REQUESTER#{who}"), before, limit).await
    }

    async fn of_day(&self, day: &str, before: Option<&RequestId>, limit: u32) -> Result<Vec<RequestId>, Fault> {
        self.newest(&format!("DAY#{day}"), before, limit).await
    }

    async fn live(&self) -> Result<Vec<RequestId>, Fault> {
        let what = "list the live requests";
        let mut live = Vec::new();
        for day in self.query("LIVE", None, what).await? {
            for item in self.query(&format!("LIVE#{}", text(&day, "sk")?), None, what).await? {
                live.push(RequestId::parse(text(&item, "sk")?).map_err(unreadable)?);
            }
        }
        Ok(live)
    }

    async fn retire(&self, id: &RequestId) -> Result<(), Fault> {
        let what = "retire the request";
        let day = id.day().map_err(|e| Fault::permanent(what, e))?;
        let delete = self.client.delete_item().table_name(&self.name).key("pk", s(format!("LIVE#{day}")));
        delete.key("sk", s(id.as_str())).send().await.map_err(|e| fault(what, e))?;
        Ok(())
    }

    async fn intents(&self) -> Result<Vec<Intent>, Fault> {
        self.all_intents().await
    }

    async fn list_intent(&self, intent: &Intent) -> Result<(), Fault> {
        self.put_intent(intent).await
    }

    async fn unlist_intent(&self, intent: &Intent) -> Result<(), Fault> {
        self.delete_intent(intent).await
    }

    async fn put_due(&self, id: &RequestId, at: Timestamp) -> Result<(), Fault> {
        self.list_due(id, at).await
    }

    async fn due(&self, at: Timestamp) -> Result<Vec<RequestId>, Fault> {
        self.listed_due(at).await
    }

    async fn tidy(&self) -> Result<(), Fault> {
        let days = self.query("LIVE", None, "list the days").await?;
        // The newest two may still get requests, around midnight; older ones never will.
        let (old, _) = days.split_at(days.len().saturating_sub(2));
        for day in old {
            let day = text(day, "sk")?;
            if self.query(&format!("LIVE#{day}"), None, "look at the day").await?.is_empty() {
                self.unmark_day(day).await?;
            }
        }
        Ok(())
    }
}

impl Table {
    /// The writes of a new request with its first record and its idempotency key; its day is listed before.
    async fn insert_writes(
        &self,
        first: &Transition,
        key: Option<&Idempotency>,
        what: &'static str,
    ) -> Result<Vec<TransactWriteItem>, Fault> {
        let id = &first.request.ask.id;
        let day = id.day().map_err(|e| Fault::permanent(what, e))?;
        self.mark_day(&day).await?;
        let mut puts = vec![
            self.put(request_item(&first.request)?, Some((ABSENT, None)), what)?,
            self.put(day_item(id, &day), None, what)?,
            self.put(item(&format!("LIVE#{day}"), id.as_str(), []), None, what)?,
        ];
        if let Some(key) = key {
            puts.push(self.put(idempotency_item(key, id), Some((ABSENT, None)), what)?);
        }
        Ok(puts.into_iter().map(in_transaction).collect())
    }

    /// The write of a request that moved on, in a transaction with others.
    fn commit_writes(&self, transition: &Transition, what: &'static str) -> Result<Vec<TransactWriteItem>, Fault> {
        let guard = Some((UNCHANGED, Some(transition.record.seq.saturating_sub(1))));
        Ok(vec![in_transaction(self.put(request_item(&transition.request)?, guard, what)?)])
    }

    /// Writes a request that moved on, over the version that it was made from. One item is all that there is to write, so
    /// that it needs no transaction, which would cost twice as much.
    async fn commit_alone(&self, request: &Request, what: &'static str) -> Result<Commit, Fault> {
        let before = request.head.seq.saturating_sub(1);
        if self.put_guarded(request_item(request)?, before, what).await? == Commit::Done {
            return Ok(Commit::Done);
        }
        // The client repeats a write whose reply was lost, and then loses against itself.
        let stored = self.load(&request.ask.id).await?;
        let ours = stored.is_some_and(|stored| stored.trail.iter().any(|record| record.hash == request.head.hash));
        Ok(if ours { Commit::Done } else { Commit::Conflict })
    }

    async fn load_batch(&self, ids: &[RequestId]) -> Result<Vec<Request>, Fault> {
        let keys = ids.iter().map(|id| item(&request_pk(id), "R", [])).collect();
        self.batch(keys, "load requests").await?.iter().map(decode).collect()
    }

    /// Those of these items that exist, at most 100, in any order; strongly consistent.
    pub(super) async fn batch(&self, keys: Vec<Item>, what: &'static str) -> Result<Vec<Item>, Fault> {
        let mut items = Vec::with_capacity(keys.len());
        let mut wanted = Some(keys).filter(|k| !k.is_empty());
        while let Some(keys) = wanted.take() {
            let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let keys = keys.map_err(|e| unbuilt(what, e))?;
            let answer = self.client.batch_get_item().request_items(&self.name, keys).send().await;
            let mut answer = answer.map_err(|e| fault(what, e))?;
            items.extend(answer.responses.as_mut().and_then(|tables| tables.remove(&self.name)).unwrap_or_default());
            let rest = answer.unprocessed_keys().and_then(|tables| tables.get(&self.name));
            wanted = rest.map(|rest| rest.keys().to_vec()).filter(|k| !k.is_empty());
            if wanted.is_some() {
                // Throttled: DynamoDB asks for a pause before the rest.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(items)
    }

    /// Writes all or nothing. A condition that does not hold is a conflict; so is a race with another transaction.
    pub(super) async fn transact(&self, writes: Vec<TransactWriteItem>, what: &'static str) -> Result<Commit, Fault> {
        let written = self.client.transact_write_items().set_transact_items(Some(writes)).send().await;
        let Err(error) = written else { return Ok(Commit::Done) };
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() {
            let codes: Vec<&str> = cancelled.cancellation_reasons().iter().filter_map(|r| r.code()).collect();
            if codes.iter().any(|c| matches!(*c, "ConditionalCheckFailed" | "TransactionConflict")) {
                return Ok(Commit::Conflict);
            }
            return Err(Fault::transient(what, codes.join(", ")));
        }
        Err(fault(what, error))
    }

    /// All items of a partition, or those whose sort key begins so; strongly consistent, by sort key.
    pub(super) async fn query(&self, pk: &str, prefix: Option<&str>, what: &'static str) -> Result<Vec<Item>, Fault> {
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        let query = match prefix {
            None => query.key_condition_expression("pk = :pk"),
            Some(prefix) => query
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", s(prefix)),
        };
        all(query, pk, what).await
    }

    /// The items of a partition whose sort keys lie between these, both inclusive.
    async fn between(&self, pk: &str, [first, last]: [&str; 2], what: &'static str) -> Result<Vec<Item>, Fault> {
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        let query = query.key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last");
        let query = query.expression_attribute_values(":first", s(first)).expression_attribute_values(":last", s(last));
        all(query, pk, what).await
    }

    /// Request ids of one owner in the index, newest first.
    async fn newest(&self, owner: &str, before: Option<&RequestId>, limit: u32) -> Result<Vec<RequestId>, Fault> {
        let condition = if before.is_some() { "gpk = :owner AND gsk < :before" } else { "gpk = :owner" };
        let mut query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("by_owner")
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .key_condition_expression(condition)
            .expression_attribute_values(":owner", s(owner));
        if let Some(before) = before {
            query = query.expression_attribute_values(":before", s(before.as_str()));
        }
        let answer = query.send().await.map_err(|e| fault("list requests", e))?;
        let id = |item: &Item| RequestId::parse(text(item, "gsk")?).map_err(unreadable);
        answer.items().iter().map(id).collect()
    }

    /// Lists a day under `LIVE`, before the first request of it is stored.
    async fn mark_day(&self, day: &str) -> Result<(), Fault> {
        let known = self.marked_day.lock().is_ok_and(|marked| marked.as_deref() == Some(day));
        if known {
            return Ok(());
        }
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item("LIVE", day, [])));
        put.send().await.map_err(|e| fault("mark the day", e))?;
        if let Ok(mut marked) = self.marked_day.lock() {
            *marked = Some(day.to_owned());
        }
        Ok(())
    }

    async fn unmark_day(&self, day: &str) -> Result<(), Fault> {
        let delete = self.client.delete_item().table_name(&self.name).key("pk", s("LIVE")).key("sk", s(day));
        delete.send().await.map_err(|e| fault("unmark the day", e))?;
        Ok(())
    }
}

/// All pages of a query of one partition.
async fn all(query: QueryFluentBuilder, pk: &str, what: &'static str) -> Result<Vec<Item>, Fault> {
    let mut items = Vec::new();
    let mut pages = query.expression_attribute_values(":pk", s(pk)).into_paginator().send();
    while let Some(page) = pages.next().await {
        items.extend(page.map_err(|e| fault(what, e))?.items.unwrap_or_default());
    }
    Ok(items)
}

pub(super) fn in_transaction(put: Put) -> TransactWriteItem {
    TransactWriteItem::builder().put(put).build()
}

fn request_item(request: &Request) -> Result<Item, Fault> {
    let id = &request.ask.id;
    Ok(item(
        &request_pk(id),
        "R",
        [
            ("schema", n(shape::SCHEMA_WITH_TRAIL)),
            ("version", n(request.head.seq)),
            ("doc", AttributeValue::B(shape::packed_request(request)?.into())),
            ("gpk", s(format!("REQUESTER#{}", request.ask.requester))),
            ("gsk", s(id.as_str())),
        ],
    ))
}

pub(super) fn decode(item: &Item) -> Result<Request, Fault> {
    let (schema, version) = (number(item, "schema")?, number(item, "version")?);
    let id = text(item, "pk")?.strip_prefix("REQ#").unwrap_or_default();
    let id = RequestId::parse(id).map_err(unreadable)?;
    match schema {
        shape::SCHEMA_WITH_TRAIL => {
            let doc = item.get("doc").and_then(|doc| doc.as_b().ok());
            let doc = doc.ok_or_else(|| unreadable(format!("the `doc` of request {id} has no bytes")))?;
            shape::unpacked_request(id, version, doc.as_ref())
        }
        known if shape::is_known(known) => shape::request(id, version, text(item, "doc")?),
        schema => Err(unreadable(format!("schema {schema} is not known to this release"))),
    }
}

/// Lists a request under its day in the index, which knows the request itself by its requester.
fn day_item(id: &RequestId, day: &str) -> Item {
    item(&request_pk(id), "D", [("gpk", s(format!("DAY#{day}"))), ("gsk", s(id.as_str()))])
}

/// An audit record by itself: that of a review, whose request is over.
pub(super) fn record_item(record: &Record) -> Item {
    item(
        &request_pk(&record.request),
        &format!("A#{:06}", record.seq),
        [
            ("schema", n(shape::SCHEMA)),
            ("seq", n(record.seq)),
            ("at", s(record.at.to_string())),
            ("actor", s(&record.actor)),
            ("event", s(&record.event)),
            ("body", s(&record.body)),
            ("previous", s(record.previous.as_str())),
            ("hash", s(record.hash.as_str())),
        ],
    )
}

pub(super) fn record(id: &RequestId, item: &Item) -> Result<Record, Fault> {
    Ok(Record {
        request: id.clone(),
        seq: number(item, "seq")?,
        at: text(item, "at")?.parse().map_err(unreadable)?,
        actor: text(item, "actor")?.to_owned(),
        event: text(item, "event")?.to_owned(),
        body: text(item, "body")?.to_owned(),
        previous: RecordHash::from_stored(text(item, "previous")?.to_owned()),
        hash: RecordHash::from_stored(text(item, "hash")?.to_owned()),
    })
}

fn idempotency_pk(key: &Idempotency) -> String {
    format!("IDEM#{}#{}", key.user, key.key)
}

fn idempotency_item(key: &Idempotency, request: &RequestId) -> Item {
    item(&idempotency_pk(key), "I", [("request", s(request.as_str())), ("body", s(&key.body))])
}
