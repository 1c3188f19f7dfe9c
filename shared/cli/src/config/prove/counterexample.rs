//! An example against an invariant, for a person to read.

use std::fmt::Write as _;

use cedar_policy::{Entities, EntityUid};
use cedar_policy_symcc::Env;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// The example: who, what, the facts, and the policies that decide.
pub(super) fn shown(example: &Env, allowed: bool, deciding: &[String]) -> String {
    let request = &example.request;
    let id = |uid: Option<&EntityUid>| uid.map_or_else(String::new, |uid| uid.id().unescaped().to_owned());
    // Where the name does not matter, the solver gives none.
    let called =
        |kind: &str, name: String| if name.is_empty() { format!("some {kind}") } else { format!("{kind} \"{name}\"") };
    let who = called("user", id(request.principal()));
    let what = called("entitlement", id(request.resource()));
    let flow = id(request.action());
    let verb = if allowed { "is open" } else { "is not open" };
    // Writing to a String cannot fail.
    let mut text = format!("flow {flow} {verb} to {who} for {what}\n");
    for (title, uid) in [("user", request.principal()), ("entitlement", request.resource())] {
        if let Some(uid) = uid {
            let _ = writeln!(text, "  {title}: {}", facts(&example.entities, uid));
        }
    }
    for account in example.entities.iter().filter(|entity| entity.uid().type_name().basename() == "Account") {
        let uid = account.uid();
        let _ = writeln!(text, "  {}: {}", called("account", id(Some(&uid))), facts(&example.entities, &uid));
    }
    let context = request.context().and_then(|context| context.to_json_value().ok());
    if let Some(Value::Object(fields)) = context {
        let _ = writeln!(text, "  circumstances: {}", record(&fields));
    }
    let how = if allowed { "permitted by" } else { "decided by" };
    let names = if deciding.is_empty() { "no policy".to_owned() } else { deciding.join(", ") };
    let _ = writeln!(text, "  {how} {names}");
    text
}

/// A value of an extension: `{"fn": …, "arg": …}`; an instant is an offset from 1970, `{"fn": …, "args": […]}`.
fn extended(value: &Value) -> String {
    if let Some(text) = value.get("arg").and_then(Value::as_str) {
        return milliseconds(text).map_or_else(|| text.to_owned(), |length| format!("{length:#}"));
    }
    let parts: Vec<String> = value.get("args").and_then(Value::as_array).into_iter().flatten().map(plain).collect();
    let instant = || {
        let [begin, offset] = parts.as_slice() else { return None };
        let begin: Timestamp = format!("{begin}T00:00:00Z").parse().ok()?;
        begin.checked_add(offset.parse::<SignedDuration>().ok()?).ok()
    };
    instant().map_or_else(|| parts.join(" + "), |instant| instant.to_string())
}

/// A length of time as Cedar's solver writes it.
fn milliseconds(text: &str) -> Option<SignedDuration> {
    text.strip_suffix("ms")?.parse().ok().map(SignedDuration::from_millis)
}

/// Attributes, tags and what something is in.
fn facts(entities: &Entities, uid: &EntityUid) -> String {
    let Some(entity) = entities.get(uid) else { return "nothing known".to_owned() };
    let json = entity.to_json_value().unwrap_or_default();
    let part = |name: &str| json.get(name).and_then(Value::as_object).filter(|fields| !fields.is_empty()).map(record);
    let mut parts: Vec<String> = part("attrs").into_iter().collect();
    parts.extend(part("tags").map(|tags| format!("tags {tags}")));
    let parents = json.get("parents").and_then(Value::as_array).map(|list| list.iter().map(plain).collect::<Vec<_>>());
    parts.extend(parents.filter(|list| !list.is_empty()).map(|list| format!("in {}", list.join(", "))));
    if parts.is_empty() { "nothing known".to_owned() } else { parts.join("; ") }
}

fn record(fields: &Map<String, Value>) -> String {
    fields.iter().map(|(name, value)| format!("{name} = {}", plain(value))).collect::<Vec<_>>().join(", ")
}

/// A value as people write it in Cedar.
fn plain(value: &Value) -> String {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match value {
        Value::Object(fields) => {
            let entity = fields.get("__entity").or_else(|| fields.contains_key("type").then_some(value));
            if let Some(entity) = entity {
                let kind = text(entity, "type");
                return format!("{} \"{}\"", kind.rsplit("::").next().unwrap_or(&kind), text(entity, "id"));
            }
            match fields.get("__extn") {
                Some(extension) => extended(extension),
                None => format!("{{{}}}", record(fields)),
            }
        }
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}
