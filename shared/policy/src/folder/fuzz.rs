//! Whatever stands in the files, the loader answers: no panic, no place outside the file, no error without words.
//!
//! `PROPTEST_CASES=100000 cargo test -p curfew-policy fuzz` looks longer. What ever broke it stays in `testdata/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::evaluator::Configuration;
use crate::fixture::{example, organization};

/// Loads, and holds the promises about problems.
fn answers(files: BTreeMap<String, String>) {
    let texts = files.clone();
    let Ok(bundle) = Bundle::new(files) else { return };
    let problems = match load(&bundle) {
        Ok(loaded) => {
            assert!(loaded.warnings.iter().all(|problem| !problem.is_error()));
            // What is valid is also total: everything that is selected has terms, and `lint` has an answer.
            let directory = organization();
            let _ = crate::lint::lint(&loaded.model, &directory);
            loaded.warnings
        }
        Err(problems) => {
            assert!(problems.iter().any(Problem::is_error));
            problems
        }
    };
    hold(&problems, &texts);
}

/// Few enough, with words, and at places that are there.
fn hold(problems: &[Problem], texts: &BTreeMap<String, String>) {
    assert!(problems.len() <= 1_001);
    for problem in problems {
        assert!(!problem.message.is_empty() && problem.message.len() < 2_000, "{problem}");
        let lines = texts.get(&problem.file).map_or(0, |text| text.split('\n').count());
        assert!(problem.line <= lines, "{problem}");
        assert!((problem.line == 0) == (problem.column == 0), "{problem}");
    }
}

fn one(text: String) -> BTreeMap<String, String> {
    BTreeMap::from([("a.toml".to_owned(), text)])
}

#[test]
fn what_once_was_found_stays_found() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut files = 0;
    for entry in fs::read_dir(corpus).unwrap() {
        let text = fs::read(entry.unwrap().path()).unwrap();
        answers(one(String::from_utf8_lossy(&text).into_owned()));
        files += 1;
    }
    assert!(files >= 10, "the corpus is there");
}

/// Pieces that mean something to TOML or to a configuration.
const PIECES: [&str; 44] = [
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ",",
    ".",
    "\"",
    "'",
    "\"\"\"",
    "\n",
    "#",
    "\\",
    "\u{0}",
    "\u{feff}",
    "ä",
    "\u{202e}",
    "flow",
    "flow.x",
    "[flow.one]",
    "step",
    "[[flow.one.step]]",
    "on_timeout = { flow = \"one\" }",
    "timeout",
    "\"PT1H\"",
    "approvers",
    "[\"manager\"]",
    "[approvers.x]\nmembers = [\"approvers:x\"]",
    "quorum = -1",
    "= 1e999",
    "= 0x7fffffffffffffffff",
    "= 2026-13-45T00:00:00Z",
    "= 1979-05-27T07:32:00Z",
    "[access]",
    "[[access]]",
    "on = {}",
    "tags = { \"\" = \"\" }",
    "\"/**\"",
    "[default]\npolicy = 1",
    "[catalog.x.visible_to]",
    "[on-call.x]\nshifts = [{}]",
    "true",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fuzz_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        answers(one(String::from_utf8_lossy(&bytes).into_owned()));
    }

    #[test]
    fn fuzz_pieces(pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..60)) {
        answers(one(pieces.join(" ")));
        answers(one(pieces.concat()));
    }

    /// The example with a few places cut out, doubled or replaced.
    #[test]
    fn fuzz_mutations(edits in edits()) {
        let mut files = example();
        for edit in edits {
            edit.make(&mut files);
        }
        answers(files);
    }
}

proptest! {
    // Each compiles all Cedar policies.
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 40, ..ProptestConfig::default() })]

    /// The same for Cedar policies alone, up to compiled rules.
    #[test]
    fn fuzz_cedar(edits in edits()) {
        let mut files = example();
        let mut policies = files.clone();
        policies.retain(|path, _| path.ends_with("cedar"));
        for edit in edits {
            edit.make(&mut policies);
        }
        files.extend(policies);
        let problems = match Configuration::load(&Bundle::new(files.clone()).unwrap()) {
            Ok((_, warnings)) => warnings,
            Err(problems) => {
                assert!(problems.iter().any(Problem::is_error));
                problems
            }
        };
        hold(&problems, &files);
    }
}

/// A change of one place in some file.
#[derive(Debug, Clone)]
struct Edit {
    file: u16,
    at: u32,
    length: usize,
    piece: &'static str,
    how: u8,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = (any::<u16>(), any::<u32>(), 0usize..40, proptest::sample::select(&PIECES[..]), 0u8..4);
    let edit = edit.prop_map(|(file, at, length, piece, how)| Edit { file, at, length, piece, how });
    proptest::collection::vec(edit, 1..6)
}

impl Edit {
    fn make(self, files: &mut BTreeMap<String, String>) {
        let count = files.len();
        let text = files.values_mut().nth(usize::from(self.file) % count).unwrap();
        let start = text.floor_char_boundary(self.at as usize % (text.len() + 1));
        let end = text.floor_char_boundary((start + self.length).min(text.len()));
        let cut = text[start..end].to_owned();
        match self.how {
            0 => text.replace_range(start..end, ""),
            1 => text.insert_str(end, &cut),
            2 => text.replace_range(start..end, self.piece),
            _ => text.truncate(start),
        }
    }
}
