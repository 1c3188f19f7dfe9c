//! What must hold between the parts of a configuration.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Approver, Flow, FlowStep, Model, Name, Strategy, TimeoutRule};
use crate::problem::Problem;

use super::problems::{Declared, Problems};

/// Most steps that a flow has with everything that takes over when time runs out.
const STEPS: usize = 64;

/// Checks the whole; with `incomplete` files, names that are declared nowhere may be in what could not be read.
pub(super) fn check(model: &Model, incomplete: bool, problems: &mut Problems) {
    if !incomplete {
        names(model, problems);
        unused(model, problems);
    }
    approver_groups(model, problems);
    owners(model, problems);
    for flow in model.flows.values() {
        flow.steps.iter().for_each(|step| quorum(model, step, problems));
        flow.steps.iter().for_each(|step| takes_over(model, step, problems));
    }
    if !flow_circles(model, problems) {
        for (name, flow) in &model.flows {
            let steps = size(model, flow);
            if steps > STEPS {
                let message = format!("flow `{name}` has more than {STEPS} steps with all that take over");
                problems.add(Problem::error(&flow.origin, message).hint("escalate to the same flow from fewer steps"));
            }
        }
    }
    for policy in model.policies.values() {
        weakest_first(model, policy, problems);
    }
    emergency(model, problems);
    groups(model, problems);
}

/// Access by membership needs a group in which every member is Curfew's doing.
fn groups(model: &Model, problems: &mut Problems) {
    for control in &model.access {
        let Some(Strategy::Group(name)) = &control.strategy else { continue };
        if !model.ownership.groups.contains(name) {
            let name = super::shape::shown(name);
            let problem =
                Problem::error(&control.origin, format!("group `{name}` gives access, and is not Curfew's alone"));
            problems.add(problem.hint("name it under [ownership] groups, and leave its members to Curfew"));
        }
    }
}

fn names(model: &Model, problems: &mut Problems) {
    for used in std::mem::take(&mut problems.uses) {
        let known = |what: Declared| -> (bool, Vec<&str>) {
            match what {
                Declared::Flow => declared(&model.flows, &used.name),
                Declared::Policy => declared(&model.policies, &used.name),
                Declared::ApproverGroup => declared(&model.approver_groups, &used.name),
                Declared::Rotation => declared(&model.rotations, &used.name),
            }
        };
        let (true, known) = known(used.what) else { continue };
        let (what, table) = match used.what {
            Declared::Flow => ("flow", "flow"),
            Declared::Policy => ("policy", "policy"),
            Declared::ApproverGroup => ("approver group", "approvers"),
            Declared::Rotation => ("on-call rotation", "on-call"),
        };
        let name = super::shape::shown(&used.name);
        let problem = Problem::error(&used.origin, format!("no {what} is named `{name}`"));
        problems.add(match crate::problem::closest(&used.name, known.iter().copied()) {
            Some(close) => problem.hint(format!("did you mean `{close}`?")),
            None => problem.hint(format!("declare it as [{table}.{name}]")),
        });
    }
}

/// Whether a name is missing here, and then the names that are not.
fn declared<'a, T>(names: &'a BTreeMap<Name, T>, wanted: &str) -> (bool, Vec<&'a str>) {
    if names.contains_key(wanted) { (false, Vec::new()) } else { (true, names.keys().map(String::as_str).collect()) }
}

/// What is declared and never used is most likely misspelt somewhere.
fn unused(model: &Model, problems: &mut Problems) {
    let in_access = |name: &Name| {
        model.access.iter().any(|control| {
            control.policy.as_ref() == Some(name)
                || control.emergency_policy.as_ref().is_some_and(|p| p.as_ref() == Some(name))
        })
    };
    for (name, policy) in model.policies.iter().filter(|(name, _)| !in_access(name)) {
        problems.add(Problem::warning(&policy.origin, format!("no access control names the policy `{name}`")));
    }
    let used: BTreeSet<&Name> = model
        .policies
        .values()
        .flat_map(|policy| &policy.flows)
        .chain(model.flows.values().flat_map(|flow| &flow.steps).filter_map(|step| match &step.on_timeout {
            TimeoutRule::Flow(name) => Some(name),
            _ => None,
        }))
        .collect();
    for (name, flow) in model.flows.iter().filter(|(name, _)| !used.contains(name)) {
        problems.add(Problem::warning(&flow.origin, format!("no policy names the flow `{name}`")));
    }
}

/// An approver group that contains itself names nobody.
fn approver_groups(model: &Model, problems: &mut Problems) {
    let inner = |name: &Name| -> Vec<&Name> {
        let members = model.approver_groups.get(name).into_iter().flatten();
        members.filter_map(|member| if let Approver::Named(name) = member { Some(name) } else { None }).collect()
    };
    for circle in circles(model.approver_groups.keys(), inner) {
        // A group's own place is not kept; the circle names them all.
        let problem =
            Problem::error(&super::nowhere(), format!("approver groups contain each other: {}", path(&circle)));
        problems.add(problem.hint("take one of them out"));
    }
}

/// An owner that is whoever the owner is names nobody.
fn owners(model: &Model, problems: &mut Problems) {
    for control in &model.access {
        for (setting, owners) in
            [("entitlement_owner", &control.entitlement_owner), ("account_owner", &control.account_owner)]
        {
            let Some(owners) = owners else { continue };
            let all = expanded(model, owners);
            if all.contains(&&Approver::EntitlementOwner) || all.contains(&&Approver::AccountOwner) {
                let problem = Problem::error(&control.origin, format!("{setting} must not be an owner again"));
                problems
                    .add(problem.hint("name users, groups, approver groups without owners, `manager` or a rotation"));
            }
        }
    }
}

/// All approvers of a list, with those of approver groups in their places; each once.
fn expanded<'a>(model: &'a Model, approvers: &'a [Approver]) -> BTreeSet<&'a Approver> {
    let mut all = BTreeSet::new();
    let mut open: Vec<&Approver> = approvers.iter().collect();
    while let Some(approver) = open.pop() {
        if all.insert(approver)
            && let Approver::Named(name) = approver
        {
            open.extend(model.approver_groups.get(name).into_iter().flatten());
        }
    }
    all
}

/// Where only users are named, their number is known.
fn quorum(model: &Model, step: &FlowStep, problems: &mut Problems) {
    let mut lists = vec![("approvers", &step.approvers), ("fallback", &step.fallback)];
    if let TimeoutRule::Ask { approvers, .. } = &step.on_timeout {
        lists.push(("ask", approvers));
    }
    for (what, approvers) in lists {
        let all = expanded(model, approvers);
        let people = |approver: &&&Approver| !matches!(approver, Approver::Named(_));
        let known = all.iter().filter(people).all(|approver| matches!(approver, Approver::User(_)));
        let named = all.iter().filter(people).count();
        if known && named > 0 && named < usize::from(step.quorum) {
            let (name, quorum) = (&step.name, step.quorum);
            let message = format!("step `{name}` needs {quorum} approvals, and `{what}` names {named} people");
            problems.add(Problem::error(&step.origin, message).hint("name more people, or lower the quorum"));
        }
    }
}

/// A flow without steps that took over would approve what nobody answered.
fn takes_over(model: &Model, step: &FlowStep, problems: &mut Problems) {
    if let TimeoutRule::Flow(name) = &step.on_timeout
        && model.flows.get(name).is_some_and(|flow| flow.steps.is_empty())
    {
        let message = format!("step `{}` would approve what nobody answered: flow `{name}` has no steps", step.name);
        problems
            .add(Problem::error(&step.origin, message).hint("escalate to a flow with steps, or let the request lapse"));
    }
}

fn escalations<'a>(model: &'a Model, name: &Name) -> Vec<&'a Name> {
    let steps = model.flows.get(name).map(|flow| flow.steps.as_slice()).unwrap_or_default();
    let target = |step: &'a FlowStep| if let TimeoutRule::Flow(name) = &step.on_timeout { Some(name) } else { None };
    steps.iter().filter_map(target).collect()
}

/// Whether flows lead back to themselves when time runs out: such a request would never end.
fn flow_circles(model: &Model, problems: &mut Problems) -> bool {
    let found = circles(model.flows.keys(), |name| escalations(model, name));
    for circle in &found {
        let first = circle.first().and_then(|name| model.flows.get(*name));
        let origin = first.map_or_else(super::nowhere, |flow| flow.origin.clone());
        let problem = Problem::error(&origin, format!("flows take over from each other in a circle: {}", path(circle)));
        problems.add(problem.hint("let the last one lapse or be denied"));
    }
    !found.is_empty()
}

/// Steps of a flow with everything that takes over, told once for each way that leads there; counted no further than one
/// beyond the bound, so that long chains end the recursion early. No flow leads to itself.
fn size(model: &Model, flow: &Flow) -> usize {
    size_within(model, flow, STEPS + 1)
}

fn size_within(model: &Model, flow: &Flow, most: usize) -> usize {
    let mut steps: usize = 0;
    for step in &flow.steps {
        steps += 1;
        let left = most.saturating_sub(steps);
        if left == 0 {
            return most;
        }
        steps += match &step.on_timeout {
            TimeoutRule::Lapse | TimeoutRule::Deny => 0,
            TimeoutRule::Ask { .. } => 1,
            TimeoutRule::Flow(name) => model.flows.get(name).map_or(0, |flow| size_within(model, flow, left)),
        };
    }
    steps.min(most)
}

/// Each circle once, beginning with its least name, which ends it too.
fn circles<'a>(names: impl Iterator<Item = &'a Name>, next: impl Fn(&Name) -> Vec<&'a Name>) -> Vec<Vec<&'a Name>> {
    let mut done: BTreeSet<&Name> = BTreeSet::new();
    let mut found: BTreeSet<Vec<&Name>> = BTreeSet::new();
    for start in names {
        if done.contains(start) {
            continue;
        }
        // The way from `start`, each with what is still to be looked at. Not recursive: chains can be long.
        let mut way: Vec<(&Name, Vec<&Name>)> = vec![(start, next(start))];
        let mut depth: BTreeMap<&Name, usize> = BTreeMap::from([(start, 0)]);
        while let Some((at, open)) = way.last_mut() {
            let at = *at;
            match open.pop() {
                None => {
                    done.insert(at);
                    depth.remove(at);
                    way.pop();
                }
                Some(target) if done.contains(target) => {}
                Some(target) => {
                    if let Some(from) = depth.get(target) {
                        found.insert(turned(way.iter().skip(*from).map(|(name, _)| *name).collect()));
                    } else {
                        depth.insert(target, way.len());
                        way.push((target, next(target)));
                    }
                }
            }
        }
    }
    found.into_iter().collect()
}

fn turned(mut circle: Vec<&Name>) -> Vec<&Name> {
    let least = circle.iter().enumerate().min_by_key(|(_, name)| **name).map_or(0, |(at, _)| at);
    circle.rotate_left(least);
    circle.extend(circle.first().copied());
    circle
}

fn path(names: &[&Name]) -> String {
    names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" -> ")
}

/// The first flow that is allowed decides, so an automatic one behind others is hardly ever meant.
fn weakest_first(model: &Model, policy: &crate::model::Policy, problems: &mut Problems) {
    let automatic = |name: &Name| model.flows.get(name).is_some_and(|flow| flow.steps.is_empty());
    let mut behind = policy.flows.iter().skip_while(|name| automatic(name));
    if let Some(name) = behind.find(|name| automatic(name)) {
        let message = format!("flow `{name}` approves automatically, and comes after flows that ask people");
        let hint = "name flows weakest first: the first that Cedar allows decides";
        problems.add(Problem::warning(&policy.origin, message).hint(hint));
    }
}

fn emergency(model: &Model, problems: &mut Problems) {
    let possible = model.access.iter().find(|control| matches!(control.emergency_policy, Some(Some(_))));
    if let Some(control) = possible.filter(|_| model.settings.reviewers.is_empty()) {
        let problem =
            Problem::error(&control.origin, "emergency access must be reviewed, and nobody is named to do it");
        problems.add(problem.hint("write [emergency] with reviewers = [\"group:...\"]"));
    }
}
