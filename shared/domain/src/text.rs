//! What people write: bounded, visible text. It stays data in every channel.

use std::fmt;

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing to read in it.
    #[error("must not be empty")]
    Empty,
    /// Longer than its bound.
    #[error("has {length} characters; at most {limit} are allowed")]
    TooLong {
        /// Characters found.
        length: usize,
        /// Characters allowed.
        limit: usize,
    },
    /// A character that is invisible or changes how its neighbours are shown.
    #[error(
        "contains the control character U+{code:04X} at position {position}; only visible text and line breaks are allowed"
    )]
    Control {
        /// Unicode code point.
        code: u32,
        /// Character position, from 1.
        position: usize,
    },
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $limit:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Longest text, in characters.
            pub const LIMIT: usize = $limit;

            /// Checks length and characters; white space around is dropped.
            pub fn parse(text: &str) -> Result<Self, InvalidText> {
                checked(text, Self::LIMIT).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(
    /// Why somebody asks for access.
    Justification, 1_000
);
text!(
    /// The reference of a ticket in somebody else's system.
    Ticket, 100
);
text!(
    /// What an approver says to a decision, or somebody to an early end.
    Comment, 1_000
);

fn checked(text: &str, limit: usize) -> Result<String, InvalidText> {
    // Browsers send line breaks of forms as CR LF.
    let text = text.trim().replace("\r\n", "\n");
    if text.is_empty() {
        return Err(InvalidText::Empty);
    }
    let length = text.chars().count();
    if length > limit {
        return Err(InvalidText::TooLong { length, limit });
    }
    match text.chars().enumerate().find(|(_, c)| is_hidden(*c)) {
        Some((at, c)) => Err(InvalidText::Control { code: u32::from(c), position: at + 1 }),
        None => Ok(text),
    }
}

/// Control characters except line break and tab, and the marks that reorder or hide text (Unicode Technical Report 36).
fn is_hidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bounded_visible_text_is_taken() {
        assert_eq!(Justification::parse("  fix the build\r\nINC-7 ").unwrap().as_str(), "fix the build\nINC-7");
        assert_eq!(Justification::parse(" \n\t "), Err(InvalidText::Empty));
        assert!(Justification::parse(&"ä".repeat(1_000)).is_ok());
        assert_eq!(
            Justification::parse(&"x".repeat(100_000)),
            Err(InvalidText::TooLong { length: 100_000, limit: 1_000 })
        );
        assert_eq!(Ticket::parse("A\u{7}B"), Err(InvalidText::Control { code: 7, position: 2 }));
        for hidden in ["a\u{202E}b", "a\u{0}b", "a\u{200B}b", "a\rb", "a\u{1b}[31mb"] {
            assert!(Comment::parse(hidden).is_err(), "{hidden:?}");
        }
    }
}
