//! The tokens of Cedar's notation, as far as we need them: to tell where policies end and where names are written.
//!
//! Cedar's own parser tells no positions of the parts of a valid policy.

/// A token with its place in the text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'t> {
    pub(crate) kind: Kind,
    /// As written, with quotation marks.
    pub(crate) text: &'t str,
    pub(crate) at: usize,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    /// A string, perhaps not closed.
    Text,
    /// `::`
    Path,
    /// Any other character.
    Sign,
}

/// The tokens of a text; white space and comments are left out. Never fails: what Cedar refuses, its parser reports.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = next(rest, first);
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if let Some(kind) = kind {
            tokens.push(Token { kind, text: token, at: text.len() - rest.len() });
        }
        rest = after;
    }
    tokens
}

/// Kind and length of the token that a text begins with; no kind for what separates tokens.
fn next(rest: &str, first: char) -> (Option<Kind>, usize) {
    let run = |belongs: fn(char) -> bool| rest.find(|c| !belongs(c)).unwrap_or(rest.len());
    if first.is_whitespace() {
        (None, run(char::is_whitespace))
    } else if rest.starts_with("//") {
        (None, rest.find('\n').unwrap_or(rest.len()))
    } else if first == '"' {
        (Some(Kind::Text), string_length(rest))
    } else if rest.starts_with("::") {
        (Some(Kind::Path), 2)
    } else if first.is_ascii_alphanumeric() || first == '_' {
        (Some(Kind::Word), run(|c| c.is_ascii_alphanumeric() || c == '_'))
    } else {
        (Some(Kind::Sign), first.len_utf8())
    }
}

fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The value of a string literal; `None` where its escapes are not those of Cedar.
pub(crate) fn value(literal: &str) -> Option<String> {
    let body = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut value = String::with_capacity(body.len());
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        value.push(match chars.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            same @ ('\\' | '"' | '\'') => same,
            'x' => number(&chars.by_ref().take(2).collect::<String>())?,
            'u' => {
                let digits: String = chars.by_ref().take_while(|c| *c != '}').collect();
                number(digits.strip_prefix('{')?)?
            }
            _ => return None,
        });
    }
    Some(value)
}

fn number(digits: &str) -> Option<char> {
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}
