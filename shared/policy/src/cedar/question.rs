//! One person, one entitlement: which flows are allowed?

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request, Response};
use curfew_domain::id::UserId;
use curfew_domain::time::{AccessDuration, Timestamp};

use super::context::{Wish, context};
use super::entities::{Source, Unclear, resource_keys, uid};
use super::index::Damaged;
use super::rules::{Candidate, Rules, parse};
use super::sees::Aspect;
use crate::directory::{Directory, User};
use crate::model::{Circumstances, Entitlement, Model};

/// Who wants what, how and when.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The organisation.
    pub directory: &'a Directory,
    /// The settings that the rules were compiled with.
    pub model: &'a Model,
    /// Who asks.
    pub user: &'a UserId,
    /// For what.
    pub entitlement: &'a Entitlement,
    /// What else is known.
    pub circumstances: &'a Circumstances,
    /// For how long.
    pub duration: AccessDuration,
    /// When the request is judged.
    pub now: Timestamp,
    /// The ticket that the request names.
    pub ticket: Option<&'a str>,
    /// Whether it is an emergency.
    pub emergency: bool,
}

/// Whether a flow is allowed, and by which Cedar policies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// At least one policy permits it, none forbids it, and nothing failed.
    pub allowed: bool,
    /// Ids of the policies that permit it, sorted; none where one forbids it.
    pub permitted_by: Vec<String>,
    /// Ids of the policies that forbid it, sorted.
    pub forbidden_by: Vec<String>,
    /// What failed. Never empty together with `allowed`.
    pub errors: Vec<String>,
}

/// Everything that Cedar is told about one person and one entitlement. Ask it about each flow in turn.
#[derive(Debug)]
pub struct Question<'r> {
    rules: &'r Rules,
    facts: Result<Facts, Unclear>,
}

#[derive(Debug)]
struct Facts {
    principal: EntityUid,
    resource: EntityUid,
    context: Context,
    entities: Entities,
    candidates: Vec<Candidate>,
}

const DAMAGED: &str = "a part of the compiled rules is not as it was published: publish the configuration again";

impl From<Damaged> for Unclear {
    fn from(Damaged: Damaged) -> Self {
        DAMAGED.to_owned()
    }
}

impl Answer {
    pub(crate) fn unclear(error: impl Into<String>) -> Self {
        Self { errors: vec![error.into()], ..Self::default() }
    }
}

impl Rules {
    /// Whether one flow is allowed. For several flows of the same request, [`Rules::question`] gathers the facts once.
    pub fn flow_allowed(&self, flow: &str, asking: &Asking<'_>) -> Answer {
        self.question(asking).flow(flow)
    }

    /// Gathers what Cedar is told, and the policies that may take part.
    pub fn question(&self, asking: &Asking<'_>) -> Question<'_> {
        Question { rules: self, facts: facts(self, asking) }
    }
}

impl Question<'_> {
    /// Whether this flow is allowed.
    pub fn flow(&self, flow: &str) -> Answer {
        match (&self.facts, self.rules.flows().get(flow)) {
            (Err(error), _) => Answer::unclear(error.clone()),
            (_, None) => Answer::unclear(format!("the compiled rules have no flow `{flow}`")),
            (Ok(facts), Some(automatic)) => facts.flow(self.rules, flow, *automatic).unwrap_or_else(Answer::unclear),
        }
    }

    /// Ids of the policies whose heads match for some flow, sorted: those that may take part.
    pub fn candidates(&self) -> Vec<String> {
        let slots = self.facts.iter().flat_map(|facts| &facts.candidates).filter_map(|found| found.slot().ok());
        slots.map(|slot| slot.id.clone()).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// The person who asks, when still employed.
pub(crate) fn requester<'a>(directory: &'a Directory, id: &UserId) -> Result<&'a User, Unclear> {
    match directory.users.get(id) {
        None => Err(format!("user {id} is not in the directory")),
        Some(user) if !user.enabled => Err(format!("user {} is disabled in the directory", user.name)),
        Some(user) => Ok(user),
    }
}

/// What the candidates look at.
pub(crate) fn aspects(candidates: &[Candidate]) -> Result<BTreeSet<Aspect>, Damaged> {
    let mut aspects = BTreeSet::new();
    for candidate in candidates {
        aspects.extend(&candidate.slot()?.aspects);
    }
    Ok(aspects)
}

fn facts(rules: &Rules, asking: &Asking<'_>) -> Result<Facts, Unclear> {
    let Asking { directory, model, entitlement, now, .. } = *asking;
    let source = Source { directory, model, types: &rules.types, now };
    let user = requester(directory, asking.user)?;
    let (account, paths) = source.account(entitlement)?;
    let principals = source.principal_keys(asking.user, user);
    let candidates = rules.candidates(&principals, &resource_keys(entitlement, &paths))?;
    parse(&candidates)?;
    let aspects = aspects(&candidates)?;
    let owners = if aspects.contains(&Aspect::Owners) { source.owners(entitlement, user) } else { BTreeSet::default() };
    let resource = source.entitlement(entitlement, &paths, &owners)?;
    let mut entities = source.actions(rules.flows());
    if aspects.contains(&Aspect::Manager) {
        entities.extend(source.managers(user)?);
    }
    let resource_id = resource.uid();
    entities.extend([source.person(asking.user, user)?, account, source.permission_set(entitlement)?, resource]);
    let wish = Wish { duration: asking.duration, ticket: asking.ticket, emergency: asking.emergency };
    Ok(Facts {
        principal: uid(&rules.types.user, &user.name),
        resource: resource_id,
        context: context(&source, asking.circumstances, wish)?,
        entities: store(entities)?,
        candidates,
    })
}

/// Entities by id, with their ancestors.
pub(crate) fn store(entities: Vec<Entity>) -> Result<Entities, Unclear> {
    Entities::from_entities(entities, None).map_err(|error| error.to_string())
}

impl Facts {
    fn flow(&self, rules: &Rules, flow: &str, automatic: bool) -> Result<Answer, Unclear> {
        let policies = Policies::about(flow, automatic, &self.candidates)?;
        let action = uid(&rules.types.action, flow);
        policies.ask(action, &self.principal, &self.resource, &self.context, &self.entities)
    }
}

/// The candidates for one flow.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    set: PolicySet,
    /// By id, whether it forbids.
    effects: BTreeMap<String, bool>,
}

impl Policies {
    /// Those of the candidates whose heads are about this flow.
    pub(crate) fn about(flow: &str, automatic: bool, candidates: &[Candidate]) -> Result<Self, Unclear> {
        let mut policies = Self::default();
        for candidate in candidates {
            let slot = candidate.slot()?;
            // The same head may have been found by two keys that are alike; one is enough.
            if slot.is_about(flow, automatic) && policies.effects.insert(slot.id.clone(), slot.forbids).is_none() {
                policies.set.add(slot.policy()?.clone()).map_err(|error| error.to_string())?;
            }
        }
        Ok(policies)
    }

    /// Whether any of them permits. Where none does, nothing needs to be evaluated to know that the flow is not allowed.
    pub(crate) fn permit(&self) -> bool {
        self.effects.values().any(|forbids| !forbids)
    }

    /// Cedar's answer.
    pub(crate) fn ask(
        &self,
        action: EntityUid,
        principal: &EntityUid,
        resource: &EntityUid,
        context: &Context,
        entities: &Entities,
    ) -> Result<Answer, Unclear> {
        let request = Request::new(principal.clone(), action, resource.clone(), context.clone(), None);
        let request = request.map_err(|error| error.to_string())?;
        let response = Authorizer::new().is_authorized(&request, &self.set, entities);
        Ok(answer(&response, &self.effects))
    }
}

/// Cedar's response, where an error means no.
fn answer(response: &Response, forbids: &BTreeMap<String, bool>) -> Answer {
    let mut answer = Answer::default();
    for id in response.diagnostics().reason().map(ToString::to_string).collect::<BTreeSet<_>>() {
        match forbids.get(&id) {
            Some(true) => answer.forbidden_by.push(id),
            Some(false) => answer.permitted_by.push(id),
            None => answer.errors.push(format!("`{id}` took part and was not asked")),
        }
    }
    answer.errors.extend(response.diagnostics().errors().map(ToString::to_string));
    answer.errors.sort();
    answer.allowed = response.decision() == Decision::Allow && answer.errors.is_empty();
    answer
}
