//! Problems of a configuration, each shown in its source line.

use std::collections::BTreeMap;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use curfew_policy::Problem;
use serde_json::{Value, json};

use crate::answer::{Answer, Done, Failure};

/// Every problem with its source line and a caret, and how many there are.
pub(crate) fn render(problems: &[Problem], sources: &BTreeMap<String, String>) -> String {
    let mut text: String = problems.iter().map(|problem| one(problem, sources) + "\n\n").collect();
    if !problems.is_empty() {
        text.push_str(&count(problems));
        text.push('\n');
    }
    text
}

/// `2 errors, 1 warning`.
pub(crate) fn count(problems: &[Problem]) -> String {
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let warnings = problems.len() - errors;
    let some = |n: usize, what: &str| (n > 0).then(|| format!("{n} {what}{}", if n == 1 { "" } else { "s" }));
    let parts: Vec<String> = [some(errors, "error"), some(warnings, "warning")].into_iter().flatten().collect();
    if parts.is_empty() { "no problems".to_owned() } else { parts.join(", ") }
}

/// Problems for programs.
pub(crate) fn json(problems: &[Problem]) -> Value {
    let one = |problem: &Problem| {
        json!({
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "severity": if problem.is_error() { "error" } else { "warning" },
            "message": problem.message,
            "hint": problem.hint,
        })
    };
    problems.iter().map(one).collect()
}

/// A configuration that cannot be used: all of its problems.
pub(crate) fn invalid(mut problems: Vec<Problem>, sources: &BTreeMap<String, String>) -> Failure {
    problems.sort();
    let json = json!({ "valid": false, "problems": json(&problems) });
    Failure::Invalid(Answer::new(Done::Found, render(&problems, sources), &json))
}

fn one(problem: &Problem, sources: &BTreeMap<String, String>) -> String {
    let level = if problem.is_error() { Level::ERROR } else { Level::WARNING };
    let title = level.primary_title(problem.message.as_str());
    let source = sources.get(&problem.file).and_then(|source| Some((source, span(source, problem)?)));
    let group = match source {
        Some((source, span)) => title.element(
            Snippet::source(source.as_str()).path(problem.file.as_str()).annotation(AnnotationKind::Primary.span(span)),
        ),
        None if problem.file.is_empty() => title.elements(None::<annotate_snippets::Origin<'_>>),
        None => title.element(annotate_snippets::Origin::path(problem.file.as_str())),
    };
    let group = match &problem.hint {
        Some(hint) => group.element(Level::HELP.message(hint.as_str())),
        None => group,
    };
    Renderer::styled().decor_style(DecorStyle::Ascii).term_width(120).render(&[group])
}

/// The word, or quoted text, that begins at the place of the problem, in bytes.
fn span(source: &str, problem: &Problem) -> Option<std::ops::Range<usize>> {
    let mut lines = source.split_inclusive('\n');
    let before: usize = lines.by_ref().take(problem.line.checked_sub(1)?).map(str::len).sum();
    let line = lines.next().unwrap_or_default().trim_end_matches(['\n', '\r']);
    let skipped = problem.column.saturating_sub(1);
    let start = line.char_indices().nth(skipped).map_or(line.len(), |(at, _)| at);
    let rest = line.get(start..).unwrap_or_default();
    let length = match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let closing = rest.char_indices().skip(1).find(|(_, c)| *c == quote);
            closing.map_or(rest.len(), |(at, c)| at + c.len_utf8())
        }
        Some('[') => {
            rest.find(']').map_or(1, |at| if rest.starts_with("[[") { at + 2 } else { at + 1 }).min(rest.len())
        }
        Some(first) => {
            let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@');
            rest.find(|c| !word(c)).unwrap_or(rest.len()).max(first.len_utf8())
        }
        None => 0,
    };
    Some(before + start..before + start + length)
}
