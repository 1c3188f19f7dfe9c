//! JSON Schema of the `.toml` files, for editors' completion. Made from the same description that checks them.

use serde_json::{Map, Value, json};

use super::shape::{Kind, Naming, Shape};
use super::shapes::ROOT;

/// The schema that every `.toml` file of a folder fulfils, as text for `schema.json`.
pub fn json_schema() -> String {
    let mut root = table(&ROOT);
    if let Value::Object(root) = &mut root {
        root.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
        root.insert("title".to_owned(), json!("Curfew configuration"));
    }
    format!("{root:#}\n")
}

fn table(shape: &Shape) -> Value {
    let mut properties = Map::new();
    for key in shape.keys {
        let mut schema = kind(&key.kind);
        if let Value::Object(schema) = &mut schema {
            schema.insert("description".to_owned(), json!(key.doc));
        }
        properties.insert(key.name.to_owned(), schema);
    }
    let required: Vec<&str> = shape.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn kind(of: &Kind) -> Value {
    match of {
        Kind::Text(limit) => json!({ "type": "string", "minLength": 1, "maxLength": limit }),
        Kind::Word(words) => json!({ "type": "string", "enum": words }),
        Kind::Form(_, pattern) => json!({ "type": "string", "pattern": pattern }),
        Kind::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Instant => json!({ "type": "string", "format": "date-time" }),
        Kind::List(of, least) => json!({ "type": "array", "items": kind(of), "minItems": least }),
        Kind::Table(shape) => table(shape),
        Kind::Map(naming, of) => json!({
            "type": "object",
            "propertyNames": { "pattern": pattern(*naming) },
            "additionalProperties": kind(of),
        }),
        Kind::Either(kinds) => json!({ "anyOf": kinds.iter().map(kind).collect::<Vec<_>>() }),
    }
}

fn pattern(naming: Naming) -> &'static str {
    match naming {
        Naming::Name => "^[a-z][a-z0-9-]{0,63}$",
        Naming::Attribute => "^[A-Za-z_][A-Za-z0-9_]{0,63}$",
        Naming::Tag => "^.{1,128}$",
    }
}

#[cfg(test)]
mod tests;
