//! Requests and their audit records.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{KeysAndAttributes, Put, TransactWriteItem};
use curfew_domain::audit::{Record, RecordHash};
use curfew_domain::id::{RequestId, UserId};
use curfew_domain::request::{Intent, Request, Transition};
use curfew_domain::time::Timestamp;
use curfew_engine::error::Fault;
use curfew_engine::ports::{Commit, Idempotency, Repeated, Replaced, Requests};

use super::{ABSENT, Item, Table, UNCHANGED, item, n, number, request_pk, s, shape, text, unreadable};
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
        self.transact(self.commit_writes(transition, what)?, what).await
    }

    async fn history(&self, id: &RequestId) -> Result<Vec<Record>, Fault> {
        let items = self.query(&request_pk(id), Some("A#"), "read the history").await?;
        items.iter().map(|item| record(id, item)).collect()
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
    /// The writes of a new request with its first record, its idempotency key and its intent, if it begins with one; its
    /// day is listed before.
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
            self.put(request_item(&first.request, &day)?, Some((ABSENT, None)), what)?,
            self.put(record_item(&first.record, Some(&day)), Some((ABSENT, None)), what)?,
            self.put(item(&format!("LIVE#{day}"), id.as_str(), []), None, what)?,
        ];
        if let Some(key) = key {
            puts.push(self.put(idempotency_item(key, id), Some((ABSENT, None)), what)?);
        }
        let mut writes: Vec<TransactWriteItem> = puts.into_iter().map(in_transaction).collect();
        writes.extend(self.intent_write(first)?);
        Ok(writes)
    }

    /// The writes of a request that moved on, with the record of its transition and whatever that leaves to be done.
    fn commit_writes(&self, transition: &Transition, what: &'static str) -> Result<Vec<TransactWriteItem>, Fault> {
        let request = &transition.request;
        let day = request.ask.id.day().map_err(|e| Fault::permanent(what, e))?;
        let before = transition.record.seq.saturating_sub(1);
        let mut writes = vec![
            in_transaction(self.put(request_item(request, &day)?, Some((UNCHANGED, Some(before))), what)?),
            in_transaction(self.put(record_item(&transition.record, None), Some((ABSENT, None)), what)?),
        ];
        writes.extend(self.intent_write(transition)?);
        if let Some(review) = &transition.review {
            writes.extend(self.open_review(review)?);
        }
        Ok(writes)
    }

    async fn load_batch(&self, ids: &[RequestId]) -> Result<Vec<Request>, Fault> {
        let what = "load requests";
        let keys: Vec<Item> = ids.iter().map(|id| item(&request_pk(id), "R", [])).collect();
        let mut wanted = Some(keys).filter(|k| !k.is_empty());
        let mut requests = Vec::with_capacity(ids.len());
        while let Some(keys) = wanted.take() {
            let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let keys = keys.map_err(|e| unbuilt(what, e))?;
            let answer = self.client.batch_get_item().request_items(&self.name, keys).send().await;
            let answer = answer.map_err(|e| fault(what, e))?;
            for item in answer.responses().and_then(|tables| tables.get(&self.name)).into_iter().flatten() {
                requests.push(decode(item)?);
            }
            let rest = answer.unprocessed_keys().and_then(|tables| tables.get(&self.name));
            wanted = rest.map(|rest| rest.keys().to_vec()).filter(|k| !k.is_empty());
            if wanted.is_some() {
                // Throttled: DynamoDB asks for a pause before the rest.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(requests)
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
        let mut items = Vec::new();
        let mut pages = query.expression_attribute_values(":pk", s(pk)).into_paginator().send();
        while let Some(page) = pages.next().await {
            items.extend(page.map_err(|e| fault(what, e))?.items.unwrap_or_default());
        }
        Ok(items)
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

pub(super) fn in_transaction(put: Put) -> TransactWriteItem {
    TransactWriteItem::builder().put(put).build()
}

fn request_item(request: &Request, day: &str) -> Result<Item, Fault> {
    let id = &request.ask.id;
    Ok(item(
        &request_pk(id),
        "R",
        [
            ("schema", n(shape::schema(request))),
            ("version", n(request.head.seq)),
            ("id", s(id.as_str())),
            ("day", s(day)),
            ("state", s(request.state.stage().name())),
            ("doc", s(shape::request_doc(request)?)),
            ("gpk", s(format!("REQUESTER#{}", request.ask.requester))),
            ("gsk", s(id.as_str())),
        ],
    ))
}

pub(super) fn decode(item: &Item) -> Result<Request, Fault> {
    let schema = number(item, "schema")?;
    if !shape::is_known(schema) {
        return Err(unreadable(format!("schema {schema} is not known to this release")));
    }
    let id = RequestId::parse(text(item, "id")?).map_err(unreadable)?;
    shape::request(id, number(item, "version")?, text(item, "doc")?)
}

/// An audit record. The first one also lists the request under its day.
pub(super) fn record_item(record: &Record, day: Option<&str>) -> Item {
    let mut item = item(
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
    );
    if let Some(day) = day {
        item.insert("gpk".to_owned(), s(format!("DAY#{day}")));
        item.insert("gsk".to_owned(), s(record.request.as_str()));
    }
    item
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
