//! Listings in pages.

use crate::ServiceError;
use serde_json::{Map, Value};
use std::fmt::Write;

/// One page of `rows` under the member `name`. Rows are ordered by their key, and a token says after which key to go on,
/// so a row that comes or goes between two pages neither hides nor repeats another one.
pub(crate) fn page(rows: Vec<(String, Value)>, name: &str, body: &Value, limit: usize) -> Result<Value, ServiceError> {
    page_of(rows, |row| row, name, body, limit)
}

/// The same of rows that are only made for the page that shows them.
pub(crate) fn page_of<T>(
    mut rows: Vec<(String, T)>,
    show: impl Fn(T) -> Value,
    name: &str,
    body: &Value,
    limit: usize,
) -> Result<Value, ServiceError> {
    let after = body.get("NextToken").and_then(Value::as_str);
    if after.is_some_and(|token| token.is_empty() || !token.bytes().all(|b| b.is_ascii_hexdigit())) {
        return Err(ServiceError::validation("The NextToken is invalid."));
    }
    let asked = body.get("MaxResults").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let size = asked.unwrap_or(limit).min(limit).max(1);
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    // Hexadecimal keeps the order of the keys, so encoded keys can be compared.
    let mut rest = rows.into_iter().skip_while(|(key, _)| after.is_some_and(|token| encode(key).as_str() <= token));
    let taken: Vec<(String, T)> = rest.by_ref().take(size).collect();
    let mut reply = Map::new();
    if let (Some((last, _)), Some(_)) = (taken.last(), rest.next()) {
        reply.insert("NextToken".into(), encode(last).into());
    }
    reply.insert(name.into(), taken.into_iter().map(|(_, row)| show(row)).collect());
    Ok(reply.into())
}

fn encode(key: &str) -> String {
    key.bytes().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
