//! The stream of the table, and the mapping that brings it to `announce`: at least once, in order for each request, again
//! until it is told or too old (Lambda developer guide, "Process DynamoDB records with Lambda").
//!
//! Which records pass is what the template's filter says; a contract test holds this to that.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use curfew_domain::time::Timestamp;
use serde_json::{Value, json};

use super::Function;
use crate::aws::outside::{Mailed, Published};
use crate::fault::EventFault;
use crate::log::{Change, Changed, DeadLetter, Service, Source, What};
use crate::template::template;
use crate::world::World;

/// The longest pause between two tries, in seconds. AWS documents back-off and no numbers.
const LONGEST_PAUSE_S: u64 = 60;
/// What is delayed comes so much later.
const HOURS: Duration = Duration::from_hours(4);

/// Records on their way, by partition key.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    waiting: BTreeMap<String, VecDeque<(Timestamp, Value)>>,
    at_work: BTreeSet<String>,
    written: u64,
    /// Batches that were given to `announce`, without repetitions.
    pub(crate) batches: usize,
}

impl Stream {
    /// Whether nothing is on its way.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.values().all(VecDeque::is_empty) && self.at_work.is_empty()
    }
}

/// The item of a change as a record of the stream, if the mapping's filter lets it pass.
fn record(change: &Change, number: u64) -> Option<Value> {
    change.pk.strip_prefix("REQ#")?;
    let passes = matches!(change.sk.as_str(), "R" | "V") || change.sk.starts_with("N#");
    let (is_new, version) = match &change.item {
        Changed::Request { before, after } => (before.is_none(), after.as_ref()?.head.seq.to_string().into()),
        Changed::Other { before, after } => (before.is_none(), after.as_ref()?["version"]["N"].clone()),
        Changed::Record { .. } | Changed::Assignment { .. } => return None,
    };
    let image = if version.is_null() { json!({}) } else { json!({ "version": { "N": version } }) };
    passes.then(|| {
        json!({
            "eventName": if is_new { "INSERT" } else { "MODIFY" },
            "eventSource": "aws:dynamodb",
            "dynamodb": {
                "Keys": { "pk": { "S": change.pk }, "sk": { "S": change.sk } },
                "NewImage": image,
                "SequenceNumber": format!("{number:021}"),
                "StreamViewType": "NEW_IMAGE",
            },
        })
    })
}

impl World {
    /// Calls that `announce` has made.
    pub fn notice_calls(&self) -> usize {
        self.0.notices.get()
    }

    /// Batches of the stream that `announce` was given, without repetitions.
    pub fn batches(&self) -> usize {
        self.0.stream.borrow().batches
    }

    /// Whether everything that the stream carried so far has been told, or given up.
    pub fn is_told(&self) -> bool {
        self.0.stream.borrow().is_empty()
    }

    /// Events on the bus, oldest first.
    pub fn published(&self) -> Vec<Published> {
        self.0.outside.borrow().published.clone()
    }

    /// Mails that SES took, oldest first.
    pub fn mails(&self) -> Vec<Mailed> {
        self.0.outside.borrow().mails.clone()
    }

    /// Puts what was written on the stream.
    pub(crate) fn stream(&self, changes: &[Change]) {
        if !self.0.announcing {
            return;
        }
        for change in changes {
            let mut stream = self.0.stream.borrow_mut();
            let Some(record) = record(change, stream.written + 1) else { continue };
            stream.written += 1;
            stream.waiting.entry(change.pk.clone()).or_default().push_back((self.now(), record));
            if stream.at_work.insert(change.pk.clone()) {
                self.spawn(self.clone().carry(change.pk.clone()));
            }
        }
    }

    /// Brings what waits under one key to `announce`, batch by batch.
    async fn carry(self, pk: String) {
        loop {
            self.take_ms(50, 600).await;
            let batch: Vec<(Timestamp, Value)> = {
                let mut stream = self.0.stream.borrow_mut();
                let waiting = stream.waiting.entry(pk.clone()).or_default();
                let size = waiting.len().min(template().stream.batch);
                let batch = waiting.drain(..size).collect::<Vec<_>>();
                if batch.is_empty() {
                    stream.at_work.remove(&pk);
                    return;
                }
                stream.batches += 1;
                batch
            };
            let number = self.0.stream.borrow().batches;
            let strike = self.0.plan.batches.get(&number).copied().filter(|_| !self.healed());
            match strike {
                Some(EventFault::Drop | EventFault::Delay) => tokio::time::sleep(HOURS).await,
                Some(EventFault::Reorder) => tokio::time::sleep(Duration::from_secs(90)).await,
                Some(EventFault::Triple) => {
                    // Two more of the same at once, as after a reshard.
                    for _ in 0..2 {
                        self.spawn(self.clone().tell_until_told(batch.clone()));
                    }
                }
                None => {}
            }
            self.clone().tell_until_told(batch).await;
        }
    }

    /// Tells a batch, again from the first record that failed on, until all of it is told or too old.
    async fn tell_until_told(self, mut batch: Vec<(Timestamp, Value)>) {
        let mut pause = 1;
        while let Some((oldest, _)) = batch.first() {
            if self.now().duration_since(*oldest).as_secs() > template().stream.max_age {
                return self.give_up(&batch);
            }
            if !self.is_down(Service::Lambda) {
                let records: Vec<&Value> = batch.iter().map(|(_, record)| record).collect();
                let input = Rc::new(json!({ "Records": records }));
                let told = self.invoke(Function::Announce, self.invocation_id(), input, Source::Stream).await;
                if let Ok(answer) = told.expect("an invocation ends") {
                    let failures = answer["batchItemFailures"].as_array().cloned().unwrap_or_default();
                    let failed: BTreeSet<&str> =
                        failures.iter().filter_map(|failure| failure["itemIdentifier"].as_str()).collect();
                    let is_told = |(_, record): &(Timestamp, Value)| {
                        !failed.contains(record["dynamodb"]["SequenceNumber"].as_str().expect("a number"))
                    };
                    let done = batch.iter().take_while(|record| is_told(record)).count();
                    if done > 0 {
                        batch.drain(..done);
                        pause = 1;
                        continue;
                    }
                }
            }
            tokio::time::sleep(Duration::from_secs(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE_S);
        }
    }

    fn give_up(&self, batch: &[(Timestamp, Value)]) {
        let records: Vec<&Value> = batch.iter().map(|(_, record)| record).collect();
        let letter = DeadLetter {
            at: self.now(),
            queue: "FailureQueue",
            function: Function::Announce,
            payload: Rc::new(json!({ "Records": records })),
            error: "the records are too old".to_owned(),
        };
        self.0.dead_letters.borrow_mut().push(letter.clone());
        self.step(None, What::DeadLetter(letter));
    }
}
