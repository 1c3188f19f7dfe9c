//! Bytes that are too large for an item: cut into chunks, items of one partition, which whoever names them counts.

use aws_smithy_types::Blob;
use curfew_engine::error::Fault;

use super::{AttributeValue, Item, Table, item};
use crate::fault::fault;

/// Bytes of a chunk: an item holds 400 KB with its names (DynamoDB developer guide, "Quotas").
const CHUNK: usize = 350_000;

impl Table {
    /// Writes bytes into a partition, over what is there; how many chunks they are.
    pub(super) async fn put_chunks(&self, pk: &str, bytes: &[u8], what: &'static str) -> Result<u64, Fault> {
        let mut count = 0;
        for chunk in bytes.chunks(CHUNK) {
            let bytes = AttributeValue::B(Blob::new(chunk));
            self.put_plainly(item(pk, &sk(count), [("bytes", bytes)]), what).await?;
            count += 1;
        }
        Ok(count)
    }

    /// Reads so many chunks of a partition; `None` if one is missing.
    pub(super) async fn chunks(&self, pk: &str, count: u64, what: &'static str) -> Result<Option<Vec<u8>>, Fault> {
        let mut bytes = Vec::new();
        for chunk in 0..count {
            let found = self.get(pk, &sk(chunk), what).await?;
            let Some(part) = found.as_ref().and_then(|item| item.get("bytes")?.as_b().ok()) else { return Ok(None) };
            bytes.extend_from_slice(part.as_ref());
        }
        Ok(Some(bytes))
    }

    /// Writes an item whatever is there.
    pub(super) async fn put_plainly(&self, item: Item, what: &'static str) -> Result<(), Fault> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(|e| fault(what, e))
    }
}

fn sk(chunk: u64) -> String {
    format!("C#{chunk:04}")
}
