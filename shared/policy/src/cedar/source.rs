//! The policies of a `.cedar` file with their places.

use super::lexer::tokens;
use crate::folder::CedarFile;
use crate::problem::{Problem, Severity};

/// One policy as written: from its first token to its `;`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'f> {
    pub(crate) file: &'f CedarFile,
    pub(crate) text: &'f str,
    /// Where it begins in the file, in bytes.
    pub(crate) at: usize,
}

/// The policies of a file. In Cedar's grammar `;` ends a policy and is nothing else.
pub(crate) fn pieces(file: &CedarFile) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut begin = None;
    let tokens = tokens(&file.text);
    for token in &tokens {
        let from = *begin.get_or_insert(token.at);
        if token.text == ";" {
            pieces.extend(piece(file, from, token.at + 1));
            begin = None;
        }
    }
    // What is left has no end; Cedar's parser says so.
    pieces.extend(begin.and_then(|from| piece(file, from, file.text.len())));
    pieces
}

fn piece(file: &CedarFile, from: usize, to: usize) -> Option<Piece<'_>> {
    file.text.get(from..to).map(|text| Piece { file, text, at: from })
}

/// Line and column, both from 1, columns in characters, of a place in a text.
pub(crate) fn position(text: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or(before);
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

impl Piece<'_> {
    /// What is wrong this many bytes into the policy.
    pub(crate) fn problem(&self, offset: usize, severity: Severity, message: String, hint: Option<String>) -> Problem {
        let (line, column) = position(&self.file.text, self.at + offset);
        Problem { file: self.file.path.clone(), line, column, severity, message, hint }
    }

    /// The line that the policy begins in.
    pub(crate) fn line(&self) -> usize {
        position(&self.file.text, self.at).0
    }
}
