//! One person, many entitlements: what may I request?
//!
//! The policies that name this person are gathered once, by the resource that they name. An entitlement for which none of
//! them permits is done. For the others, what the candidates look at ([`Aspect`]) is the key of a memory: entitlements that
//! are alike in all of it have the same answer, and Cedar is asked once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::rc::Rc;

use cedar_policy::{Context, Entity, EntityUid};
use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_domain::time::{AccessDuration, Timestamp};

use super::context::{Wish, context};
use super::entities::{Source, Unclear, entitlement_id, uid};
use super::head::{ANY, key};
use super::question::{Policies, aspects, requester, store};
use super::rules::{Candidate, Rules};
use super::sees::Aspect;
use crate::directory::{Directory, User};
use crate::model::{Circumstances, Entitlement, Model};

/// Who wants to know what can be had, and on which assumptions.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// The organisation.
    pub directory: &'a Directory,
    /// The settings that the rules were compiled with.
    pub model: &'a Model,
    /// Who.
    pub user: &'a UserId,
    /// What else is known.
    pub circumstances: &'a Circumstances,
    /// For how long.
    pub duration: AccessDuration,
    /// When.
    pub now: Timestamp,
    /// The ticket that the request would name.
    pub ticket: Option<&'a str>,
    /// Whether it would be an emergency.
    pub emergency: bool,
}

/// Answers for one person about any number of entitlements. The same answers as [`Rules::flow_allowed`], faster.
#[derive(Debug)]
pub struct Listing<'r> {
    source: Source<'r>,
    rules: &'r Rules,
    known: Result<Known<'r>, Unclear>,
}

#[derive(Debug)]
struct Known<'r> {
    user: &'r User,
    principal: EntityUid,
    context: Context,
    /// The flows and the person, and the managers where any policy looks at them.
    entities: Vec<Entity>,
    by_resource: HashMap<String, Vec<Candidate>>,
    accounts: HashMap<AccountId, Rc<Place>>,
    permission_sets: HashMap<PermissionSetArn, Option<Entity>>,
    slices: HashMap<Vec<String>, Rc<Slice>>,
}

/// An account as the listing needs it.
#[derive(Debug)]
struct Place {
    entity: Entity,
    paths: Vec<String>,
    /// Its keys under which there are policies.
    keys: Vec<String>,
    name: String,
    tags: String,
}

/// The policies that are found under the same keys, with what they said so far.
#[derive(Debug)]
struct Slice {
    flows: BTreeMap<String, Policies>,
    aspects: BTreeSet<Aspect>,
    answers: std::cell::RefCell<HashMap<String, bool>>,
}

impl Rules {
    /// Prepares answers for one person.
    pub fn listing<'r>(&'r self, person: &Person<'r>) -> Listing<'r> {
        let Person { directory, model, now, .. } = *person;
        let source = Source { directory, model, types: &self.types, now };
        Listing { source, rules: self, known: known(self, &source, person) }
    }
}

fn known<'r>(rules: &'r Rules, source: &Source<'r>, person: &Person<'r>) -> Result<Known<'r>, Unclear> {
    let user = requester(person.directory, person.user)?;
    let by_resource = rules.by_resource(&source.principal_keys(person.user, user))?;
    let mut entities = source.actions(rules.flows());
    entities.push(source.person(person.user, user)?);
    let mut managers = false;
    for candidates in by_resource.values() {
        managers |= aspects(candidates)?.contains(&Aspect::Manager);
    }
    if managers {
        entities.extend(source.managers(user)?);
    }
    let wish = Wish { duration: person.duration, ticket: person.ticket, emergency: person.emergency };
    Ok(Known {
        user,
        principal: uid(&rules.types.user, &user.name),
        context: context(source, person.circumstances, wish)?,
        entities,
        by_resource,
        accounts: HashMap::new(),
        permission_sets: HashMap::new(),
        slices: HashMap::new(),
    })
}

impl Listing<'_> {
    /// Whether this flow to this entitlement is allowed. Whatever is unclear is not; [`Rules::question`] tells why.
    pub fn allows(&mut self, flow: &str, entitlement: &Entitlement) -> bool {
        let (source, rules) = (self.source, self.rules);
        let Ok(known) = &mut self.known else { return false };
        known.allows(&source, rules, flow, entitlement).unwrap_or(false)
    }

    /// The first of these flows that is allowed.
    pub fn first<'f>(
        &mut self,
        flows: impl IntoIterator<Item = &'f str>,
        entitlement: &Entitlement,
    ) -> Option<&'f str> {
        flows.into_iter().find(|flow| self.allows(flow, entitlement))
    }

    /// Why nothing is allowed, where the facts about the person are unclear.
    pub fn error(&self) -> Option<&str> {
        self.known.as_ref().err().map(String::as_str)
    }
}

impl<'r> Known<'r> {
    fn allows(&mut self, source: &Source<'r>, rules: &Rules, flow: &str, of: &Entitlement) -> Result<bool, Unclear> {
        let place = self.place(source, of)?;
        let Some(permission_set) = self.permission_set(source, of) else { return Ok(false) };
        let slice = self.slice(rules, &place, of)?;
        let Some(policies) = slice.flows.get(flow).filter(|policies| policies.permit()) else { return Ok(false) };
        let (alike, owners) = alike(source, self.user, &slice, flow, &place, of);
        if let Some(answer) = slice.answers.borrow().get(&alike) {
            return Ok(*answer);
        }
        let resource = source.entitlement(of, &place.paths, &owners)?;
        let resource_id = resource.uid();
        let mut entities = self.entities.clone();
        entities.extend([place.entity.clone(), permission_set, resource]);
        let action = uid(&rules.types.action, flow);
        let answer = policies.ask(action, &self.principal, &resource_id, &self.context, &store(entities)?)?.allowed;
        slice.answers.borrow_mut().insert(alike, answer);
        Ok(answer)
    }

    fn place(&mut self, source: &Source<'r>, of: &Entitlement) -> Result<Rc<Place>, Unclear> {
        if let Some(place) = self.accounts.get(&of.account) {
            return Ok(Rc::clone(place));
        }
        let (entity, paths) = source.account(of)?;
        let account = source.directory.accounts.get(&of.account);
        let keys = paths.iter().map(|path| key("OrgUnit", path)).chain([key("Account", of.account.as_str())]);
        let place = Rc::new(Place {
            entity,
            keys: keys.filter(|key| self.by_resource.contains_key(key)).collect(),
            paths,
            name: account.map(|account| account.name.clone()).unwrap_or_default(),
            tags: account.map(|account| format!("{:?}", account.tags)).unwrap_or_default(),
        });
        self.accounts.insert(of.account.clone(), Rc::clone(&place));
        Ok(place)
    }

    fn permission_set(&mut self, source: &Source<'r>, of: &Entitlement) -> Option<Entity> {
        let known = self.permission_sets.entry(of.permission_set.clone());
        known.or_insert_with(|| source.permission_set(of).ok()).clone()
    }

    /// The policies for this entitlement.
    fn slice(&mut self, rules: &Rules, place: &Place, of: &Entitlement) -> Result<Rc<Slice>, Unclear> {
        let own = [key("PermissionSet", &of.permission_set_name), key("Entitlement", &entitlement_id(of))];
        let own = own.into_iter().chain(of.catalogs.iter().map(|name| key("Catalog", name)));
        let mut keys = place.keys.clone();
        keys.extend(own.filter(|key| self.by_resource.contains_key(key)));
        if let Some(slice) = self.slices.get(&keys) {
            return Ok(Rc::clone(slice));
        }
        let found = keys.iter().map(String::as_str).chain([ANY]).filter_map(|key| self.by_resource.get(key));
        let candidates: Vec<Candidate> = found.flatten().cloned().collect();
        let mut flows = BTreeMap::new();
        for (flow, automatic) in rules.flows() {
            flows.insert(flow.clone(), Policies::about(flow, *automatic, &candidates)?);
        }
        let slice = Rc::new(Slice { flows, aspects: aspects(&candidates)?, answers: std::cell::RefCell::default() });
        self.slices.insert(keys, Rc::clone(&slice));
        Ok(slice)
    }
}

/// Everything about an entitlement that the policies of a slice look at, as text; and its owners, if they do.
fn alike(
    source: &Source<'_>,
    user: &User,
    slice: &Slice,
    flow: &str,
    place: &Place,
    of: &Entitlement,
) -> (String, BTreeSet<String>) {
    let mut alike = flow.to_owned();
    let mut owners = BTreeSet::new();
    for aspect in &slice.aspects {
        // Writing to a String cannot fail.
        let _ = match aspect {
            // Of the person, who is the same throughout.
            Aspect::Manager => Ok(()),
            Aspect::Owners => {
                owners = source.owners(of, user);
                write!(alike, "\n{owners:?}")
            }
            Aspect::PermissionSet => write!(alike, "\n{}", of.permission_set_name),
            Aspect::Risk => write!(alike, "\n{}", of.terms.risk.value.name()),
            Aspect::Tags => write!(alike, "\n{}", place.tags),
            Aspect::AccountName => write!(alike, "\n{:?}", place.name),
            Aspect::Units => write!(alike, "\n{:?}", place.paths),
            Aspect::Catalogs => write!(alike, "\n{:?}", of.catalogs),
            Aspect::Account => write!(alike, "\n{}", of.account),
            Aspect::Whole => write!(alike, "\n{}", entitlement_id(of)),
        };
    }
    (alike, owners)
}
