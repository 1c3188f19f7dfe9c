//! What changed between two versions, line by line.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};

/// Lines of context around a change.
const CONTEXT: usize = 3;
/// Most lines that are shown of all differences: a page stays light.
const MOST_LINES: usize = 400;
/// Longest line that is shown, in characters.
const MOST_WIDTH: usize = 240;

/// One line of a difference.
struct Line {
    tag: ChangeTag,
    text: String,
}

/// One file with what changed in it: places, each with its lines.
struct Changed<'a> {
    path: &'a str,
    what: &'static str,
    places: Vec<Vec<Line>>,
}

/// The differences.
pub(super) fn diff(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Markup {
    let (changed, cut) = bounded(changes(before, after));
    html! {
        @if changed.is_empty() { p { "Nothing: the files are the same." } }
        @for file in &changed {
            h3 { bdi.id { (file.path) } " " span.detail { (file.what) } }
            @for place in &file.places {
                table.diff { tbody { @for line in place { (shown(line)) } } }
            }
        }
        @if cut { p.note { "There is more than is shown here; " code { "curfew config plan" } " tells all." } }
    }
}

fn shown(line: &Line) -> Markup {
    let (class, sign, spoken) = match line.tag {
        ChangeTag::Equal => ("same", "", ""),
        ChangeTag::Insert => ("added", "+", "added: "),
        ChangeTag::Delete => ("removed", "−", "removed: "),
    };
    html! {
        tr.(class) {
            td.sign { span aria-hidden="true" { (sign) } span.unseen { (spoken) } }
            td { code { (line.text) } }
        }
    }
}

fn changes<'a>(before: &'a BTreeMap<String, String>, after: &'a BTreeMap<String, String>) -> Vec<Changed<'a>> {
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let one = |path: &'a String| {
        let (old, new) = (before.get(path), after.get(path));
        let what = match (old, new) {
            (None, _) => "new",
            (_, None) => "removed",
            (Some(old), Some(new)) if old == new => return None,
            _ => "changed",
        };
        let text = |text: Option<&'a String>| text.map_or("", String::as_str);
        Some(Changed { path, what, places: places(text(old), text(new)) })
    };
    paths.into_iter().filter_map(one).collect()
}

fn places(old: &str, new: &str) -> Vec<Vec<Line>> {
    let diff = TextDiff::from_lines(old, new);
    let groups = diff.grouped_ops(CONTEXT);
    let lines = |ops: &Vec<similar::DiffOp>| {
        let changes = ops.iter().flat_map(|op| diff.iter_changes(op));
        changes.map(|change| Line { tag: change.tag(), text: cut(change.value()) }).collect()
    };
    groups.iter().map(lines).collect()
}

fn cut(line: &str) -> String {
    line.trim_end_matches(['\n', '\r']).chars().take(MOST_WIDTH).collect()
}

/// At most so many lines, and whether some were left out.
fn bounded(changed: Vec<Changed<'_>>) -> (Vec<Changed<'_>>, bool) {
    let (mut left, mut cut) = (MOST_LINES, false);
    let mut kept = Vec::new();
    for mut file in changed {
        for place in &mut file.places {
            cut |= place.len() > left;
            place.truncate(left);
            left -= place.len();
        }
        file.places.retain(|place| !place.is_empty());
        kept.push(file);
    }
    (kept, cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(of: &[(&str, &str)]) -> BTreeMap<String, String> {
        of.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn what_changed_is_shown_and_what_did_not_is_left_out() {
        let long = (0..50).map(|n| format!("line {n}\n")).collect::<Vec<_>>().concat();
        let (before, after) = (
            files(&[("a", &long), ("b", "x\n"), ("c", "same\n")]),
            files(&[("a", &long.replace("line 25\n", "line twenty-five\n")), ("c", "same\n"), ("d", "new\n")]),
        );
        let changed = changes(&before, &after);
        let told: Vec<(&str, &str)> = changed.iter().map(|file| (file.path, file.what)).collect();
        assert_eq!(told, [("a", "changed"), ("b", "removed"), ("d", "new")]);
        let lines: usize = changed[0].places.iter().map(Vec::len).sum();
        assert_eq!(lines, 2 + 2 * CONTEXT);
    }

    #[test]
    fn a_page_stays_light_however_much_changed() {
        let long = (0..5_000).map(|n| format!("{n}\n")).collect::<Vec<_>>().concat();
        let (before, after) = (BTreeMap::new(), files(&[("a", &long), ("b", &long)]));
        let (kept, cut) = bounded(changes(&before, &after));
        let lines: usize = kept.iter().flat_map(|file| &file.places).map(Vec::len).sum();
        assert_eq!((lines, cut, kept.len()), (MOST_LINES, true, 2));
    }
}
