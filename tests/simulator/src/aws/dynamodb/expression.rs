//! Conditions, as far as they are understood; anything else panics.
//!
//! Grammar: DynamoDB Developer Guide, "Condition and filter expressions, operators, and functions".

use serde_json::{Map, Value};

/// A condition over one item.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// Either.
    Or(Box<Condition>, Box<Condition>),
    /// Not.
    Not(Box<Condition>),
    /// The attribute is there.
    Exists(String),
    /// The attribute is a text that begins so.
    BeginsWith(String, Value),
    /// The attribute compares so.
    Compare(String, Operator, Value),
    /// The attribute lies between, both inclusive.
    Between(String, Value, Value),
}

/// How an attribute is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Parses an expression with the names and values that the request gives it.
pub(super) fn parse(text: &str, names: &Value, values: &Value) -> Condition {
    let mut parser = Parser { tokens: tokens(text), at: 0, names, values, text };
    let condition = parser.or();
    assert!(parser.at == parser.tokens.len(), "not understood from token {} on: {text}", parser.at);
    condition
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_ascii_alphanumeric() || "_#:.".contains(c);
        let length = match first {
            c if word(c) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            '<' | '>' => 1 + usize::from(rest[1..].starts_with('=') || rest.starts_with("<>")),
            '(' | ')' | ',' | '=' => 1,
            _ => panic!("not understood: {rest}"),
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Parser<'a> {
    tokens: Vec<String>,
    at: usize,
    names: &'a Value,
    values: &'a Value,
    text: &'a str,
}

impl Parser<'_> {
    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        let token = self.peek().to_owned();
        assert!(!token.is_empty(), "the expression breaks off: {}", self.text);
        self.at += 1;
        token
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.peek().eq_ignore_ascii_case(word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, word: &str) {
        assert!(self.takes(word), "`{word}` was expected at `{}` in {}", self.peek(), self.text);
    }

    fn or(&mut self) -> Condition {
        let mut left = self.and();
        while self.takes("OR") {
            left = Condition::Or(Box::new(left), Box::new(self.and()));
        }
        left
    }

    fn and(&mut self) -> Condition {
        let mut left = self.not();
        while self.takes("AND") {
            left = Condition::And(Box::new(left), Box::new(self.not()));
        }
        left
    }

    fn not(&mut self) -> Condition {
        if self.takes("NOT") {
            return Condition::Not(Box::new(self.not()));
        }
        if self.takes("(") {
            let inner = self.or();
            self.expect(")");
            return inner;
        }
        self.simple()
    }

    fn simple(&mut self) -> Condition {
        let first = self.next();
        if self.takes("(") {
            return self.function(&first);
        }
        let path = self.path(&first);
        if self.takes("BETWEEN") {
            let low = self.value();
            self.expect("AND");
            return Condition::Between(path, low, self.value());
        }
        let operator = match self.next().as_str() {
            "=" => Operator::Equal,
            "<>" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            other => panic!("`{other}` is not understood in {}", self.text),
        };
        Condition::Compare(path, operator, self.value())
    }

    fn function(&mut self, name: &str) -> Condition {
        let first = self.next();
        let path = self.path(&first);
        let condition = match name {
            "attribute_exists" => Condition::Exists(path),
            "attribute_not_exists" => Condition::Not(Box::new(Condition::Exists(path))),
            "begins_with" => {
                self.expect(",");
                Condition::BeginsWith(path, self.value())
            }
            _ => panic!("the function `{name}` is not understood in {}", self.text),
        };
        self.expect(")");
        condition
    }

    fn path(&self, token: &str) -> String {
        let plain = !token.contains([':', '.']) && !token.is_empty();
        assert!(plain, "`{token}` is not understood as a path in {}", self.text);
        if !token.starts_with('#') {
            return token.to_owned();
        }
        let name = self.names[token].as_str();
        name.unwrap_or_else(|| panic!("{token} has no name in {}", self.text)).to_owned()
    }

    fn value(&mut self) -> Value {
        let token = self.next();
        assert!(token.starts_with(':'), "`{token}` is not understood as a value in {}", self.text);
        let value = self.values.get(&token);
        value.unwrap_or_else(|| panic!("{token} has no value in {}", self.text)).clone()
    }
}

impl Condition {
    /// Whether it holds for an item; an absent item has no attributes.
    pub(super) fn holds(&self, item: Option<&Map<String, Value>>) -> bool {
        let attribute = |path: &String| item.and_then(|item| item.get(path));
        match self {
            Self::And(left, right) => left.holds(item) && right.holds(item),
            Self::Or(left, right) => left.holds(item) || right.holds(item),
            Self::Not(inner) => !inner.holds(item),
            Self::Exists(path) => attribute(path).is_some(),
            Self::BeginsWith(path, prefix) => {
                let text = attribute(path).and_then(|value| value["S"].as_str());
                text.is_some_and(|text| text.starts_with(prefix["S"].as_str().expect("begins_with takes a text")))
            }
            Self::Compare(path, operator, value) => {
                attribute(path).is_some_and(|found| operator.holds(compare(found, value)))
            }
            Self::Between(path, low, high) => attribute(path).is_some_and(|found| {
                Operator::GreaterOrEqual.holds(compare(found, low)) && Operator::LessOrEqual.holds(compare(found, high))
            }),
        }
    }
}

impl Operator {
    /// `None`: the two are of different types, and only different.
    fn holds(self, order: Option<std::cmp::Ordering>) -> bool {
        let Some(order) = order else { return self == Self::NotEqual };
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

fn compare(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    if let (Some(left), Some(right)) = (left["S"].as_str(), right["S"].as_str()) {
        return Some(left.cmp(right));
    }
    let number = |value: &Value| value["N"].as_str().map(|text| text.parse::<i128>().expect("whole numbers only"));
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        return Some(left.cmp(&right));
    }
    let known = |value: &Value| ["S", "N", "BOOL", "NULL"].iter().any(|kind| !value[*kind].is_null());
    assert!(known(left) && known(right), "the simulator cannot compare {left} with {right}");
    (left == right).then_some(std::cmp::Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(text: &str, item: Option<&Value>) -> bool {
        let values = json!({ ":version": {"N": "3"}, ":a": {"S": "a"}, ":c": {"S": "c"}, ":no": {"BOOL": false} });
        parse(text, &json!({ "#s": "state" }), &values).holds(item.and_then(Value::as_object))
    }

    #[test]
    fn conditions_hold_as_aws_says() {
        let item = json!({ "pk": {"S": "p"}, "version": {"N": "3"}, "state": {"S": "b"} });
        let item = Some(&item);
        for (text, expected) in [
            ("attribute_not_exists(pk)", false),
            ("attribute_exists(pk)", true),
            ("version = :version", true),
            ("version <> :version", false),
            ("version <= :version AND version >= :version", true),
            ("version < :version OR version > :version", false),
            ("attribute_not_exists(pk) OR version = :version", true),
            ("attribute_not_exists(pk) OR (version = :version AND #s = :a)", false),
            ("NOT #s = :a", true),
            ("#s BETWEEN :a AND :c", true),
            ("#s BETWEEN :a AND :c AND version = :version", true),
            ("begins_with(#s, :a)", false),
            ("missing = :a", false),
            ("missing <> :a", false),
            ("#s = :version", false),
            ("#s <> :no", true),
        ] {
            assert_eq!(holds(text, item), expected, "{text}");
        }
        assert!(holds("attribute_not_exists(pk)", None));
        assert!(!holds("version = :version", None));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in ["size(pk) > :a", "pk", "version = ", "a.b = :a", "pk = :missing", "pk = :a )", "pk IN (:a)"] {
            let text = text.to_owned();
            assert!(std::panic::catch_unwind(move || holds(&text, None)).is_err());
        }
    }
}
