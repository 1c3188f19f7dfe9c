//! Compiled rules: the index and what was parsed of it so far.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cedar_policy::{EntityTypeName, Policy, PolicyId, PolicySet};

use super::head::ANY;
use super::index::{self, Damaged, Layout, Place};
use super::schema::{ANY_FLOW, group_of};
use super::sees::{Aspect, from_letters};
use crate::problem::Problem;

/// The Cedar policies of one configuration, validated, ready to be asked. Shared between threads.
#[derive(Debug)]
pub struct Rules {
    text: String,
    layout: Layout,
    pub(crate) types: Types,
    /// Warnings of the compilation; none after `open`.
    warnings: Vec<Problem>,
    read: Mutex<Read>,
}

/// Why an index cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the compiled rules are not those that were published, or were written by another release of Curfew: \
     publish the configuration again"
)]
pub struct OpenError;

/// What was read of the index, by place.
#[derive(Debug, Default)]
struct Read {
    /// Tables whose digest was checked.
    tables: BTreeSet<usize>,
    buckets: HashMap<usize, Arc<[Slot]>>,
}

/// A policy of a bucket, parsed when it is first asked.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) id: String,
    pub(crate) forbids: bool,
    pub(crate) aspects: BTreeSet<Aspect>,
    /// `None` for all.
    actions: Option<BTreeSet<String>>,
    text: String,
    policy: OnceLock<Result<Policy, Damaged>>,
}

/// A policy that may take part in an answer.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    bucket: Arc<[Slot]>,
    at: usize,
}

/// Names of the entity types.
#[derive(Debug, Clone)]
pub(crate) struct Types {
    pub(crate) user: EntityTypeName,
    pub(crate) group: EntityTypeName,
    pub(crate) on_call: EntityTypeName,
    pub(crate) unit: EntityTypeName,
    pub(crate) account: EntityTypeName,
    pub(crate) catalog: EntityTypeName,
    pub(crate) permission_set: EntityTypeName,
    pub(crate) entitlement: EntityTypeName,
    pub(crate) employment: EntityTypeName,
    pub(crate) risk: EntityTypeName,
    pub(crate) weekday: EntityTypeName,
    pub(crate) channel: EntityTypeName,
    pub(crate) action: EntityTypeName,
}

impl Types {
    fn load() -> Option<Self> {
        let name = |kind: &str| EntityTypeName::from_str(&format!("Curfew::{kind}")).ok();
        Some(Self {
            user: name("User")?,
            group: name("Group")?,
            on_call: name("OnCall")?,
            unit: name("OrgUnit")?,
            account: name("Account")?,
            catalog: name("Catalog")?,
            permission_set: name("PermissionSet")?,
            entitlement: name("Entitlement")?,
            employment: name("Employment")?,
            risk: name("Risk")?,
            weekday: name("Weekday")?,
            channel: name("Channel")?,
            action: name("Action")?,
        })
    }
}

impl Rules {
    /// Takes an index over that `compile` wrote, where `digest` is what [`Rules::digest`] said then. Reads a small part of
    /// it; the rest is checked when it is used, and a part that is not as it was written denies.
    ///
    /// # Errors
    /// The index is damaged, of another configuration, or written by a release with another form.
    pub fn open(index: String, digest: &str) -> Result<Self, OpenError> {
        let layout = Layout::read(&index, digest).map_err(|Damaged| OpenError)?;
        let types = Types::load().ok_or(OpenError)?;
        Ok(Self { text: index, layout, types, warnings: Vec::new(), read: Mutex::default() })
    }

    /// The same with warnings.
    pub(crate) fn with_warnings(self, warnings: Vec<Problem>) -> Self {
        Self { warnings, ..self }
    }

    /// The index, to be stored with the version.
    pub fn index(&self) -> &str {
        &self.text
    }

    /// Vouches for the whole index: SHA-256 of its head in hexadecimal, to be stored with the record of the version.
    pub fn digest(&self) -> String {
        index::root(&self.text)
    }

    /// What the compilation warned of.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Flows by name, and whether each is automatic.
    pub(crate) fn flows(&self) -> &BTreeMap<String, bool> {
        &self.layout.flows
    }

    /// Policies whose heads name one of these principals, and one of these resources. Keys come without [`ANY`].
    pub(crate) fn candidates(&self, principals: &[String], resources: &[String]) -> Result<Vec<Candidate>, Damaged> {
        let mut candidates = Vec::new();
        // A panic while it was held cannot leave more in it than checked parts.
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        for principal in principals.iter().map(String::as_str).chain([ANY]) {
            let Some(table) = self.table(&mut read, principal)? else { continue };
            for resource in resources.iter().map(String::as_str).chain([ANY]) {
                if let Some(place) = index::find(table, resource)? {
                    self.bucket(&mut read, &place, &mut candidates)?;
                }
            }
        }
        Ok(candidates)
    }

    /// Policies whose heads name one of these principals, by the resource that they name.
    pub(crate) fn by_resource(&self, principals: &[String]) -> Result<HashMap<String, Vec<Candidate>>, Damaged> {
        let mut found: HashMap<String, Vec<Candidate>> = HashMap::new();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        for principal in principals.iter().map(String::as_str).chain([ANY]) {
            for line in self.table(&mut read, principal)?.into_iter().flat_map(index::lines) {
                let (resource, place) = line?;
                self.bucket(&mut read, &place, found.entry(resource.to_owned()).or_default())?;
            }
        }
        Ok(found)
    }

    /// The table of a principal key.
    fn table(&self, read: &mut Read, principal: &str) -> Result<Option<&str>, Damaged> {
        let Some(place) = self.layout.table(&self.text, principal)? else { return Ok(None) };
        if read.tables.contains(&place.from) {
            return self.layout.unchecked(&self.text, &place).map(Some);
        }
        let table = self.layout.checked(&self.text, &place)?;
        read.tables.insert(place.from);
        Ok(Some(table))
    }

    /// Adds the policies of a bucket.
    fn bucket(&self, read: &mut Read, place: &Place<'_>, to: &mut Vec<Candidate>) -> Result<(), Damaged> {
        let bucket = if let Some(bucket) = read.buckets.get(&place.from) {
            Arc::clone(bucket)
        } else {
            let bucket = slots(self.layout.checked(&self.text, place)?)?;
            read.buckets.insert(place.from, Arc::clone(&bucket));
            bucket
        };
        to.extend((0..bucket.len()).map(|at| Candidate { bucket: Arc::clone(&bucket), at }));
        Ok(())
    }
}

/// Parses in one go what was not parsed yet: for a single policy, most of the time goes into starting the parser.
pub(crate) fn parse(candidates: &[Candidate]) -> Result<(), Damaged> {
    let (mut open, mut seen): (Vec<&Slot>, BTreeSet<*const Slot>) = Default::default();
    for candidate in candidates {
        let slot = candidate.slot()?;
        if slot.policy.get().is_none() && seen.insert(slot) {
            open.push(slot);
        }
    }
    let text = open.iter().map(|slot| slot.text.as_str()).collect::<Vec<_>>().join("\n");
    // Were they not to fit together, each would be parsed alone when it is asked.
    let Some(set) = PolicySet::from_str(&text).ok().filter(|set| set.num_of_policies() == open.len()) else {
        return Ok(());
    };
    for (n, slot) in open.into_iter().enumerate() {
        // Cedar numbers the policies of a text.
        if let Some(policy) = set.policy(&PolicyId::new(format!("policy{n}"))) {
            slot.policy.get_or_init(|| Ok(policy.new_id(PolicyId::new(&slot.id))));
        }
    }
    Ok(())
}

fn slots(text: &str) -> Result<Arc<[Slot]>, Damaged> {
    index::bucket(text)?
        .into_iter()
        .map(|found| {
            let actions = (found.actions != "*").then(|| found.actions.split(',').map(str::to_owned).collect());
            Ok(Slot {
                id: found.id,
                forbids: found.forbids,
                aspects: from_letters(found.aspects).ok_or(Damaged)?,
                actions,
                text: found.text.to_owned(),
                policy: OnceLock::new(),
            })
        })
        .collect()
}

impl Candidate {
    pub(crate) fn slot(&self) -> Result<&Slot, Damaged> {
        self.bucket.get(self.at).ok_or(Damaged)
    }
}

impl Slot {
    /// Whether the head is about this flow.
    pub(crate) fn is_about(&self, flow: &str, automatic: bool) -> bool {
        let named = |actions: &BTreeSet<String>| {
            [flow, ANY_FLOW, group_of(automatic)].iter().any(|name| actions.contains(*name))
        };
        self.actions.as_ref().is_none_or(named)
    }

    /// Its text cut at every quote: a text in quotes without escapes is one of the pieces.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &str> {
        self.text.split('"')
    }

    /// The policy.
    pub(crate) fn policy(&self) -> Result<&Policy, Damaged> {
        let parse = || Policy::parse(Some(PolicyId::new(&self.id)), &self.text).map_err(|_| Damaged);
        self.policy.get_or_init(parse).as_ref().map_err(|damaged| *damaged)
    }
}
