//! Catalogs and access controls.

use std::collections::BTreeMap;

use crate::model::{AccessControl, Catalog, Mentioned, Name, Risk, Selector, Strategy, Subjects};
use crate::pattern::Pattern;

use super::document::Node;
use super::merged::Merged;
use super::problems::{Declared, Problems, error_at};
use super::settings::subjects;

pub(super) fn catalogs(folder: Merged<'_>, problems: &mut Problems) -> BTreeMap<Name, Catalog> {
    let mut catalogs = BTreeMap::new();
    for (name, (key, table)) in folder.named("catalog", problems) {
        let visible_to = table.key("visible_to").map(|people| subjects(people, problems));
        if let (Some(node), Some(subjects)) = (table.key("visible_to"), &visible_to)
            && *subjects == Subjects::default()
        {
            let problem = error_at(node, format!("nobody sees the catalog `{name}`"));
            problems.add(problem.hint("write { groups = [\"...\"] }, { users = [\"...\"] } or { everybody = true }"));
        }
        let selectors = table.key("entitlements").into_iter().flat_map(Node::items);
        let entitlements = selectors.filter_map(|node| selector(node, problems)).collect();
        catalogs.insert(
            name.to_owned(),
            Catalog {
                description: table.text_of("description").unwrap_or_default(),
                visible_to: visible_to.unwrap_or_default(),
                entitlements,
                origin: key.spot.origin(),
            },
        );
    }
    catalogs
}

/// A selection; `None` where it selects nothing in particular, which would be everything.
pub(super) fn selector(node: Node<'_>, problems: &mut Problems) -> Option<Selector> {
    let unit = node.key("unit").and_then(|unit| unit_path(unit, problems));
    let account = node.key("account").and_then(|account| account_name(account, problems));
    let mut tags = BTreeMap::new();
    for (key, value) in node.key("tags").into_iter().flat_map(Node::entries) {
        if let Some(pattern) = problems.pattern(value) {
            tags.insert(key.text.to_owned(), pattern);
        }
    }
    let set = node.key("permission_set");
    let permission_set = set.and_then(|set| problems.permission_set(set));
    if let (Some(node), Some(pattern)) = (set, &permission_set)
        && pattern.is_literal()
    {
        problems.mentions(Mentioned::PermissionSet, node);
    }
    if unit.is_none() && account.is_none() && tags.is_empty() && permission_set.is_none() {
        let written = ["unit", "account", "tags", "permission_set"].iter().any(|key| node.key(key).is_some());
        let empty_tags = node.key("tags").is_some_and(|tags| tags.entries().next().is_none());
        if !written || empty_tags {
            let problem = error_at(node, "this selects nothing");
            problems.add(problem.hint("give at least one of unit, account, tags and permission_set"));
        }
        return None;
    }
    Some(Selector { unit, account, tags, permission_set, origin: node.origin() })
}

fn unit_path(node: Node<'_>, problems: &mut Problems) -> Option<Pattern> {
    let pattern = problems.pattern(node)?;
    let text = pattern.as_str();
    if !text.starts_with('/') {
        let problem = error_at(node, format!("`{text}` is no OU path"));
        problems.add(problem.hint(format!("begin at the root: `/{text}`")));
    } else if text.len() > 1 && text.ends_with('/') || text.contains("//") {
        let problem = error_at(node, format!("`{text}` is no OU path"));
        problems.add(problem.hint("write one `/` between OUs, and none at the end"));
    }
    Some(pattern)
}

fn account_name(node: Node<'_>, problems: &mut Problems) -> Option<Pattern> {
    let pattern = problems.pattern(node)?;
    let text = pattern.as_str();
    let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if digits && text.bytes().filter(u8::is_ascii_digit).count() >= 8 && (text.len() != 12 || text.contains('-')) {
        problems.error(node, format!("`{text}` is no account id: write 12 digits, without hyphens"));
    }
    Some(pattern)
}

/// The default first, where there is one, then the others in the order of the files.
pub(super) fn access(folder: Merged<'_>, problems: &mut Problems) -> Vec<AccessControl> {
    let mut controls: Vec<AccessControl> = Vec::new();
    match folder.one("default", problems) {
        Some(node) => {
            let control = control(node, None, problems);
            controls.push(AccessControl { strategy: control.strategy.or(Some(Strategy::Connector)), ..control });
        }
        None => folder.missing("default", "write [default] with policy, max_duration and risk", problems),
    }
    for node in folder.items("access") {
        // What `on` lacks has been told; without it the settings would apply to everything.
        let on = node.key("on").and_then(|on| selector(on, problems));
        let control = control(node, on, problems);
        let sets_something = node.entries().any(|(key, _)| key.text != "on");
        if !sets_something {
            problems.error(node, "this [[access]] sets nothing");
        }
        if control.on.is_some() {
            controls.push(control);
        }
    }
    controls
}

fn control(node: Node<'_>, on: Option<Selector>, problems: &mut Problems) -> AccessControl {
    let named = |key, problems: &mut Problems| node.key(key).and_then(|name| problems.uses(Declared::Policy, name));
    let owners = |key, problems: &mut Problems| node.key(key).map(|list| problems.approvers(list));
    AccessControl {
        on,
        policy: named("policy", problems),
        emergency_policy: emergency(node, problems),
        max_duration: node.key("max_duration").and_then(|longest| problems.duration(longest)),
        strategy: node.key("strategy").and_then(|strategy| self::strategy(strategy, problems)),
        entitlement_owner: owners("entitlement_owner", problems),
        account_owner: owners("account_owner", problems),
        risk: node.key("risk").and_then(Node::str).and_then(Risk::parse),
        origin: node.origin(),
    }
}

#[expect(clippy::option_option, reason = "as in `AccessControl`: not set, switched off, or a policy")]
fn emergency(node: Node<'_>, problems: &mut Problems) -> Option<Option<Name>> {
    let policy = node.key("emergency_policy").and_then(|name| problems.uses(Declared::Policy, name));
    match node.key("emergency").and_then(|switch| Some((switch, switch.value.as_bool()?))) {
        Some((switch, true)) => {
            let problem = error_at(switch, "emergency access needs a policy");
            problems.add(problem.hint("write emergency_policy = \"<policy>\" instead; `emergency` only switches off"));
            None
        }
        Some((switch, false)) if policy.is_some() => {
            problems.error(switch, "emergency access is switched off and given a policy; leave one of both out");
            None
        }
        Some((_, false)) => Some(None),
        None => policy.map(Some),
    }
}

fn strategy(node: Node<'_>, problems: &mut Problems) -> Option<Strategy> {
    if node.str() == Some("connector") {
        return Some(Strategy::Connector);
    }
    node.value.as_table()?;
    match (node.key("group"), node.key("manual")) {
        (Some(group), None) => problems.mentions(Mentioned::Group, group).map(Strategy::Group),
        (None, Some(people)) => Some(Strategy::Manual(problems.approvers(people))),
        _ => {
            problems.error(node, "write either { group = \"...\" } or { manual = [...] }");
            None
        }
    }
}
