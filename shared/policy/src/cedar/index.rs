//! The index: the texts of all policies, to be found by head without reading the others.
//!
//! Text in three layers, each sorted by key and so searched by halving, with nothing parsed before:
//!
//! ```text
//! curfew-rules 1                          what this is
//! flow <name> automatic|approved          one line per flow
//! ---
//! <principal key> <from> <length> <digest of the table>
//! ===
//! tables:  <resource key> <from> <length> <digest of the bucket>
//! buckets: <effect> <aspects> <actions> <length> <id>, line end, policy
//! ```
//!
//! Parts of a line are separated by tabs. The digest of the head (all up to `===`) is kept apart from the index, with the
//! record of its version; from there every layer vouches for the next. So what was not written by `compile` is not used,
//! and only what is used is read. JSON of all policies took 5.5 ms at 10,000 (research/performance.md §5.2).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use curfew_domain::hex::hex;
use sha2::{Digest as _, Sha256};

use super::head::Head;

const FORM: &str = "curfew-rules 1\n";
const FLOWS_END: &str = "---\n";
const HEAD_END: &str = "===\n";

/// A policy on its way into the index.
#[derive(Debug)]
pub(crate) struct Entry<'t> {
    pub(crate) head: Head,
    pub(crate) forbids: bool,
    pub(crate) aspects: String,
    pub(crate) id: String,
    pub(crate) text: &'t str,
}

/// A policy as it is found, not yet parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found<'t> {
    pub(crate) forbids: bool,
    pub(crate) aspects: &'t str,
    /// Separated by commas; `*` for all.
    pub(crate) actions: &'t str,
    pub(crate) id: String,
    pub(crate) text: &'t str,
}

/// Where something is, in bytes after the head, and the digest that it must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place<'t> {
    pub(crate) from: usize,
    length: usize,
    digest: &'t str,
}

/// The index does not hold together; it is not what `compile` wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damaged;

/// The first 32 hexadecimal digits of the SHA-256: nobody finds a second text for 128 bits.
fn digest(text: &str) -> String {
    let mut digest = hex(&Sha256::digest(text.as_bytes()));
    digest.truncate(32);
    digest
}

/// The whole digest of the head of an index; of nothing, where there is no head.
pub(crate) fn root(index: &str) -> String {
    hex(&Sha256::digest(index.get(..head_length(index).unwrap_or(0)).unwrap_or_default().as_bytes()))
}

/// Up to and with the mark. A line of the directory never is the mark: it has tabs.
fn head_length(index: &str) -> Option<usize> {
    index.find(&format!("\n{HEAD_END}")).map(|at| at + 1 + HEAD_END.len())
}

/// Writes the index. Policies under the same head keep their order.
pub(crate) fn write(flows: &BTreeMap<String, bool>, entries: &[Entry<'_>]) -> String {
    let mut tree: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
    for entry in entries {
        let bucket = tree.entry(&entry.head.principal).or_default().entry(&entry.head.resource).or_default();
        let actions = entry.head.actions.as_ref().map_or_else(|| "*".to_owned(), |names| names.join(","));
        let effect = if entry.forbids { 'f' } else { 'p' };
        // Writing to a String cannot fail.
        let _ = write!(bucket, "{effect}\t{}\t{actions}\t{}\t", entry.aspects, entry.text.len());
        super::head::escape(&entry.id, bucket);
        let _ = writeln!(bucket, "\n{}", entry.text);
    }
    let (mut directory, mut body) = (String::new(), String::new());
    for (principal, buckets) in &tree {
        let mut table = String::new();
        for (resource, bucket) in buckets {
            line(&mut table, resource, body.len(), bucket);
            body.push_str(bucket);
        }
        line(&mut directory, principal, body.len(), &table);
        body.push_str(&table);
    }
    let mut text = FORM.to_owned();
    for (name, automatic) in flows {
        let _ = writeln!(text, "flow\t{name}\t{}", if *automatic { "automatic" } else { "approved" });
    }
    text + FLOWS_END + &directory + HEAD_END + &body
}

fn line(to: &mut String, key: &str, from: usize, part: &str) {
    let _ = writeln!(to, "{key}\t{from}\t{}\t{}", part.len(), digest(part));
}

/// Where the parts of an index are.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) flows: BTreeMap<String, bool>,
    directory: Range<usize>,
    body: usize,
}

impl Layout {
    /// Finds the parts, when the head has this digest.
    pub(crate) fn read(text: &str, expected: &str) -> Result<Self, Damaged> {
        let body = head_length(text).ok_or(Damaged)?;
        let end = body - HEAD_END.len();
        if root(text) != expected {
            return Err(Damaged);
        }
        let mut flows = BTreeMap::new();
        let mut at = FORM.len();
        let head = text.get(..end).and_then(|head| head.strip_prefix(FORM)).ok_or(Damaged)?;
        for flow in head.split_inclusive('\n') {
            at += flow.len();
            if flow == FLOWS_END {
                return Ok(Self { flows, directory: at..end, body });
            }
            let mut parts = flow.trim_end_matches('\n').split('\t').skip(1);
            let (name, kind) = (parts.next().ok_or(Damaged)?, parts.next().ok_or(Damaged)?);
            flows.insert(name.to_owned(), kind == "automatic");
        }
        Err(Damaged)
    }

    /// The table of a principal key.
    pub(crate) fn table<'t>(&self, text: &'t str, principal: &str) -> Result<Option<Place<'t>>, Damaged> {
        find(text.get(self.directory.clone()).ok_or(Damaged)?, principal)
    }

    /// The text at a place, when it is what was written there.
    pub(crate) fn checked<'t>(&self, text: &'t str, place: &Place<'_>) -> Result<&'t str, Damaged> {
        let part = self.unchecked(text, place)?;
        if digest(part) == place.digest { Ok(part) } else { Err(Damaged) }
    }

    /// The text at a place that was checked before.
    pub(crate) fn unchecked<'t>(&self, text: &'t str, place: &Place<'_>) -> Result<&'t str, Damaged> {
        let from = self.body.checked_add(place.from).ok_or(Damaged)?;
        text.get(from..from.checked_add(place.length).ok_or(Damaged)?).ok_or(Damaged)
    }
}

/// Finds a key in sorted lines, by halving.
pub(crate) fn find<'t>(lines: &'t str, key: &str) -> Result<Option<Place<'t>>, Damaged> {
    let bytes = lines.as_bytes();
    let (mut low, mut high) = (0, lines.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let before = bytes.get(low..middle).ok_or(Damaged)?.iter().rposition(|byte| *byte == b'\n');
        let from = before.map_or(low, |at| low + at + 1);
        let length = bytes.get(from..high).ok_or(Damaged)?.iter().position(|byte| *byte == b'\n').ok_or(Damaged)?;
        let line = lines.get(from..from + length).ok_or(Damaged)?;
        let (found, place) = line.split_once('\t').ok_or(Damaged)?;
        match found.cmp(key) {
            std::cmp::Ordering::Less => low = from + length + 1,
            std::cmp::Ordering::Greater => high = from,
            std::cmp::Ordering::Equal => return self::place(place).map(Some),
        }
    }
    Ok(None)
}

/// Every line of a table: resource key and place.
pub(crate) fn lines(table: &str) -> impl Iterator<Item = Result<(&str, Place<'_>), Damaged>> {
    table.lines().map(|line| {
        let (key, rest) = line.split_once('\t').ok_or(Damaged)?;
        Ok((key, place(rest)?))
    })
}

fn place(text: &str) -> Result<Place<'_>, Damaged> {
    let mut parts = text.split('\t');
    let mut number = || parts.next().and_then(|part| part.parse().ok()).ok_or(Damaged);
    let (from, length) = (number()?, number()?);
    Ok(Place { from, length, digest: parts.next().ok_or(Damaged)? })
}

/// The policies of a bucket.
pub(crate) fn bucket(mut text: &str) -> Result<Vec<Found<'_>>, Damaged> {
    let mut found = Vec::new();
    while !text.is_empty() {
        let (line, rest) = text.split_once('\n').ok_or(Damaged)?;
        let mut parts = line.split('\t');
        let mut next = || parts.next().ok_or(Damaged);
        let (effect, aspects, actions, length, id) = (next()?, next()?, next()?, next()?, next()?);
        let (policy, after) = rest.split_at_checked(length.parse().map_err(|_| Damaged)?).ok_or(Damaged)?;
        found.push(Found { forbids: effect == "f", aspects, actions, id: unescape(id).ok_or(Damaged)?, text: policy });
        text = after.strip_prefix('\n').ok_or(Damaged)?;
    }
    Ok(found)
}

/// Undoes `head::escape`.
fn unescape(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        let code: String = chars.by_ref().take_while(|c| *c != ';' && *c != '\\').collect();
        plain.push(if code.is_empty() { '\\' } else { char::from_u32(u32::from_str_radix(&code, 16).ok()?)? });
    }
    Some(plain)
}
