//! Texts larger than an item: compressed, cut into items of one partition, and listed as whole by the item written last.

use std::io::{Read as _, Write as _};

use aws_smithy_types::Blob;
use curfew_engine::error::Fault;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::{AttributeValue, Table, item, n, number, unreadable};
use crate::fault::fault;

/// Bytes of a chunk: an item holds 400 KB (DynamoDB developer guide, "Quotas").
const CHUNK: usize = 350_000;
/// Most bytes that a text may have when it is read, so that a harmed item cannot exhaust memory.
const LARGEST: u64 = 64 << 20;

impl Table {
    /// Stores a text in a partition of its own. May be repeated with the same text; nothing else may be written there.
    pub(super) async fn put_blob(&self, pk: &str, text: &str, what: &'static str) -> Result<(), Fault> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
        let packed = packed.map_err(|error| Fault::permanent(what, error))?;
        let mut chunks = 0;
        for chunk in packed.chunks(CHUNK) {
            let bytes = AttributeValue::B(Blob::new(chunk));
            self.put_plainly(item(pk, &format!("C#{chunks:04}"), [("bytes", bytes)]), what).await?;
            chunks += 1;
        }
        self.put_plainly(item(pk, "M", [("chunks", n(chunks))]), what).await
    }

    /// Reads a text; `None` if it was never stored whole.
    pub(super) async fn blob(&self, pk: &str, what: &'static str) -> Result<Option<String>, Fault> {
        let Some(whole) = self.get(pk, "M", what).await? else { return Ok(None) };
        let items = self.query(pk, Some("C#"), what).await?;
        if u64::try_from(items.len()).ok() != Some(number(&whole, "chunks")?) {
            return Err(unreadable(format!("{pk} has {} chunks, and should have more or fewer", items.len())));
        }
        let mut packed = Vec::new();
        for item in &items {
            let bytes = item.get("bytes").and_then(|value| value.as_b().ok());
            packed
                .extend_from_slice(bytes.ok_or_else(|| unreadable(format!("a chunk of {pk} has no bytes")))?.as_ref());
        }
        let mut text = String::new();
        let read = GzDecoder::new(packed.as_slice()).take(LARGEST).read_to_string(&mut text);
        read.map_err(|error| unreadable(format!("{pk}: {error}")))?;
        Ok(Some(text))
    }

    async fn put_plainly(&self, item: super::Item, what: &'static str) -> Result<(), Fault> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(|e| fault(what, e))
    }
}
