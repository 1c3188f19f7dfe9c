//! Items, with as much of their past as a stale read may show.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Map, Value};

/// Partition key and sort key.
pub(super) type ItemKey = (String, String);

/// How long the past is kept, in milliseconds.
const REMEMBERED_MS: i64 = 60_000;

/// One table with the index `by_owner`.
#[derive(Debug, Default)]
pub(super) struct Store {
    items: BTreeMap<ItemKey, Past>,
    /// (`gpk`, `gsk`, key) of every item that has both, now or a short while ago.
    index: BTreeSet<(String, String, ItemKey)>,
}

/// The versions of one item, oldest first: since when, and what.
#[derive(Debug, Default)]
struct Past(Vec<(i64, Option<Rc<Value>>)>);

impl Past {
    fn now(&self) -> Option<&Rc<Value>> {
        self.0.last().and_then(|(_, item)| item.as_ref())
    }

    fn at(&self, at: Option<i64>) -> Option<&Rc<Value>> {
        let Some(at) = at else { return self.now() };
        self.0.iter().rev().find(|(since, _)| *since <= at).and_then(|(_, item)| item.as_ref())
    }
}

/// The attributes of an item.
pub(super) fn attributes(item: &Value) -> &Map<String, Value> {
    item.as_object().expect("an item is a map")
}

/// The key of an item, or of a key.
pub(super) fn key(item: &Value) -> ItemKey {
    let part = |name: &str| {
        let text = item[name]["S"].as_str().unwrap_or_else(|| panic!("no text `{name}` in {item}"));
        assert!(!text.is_empty(), "empty `{name}` in {item}");
        text.to_owned()
    };
    (part("pk"), part("sk"))
}

/// Where an item stands in the index.
fn entry(item: &Value) -> Option<(String, String, ItemKey)> {
    let part = |name: &str| item[name]["S"].as_str().map(str::to_owned);
    Some((part("gpk")?, part("gsk")?, key(item)))
}

impl Store {
    pub(super) fn get(&self, key: &ItemKey, at: Option<i64>) -> Option<&Rc<Value>> {
        self.items.get(key).and_then(|past| past.at(at))
    }

    /// Puts an item there or takes it away; what was there before, and how many index entries changed.
    pub(super) fn set(&mut self, key: ItemKey, item: Option<Rc<Value>>, now: i64) -> (Option<Rc<Value>>, u64) {
        let past = self.items.entry(key).or_default();
        let before = past.now().cloned();
        let (old, new) = (before.as_deref().and_then(entry), item.as_deref().and_then(entry));
        let index_writes = if old == new { 0 } else { u64::from(old.is_some()) + u64::from(new.is_some()) };
        past.0.push((now, item));
        let kept = past.0.iter().rposition(|(since, _)| *since <= now - REMEMBERED_MS).unwrap_or(0);
        past.0.drain(..kept);
        if let Some(entry) = new {
            // An entry that went stays here: reads check it against the item.
            self.index.insert(entry);
        }
        (before, index_writes)
    }

    /// The items of a partition by sort key.
    pub(super) fn partition(&self, pk: &str, at: Option<i64>) -> Vec<&Rc<Value>> {
        let first = (pk.to_owned(), String::new());
        let same = self.items.range(first..).take_while(|((found, _), _)| found == pk);
        same.filter_map(|(_, past)| past.at(at)).collect()
    }

    /// The items of a partition of the index by its sort key.
    pub(super) fn index_partition(&self, gpk: &str, at: Option<i64>) -> Vec<&Rc<Value>> {
        let first = (gpk.to_owned(), String::new(), (String::new(), String::new()));
        let same = self.index.range(first..).take_while(|(found, ..)| found == gpk);
        let shown = |listed: &(String, String, ItemKey)| {
            self.get(&listed.2, at).filter(|item| entry(item).as_ref() == Some(listed))
        };
        same.filter_map(shown).collect()
    }
}

/// Bytes of an item (Developer Guide, "DynamoDB item sizes and formats").
pub(super) fn size(item: &Value) -> u64 {
    attributes(item).iter().map(|(name, value)| name.len() as u64 + value_size(value)).sum()
}

fn value_size(value: &Value) -> u64 {
    let (kind, content) = attributes(value).iter().next().expect("a value has a type");
    let length = |content: &Value| content.as_str().map_or(0, |text| text.len() as u64);
    match kind.as_str() {
        "S" => length(content),
        "N" => length(content).div_ceil(2) + 1,
        "BOOL" | "NULL" => 1,
        // Base64 on the wire, bytes in the table.
        "B" => content.as_str().map_or(0, |text| text.trim_end_matches('=').len() as u64 * 3 / 4),
        "SS" => content.as_array().into_iter().flatten().map(length).sum(),
        "L" => 3 + content.as_array().into_iter().flatten().map(|value| 1 + value_size(value)).sum::<u64>(),
        "M" => {
            let entries = content.as_object().into_iter().flatten();
            3 + entries.map(|(name, value)| name.len() as u64 + 1 + value_size(value)).sum::<u64>()
        }
        _ => panic!("the simulator does not know the type {kind}"),
    }
}
