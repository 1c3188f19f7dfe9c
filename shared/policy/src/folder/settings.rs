//! Settings, roles, attributes, ownership, reviews and notices.

use std::collections::{BTreeMap, BTreeSet};

use curfew_domain::time::SignedDuration;

use crate::model::{Mentioned, Name, NoticeTarget, Ownership, Reminders, Roles, Settings, Subjects};

use super::access::selector;
use super::document::Node;
use super::merged::Merged;
use super::problems::{Problems, error_at};
use super::shape::shown;

/// Attributes that Cedar has of itself.
const BUILT_IN: [&str; 5] = ["name", "department", "title", "employment", "manager"];
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const TWO_DAYS: SignedDuration = SignedDuration::from_hours(48);

pub(super) fn settings(folder: Merged<'_>, problems: &mut Problems) -> Settings {
    let emergency = folder.one("emergency", problems);
    let review = emergency.and_then(|table| table.key("review_within"));
    let reviewers = emergency.and_then(|table| table.key("reviewers"));
    let ticket = folder.one("ticket_pattern", problems);
    let second = folder.one("publish_needs_second", problems);
    Settings {
        session_limit: limit(folder, "session_limit", problems),
        time_zone: time_zone(folder, problems),
        facts_max_age: limit(folder, "facts_max_age", problems),
        attributes: attributes(folder, problems),
        employment: employment(folder, problems),
        review_within: review.and_then(|node| problems.deadline(node)).unwrap_or(TWO_DAYS),
        reviewers: reviewers.map(|list| problems.approvers(list)).unwrap_or_default(),
        ticket_pattern: ticket.and_then(|node| problems.regex(node)),
        publish_needs_second: second.and_then(|node| node.value.as_bool()).unwrap_or(false),
        reminders: reminders(folder, problems),
    }
}

fn reminders(folder: Merged<'_>, problems: &mut Problems) -> Reminders {
    let table = folder.one("reminders", problems);
    let on = |key| table.is_none_or(|table| table.flag(key, true));
    Reminders { ends_soon: on("ends_soon"), decisions: on("decisions") }
}

fn limit(folder: Merged<'_>, key: &str, problems: &mut Problems) -> SignedDuration {
    folder.one(key, problems).and_then(|node| problems.deadline(node)).unwrap_or(HOUR)
}

/// From the bundled database, so that what one machine accepts, all do.
fn time_zone(folder: Merged<'_>, problems: &mut Problems) -> String {
    let node = folder.one("time_zone", problems);
    let Some((node, name)) = node.and_then(|node| Some((node, node.str()?))) else { return "UTC".to_owned() };
    let zones = jiff::tz::TimeZoneDatabase::bundled();
    if zones.get(name).is_err() {
        let known: Vec<String> = zones.available().map(|zone| zone.as_str().to_owned()).collect();
        let problem = error_at(node, format!("`{}` is no IANA time zone", shown(name)));
        problems.add(problem.did_you_mean(name, known.iter().map(String::as_str)));
    }
    name.to_owned()
}

fn attributes(folder: Merged<'_>, problems: &mut Problems) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    for (key, node) in folder.one("attributes", problems).into_iter().flat_map(Node::entries) {
        if BUILT_IN.contains(&key.text) {
            let problem = error_at(key, format!("Cedar has the attribute `{}` already", key.text));
            problems.add(problem.hint("give this one another name, or leave it out"));
        }
        if let Some(path) = node.str() {
            attributes.insert(key.text.to_owned(), path.to_owned());
        }
    }
    attributes
}

fn employment(folder: Merged<'_>, problems: &mut Problems) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for node in folder.one("employment", problems).into_iter().flat_map(Node::items) {
        let Some(value) = node.str() else { continue };
        if values.iter().any(|other| other == value) {
            problems.error(node, format!("`{}` is named twice", shown(value)));
        }
        values.push(value.to_owned());
    }
    values
}

pub(super) fn roles(folder: Merged<'_>, problems: &mut Problems) -> Roles {
    let table = folder.one("roles", problems);
    if table.is_none() {
        folder.missing("roles", "write [roles] with administrators = { groups = [\"...\"] }", problems);
    }
    let administrators = table.and_then(|roles| roles.key("administrators"));
    let auditors = table.and_then(|roles| roles.key("auditors"));
    let roles = Roles {
        administrators: administrators.map(|people| subjects(people, problems)).unwrap_or_default(),
        auditors: auditors.map(|people| subjects(people, problems)).unwrap_or_default(),
    };
    if let Some(node) = administrators.filter(|_| roles.administrators == Subjects::default()) {
        let problem = error_at(node, "name at least one administrator");
        problems.add(problem.hint("without one, nobody could publish a configuration again"));
    }
    roles
}

/// A set of people; each name is noted for `lint`.
pub(super) fn subjects(people: Node<'_>, problems: &mut Problems) -> Subjects {
    let mut set = |key, kind| -> BTreeSet<String> {
        let names = problems.names(people, key);
        names.into_iter().filter_map(|node| problems.mentions(kind, node)).collect()
    };
    let (users, groups) = (set("users", Mentioned::User), set("groups", Mentioned::Group));
    let everybody = people.flag("everybody", false);
    if everybody && !(users.is_empty() && groups.is_empty()) {
        problems.error(people, "everybody includes the users and groups named beside it; leave one of both out");
    }
    Subjects { everybody, users, groups }
}

pub(super) fn ownership(folder: Merged<'_>, problems: &mut Problems) -> Ownership {
    let Some(table) = folder.one("ownership", problems) else { return Ownership::default() };
    let mut permission_sets = BTreeSet::new();
    for node in problems.names(table, "permission_sets") {
        if problems.permission_set(node).is_some_and(|pattern| !pattern.is_literal()) {
            problems.error(node, "name permission sets here one by one, without `*`");
        }
        permission_sets.extend(problems.mentions(Mentioned::PermissionSet, node));
    }
    let names = problems.names(table, "groups");
    let groups: BTreeSet<String> =
        names.into_iter().filter_map(|node| problems.mentions(Mentioned::Group, node)).collect();
    if permission_sets.is_empty() && groups.is_empty() && problems.names(table, "permission_sets").is_empty() {
        let problem = error_at(table, "this names nothing that is Curfew's alone");
        problems.add(problem.hint("give permission_sets, groups, or both"));
    }
    Ownership { permission_sets, groups, exclusive: table.text_of("mode").as_deref() == Some("exclusive") }
}

pub(super) fn notices(folder: Merged<'_>, problems: &mut Problems) -> BTreeMap<Name, NoticeTarget> {
    let mut notices = BTreeMap::new();
    for (name, (key, table)) in folder.named("notices", problems) {
        let on = problems.names(table, "on").into_iter().filter_map(|node| node.str().map(str::to_owned)).collect();
        let address = table.key("to").and_then(|node| address(node, problems));
        let people = table.key("people").map(|people| subjects(people, problems)).unwrap_or_default();
        if table.key("to").is_none() && people == Subjects::default() {
            let problem = error_at(key, format!("the notices `{name}` go nowhere"));
            problems.add(problem.hint("write to = \"mail:...\", or people = { groups = [\"...\"] }"));
        }
        let selectors = table.key("entitlements").into_iter().flat_map(Node::items);
        let entitlements = selectors.filter_map(|node| selector(node, problems)).collect();
        notices.insert(name.to_owned(), NoticeTarget { on, address, people, entitlements });
    }
    notices
}

/// The address of a target. What could not be delivered is refused, so that nothing is dropped in silence.
fn address(node: Node<'_>, problems: &mut Problems) -> Option<String> {
    let to = node.str()?;
    if let Some(address) = to.strip_prefix("mail:").filter(|address| is_address(address)) {
        return Some(address.to_owned());
    }
    let elsewhere = to.starts_with("slack:") || to.starts_with("sns:");
    problems.add(if elsewhere {
        let problem =
            error_at(node, format!("nothing would be delivered to `{}`: notices go out by mail only", shown(to)));
        problem
            .hint("write `mail:<address>`; for anything else make a rule on the stack's event bus (output `BusName`)")
    } else {
        error_at(node, format!("`{}` is no target of notices", shown(to))).hint("write `mail:<address>`")
    });
    None
}

fn is_address(text: &str) -> bool {
    !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && text
            .split_once('@')
            .is_some_and(|(who, at)| !who.is_empty() && at.contains('.') && !at.starts_with('.') && !at.contains('@'))
}
