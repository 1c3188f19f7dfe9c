//! What a condition looks at, read from the policy's JSON form.
//!
//! Two uses. Costly facts (managers, owners) are gathered only where a candidate needs them. And when one person's whole
//! catalog is judged, two entitlements that are alike in everything that the candidates look at get one evaluation.

use std::collections::BTreeSet;

use serde_json::Value;

/// Something that a condition may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Aspect {
    /// `manager`, of anybody.
    Manager,
    /// `resource.owners`.
    Owners,
    /// Which permission set it is, or its session.
    PermissionSet,
    /// Whether it is one of the permission sets that the policy's text names, written without escapes.
    NamedSets,
    /// `resource.risk`.
    Risk,
    /// Tags of the account.
    Tags,
    /// Name of the account.
    AccountName,
    /// The OUs that the account is in.
    Units,
    /// Catalogs.
    Catalogs,
    /// Which account it is.
    Account,
    /// Anything about the resource.
    Whole,
}

/// Every aspect with the letter that stands for it in the index.
const LETTERS: [(Aspect, char); 11] = [
    (Aspect::Manager, 'm'),
    (Aspect::Owners, 'o'),
    (Aspect::PermissionSet, 's'),
    (Aspect::NamedSets, 'e'),
    (Aspect::Risk, 'r'),
    (Aspect::Tags, 't'),
    (Aspect::AccountName, 'n'),
    (Aspect::Units, 'u'),
    (Aspect::Catalogs, 'c'),
    (Aspect::Account, 'a'),
    (Aspect::Whole, 'w'),
];

/// Aspects as letters.
pub(crate) fn letters(aspects: &BTreeSet<Aspect>) -> String {
    LETTERS.iter().filter(|(aspect, _)| aspects.contains(aspect)).map(|(_, letter)| letter).collect()
}

/// Aspects from letters; `None` for a letter that means nothing.
pub(crate) fn from_letters(letters: &str) -> Option<BTreeSet<Aspect>> {
    letters.chars().map(|c| LETTERS.iter().find(|(_, letter)| *letter == c).map(|(aspect, _)| *aspect)).collect()
}

/// What the conditions of a policy look at.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) aspects: BTreeSet<Aspect>,
    /// Names of the permission sets that [`Aspect::NamedSets`] is about.
    named_sets: BTreeSet<String>,
    /// Entities that are named and looked into (`Account::"1" in …`, `User::"x".title`), as `Type::"id"`. Only what is
    /// reached from principal, resource and context is there when a request is judged, so these are refused.
    pub(crate) looked_into: BTreeSet<String>,
}

/// Looks through a policy in the JSON form of `Policy::to_json`.
pub(crate) fn seen(policy: &Value) -> Seen {
    let mut seen = Seen::default();
    for condition in policy.get("conditions").and_then(Value::as_array).into_iter().flatten() {
        if let Some(body) = condition.get("body") {
            seen.expression(body);
        }
    }
    seen
}

impl Seen {
    /// What the policy looks at, where this is its text: a name with an escape in it is not found there.
    pub(crate) fn aspects_in(&self, text: &str) -> BTreeSet<Aspect> {
        let found = self.named_sets.iter().all(|name| text.contains(&format!("\"{name}\"")));
        let named =
            |aspect: &Aspect| if found || *aspect != Aspect::NamedSets { *aspect } else { Aspect::PermissionSet };
        self.aspects.iter().map(named).collect()
    }

    fn expression(&mut self, expression: &Value) {
        let Some((operator, body)) = single(expression) else { return };
        let looks_in = match operator {
            "is" => body.get("in").is_some(),
            _ => matches!(operator, "." | "in" | "has" | "hasTag" | "getTag"),
        };
        if let Some(left) = body.get("left").filter(|_| looks_in) {
            literals(left, &mut self.looked_into);
        }
        if matches!(body.get("attr").and_then(Value::as_str), Some("manager")) {
            self.aspects.insert(Aspect::Manager);
        }
        match (operator, body.get("left")) {
            ("Var", _) if body == "resource" => {
                self.aspects.insert(Aspect::Whole);
            }
            (".", Some(left)) if is_resource(left) => {
                let aspect = match body.get("attr").and_then(Value::as_str) {
                    Some("account") => Aspect::Account,
                    Some("permissionSet") => Aspect::PermissionSet,
                    Some("risk") => Aspect::Risk,
                    Some("owners") => Aspect::Owners,
                    _ => Aspect::Whole,
                };
                self.aspects.insert(aspect);
            }
            (".", Some(left)) if is_account(left) && body.get("attr").and_then(Value::as_str) == Some("name") => {
                self.aspects.insert(Aspect::AccountName);
            }
            ("hasTag" | "getTag", Some(left)) if is_account(left) => {
                self.aspects.insert(Aspect::Tags);
                body.get("right").into_iter().for_each(|right| self.expression(right));
            }
            ("in", Some(left)) if is_resource(left) || is_account(left) => self.membership(body.get("right")),
            ("==" | "!=" | "in" | "contains", Some(left)) if compares_set(left, body.get("right")) => {
                self.aspects.insert(Aspect::NamedSets);
                self.named_sets
                    .extend(body.as_object().into_iter().flat_map(|sides| sides.values()).flat_map(set_names));
            }
            ("Value" | "Slot" | "Unknown", _) => {}
            _ => self.parts(body),
        }
    }

    /// Whatever the shape of an operator: all expressions below.
    fn parts(&mut self, body: &Value) {
        match body {
            Value::Array(parts) => parts.iter().for_each(|part| self.part(part)),
            Value::Object(parts) => parts.values().for_each(|part| self.part(part)),
            _ => {}
        }
    }

    fn part(&mut self, part: &Value) {
        if single(part).is_some() { self.expression(part) } else { self.parts(part) }
    }

    /// `resource in X` or `resource.account in X`.
    fn membership(&mut self, right: Option<&Value>) {
        let mut named = BTreeSet::new();
        let plain = right.is_some_and(|right| only_literals(right, &mut named));
        if !plain {
            self.aspects.insert(Aspect::Whole);
            if let Some(right) = right {
                self.expression(right);
            }
        }
        self.named_sets.extend(right.map(set_names).unwrap_or_default());
        self.aspects.extend(named.iter().map(|kind| match kind.as_str() {
            "Curfew::PermissionSet" => Aspect::NamedSets,
            "Curfew::OrgUnit" => Aspect::Units,
            "Curfew::Catalog" => Aspect::Catalogs,
            "Curfew::Account" => Aspect::Account,
            _ => Aspect::Whole,
        }));
    }
}

/// An expression is an object with one operator.
fn single(expression: &Value) -> Option<(&str, &Value)> {
    let object = expression.as_object().filter(|object| object.len() == 1)?;
    object.iter().next().map(|(operator, body)| (operator.as_str(), body))
}

fn is_resource(expression: &Value) -> bool {
    matches!(single(expression), Some(("Var", name)) if name == "resource")
}

fn is_account(expression: &Value) -> bool {
    is_attribute(expression, "account")
}

/// Whether an expression is this attribute of the resource.
fn is_attribute(expression: &Value, name: &str) -> bool {
    let named = |body: &Value| body.get("attr").and_then(Value::as_str) == Some(name);
    matches!(single(expression), Some((".", body)) if named(body) && body.get("left").is_some_and(is_resource))
}

/// Whether `resource.permissionSet` is compared with literals, on either side, and nothing else is looked at.
fn compares_set(left: &Value, right: Option<&Value>) -> bool {
    let is_set = |side: &Value| is_attribute(side, "permissionSet");
    let literal = |side: &Value| only_literals(side, &mut BTreeSet::new());
    right.is_some_and(|right| (is_set(left) && literal(right)) || (literal(left) && is_set(right)))
}

/// Names of the permission sets among entity literals.
fn set_names(expression: &Value) -> Vec<String> {
    match single(expression) {
        Some(("Value", body)) => {
            let set = entity(body).filter(|(kind, _)| *kind == "Curfew::PermissionSet");
            set.map(|(_, name)| name.to_owned()).into_iter().collect()
        }
        Some(("Set", Value::Array(parts))) => parts.iter().flat_map(set_names).collect(),
        _ => Vec::new(),
    }
}

/// Whether a value is entity literals only, or a set of them; collects their types.
fn only_literals(expression: &Value, kinds: &mut BTreeSet<String>) -> bool {
    match single(expression) {
        Some(("Value", body)) => match entity(body) {
            Some((kind, _)) => {
                kinds.insert(kind.to_owned());
                true
            }
            None => false,
        },
        Some(("Set", Value::Array(parts))) => parts.iter().all(|part| only_literals(part, kinds)),
        _ => false,
    }
}

/// Entity literals anywhere below an expression that is looked into.
fn literals(expression: &Value, found: &mut BTreeSet<String>) {
    match expression {
        Value::Object(parts) => {
            if let Some((kind, id)) = expression.get("__entity").and_then(|_| entity(expression)) {
                found.insert(format!("{kind}::{}", super::schema::quoted(id)));
            }
            parts.values().for_each(|part| literals(part, found));
        }
        Value::Array(parts) => parts.iter().for_each(|part| literals(part, found)),
        _ => {}
    }
}

fn entity(value: &Value) -> Option<(&str, &str)> {
    let entity = value.get("__entity")?;
    Some((entity.get("type")?.as_str()?, entity.get("id")?.as_str()?))
}
