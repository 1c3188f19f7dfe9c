//! The files of a folder as one: each key may stand in any file, and nothing may be said twice.

use std::collections::BTreeMap;

use super::document::{Document, KeyAt, Node};
use super::problems::Problems;
use crate::problem::Problem;

/// All files together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Merged<'a> {
    pub(super) documents: &'a [Document<'a>],
}

impl<'a> Merged<'a> {
    /// What stands under this key of the root, file by file.
    fn all(self, key: &str) -> impl Iterator<Item = (KeyAt<'a>, Node<'a>)> {
        self.documents.iter().flat_map(|document| document.root().entries()).filter(move |(at, _)| at.text == key)
    }

    /// What stands under a key that only one file may have.
    pub(super) fn one(self, key: &str, problems: &mut Problems) -> Option<Node<'a>> {
        let found: Vec<(KeyAt<'a>, Node<'a>)> = self.all(key).collect();
        if found.len() > 1 {
            twice(key, &found, problems);
        }
        found.first().map(|(_, node)| *node)
    }

    /// Tables by name, from all files.
    pub(super) fn named(self, key: &str, problems: &mut Problems) -> BTreeMap<&'a str, (KeyAt<'a>, Node<'a>)> {
        let mut found: BTreeMap<&str, Vec<(KeyAt<'a>, Node<'a>)>> = BTreeMap::new();
        for (at, node) in self.all(key).flat_map(|(_, table)| table.entries()) {
            found.entry(at.text).or_default().push((at, node));
        }
        let mut named = BTreeMap::new();
        for (name, places) in found {
            if places.len() > 1 {
                twice(&format!("{key}.{name}"), &places, problems);
            }
            if let Some(first) = places.first() {
                named.insert(name, *first);
            }
        }
        named
    }

    /// Whether some file has syntax errors, so that less was read than is written.
    pub(super) fn is_incomplete(self) -> bool {
        self.documents.iter().any(|document| !document.errors.is_empty())
    }

    /// Tells that a table is missing that some file must have; not where some file could not be read as a whole.
    pub(super) fn missing(self, key: &str, hint: &str, problems: &mut Problems) {
        if !self.is_incomplete() {
            let problem = Problem::error(&super::nowhere(), format!("no file of this folder has [{key}]"));
            problems.add(problem.hint(hint));
        }
    }

    /// The tables of an array of tables, from all files, in order.
    pub(super) fn items(self, key: &str) -> impl Iterator<Item = Node<'a>> {
        self.all(key).flat_map(|(_, list)| list.items())
    }
}

/// Tells at each place where the others are.
fn twice(what: &str, places: &[(KeyAt<'_>, Node<'_>)], problems: &mut Problems) {
    let origins: Vec<_> = places.iter().map(|(key, _)| key.spot.origin()).collect();
    for at in &origins {
        let others: Vec<String> = origins
            .iter()
            .filter(|other| *other != at)
            .take(MOST_PLACES)
            .map(|other| format!("{}:{}", other.file, other.line))
            .collect();
        let message = format!("`{what}` is declared more than once, also at {}", others.join(", "));
        problems.add(Problem::error(at, message));
    }
}

/// So many other places are told; whoever mends these sees the rest.
const MOST_PLACES: usize = 5;
