//! What a TOML value may be: one description of every key, from which both the checks and the JSON Schema are made.

use toml::de::DeValue;

use super::document::Node;
use super::problems::{Problems, error_at};

/// A form that a value can have.
pub(super) enum Kind {
    /// Text of 1 to this many visible characters.
    Text(usize),
    /// One of these texts.
    Word(&'static [&'static str]),
    /// Text with a meaning of its own, which its reader checks: what it is called, and a regular expression for editors.
    Form(&'static str, &'static str),
    /// A whole number in this range, inclusive.
    Number(i64, i64),
    /// `true` or `false`.
    Boolean,
    /// A TOML date and time with offset, or the same as text.
    Instant,
    /// An array of at least so many.
    List(&'static Kind, usize),
    /// A table with exactly these keys.
    Table(&'static Shape),
    /// A table whose keys are names that the administrator gives.
    Map(Naming, &'static Kind),
    /// One of several, told apart by their TOML types.
    Either(&'static [Kind]),
}

/// Which names an administrator may give.
#[derive(Clone, Copy)]
pub(super) enum Naming {
    /// Of a flow, a catalog and the like: see `model::Name`.
    Name,
    /// Of an attribute in Cedar.
    Attribute,
    /// Of an account's tag in AWS.
    Tag,
}

/// A table.
pub(super) struct Shape {
    /// What it is, in a few words.
    pub(super) title: &'static str,
    /// Every key that it may have.
    pub(super) keys: &'static [Key],
}

/// A key of a table.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    /// For people who write the file, shown by editors.
    pub(super) doc: &'static str,
}

/// Tells everything about this value that departs from its kind.
pub(super) fn check(node: Node<'_>, kind: &Kind, problems: &mut Problems) {
    match (kind, node.value) {
        (Kind::Text(limit), DeValue::String(text)) => text_problem(text, *limit).into_iter().for_each(|message| {
            problems.error(node, message);
        }),
        (Kind::Word(words), DeValue::String(text)) => {
            if !words.contains(&text.as_ref()) {
                let message = format!("`{}` is not known here; write {}", shown(text), alternatives(words));
                problems.add(error_at(node, message).did_you_mean(text, words.iter().copied()));
            }
        }
        (Kind::Number(least, most), DeValue::Integer(_)) => {
            if !node.number().is_some_and(|number| (*least..=*most).contains(&number)) {
                problems.error(node, format!("write a whole number from {least} to {most}"));
            }
        }
        (Kind::Form(..) | Kind::Instant, DeValue::String(_))
        | (Kind::Boolean, DeValue::Boolean(_))
        | (Kind::Instant, DeValue::Datetime(_)) => {}
        (Kind::List(of, least), DeValue::Array(items)) => {
            if items.len() < *least {
                problems.error(node, "this list must not be empty");
            }
            node.items().for_each(|item| check(item, of, problems));
        }
        (Kind::Table(shape), DeValue::Table(_)) => check_table(node, shape, problems),
        (Kind::Map(naming, of), DeValue::Table(_)) => {
            for (key, value) in node.entries() {
                if let Err(rule) = naming.check(key.text) {
                    problems.add(error_at(key, format!("`{}` is no name: {rule}", shown(key.text))));
                }
                check(value, of, problems);
            }
        }
        (Kind::Either(kinds), _) => match kinds.iter().find(|kind| kind.takes(node.value)) {
            Some(kind) => check(node, kind, problems),
            None => wrong_type(node, kind, problems),
        },
        _ => wrong_type(node, kind, problems),
    }
}

fn check_table(node: Node<'_>, shape: &Shape, problems: &mut Problems) {
    for (key, value) in node.entries() {
        if let Some(known) = shape.keys.iter().find(|known| known.name == key.text) {
            check(value, &known.kind, problems);
            continue;
        }
        let names: Vec<&str> = shape.keys.iter().map(|key| key.name).collect();
        let problem = error_at(key, format!("{} has no key `{}`", shape.title, shown(key.text)));
        let known = format!("known here: {}", names.join(", "));
        problems.add(match crate::problem::closest(key.text, names.iter().copied()) {
            Some(name) => problem.hint(format!("did you mean `{name}`?")),
            None => problem.hint(known),
        });
    }
    for missing in shape.keys.iter().filter(|key| key.required && node.key(key.name).is_none()) {
        let problem = error_at(node, format!("{} needs the key `{}`", shape.title, missing.name));
        problems.add(problem.hint(missing.doc));
    }
}

fn wrong_type(node: Node<'_>, kind: &Kind, problems: &mut Problems) {
    let found = match node.value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    let problem = error_at(node, format!("expected {}, found {found}", kind.called()));
    problems.add(match (kind, node.value) {
        (Kind::Text(_) | Kind::Form(..) | Kind::Word(_), DeValue::Integer(_)) => problem.hint("write it in quotes"),
        (Kind::List(..), DeValue::String(_)) => problem.hint("write it in brackets, such as [\"...\"]"),
        _ => problem,
    });
}

impl Kind {
    /// Whether a value has the TOML type of this kind.
    fn takes(&self, value: &DeValue<'_>) -> bool {
        match self {
            Self::Text(_) | Self::Word(_) | Self::Form(..) => value.is_str(),
            Self::Number(..) => value.is_integer(),
            Self::Boolean => value.is_bool(),
            Self::Instant => value.is_str() || value.is_datetime(),
            Self::List(..) => value.is_array(),
            Self::Table(_) | Self::Map(..) => value.is_table(),
            Self::Either(kinds) => kinds.iter().any(|kind| kind.takes(value)),
        }
    }

    fn called(&self) -> String {
        match self {
            Self::Text(_) => "text".to_owned(),
            Self::Word(words) => alternatives(words),
            Self::Form(called, _) => (*called).to_owned(),
            Self::Number(least, most) => format!("a whole number from {least} to {most}"),
            Self::Boolean => "true or false".to_owned(),
            Self::Instant => "a date and time such as 2026-11-01T08:00:00Z".to_owned(),
            Self::List(..) => "a list in brackets".to_owned(),
            Self::Table(shape) => format!("a table ({})", shape.title),
            Self::Map(..) => "a table".to_owned(),
            Self::Either(kinds) => kinds.iter().map(Self::called).collect::<Vec<_>>().join(" or "),
        }
    }
}

impl Naming {
    fn check(self, name: &str) -> Result<(), String> {
        let (first, rest) = (name.chars().next().unwrap_or(' '), name.chars().skip(1));
        let length = name.chars().count();
        match self {
            Self::Name => {
                let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                let good = first.is_ascii_lowercase() && name.chars().all(rest) && length <= 64;
                good.then_some(()).ok_or("1 to 64 of a-z, 0-9 and `-`, beginning with a letter".to_owned())
            }
            Self::Attribute => {
                let mut rest = rest;
                let letters = (first.is_ascii_alphabetic() || first == '_')
                    && rest.all(|c| c.is_ascii_alphanumeric() || c == '_')
                    && length <= 64;
                let good = letters && !RESERVED.contains(&name);
                good.then_some(())
                    .ok_or("1 to 64 of A-Z, a-z, 0-9 and `_`, no digit first, no word of Cedar's".to_owned())
            }
            Self::Tag => match text_problem(name, 128) {
                Some(problem) => Err(problem),
                None => Ok(()),
            },
        }
    }
}

/// Words that Cedar keeps for itself (Cedar policy syntax reference, `IDENT`).
const RESERVED: [&str; 10] = ["true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"];

fn text_problem(text: &str, limit: usize) -> Option<String> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        return Some("this text must not be empty".to_owned());
    }
    if length > limit {
        return Some(format!("this text has {length} characters; at most {limit} are allowed"));
    }
    // The domain's rule for visible text: no controls, nothing that hides or reorders its neighbours.
    match curfew_domain::text::Comment::parse(text) {
        Err(error @ curfew_domain::text::InvalidText::Control { .. }) => Some(format!("this text {error}")),
        _ => None,
    }
}

/// Bounded, so that a hostile text is not repeated at length.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

fn alternatives(words: &[&str]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ")
}
