//! EventBridge: a bus of our own, for everybody's own integrations.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use curfew_domain::time::Timestamp;
use curfew_engine::error::Fault;

use crate::fault::{fault, may_pass};

/// What every event of ours names as its source.
pub const SOURCE: &str = "curfew";

/// The bus.
pub struct EventBus {
    client: Client,
    name: String,
}

impl EventBus {
    /// The bus of this name.
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Puts one event on the bus: a JSON object under a `detail-type`.
    ///
    /// # Errors
    /// It was not taken, or that is not known.
    pub async fn put(&self, detail_type: &str, detail: String, at: Timestamp) -> Result<(), Fault> {
        let what = "publish the event";
        let entry = PutEventsRequestEntry::builder().event_bus_name(&self.name).source(SOURCE);
        let entry = entry.detail_type(detail_type).detail(detail).time(DateTime::from_secs(at.as_second())).build();
        let answer = self.client.put_events().entries(entry).send().await.map_err(|e| fault(what, e))?;
        // The call succeeds also where an entry fails (API reference, `PutEvents`).
        let refused = answer.entries().iter().find_map(|entry| entry.error_code());
        match refused {
            None => Ok(()),
            Some(code) if code.starts_with("Internal") || may_pass(code) => Err(Fault::transient(what, code)),
            Some(code) => Err(Fault::permanent(what, code)),
        }
    }
}
