//! Flows, policies, approver groups and rotations.

use std::collections::BTreeMap;

use crate::model::{Approver, Flow, FlowStep, Mentioned, Name, Policy, Shift, TimeoutRule};

use super::document::Node;
use super::merged::Merged;
use super::problems::{Declared, Problems, error_at};

pub(super) fn flows(folder: Merged<'_>, problems: &mut Problems) -> BTreeMap<Name, Flow> {
    let mut flows = BTreeMap::new();
    for (name, (key, table)) in folder.named("flow", problems) {
        let steps = table.key("step").into_iter().flat_map(Node::items);
        let steps = steps.filter_map(|node| step(node, problems)).collect();
        let pattern = table.key("justification_pattern");
        let flow = Flow {
            description: table.text_of("description").unwrap_or_default(),
            steps,
            justification_pattern: pattern.and_then(|node| problems.regex(node)),
            ticket_required: table.flag("ticket_required", false),
            origin: key.spot.origin(),
        };
        flows.insert(name.to_owned(), flow);
    }
    flows
}

/// `None` where something is wrong that has been told.
fn step(node: Node<'_>, problems: &mut Problems) -> Option<FlowStep> {
    let approvers = node.key("approvers").map(|list| problems.approvers(list));
    let fallback = node.key("fallback").map(|list| problems.approvers(list)).unwrap_or_default();
    let timeout = node.key("timeout").and_then(|timeout| problems.duration(timeout));
    let on_timeout = match node.key("on_timeout") {
        None => Some(TimeoutRule::Lapse),
        Some(rule) => timeout_rule(rule, problems),
    };
    let quorum = node.key("quorum").map_or(Some(1), |quorum| u8::try_from(quorum.number()?).ok());
    Some(FlowStep {
        name: node.text_of("name")?,
        approvers: approvers?,
        fallback,
        quorum: quorum?,
        timeout: timeout?,
        on_timeout: on_timeout?,
        distinct: node.flag("distinct", true),
        comment_on_denial: node.flag("comment_on_denial", false),
        self_approval: node.flag("self_approval", false),
        origin: node.origin(),
    })
}

fn timeout_rule(node: Node<'_>, problems: &mut Problems) -> Option<TimeoutRule> {
    match node.str() {
        Some("lapse") => return Some(TimeoutRule::Lapse),
        Some("deny") => return Some(TimeoutRule::Deny),
        _ => node.value.as_table()?,
    };
    match (node.key("ask"), node.key("timeout"), node.key("flow")) {
        (Some(ask), Some(timeout), None) => {
            let approvers = problems.approvers(ask);
            problems.duration(timeout).map(|timeout| TimeoutRule::Ask { approvers, timeout })
        }
        (None, None, Some(flow)) => problems.uses(Declared::Flow, flow).map(TimeoutRule::Flow),
        _ => {
            let problem = error_at(node, "this does not say who decides when time runs out");
            problems.add(problem.hint("write { ask = [...], timeout = \"PT1H\" } or { flow = \"...\" }"));
            None
        }
    }
}

pub(super) fn policies(folder: Merged<'_>, problems: &mut Problems) -> BTreeMap<Name, Policy> {
    let mut policies = BTreeMap::new();
    for (name, (key, table)) in folder.named("policy", problems) {
        let flows = problems.names(table, "flows");
        let policy = Policy {
            description: table.text_of("description").unwrap_or_default(),
            flows: flows.into_iter().filter_map(|node| problems.uses(Declared::Flow, node)).collect(),
            origin: key.spot.origin(),
        };
        policies.insert(name.to_owned(), policy);
    }
    policies
}

pub(super) fn approver_groups(folder: Merged<'_>, problems: &mut Problems) -> BTreeMap<Name, Vec<Approver>> {
    let mut groups = BTreeMap::new();
    for (name, (_, table)) in folder.named("approvers", problems) {
        let members = table.key("members").map(|list| problems.approvers(list));
        groups.insert(name.to_owned(), members.unwrap_or_default());
    }
    groups
}

pub(super) fn rotations(folder: Merged<'_>, problems: &mut Problems) -> BTreeMap<Name, Vec<Shift>> {
    let mut rotations = BTreeMap::new();
    for (name, (_, table)) in folder.named("on-call", problems) {
        let shifts = table.key("shifts").into_iter().flat_map(Node::items);
        rotations.insert(name.to_owned(), shifts.map(|node| shift(node, problems)).collect());
    }
    rotations
}

fn shift(node: Node<'_>, problems: &mut Problems) -> Shift {
    let users = problems.names(node, "users");
    let users = users.into_iter().filter_map(|user| problems.mentions(Mentioned::User, user)).collect();
    let (from, until) = (problems.instant(node, "from"), problems.instant(node, "until"));
    if let (Some(from), Some(until)) = (from, until)
        && from >= until
    {
        problems.error(node, "this shift ends before it begins");
    }
    Shift { users, from, until }
}
