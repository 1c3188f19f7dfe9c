//! Snapshots of the directory. The content is in chunks, because an item holds 400 KB at most; `head` names those that are
//! in force, and is written last. Chunks go round three places, so that whoever has read `head` has two further snapshots'
//! time to read what it names, and nothing needs to be cleared away. A digest tells chunks of two snapshots apart.

use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use curfew_domain::hex::hex;
use curfew_domain::lease::Lease;
use curfew_domain::time::Timestamp;
use curfew_engine::error::Fault;
use curfew_engine::ports::{Commit, Directories, Head};
use curfew_policy::directory::{Counts, Directory, pack, unpack};
use sha2::{Digest as _, Sha256};

use super::{Item, Table, item, n, number, s, text, unreadable};
use crate::fault::fault;

pub(super) const PK: &str = "DIRECTORY";
pub(super) const HEAD: &str = "head";
/// Places that the chunks of snapshots go round.
const SNAPSHOTS: u64 = 3;
/// Places that the chunks of drafts go round: one is read while the other is written.
const DRAFTS: u64 = 2;

/// Chunks that were written, as the item that is written after them names them.
struct Chunks {
    place: u64,
    count: u64,
    digest: String,
}

#[async_trait]
impl Directories for Table {
    async fn head(&self) -> Result<Option<Head>, Fault> {
        let found = self.get(PK, HEAD, "read the directory").await?;
        found.as_ref().map(head).transpose()
    }

    async fn latest(&self) -> Result<Option<Arc<Directory>>, Fault> {
        match self.get(PK, HEAD, "read the directory").await? {
            Some(found) => self.directory_of(found).await.map(Some),
            None => Ok(None),
        }
    }

    async fn put(&self, directory: &Directory, over: Option<&Head>) -> Result<Option<Head>, Fault> {
        let what = "write the directory";
        let found = self.get(PK, HEAD, what).await?;
        let (before, number) = (found.as_ref().map(chunks).transpose()?, over.map_or(0, |head| head.number));
        if found.as_ref().map(head).transpose()?.map_or(0, |head| head.number) != number {
            return Ok(None);
        }
        let bytes = pack(directory).map_err(|error| Fault::permanent(what, error))?;
        let chunks = match before {
            // As most of the time: nothing but its age is different.
            Some(before) if before.digest == digest(&bytes) => before,
            before => {
                let place = before.map_or(0, |before| (before.place + 1) % SNAPSHOTS);
                self.put_content("SNAPSHOT", place, &bytes).await?
            }
        };
        let head = Head {
            version: version(&chunks.digest),
            number: number + 1,
            taken_at: directory.taken_at,
            counts: directory.counts(),
        };
        match self.put_guarded(head_item(&head, &chunks), number, what).await? {
            Commit::Done => Ok(Some(head)),
            // By an earlier try of the same call, whose answer was lost; or by somebody else.
            Commit::Conflict => Ok(self.head().await?.filter(|stored| *stored == head)),
        }
    }

    async fn reader(&self) -> Result<Lease, Fault> {
        self.get_lease(PK, "reader", "read who reads the directory").await
    }

    async fn put_reader(&self, lease: &Lease) -> Result<Commit, Fault> {
        self.put_lease_item(PK, "reader", lease, "write who reads the directory").await
    }

    async fn draft(&self) -> Result<Option<Vec<u8>>, Fault> {
        let Some(found) = self.get(PK, "draft", "read the draft of the directory").await? else { return Ok(None) };
        // A harmed one is no loss: reading begins again.
        self.content("DRAFT", &found).await
    }

    async fn put_draft(&self, draft: Option<&[u8]>) -> Result<(), Fault> {
        let what = "keep the draft of the directory";
        let found = self.get(PK, "draft", what).await?;
        let Some(bytes) = draft else {
            if found.is_some() {
                let delete = self.client.delete_item().table_name(&self.name).key("pk", s(PK)).key("sk", s("draft"));
                delete.send().await.map_err(|e| fault(what, e))?;
            }
            return Ok(());
        };
        let place = found.as_ref().map(chunks).transpose()?.map_or(0, |before| (before.place + 1) % DRAFTS);
        let chunks = self.put_content("DRAFT", place, bytes).await?;
        self.put_plainly(item(PK, "draft", attributes(&chunks)), what).await
    }
}

impl Table {
    /// The directory whose head this is, or one that came since.
    pub(super) async fn directory_of(&self, mut found: Item) -> Result<Arc<Directory>, Fault> {
        if let Some(known) = self.cached(&found)? {
            return Ok(known);
        }
        let mut bytes = self.content("SNAPSHOT", &found).await?;
        if bytes.is_none() {
            // So many snapshots came meanwhile that its chunks are those of another.
            found = self.get(PK, HEAD, "read the directory").await?.unwrap_or(found);
            bytes = self.content("SNAPSHOT", &found).await?;
        }
        let bytes = bytes.ok_or_else(|| unreadable("the directory does not have the digest that it should have"))?;
        let directory = Arc::new(unpack(&bytes, taken_at(&found)?).map_err(unreadable)?);
        let known = (text(&found, "digest")?.to_owned(), Arc::clone(&directory));
        *self.directory.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(directory)
    }

    /// The directory that this process read last, if its content is in force.
    fn cached(&self, found: &Item) -> Result<Option<Arc<Directory>>, Fault> {
        let (digest, taken_at) = (text(found, "digest")?, taken_at(found)?);
        let mut cache = self.directory.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((_, known)) = cache.as_mut().filter(|(known, _)| known == digest) else { return Ok(None) };
        if known.taken_at != taken_at {
            // Read again since, and the same.
            Arc::make_mut(known).taken_at = taken_at;
        }
        Ok(Some(Arc::clone(known)))
    }

    /// Writes content to a place.
    async fn put_content(&self, kind: &str, place: u64, bytes: &[u8]) -> Result<Chunks, Fault> {
        let count = self.put_chunks(&format!("{kind}#{place}"), bytes, "write the directory").await?;
        Ok(Chunks { place, count, digest: digest(bytes) })
    }

    /// Reads the content that an item names; `None` if its chunks are not, or not all, those that it names.
    async fn content(&self, kind: &str, named: &Item) -> Result<Option<Vec<u8>>, Fault> {
        let Chunks { place, count, digest: expected } = chunks(named)?;
        let bytes = self.chunks(&format!("{kind}#{place}"), count, "read the directory").await?;
        Ok(bytes.filter(|bytes| digest(bytes) == expected))
    }
}

fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The first 16 digits of the digest: what people and logs call the content.
fn version(digest: &str) -> String {
    digest.chars().take(16).collect()
}

fn taken_at(item: &Item) -> Result<Timestamp, Fault> {
    text(item, "taken_at")?.parse().map_err(unreadable)
}

fn attributes(chunks: &Chunks) -> [(&'static str, AttributeValue); 3] {
    [("place", n(chunks.place)), ("chunks", n(chunks.count)), ("digest", s(&chunks.digest))]
}

fn chunks(item: &Item) -> Result<Chunks, Fault> {
    let (place, count) = (number(item, "place")?, number(item, "chunks")?);
    Ok(Chunks { place, count, digest: text(item, "digest")?.to_owned() })
}

fn head_item(head: &Head, chunks: &Chunks) -> Item {
    let Counts { units, accounts, permission_sets, users, groups, memberships } = head.counts;
    let mut made = item(PK, HEAD, attributes(chunks));
    let counts = [
        ("units", units),
        ("accounts", accounts),
        ("permission_sets", permission_sets),
        ("users", users),
        ("groups", groups),
        ("memberships", memberships),
    ];
    made.extend(counts.map(|(name, count)| (name.to_owned(), n(count as u64))));
    made.insert("version".to_owned(), n(head.number));
    made.insert("taken_at".to_owned(), s(head.taken_at.to_string()));
    made
}

fn head(item: &Item) -> Result<Head, Fault> {
    let count = |name: &'static str| usize::try_from(number(item, name)?).map_err(unreadable);
    let counts = Counts {
        units: count("units")?,
        accounts: count("accounts")?,
        permission_sets: count("permission_sets")?,
        users: count("users")?,
        groups: count("groups")?,
        memberships: count("memberships")?,
    };
    let (version, number) = (version(text(item, "digest")?), number(item, "version")?);
    Ok(Head { version, number, taken_at: taken_at(item)?, counts })
}
