//! TOML files with places: what each value is and where it stands.

use toml::de::{DeTable, DeValue};

use crate::model::Origin;

/// A file with the starts of its lines, so that an offset becomes a place fast.
#[derive(Debug)]
pub(super) struct Text<'a> {
    file: &'a str,
    content: &'a str,
    lines: Vec<usize>,
}

/// A place in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'a> {
    text: &'a Text<'a>,
    /// In bytes.
    offset: usize,
}

/// A value at its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) spot: Spot<'a>,
    pub(super) value: &'a DeValue<'a>,
}

/// A key at its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyAt<'a> {
    pub(super) spot: Spot<'a>,
    pub(super) text: &'a str,
}

/// A parsed file.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub(super) text: Text<'a>,
    /// What could be read; less than is written where there are syntax errors.
    pub(super) root: DeValue<'a>,
    /// Syntax errors: offset in bytes, and what is wrong.
    pub(super) errors: Vec<(usize, String)>,
}

impl<'a> Text<'a> {
    pub(super) fn new(file: &'a str, content: &'a str) -> Self {
        let lines = std::iter::once(0).chain(content.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { file, content, lines }
    }

    pub(super) fn spot(&'a self, offset: usize) -> Spot<'a> {
        Spot { text: self, offset }
    }
}

impl Spot<'_> {
    /// The place as people read it.
    pub(super) fn origin(self) -> Origin {
        let line = self.text.lines.partition_point(|start| *start <= self.offset);
        let start = line.checked_sub(1).and_then(|at| self.text.lines.get(at)).copied().unwrap_or(0);
        let before = self.text.content.get(start..self.offset).unwrap_or_default();
        Origin { file: self.text.file.to_owned(), line, column: before.chars().count() + 1 }
    }
}

impl<'a> Document<'a> {
    pub(super) fn parse(file: &'a str, text: &'a str) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        let place = |error: &toml::de::Error| error.span().map_or(text.len(), |span| span.start);
        let errors = errors.iter().map(|error| (place(error), error.message().to_owned())).collect();
        Self { text: Text::new(file, text), root: DeValue::Table(root.into_inner()), errors }
    }

    pub(super) fn root(&'a self) -> Node<'a> {
        Node { spot: self.text.spot(0), value: &self.root }
    }
}

impl<'a> Node<'a> {
    /// The value of a key; `None` where there is none, or this is no table.
    pub(super) fn key(self, name: &str) -> Option<Node<'a>> {
        self.value.as_table()?.get(name).map(|value| self.inner(value))
    }

    /// Keys and values of a table, sorted by key; none where this is no table.
    pub(super) fn entries(self) -> impl Iterator<Item = (KeyAt<'a>, Node<'a>)> {
        self.value.as_table().into_iter().flatten().map(move |(key, value)| {
            let spot = Spot { offset: key.span().start, ..self.spot };
            (KeyAt { spot, text: key.get_ref() }, self.inner(value))
        })
    }

    /// The items of an array; none where this is no array.
    pub(super) fn items(self) -> impl Iterator<Item = Node<'a>> {
        self.value.as_array().into_iter().flat_map(|items| items.iter()).map(move |value| self.inner(value))
    }

    /// The text, where this is one.
    pub(super) fn str(self) -> Option<&'a str> {
        self.value.as_str()
    }

    /// The number, where this is a whole one of 64 bits.
    pub(super) fn number(self) -> Option<i64> {
        let number = self.value.as_integer()?;
        i64::from_str_radix(number.as_str(), number.radix()).ok()
    }

    /// The text of a key's value, where it is one.
    pub(super) fn text_of(self, key: &str) -> Option<String> {
        self.key(key)?.str().map(str::to_owned)
    }

    /// Whether a key is set to `true`; the default where it is not set.
    pub(super) fn flag(self, key: &str, default: bool) -> bool {
        self.key(key).and_then(|value| value.value.as_bool()).unwrap_or(default)
    }

    /// The place as people read it.
    pub(super) fn origin(self) -> Origin {
        self.spot.origin()
    }

    fn inner(self, value: &'a toml::Spanned<DeValue<'a>>) -> Node<'a> {
        Node { spot: Spot { offset: value.span().start, ..self.spot }, value: value.get_ref() }
    }
}

impl<'a> From<Node<'a>> for Spot<'a> {
    fn from(node: Node<'a>) -> Self {
        node.spot
    }
}

impl<'a> From<KeyAt<'a>> for Spot<'a> {
    fn from(key: KeyAt<'a>) -> Self {
        key.spot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let text = Text::new("a.toml", "ä = 1\nß = [\"ü\", 2]\n");
        let place = |offset| {
            let origin = text.spot(offset).origin();
            (origin.line, origin.column)
        };
        assert_eq!((place(0), place(5), place(7), place(10)), ((1, 1), (1, 5), (2, 1), (2, 3)));
        assert_eq!(place(text.content.len()), (3, 1));
    }

    #[test]
    fn a_file_with_syntax_errors_is_still_read_where_it_can_be() {
        let document = Document::parse("a.toml", "a = 1\nb = \nc = \"x\nd = 4\n");
        assert_eq!(document.errors.len(), 2, "{:?}", document.errors);
        assert_eq!(document.root().key("a").and_then(Node::number), Some(1));
        assert_eq!(document.root().key("d").and_then(Node::number), Some(4));
    }
}
