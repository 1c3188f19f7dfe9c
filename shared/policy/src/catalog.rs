//! What catalogs and access controls make of a directory: entitlements with their terms, and who sees them.
//!
//! An entitlement exists because a catalog selects it. A new account that fits a selector brings its entitlements without
//! anything to do by hand.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use curfew_domain::id::{AccountId, PermissionSetArn, UserId};

use crate::directory::{Account, Directory, PermissionSet};
use crate::model::{AccessControl, Ambiguity, Entitlement, Model, Name, Origin, Selector, Sourced, Subjects, Terms};

/// Which permission set in which account.
pub type Which = (AccountId, PermissionSetArn);

/// Everything that some catalog selects, in accounts of every status: whether one may be granted now is not said here.
pub fn entitlements(model: &Model, directory: &Directory) -> BTreeMap<Which, Entitlement> {
    entitlements_in(model, directory, |_| true, Part { from: None, most: usize::MAX, words: &[] })
}

/// What the catalogs select that this person sees, in the accounts of this part; nothing for somebody disabled or unknown.
pub fn entitlements_seen(
    model: &Model,
    directory: &Directory,
    user: &UserId,
    part: Part<'_>,
) -> BTreeMap<Which, Entitlement> {
    let seen: BTreeSet<&Name> = catalogs_seen(model, directory, user).collect();
    entitlements_in(model, directory, |name| seen.contains(name), part)
}

/// Some of the accounts, so that a page of many entitlements costs no more than it shows.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// From this account on; `None`: from the first.
    pub from: Option<&'a AccountId>,
    /// No further account is looked at once there are as many entitlements as this.
    pub most: usize,
    /// Only entitlements in which each of these words occurs: in the id or name of the account, the name of the permission
    /// set, or the name of one of its catalogs. In lower case.
    pub words: &'a [String],
}

/// One entitlement; `None` where no catalog selects it, or the directory does not know account or permission set.
pub fn entitlement(
    model: &Model,
    directory: &Directory,
    account: &AccountId,
    permission_set: &PermissionSetArn,
) -> Option<Entitlement> {
    let (place, set) = (Place::of(directory, account)?, Set::of(directory, permission_set)?);
    let selects = |selector: &Selector| place.is_selected(selector) && set.is_selected(selector);
    let catalogs: BTreeSet<Name> = model
        .catalogs
        .iter()
        .filter(|(_, catalog)| catalog.entitlements.iter().any(selects))
        .map(|(name, _)| name.clone())
        .collect();
    if catalogs.is_empty() {
        return None;
    }
    Some(place.entitlement(&set, Arc::new(catalogs), Arc::new(terms(model, directory, account, permission_set)?)))
}

/// The terms of a permission set in an account, whether a catalog selects it or not; `None` where the directory does not
/// know one of them.
pub fn terms(
    model: &Model,
    directory: &Directory,
    account: &AccountId,
    permission_set: &PermissionSetArn,
) -> Option<Terms> {
    let (place, set) = (Place::of(directory, account)?, Set::of(directory, permission_set)?);
    let mut controls = ranked(model);
    controls.retain(|(_, control)| control.on.as_ref().is_none_or(|on| place.is_selected(on) && set.is_selected(on)));
    inherit(&controls)
}

/// Whether any of these selects a permission set in an account; not where the directory does not know one of them.
pub(crate) fn selects(
    selectors: &[Selector],
    directory: &Directory,
    account: &AccountId,
    permission_set: &PermissionSetArn,
) -> bool {
    let (place, set) = (Place::of(directory, account), Set::of(directory, permission_set));
    let both = place.zip(set);
    both.is_some_and(|(place, set)| selectors.iter().any(|by| place.is_selected(by) && set.is_selected(by)))
}

/// Whether this person may see and request this entitlement, because one of its catalogs is visible to them.
pub fn sees(model: &Model, directory: &Directory, user: &UserId, entitlement: &Entitlement) -> bool {
    catalogs_seen(model, directory, user).any(|name| entitlement.catalogs.contains(name))
}

/// The catalogs that this person sees.
pub fn catalogs_seen<'a>(
    model: &'a Model,
    directory: &'a Directory,
    user: &'a UserId,
) -> impl Iterator<Item = &'a Name> {
    let seen = |(_, catalog): &(&Name, &crate::model::Catalog)| subjects_contain(&catalog.visible_to, directory, user);
    model.catalogs.iter().filter(seen).map(|(name, _)| name)
}

/// Whether this person is among them. Somebody disabled or unknown is in nothing, not even in everybody.
pub fn subjects_contain(subjects: &Subjects, directory: &Directory, user: &UserId) -> bool {
    let Some(person) = directory.users.get(user).filter(|person| person.enabled) else { return false };
    subjects.everybody
        || subjects.users.contains(&person.name)
        || subjects.users.contains(user.as_str())
        || (!subjects.groups.is_empty()
            && person
                .groups
                .iter()
                .any(|id| directory.groups.get(id).is_some_and(|group| subjects.groups.contains(&group.name))))
}

/// How specific an access control is; the greater one wins, setting by setting. The place counts first: one account by id
/// or full name, then accounts by glob or tags, then an OU path, then none. Of OU paths the one with more levels is
/// nearer; of equally many, one OU is nearer than everything below it, and a name nearer than a glob. In the same place,
/// one permission set counts more than a glob, and a glob more than none. The default is below everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    place: u8,
    levels: usize,
    only_this_unit: bool,
    unit_by_name: bool,
    permission_set: u8,
}

impl Rank {
    /// The rank of an access control on this selection; `None` is the default.
    pub fn of(on: Option<&Selector>) -> Self {
        let Some(on) = on else {
            return Self { place: 0, levels: 0, only_this_unit: false, unit_by_name: false, permission_set: 0 };
        };
        let unit = on.unit.as_ref().map(crate::pattern::Pattern::as_str);
        let path = unit.map(|unit| unit.strip_suffix("/**").unwrap_or(unit));
        Self {
            place: match (&on.account, &on.unit) {
                (Some(account), _) if account.is_literal() => 4,
                (Some(_), _) => 3,
                _ if !on.tags.is_empty() => 3,
                (None, Some(_)) => 2,
                (None, None) => 1,
            },
            levels: path.map_or(0, |path| path.split('/').filter(|level| !level.is_empty()).count()),
            only_this_unit: unit.is_some() && unit == path,
            unit_by_name: path.is_some_and(|path| !path.contains('*')),
            permission_set: match &on.permission_set {
                Some(set) if set.is_literal() => 2,
                Some(_) => 1,
                None => 0,
            },
        }
    }
}

/// Access controls with their ranks, the most specific first; equally specific ones in the order of the files.
type Ranked<'a> = Vec<(Rank, &'a AccessControl)>;

fn ranked(model: &Model) -> Ranked<'_> {
    let mut controls: Ranked<'_> =
        model.access.iter().map(|control| (Rank::of(control.on.as_ref()), control)).collect();
    controls.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    controls
}

/// An account as selectors see it.
pub(crate) struct Place<'a> {
    pub(crate) id: &'a AccountId,
    pub(crate) account: &'a Account,
    pub(crate) path: String,
}

/// A permission set as selectors see it.
pub(crate) struct Set<'a> {
    pub(crate) arn: &'a PermissionSetArn,
    set: &'a PermissionSet,
}

impl<'a> Place<'a> {
    pub(crate) fn of(directory: &'a Directory, account: &AccountId) -> Option<Self> {
        let (id, account) = directory.accounts.get_key_value(account)?;
        Some(Self { id, account, path: directory.path_of(&account.unit) })
    }

    pub(crate) fn is_selected(&self, by: &Selector) -> bool {
        by.unit.as_ref().is_none_or(|unit| unit.matches(&self.path))
            && by.account.as_ref().is_none_or(|name| name.matches(self.id.as_str()) || name.matches(&self.account.name))
            && by.tags.iter().all(|(tag, value)| self.account.tags.get(tag).is_some_and(|text| value.matches(text)))
    }

    fn entitlement(&self, set: &Set<'_>, catalogs: Arc<BTreeSet<Name>>, terms: Arc<Terms>) -> Entitlement {
        Entitlement {
            account: self.id.clone(),
            account_name: self.account.name.clone(),
            permission_set: set.arn.clone(),
            permission_set_name: set.set.name.clone(),
            catalogs,
            terms,
        }
    }
}

impl<'a> Set<'a> {
    pub(crate) fn of(directory: &'a Directory, arn: &PermissionSetArn) -> Option<Self> {
        directory.permission_sets.get_key_value(arn).map(|(arn, set)| Self { arn, set })
    }

    pub(crate) fn is_selected(&self, by: &Selector) -> bool {
        by.permission_set.as_ref().is_none_or(|name| name.matches(&self.set.name) || name.as_str() == self.arn.as_str())
    }
}

/// Selects by patterns once per account and once per permission set; the product of both is only looked up.
fn entitlements_in(
    model: &Model,
    directory: &Directory,
    wanted: impl Fn(&Name) -> bool,
    part: Part<'_>,
) -> BTreeMap<Which, Entitlement> {
    let sets: Vec<Set<'_>> = directory.permission_sets.iter().map(|(arn, set)| Set { arn, set }).collect();
    let selectors: Vec<(&Name, &Selector, Vec<bool>)> = model
        .catalogs
        .iter()
        .filter(|(name, _)| wanted(name))
        .flat_map(|(name, catalog)| catalog.entitlements.iter().map(move |selector| (name, selector)))
        .map(|(name, selector)| (name, selector, sets.iter().map(|set| set.is_selected(selector)).collect()))
        .collect();
    let controls: Vec<((Rank, &AccessControl), Vec<bool>)> = ranked(model)
        .into_iter()
        .map(|(rank, control)| {
            let on = |set: &Set<'_>| control.on.as_ref().is_none_or(|on| set.is_selected(on));
            ((rank, control), sets.iter().map(on).collect())
        })
        .collect();
    let found_in_sets: Vec<Vec<bool>> = sets.iter().map(|set| hits(part.words, &set.set.name)).collect();
    let mut shared = Shared::default();
    let mut found = Vec::new();
    let from = part.from.map_or(Bound::Unbounded, Bound::Included);
    for (account, _) in directory.accounts.range((from, Bound::Unbounded)) {
        if found.len() >= part.most {
            break;
        }
        let Some(place) = Place::of(directory, account) else { continue };
        let here: Vec<_> = selectors.iter().filter(|(_, selector, _)| place.is_selected(selector)).collect();
        let on_here = |control: &AccessControl| control.on.as_ref().is_none_or(|on| place.is_selected(on));
        let ruling: Vec<_> = controls.iter().filter(|((_, control), _)| on_here(control)).collect();
        let found_here = hits(part.words, &format!("{} {}", place.id, place.account.name));
        for (at, set) in sets.iter().enumerate() {
            let selected = |flags: &Vec<bool>| flags.get(at).copied().unwrap_or(false);
            let catalogs: Vec<&Name> =
                here.iter().filter(|(_, _, flags)| selected(flags)).map(|(name, _, _)| *name).collect();
            let in_set = found_in_sets.get(at).map_or(&[][..], Vec::as_slice);
            if catalogs.is_empty() || !is_found(part.words, [&found_here, in_set], &catalogs) {
                continue;
            }
            let ruling: Ranked<'_> =
                ruling.iter().filter(|(_, flags)| selected(flags)).map(|(control, _)| *control).collect();
            let Some(terms) = shared.terms(&ruling) else { continue };
            let entitlement = place.entitlement(set, shared.catalogs(catalogs), terms);
            found.push(((account.clone(), set.arn.clone()), entitlement));
        }
    }
    found.into_iter().collect()
}

/// Which of these words occur in a text.
fn hits(words: &[String], text: &str) -> Vec<bool> {
    if words.is_empty() {
        return Vec::new();
    }
    let text = text.to_lowercase();
    words.iter().map(|word| text.contains(word.as_str())).collect()
}

/// Whether each word occurs somewhere: in account or permission set, as was found out before, or in a catalog's name.
fn is_found(words: &[String], before: [&[bool]; 2], catalogs: &[&Name]) -> bool {
    words.iter().enumerate().all(|(at, word)| {
        before.iter().any(|hits| hits.get(at).copied().unwrap_or(false))
            || catalogs.iter().any(|name| name.contains(word.as_str()))
    })
}

/// Terms and sets of catalogs that were made before: an organisation has few different ones.
#[derive(Default)]
struct Shared<'a> {
    /// By the places of the access controls that rule.
    terms: HashMap<Vec<*const AccessControl>, Option<Arc<Terms>>>,
    catalogs: HashMap<Vec<&'a Name>, Arc<BTreeSet<Name>>>,
}

impl<'a> Shared<'a> {
    fn terms(&mut self, controls: &[(Rank, &AccessControl)]) -> Option<Arc<Terms>> {
        let key = controls.iter().map(|(_, control)| std::ptr::from_ref(*control)).collect();
        self.terms.entry(key).or_insert_with(|| inherit(controls).map(Arc::new)).clone()
    }

    fn catalogs(&mut self, names: Vec<&'a Name>) -> Arc<BTreeSet<Name>> {
        let all = |names: &[&Name]| Arc::new(names.iter().map(|name| (*name).clone()).collect());
        self.catalogs.entry(names).or_insert_with_key(|names| all(names)).clone()
    }
}

/// Each setting from the most specific access control that sets it. `None` where nothing sets one that must be set, which
/// no loaded model has, because its default sets them all.
fn inherit(controls: &[(Rank, &AccessControl)]) -> Option<Terms> {
    let mut pick = Pick { controls, ambiguous: Vec::new() };
    let policy = pick.of("policy", |control| control.policy.as_ref());
    let emergency = pick.of("emergency_policy", |control| control.emergency_policy.as_ref());
    let max_duration = pick.of("max_duration", |control| control.max_duration.as_ref());
    let strategy = pick.of("strategy", |control| control.strategy.as_ref());
    let entitlement_owner = pick.of("entitlement_owner", |control| control.entitlement_owner.as_ref());
    let account_owner = pick.of("account_owner", |control| control.account_owner.as_ref());
    let risk = pick.of("risk", |control| control.risk.as_ref());
    Some(Terms {
        policy: policy?,
        emergency_policy: emergency.and_then(|set| Some(Sourced { value: set.value?, origin: set.origin })),
        max_duration: max_duration?,
        strategy: strategy?,
        entitlement_owner,
        account_owner,
        risk: risk?,
        ambiguous: pick.ambiguous,
    })
}

struct Pick<'a> {
    controls: &'a [(Rank, &'a AccessControl)],
    ambiguous: Vec<Ambiguity>,
}

impl<'a> Pick<'a> {
    fn of<T: Clone + PartialEq + 'a>(
        &mut self,
        setting: &'static str,
        get: impl Fn(&'a AccessControl) -> Option<&'a T>,
    ) -> Option<Sourced<T>> {
        let mut set = self.controls.iter().filter_map(|(rank, control)| Some((rank, &control.origin, get(control)?)));
        let (rank, origin, value) = set.next()?;
        let mut others =
            set.take_while(|(other, _, _)| *other == rank).filter(|(_, _, other)| *other != value).peekable();
        if others.peek().is_some() {
            let origins: Vec<Origin> =
                std::iter::once(origin).chain(others.map(|(_, origin, _)| origin)).cloned().collect();
            self.ambiguous.push(Ambiguity { setting, origins });
        }
        Some(Sourced { value: value.clone(), origin: origin.clone() })
    }
}

#[cfg(test)]
mod tests;
