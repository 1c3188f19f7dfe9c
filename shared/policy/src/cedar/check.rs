//! Problems of Cedar's parser and validator, with the places that people know.

use std::fmt::Display;

use miette::Diagnostic;

use super::source::Piece;
use crate::problem::{Problem, Severity};

/// A problem that Cedar reports about a policy, or about a part of it.
pub(crate) fn told(piece: &Piece<'_>, id: &str, diagnostic: &dyn Diagnostic, severity: Severity) -> Problem {
    let offset = diagnostic.labels().and_then(|mut labels| labels.next()).map_or(0, |label| label.offset());
    piece.problem(offset, severity, message(id, diagnostic), hint(diagnostic))
}

/// What Cedar says, without the name of the policy, which the place tells.
fn message(id: &str, diagnostic: &dyn Diagnostic) -> String {
    let told = diagnostic.to_string();
    let bare = told.strip_prefix(&format!("for policy `{id}`")).unwrap_or(&told);
    let mut message = bare.trim_start_matches([',', ':', ' ']).to_owned();
    // The context is the same for every flow: said once, not once for each.
    if let Some((before, _)) = message.split_once(" in context for Curfew::Action::") {
        message = format!("{before} in `context`");
    }
    let labels = diagnostic.labels().into_iter().flatten();
    for text in labels.filter_map(|label| label.label().map(str::to_owned)) {
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
    }
    message
}

fn hint(diagnostic: &dyn Diagnostic) -> Option<String> {
    diagnostic.help().map(|help: Box<dyn Display + '_>| help.to_string())
}
