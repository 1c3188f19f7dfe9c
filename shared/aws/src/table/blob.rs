//! Texts larger than an item: compressed, in chunks of a partition of its own, and listed as whole by the item written last.

use std::io::{Read as _, Write as _};

use curfew_engine::error::Fault;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::{Table, item, n, number, unreadable};

/// Most bytes that a text may have when it is read, so that a harmed item cannot exhaust memory.
const LARGEST: u64 = 64 << 20;

impl Table {
    /// Stores a text in a partition of its own. May be repeated with the same text; nothing else may be written there.
    pub(super) async fn put_blob(&self, pk: &str, text: &str, what: &'static str) -> Result<(), Fault> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
        let packed = packed.map_err(|error| Fault::permanent(what, error))?;
        let chunks = self.put_chunks(pk, &packed, what).await?;
        self.put_plainly(item(pk, "M", [("chunks", n(chunks))]), what).await
    }

    /// Reads a text; `None` if it was never stored whole.
    pub(super) async fn blob(&self, pk: &str, what: &'static str) -> Result<Option<String>, Fault> {
        let Some(whole) = self.get(pk, "M", what).await? else { return Ok(None) };
        let packed = self.chunks(pk, number(&whole, "chunks")?, what).await?;
        let packed = packed.ok_or_else(|| unreadable(format!("{pk} has fewer chunks than it should have")))?;
        let mut text = String::new();
        let read = GzDecoder::new(packed.as_slice()).take(LARGEST).read_to_string(&mut text);
        read.map_err(|error| unreadable(format!("{pk}: {error}")))?;
        Ok(Some(text))
    }
}
