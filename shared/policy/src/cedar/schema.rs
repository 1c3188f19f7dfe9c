//! The Cedar schema that a model generates: what policies may speak about.
//!
//! Entity ids are what people write: user names, display names of groups, account ids, names of permission sets, OU paths,
//! `<account id>/<permission set name>`, names of catalogs and rotations. Closed values are enumerated entities, so that
//! the validator finds a misspelt one (a misspelt string it would accept).

use std::fmt::Write as _;

use crate::model::{Model, Risk};

/// Action group of every flow.
pub const ANY_FLOW: &str = "anyFlow";
/// Action group of the flows without steps.
pub const AUTOMATIC_FLOW: &str = "automaticFlow";
/// Action group of the flows with steps.
pub const APPROVED_FLOW: &str = "approvedFlow";

/// Attributes of `User` that every schema has; `settings.attributes` adds others.
pub const BUILT_IN: [&str; 5] = ["name", "department", "title", "employment", "manager"];
/// Values of `context.channel`.
pub const CHANNELS: [&str; 4] = ["api", "cli", "console", "slack"];
/// Values of `context.weekday`, Monday first.
pub const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The schema in Cedar's own notation; namespace `Curfew`.
pub fn schema(model: &Model) -> String {
    let mut text =
        String::from("namespace Curfew {\n  entity Group;\n  entity OnCall;\n  entity OrgUnit in [OrgUnit];\n");
    let employment = if model.settings.employment.is_empty() {
        "String"
    } else {
        enumeration(&mut text, "Employment", model.settings.employment.iter().map(String::as_str));
        "Employment"
    };
    enumeration(&mut text, "Risk", Risk::ALL.map(Risk::name));
    enumeration(&mut text, "Weekday", WEEKDAYS);
    enumeration(&mut text, "Channel", CHANNELS);
    // Writing to a String cannot fail.
    let mapped = model.settings.attributes.keys().fold(String::new(), |mut mapped, name| {
        let _ = write!(mapped, ",\n    {}?: String", quoted(name));
        mapped
    });
    let _ = write!(
        text,
        "  entity User in [Group, OnCall] {{
    name: String,
    department?: String,
    title?: String,
    employment?: {employment},
    manager?: User{mapped}
  }};
  entity Account in [OrgUnit] {{ name: String }} tags String;
  entity Catalog;
  entity PermissionSet {{ session: duration }};
  entity Entitlement in [Account, PermissionSet, Catalog] {{
    account: Account,
    permissionSet: PermissionSet,
    risk: Risk,
    owners: Set<User>
  }};
  type Circumstances = {{
    duration: duration,
    now: datetime,
    weekday: Weekday,
    localTime: duration,
    channel: Channel,
    sourceAddress?: ipaddr,
    ticket?: String,
    emergency: Bool,
    mfa?: Bool,
    active: Set<Entitlement>,
    activePermissionSets: Set<PermissionSet>,
    activeCount: Long
  }};
  action {ANY_FLOW}, {AUTOMATIC_FLOW}, {APPROVED_FLOW};
"
    );
    for (name, flow) in &model.flows {
        let _ = writeln!(
            text,
            "  action {} in [{ANY_FLOW}, {}] appliesTo {{ principal: [User], resource: [Entitlement], context: Circumstances }};",
            quoted(name),
            group_of(flow.steps.is_empty())
        );
    }
    text.push_str("}\n");
    text
}

/// The action group of a flow besides [`ANY_FLOW`].
pub(crate) fn group_of(automatic: bool) -> &'static str {
    if automatic { AUTOMATIC_FLOW } else { APPROVED_FLOW }
}

fn enumeration<'a>(text: &mut String, name: &str, values: impl IntoIterator<Item = &'a str>) {
    let values: Vec<String> = values.into_iter().map(quoted).collect();
    let _ = writeln!(text, "  entity {name} enum [{}];", values.join(", "));
}

/// A string literal of Cedar, whose escapes are those of Rust.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.escape_debug())
}
