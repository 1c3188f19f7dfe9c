//! Static checks that need no solver. Those of names and selections are in `lint` and `cedar::unknown_names`; here is what
//! flows, people and Cedar's heads mean together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use curfew_domain::id::{PermissionSetArn, UserId};

use crate::approvers::{Resolver, Roll};
use crate::catalog;
use crate::cedar::heads::Heads;
use crate::directory::{Directory, PermissionSet};
use crate::folder::CedarFile;
use crate::model::{Approver, Entitlement, Flow, FlowStep, Mention, Mentioned, Model, Name, Terms, TimeoutRule};
use crate::problem::Problem;
use crate::steps::MOST_APPROVERS;

/// What is doubtful about a folder whatever the organisation: flows that nothing permits, flows that come after one that is
/// always open, permits that are always overridden.
pub(crate) fn of_folder(model: &Model, cedar: &[CedarFile]) -> Vec<Problem> {
    let heads = Heads::of(cedar);
    let mut problems = heads.without_effect(model);
    let used: BTreeSet<&Name> =
        model.policies.values().flat_map(|policy| &policy.flows).flat_map(|flow| reached(model, flow)).collect();
    for (name, flow) in model.flows.iter().filter(|(name, _)| used.contains(name)) {
        if !heads.permit(model, name) {
            let problem =
                Problem::warning(&flow.origin, format!("no `permit` ever opens flow `{name}`, so it is never taken"));
            let hint =
                format!("write `permit (principal, action == Curfew::Action::\"{name}\", resource) when {{ … }};`");
            problems.push(problem.hint(hint));
        }
    }
    for (name, policy) in &model.policies {
        let always =
            |flow: &&Name| heads.always_open(model, flow) && model.flows.get(*flow).is_some_and(|flow| !demands(flow));
        let Some(first) = policy.flows.iter().find(always) else { continue };
        let after: Vec<String> =
            policy.flows.iter().skip_while(|flow| *flow != first).skip(1).map(|flow| format!("`{flow}`")).collect();
        if !after.is_empty() {
            let message =
                format!("policy `{name}` never comes to {}: flow `{first}` is open to everybody", after.join(", "));
            problems.push(
                Problem::warning(&policy.origin, message).hint("narrow the permit of the first, or drop the others"),
            );
        }
    }
    problems
}

fn demands(flow: &Flow) -> bool {
    flow.ticket_required || flow.justification_pattern.is_some()
}

/// A flow and those that take over from it, each once.
fn reached<'a>(model: &'a Model, start: &'a Name) -> BTreeSet<&'a Name> {
    let (mut found, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(name) = open.pop() {
        let steps = model.flows.get(name).map_or(&[][..], |flow| &flow.steps);
        if found.insert(name) {
            open.extend(steps.iter().filter_map(|step| match &step.on_timeout {
                TimeoutRule::Flow(target) => Some(target),
                _ => None,
            }));
        }
    }
    found
}

/// What is doubtful in this organisation: steps that nobody can approve, steps that only those who ask could approve, and
/// Cedar policies that apply to nobody or nothing. As of the time of the directory.
pub(crate) fn of_organisation(model: &Model, cedar: &[CedarFile], directory: &Directory) -> Vec<Problem> {
    let entitlements = catalog::entitlements(model, directory);
    let mut problems = Heads::of(cedar).idle(directory, entitlements.values());
    problems.extend(out_of_reach(model, directory, entitlements.values()));
    let roll = Roll::new(directory);
    for Situation { flow, terms, catalogs } in situations(model, entitlements.values()) {
        let Some(declared) = model.flows.get(flow) else { continue };
        let staffing = Staffing { model, directory, roll: &roll, terms, catalogs: &catalogs };
        problems.extend(declared.steps.iter().filter_map(|step| staffing.doubt(flow, step)));
    }
    problems
}

/// Permission sets that are Curfew's alone, and that no catalog offers: nobody can ever get them.
fn out_of_reach<'a>(
    model: &Model,
    directory: &Directory,
    entitlements: impl Iterator<Item = &'a Entitlement>,
) -> Vec<Problem> {
    let offered: BTreeSet<&PermissionSetArn> = entitlements.map(|entitlement| &entitlement.permission_set).collect();
    let owned = model.mentions.iter().filter(|mention| mention.kind == Mentioned::PermissionSet);
    let unreachable = |mention: &&Mention| {
        let means =
            |(arn, set): &(&PermissionSetArn, &PermissionSet)| set.name == mention.name || arn.as_str() == mention.name;
        directory.permission_sets.iter().find(means).is_some_and(|(arn, _)| !offered.contains(arn))
    };
    let told = |mention: &Mention| {
        let message =
            format!("permission set `{}` is Curfew's alone, and no catalog offers it: nobody can get it", mention.name);
        Problem::warning(&mention.origin, message).hint("put it in a catalog, or leave it to others")
    };
    owned.filter(unreachable).map(told).collect()
}

/// A flow under terms that some entitlement has, and the catalogs of those entitlements.
struct Situation<'a> {
    flow: &'a Name,
    terms: &'a Terms,
    catalogs: BTreeSet<&'a Name>,
}

fn situations<'a>(model: &'a Model, entitlements: impl Iterator<Item = &'a Entitlement>) -> Vec<Situation<'a>> {
    // Terms are shared, so that an organisation has few different ones.
    let mut by_terms: BTreeMap<*const Terms, (&Terms, BTreeSet<&Name>)> = BTreeMap::new();
    for entitlement in entitlements {
        let found = by_terms.entry(Arc::as_ptr(&entitlement.terms)).or_insert((&entitlement.terms, BTreeSet::new()));
        found.1.extend(entitlement.catalogs.iter());
    }
    let mut situations = Vec::new();
    for (terms, catalogs) in by_terms.into_values() {
        let policies = [Some(&terms.policy), terms.emergency_policy.as_ref()];
        let policies = policies.into_iter().flatten().filter_map(|policy| model.policies.get(&policy.value));
        let flows: BTreeSet<&Name> =
            policies.flat_map(|policy| &policy.flows).flat_map(|flow| reached(model, flow)).collect();
        situations.extend(flows.into_iter().map(|flow| Situation { flow, terms, catalogs: catalogs.clone() }));
    }
    situations
}

struct Staffing<'a> {
    model: &'a Model,
    directory: &'a Directory,
    roll: &'a Roll<'a>,
    terms: &'a Terms,
    catalogs: &'a BTreeSet<&'a Name>,
}

impl Staffing<'_> {
    /// What is doubtful about a step. Who stands in for whom (`manager`) and who is on call depends on person and time:
    /// steps that name such approvers are left to the request itself.
    fn doubt(&self, flow: &str, step: &FlowStep) -> Option<Problem> {
        let lists = [&step.approvers, &step.fallback];
        if lists.iter().any(|list| self.depends(list)) {
            return None;
        }
        let quorum = usize::from(step.quorum.max(1));
        let people = lists.map(|list| self.people(list));
        let name = &step.name;
        if people.iter().all(|people| people.len() < quorum) {
            let message = format!("nobody can approve step `{name}` of flow `{flow}`: {}", counted(&people, quorum));
            let hint = "whoever comes to this flow is denied; name other approvers or a fallback";
            return Some(Problem::warning(&step.origin, message).hint(hint));
        }
        if people.iter().all(|people| people.len() < quorum || people.len() > MOST_APPROVERS) {
            let message = format!(
                "step `{name}` of flow `{flow}` has more than the {MOST_APPROVERS} approvers that can be asked"
            );
            return Some(Problem::warning(&step.origin, message).hint("name a smaller group; such a step denies"));
        }
        let alone = |person: &&UserId| {
            let without = |people: &BTreeSet<UserId>| people.len() - usize::from(people.contains(*person));
            people.iter().all(|people| without(people) < quorum) && self.may_ask(person)
        };
        let stuck = people.iter().flatten().find(alone).filter(|_| !step.self_approval)?;
        let who = self.directory.users.get(stuck).map_or(stuck.as_str(), |user| &user.name);
        let message =
            format!("step `{name}` of flow `{flow}` needs {who}, who may ask for the same: own requests are denied");
        Some(Problem::warning(&step.origin, message).hint("add an approver or a fallback"))
    }

    fn people(&self, approvers: &[Approver]) -> BTreeSet<UserId> {
        let Some(anybody) = self.directory.users.keys().next() else { return BTreeSet::new() };
        let now = self.directory.taken_at;
        Resolver { model: self.model, roll: self.roll, requester: anybody, terms: self.terms, now }.people(approvers)
    }

    fn depends(&self, approvers: &[Approver]) -> bool {
        let Some(anybody) = self.directory.users.keys().next() else { return false };
        let now = self.directory.taken_at;
        let resolver = Resolver { model: self.model, roll: self.roll, requester: anybody, terms: self.terms, now };
        resolver.meant(approvers).iter().any(|one| matches!(one, Approver::Manager | Approver::OnCall(_)))
    }

    fn may_ask(&self, person: &UserId) -> bool {
        catalog::catalogs_seen(self.model, self.directory, person).any(|name| self.catalogs.contains(name))
    }
}

fn counted(people: &[BTreeSet<UserId>; 2], quorum: usize) -> String {
    let [first, fallback] = people;
    let found = |people: &BTreeSet<UserId>| people.len().to_string();
    format!("it needs {quorum}, has {} enabled approvers, and {} as fallback", found(first), found(fallback))
}
