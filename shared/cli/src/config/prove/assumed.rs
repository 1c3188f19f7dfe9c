//! What is assumed of every question, because Curfew asks no other: its bounds, and how an entitlement hangs together.
//!
//! Cedar's solver knows the schema only. Without this it would find an entitlement in two permission sets, or an account in
//! two OUs of which neither is in the other, and nobody could do anything about it.

use std::collections::BTreeSet;

use cedar_policy::{EntityUid, ParseErrors, Policy};
use serde_json::Value;

/// What Curfew passes to Cedar is within these bounds.
const BOUNDS: &str = r#"resource in resource.account && resource in resource.permissionSet &&
    context.duration >= duration("1m") && context.duration <= duration("8784h") &&
    context.localTime >= duration("0s") && context.localTime < duration("24h") &&
    context.now >= datetime("1970-01-01") && context.now < datetime("9999-01-01") &&
    context.activeCount >= 0 && context.activeCount <= 10000"#;

/// The assumptions as a policy, about everything that these policies name.
///
/// # Errors
/// A policy has no JSON form, or Cedar does not read what is written here.
pub(super) fn assumed<'p>(policies: impl Iterator<Item = &'p Policy>) -> Result<Policy, String> {
    let mut named = BTreeSet::new();
    for policy in policies {
        collect(&policy.to_json().map_err(|error| error.to_string())?, &mut named);
    }
    let mut conditions = vec![BOUNDS.to_owned()];
    let of = |kind: &'static str| named.iter().filter(move |(found, _)| found == kind).map(|(_, id)| id.as_str());
    for (kind, attribute) in [("Curfew::PermissionSet", "permissionSet"), ("Curfew::Account", "account")] {
        for id in of(kind) {
            let uid = uid(kind, id)?;
            conditions.push(format!("((resource in {uid}) == (resource.{attribute} == {uid}))"));
        }
    }
    let units: Vec<&str> = of("Curfew::OrgUnit").collect();
    for (n, unit) in units.iter().enumerate() {
        let one = uid("Curfew::OrgUnit", unit)?;
        conditions.push(format!("((resource in {one}) == (resource.account in {one}))"));
        for other in units.iter().skip(n + 1).filter(|other| !nested(unit, other)) {
            let other = uid("Curfew::OrgUnit", other)?;
            conditions.push(format!("!(resource in {one} && resource in {other})"));
        }
    }
    let text = format!("permit (principal, action, resource) when {{ {} }};", conditions.join(" && "));
    Policy::parse(None, text).map_err(|error: ParseErrors| error.to_string())
}

/// Every entity that is named, by type and id.
fn collect(json: &Value, named: &mut BTreeSet<(String, String)>) {
    match json {
        Value::Object(fields) => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
            named.extend(text("type").zip(text("id")));
            fields.values().for_each(|value| collect(value, named));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, named)),
        _ => {}
    }
}

fn uid(kind: &str, id: &str) -> Result<String, String> {
    let uid = EntityUid::from_json(serde_json::json!({ "type": kind, "id": id }));
    uid.map(|uid| uid.to_string()).map_err(|error| error.to_string())
}

/// Whether one OU may be in the other, by their paths.
fn nested(one: &str, other: &str) -> bool {
    let below = |inner: &str, outer: &str| {
        inner.strip_prefix(outer.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    below(one, other) || below(other, one)
}
