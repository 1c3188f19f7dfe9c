//! One person, many entitlements: what may I request?
//!
//! The policies that name this person are gathered once, by the resource that they name. An entitlement for which none of
//! them permits is done. For the others, what the candidates look at ([`Aspect`]) is the key of a memory: entitlements that
//! are alike in all of it have the same answer, and Cedar is asked once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::rc::Rc;

use cedar_policy::{Context, Entity, EntityUid};
use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_domain::time::{AccessDuration, Timestamp};

use super::context::{Wish, context};
use super::entities::{Source, Unclear, entitlement_id, uid};
use super::head::{ANY, key};
use super::question::{Policies, aspects, requester, store};
use super::rules::{Candidate, Rules, parse};
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
    /// The policies about this person, by the resource that they name.
    heads: Vec<Vec<Candidate>>,
    /// Where in `heads` a key is.
    keys: HashMap<String, usize>,
    /// Whether any key is of a catalog.
    catalogs_named: bool,
    /// Whether any key is of an entitlement.
    entitlements_named: bool,
    accounts: HashMap<AccountId, Rc<Place>>,
    permission_sets: HashMap<PermissionSetArn, Option<Rc<PermissionSet>>>,
    slices: HashMap<Vec<usize>, Rc<Slice>>,
}

/// An account as the listing needs it.
#[derive(Debug)]
struct Place {
    entity: Entity,
    paths: Vec<String>,
    /// Its heads.
    heads: Vec<usize>,
    name: String,
    tags: String,
}

/// A permission set as the listing needs it.
#[derive(Debug)]
struct PermissionSet {
    entity: Entity,
    /// Its head.
    head: Option<usize>,
}

/// The policies that are found under the same heads.
#[derive(Debug)]
struct Slice {
    /// Flows that some policy permits; the others are not allowed, whatever is evaluated.
    flows: BTreeMap<String, Asked>,
    aspects: BTreeSet<Aspect>,
    /// All between the quotes of the policies: every permission set that [`Aspect::NamedSets`] is about, and more.
    literals: HashSet<String>,
}

/// The policies of a flow, with what they said so far.
#[derive(Debug)]
struct Asked {
    policies: Policies,
    answers: RefCell<HashMap<String, bool>>,
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
    let (mut managers, mut heads, mut keys) = (false, Vec::new(), HashMap::new());
    for (key, candidates) in by_resource {
        managers |= aspects(&candidates)?.contains(&Aspect::Manager);
        keys.insert(key, heads.len());
        heads.push(candidates);
    }
    if managers {
        entities.extend(source.managers(user)?);
    }
    let named = |kind: &str| keys.keys().any(|key: &String| key.starts_with(kind));
    let wish = Wish { duration: person.duration, ticket: person.ticket, emergency: person.emergency };
    Ok(Known {
        user,
        principal: uid(&rules.types.user, &user.name),
        context: context(source, person.circumstances, wish)?,
        entities,
        heads,
        catalogs_named: named(&key("Catalog", "")),
        entitlements_named: named(&key("Entitlement", "")),
        keys,
        accounts: HashMap::new(),
        permission_sets: HashMap::new(),
        slices: HashMap::new(),
    })
}

impl Listing<'_> {
    /// Whether this flow to this entitlement is allowed. Whatever is unclear is not; [`Rules::question`] tells why.
    pub fn allows(&mut self, flow: &str, entitlement: &Entitlement) -> bool {
        self.first([flow], entitlement).is_some()
    }

    /// The first of these flows that is allowed.
    pub fn first<'f>(
        &mut self,
        flows: impl IntoIterator<Item = &'f str>,
        entitlement: &Entitlement,
    ) -> Option<&'f str> {
        let (source, rules) = (self.source, self.rules);
        let known = self.known.as_mut().ok()?;
        let place = known.place(&source, entitlement).ok()?;
        let permission_set = known.permission_set(&source, entitlement)?;
        let slice = known.slice(rules, &place, &permission_set, entitlement).ok()?;
        if slice.flows.is_empty() {
            return None;
        }
        let (alike, owners) = alike(&source, known.user, &slice, &place, entitlement);
        let allows = |flow: &&str| {
            let Some(Asked { policies, answers }) = slice.flows.get(*flow) else { return false };
            if let Some(answer) = answers.borrow().get(&alike) {
                return *answer;
            }
            let parts = (&*place, &*permission_set, &owners);
            let Ok(answer) = known.ask(&source, rules, flow, policies, entitlement, parts) else { return false };
            answers.borrow_mut().insert(alike.clone(), answer);
            answer
        };
        flows.into_iter().find(allows)
    }

    /// Why nothing is allowed, where the facts about the person are unclear.
    pub fn error(&self) -> Option<&str> {
        self.known.as_ref().err().map(String::as_str)
    }
}

impl<'r> Known<'r> {
    fn ask(
        &self,
        source: &Source<'r>,
        rules: &Rules,
        flow: &str,
        policies: &Policies,
        of: &Entitlement,
        (place, permission_set, owners): (&Place, &PermissionSet, &BTreeSet<String>),
    ) -> Result<bool, Unclear> {
        let resource = source.entitlement(of, &place.paths, owners)?;
        let resource_id = resource.uid();
        let mut entities = self.entities.clone();
        entities.extend([place.entity.clone(), permission_set.entity.clone(), resource]);
        let action = uid(&rules.types.action, flow);
        Ok(policies.ask(action, &self.principal, &resource_id, &self.context, &store(entities)?)?.allowed)
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
            heads: keys.filter_map(|key| self.keys.get(&key).copied()).collect(),
            paths,
            name: account.map(|account| account.name.clone()).unwrap_or_default(),
            tags: account.map(|account| format!("{:?}", account.tags)).unwrap_or_default(),
        });
        self.accounts.insert(of.account.clone(), Rc::clone(&place));
        Ok(place)
    }

    fn permission_set(&mut self, source: &Source<'r>, of: &Entitlement) -> Option<Rc<PermissionSet>> {
        if let Some(known) = self.permission_sets.get(&of.permission_set) {
            return known.clone();
        }
        let head = self.keys.get(&key("PermissionSet", &of.permission_set_name)).copied();
        let made = source.permission_set(of).ok().map(|entity| Rc::new(PermissionSet { entity, head }));
        self.permission_sets.insert(of.permission_set.clone(), made.clone());
        made
    }

    /// The policies for this entitlement.
    fn slice(
        &mut self,
        rules: &Rules,
        place: &Place,
        permission_set: &PermissionSet,
        of: &Entitlement,
    ) -> Result<Rc<Slice>, Unclear> {
        let mut heads = place.heads.clone();
        heads.extend(permission_set.head);
        if self.catalogs_named {
            heads.extend(of.catalogs.iter().filter_map(|name| self.keys.get(&key("Catalog", name))));
        }
        if self.entitlements_named {
            heads.extend(self.keys.get(&key("Entitlement", &entitlement_id(of))));
        }
        if let Some(slice) = self.slices.get(&heads) {
            return Ok(Rc::clone(slice));
        }
        let found = heads.iter().chain(self.keys.get(ANY)).filter_map(|head| self.heads.get(*head));
        let candidates: Vec<Candidate> = found.flatten().cloned().collect();
        let slice = Rc::new(Slice::of(rules, &candidates)?);
        self.slices.insert(heads, Rc::clone(&slice));
        Ok(slice)
    }
}

impl Slice {
    fn of(rules: &Rules, candidates: &[Candidate]) -> Result<Self, Unclear> {
        parse(candidates)?;
        let mut flows = BTreeMap::new();
        for (flow, automatic) in rules.flows() {
            let policies = Policies::about(flow, *automatic, candidates)?;
            if policies.permit() {
                flows.insert(flow.clone(), Asked { policies, answers: RefCell::default() });
            }
        }
        let aspects = aspects(candidates)?;
        let mut literals = HashSet::new();
        if aspects.contains(&Aspect::NamedSets) {
            for candidate in candidates {
                literals.extend(candidate.slot()?.pieces().map(str::to_owned));
            }
        }
        Ok(Self { flows, aspects, literals })
    }
}

/// Everything about an entitlement that the policies of a slice look at, as text; and its owners, if they do.
fn alike(
    source: &Source<'_>,
    user: &User,
    slice: &Slice,
    place: &Place,
    of: &Entitlement,
) -> (String, BTreeSet<String>) {
    let mut alike = String::new();
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
            Aspect::NamedSets if slice.literals.contains(&of.permission_set_name) => {
                write!(alike, "\n{}", of.permission_set_name)
            }
            // Any that no policy names is like any other.
            Aspect::NamedSets => writeln!(alike),
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
