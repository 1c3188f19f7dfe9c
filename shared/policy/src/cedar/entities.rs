//! Directory and model as Cedar entities.
//!
//! What is made here has the form of the schema by construction, so the schema need not be parsed to judge a request
//! (about 1 ms of a cold start); the differential test checks every request and entity against it.
//!
//! There is what conditions can reach: the requester, the managers above, the entitlement, its account and permission set.
//! Groups, rotations, OUs and catalogs are there as ancestors: they have no attributes, and `compile` refuses conditions
//! that look into named entities.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use curfew_domain::id::UserId;
use curfew_domain::time::{SignedDuration, Timestamp};

use super::head::key;
use super::rules::Types;
use super::schema::{ANY_FLOW, BUILT_IN, group_of};
use crate::approvers::on_call;
use crate::directory::{Account, Directory, PermissionSet, User};
use crate::model::{Approver, Entitlement, Model};

/// Managers above a person that are looked at, at most. Longer chains do not occur, and a circle ends where it closes.
const MANAGERS: usize = 32;
/// Named groups of approvers within each other that are followed.
const NESTED: usize = 16;
/// Longest session of a permission set that AWS allows, 12 hours (`CreatePermissionSet`, `SessionDuration`), doubled: what
/// is above is an error of the facts.
const SESSION_BOUND: SignedDuration = SignedDuration::from_hours(24);

/// Why a question cannot be put to Cedar, in a sentence.
pub(crate) type Unclear = String;

/// What entities are made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) directory: &'a Directory,
    pub(crate) model: &'a Model,
    pub(crate) types: &'a Types,
    pub(crate) now: Timestamp,
}

/// An entity of this type and id.
pub(crate) fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

/// `<account id>/<permission set name>`
pub(crate) fn entitlement_id(entitlement: &Entitlement) -> String {
    format!("{}/{}", entitlement.account, entitlement.permission_set_name)
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

/// A duration of Cedar. Its own form, in seconds.
pub(crate) fn duration(of: SignedDuration) -> RestrictedExpression {
    RestrictedExpression::new_duration(format!("{}s", of.as_secs()))
}

impl<'a> Source<'a> {
    /// Names of the groups and rotations that a person is in now, under their entity types.
    fn memberships(&self, id: &UserId, user: &'a User) -> Vec<(&'static str, &'a EntityTypeName, &'a str)> {
        let groups = user.groups.iter().filter_map(|group| self.directory.groups.get(group));
        let groups = groups.map(|group| ("Group", &self.types.group, group.name.as_str()));
        let on_call = self.model.rotations.keys().filter(|rotation| self.is_on_call(rotation, id, user));
        groups.chain(on_call.map(|rotation| ("OnCall", &self.types.on_call, rotation.as_str()))).collect()
    }

    fn is_on_call(&self, rotation: &str, id: &UserId, user: &User) -> bool {
        self.model.rotations.get(rotation).into_iter().flatten().any(|shift| {
            shift.from.is_none_or(|from| from <= self.now)
                && shift.until.is_none_or(|until| self.now < until)
                && shift.users.iter().any(|named| *named == user.name || named == id.as_str())
        })
    }

    /// The keys of heads that can match this person.
    pub(crate) fn principal_keys(&self, id: &UserId, user: &'a User) -> Vec<String> {
        let memberships = self.memberships(id, user).into_iter().map(|(kind, _, name)| key(kind, name));
        std::iter::once(key("User", &user.name)).chain(memberships).collect()
    }

    /// A person.
    pub(crate) fn person(&self, id: &UserId, user: &'a User) -> Result<Entity, Unclear> {
        let mut attributes = HashMap::from([("name".to_owned(), text(&user.name))]);
        for (name, value) in &user.attributes {
            let known = ["department", "title"].contains(&name.as_str())
                || (self.model.settings.attributes.contains_key(name) && !BUILT_IN.contains(&name.as_str()));
            if known {
                attributes.insert(name.clone(), text(value));
            }
        }
        if let Some(value) = user.attributes.get("employment") {
            attributes.insert("employment".to_owned(), self.employment(user, value)?);
        }
        if let Some(manager) = user.manager.as_ref().and_then(|id| self.directory.users.get(id)) {
            let manager = RestrictedExpression::new_entity_uid(uid(&self.types.user, &manager.name));
            attributes.insert("manager".to_owned(), manager);
        }
        let parents = self.memberships(id, user).into_iter().map(|(_, kind, name)| uid(kind, name)).collect();
        made(Entity::new(uid(&self.types.user, &user.name), attributes, parents))
    }

    fn employment(&self, user: &User, value: &str) -> Result<RestrictedExpression, Unclear> {
        let known = &self.model.settings.employment;
        if known.is_empty() {
            Ok(text(value))
        } else if known.iter().any(|known| known == value) {
            Ok(RestrictedExpression::new_entity_uid(uid(&self.types.employment, value)))
        } else {
            Err(format!(
                "the directory says that {} is employed as `{value}`, which `settings.employment` does not list; \
                 an administrator has to add it there, or to mend it in the directory",
                user.name
            ))
        }
    }

    /// The managers above a person, nearest first.
    pub(crate) fn managers(&self, user: &'a User) -> Result<Vec<Entity>, Unclear> {
        let mut seen: BTreeSet<&UserId> = BTreeSet::new();
        let mut managers = Vec::new();
        let mut next = user.manager.as_ref();
        while let Some((id, manager)) = next.and_then(|id| self.directory.users.get_key_value(id)) {
            // The person itself may be in the circle, and is there already.
            if !seen.insert(id) || std::ptr::eq(manager, user) {
                break;
            }
            if managers.len() == MANAGERS {
                return Err(format!("the directory names more than {MANAGERS} managers above {}", user.name));
            }
            managers.push(self.person(id, manager)?);
            next = manager.manager.as_ref();
        }
        Ok(managers)
    }

    /// The flows with their action groups.
    pub(crate) fn actions(&self, flows: &BTreeMap<String, bool>) -> Vec<Entity> {
        let action = |name: &str| uid(&self.types.action, name);
        let groups = |automatic| HashSet::from([action(ANY_FLOW), action(group_of(automatic))]);
        flows.iter().map(|(name, automatic)| Entity::new_no_attrs(action(name), groups(*automatic))).collect()
    }

    /// An account and the keys of the OUs that it is in.
    pub(crate) fn account(&self, entitlement: &Entitlement) -> Result<(Entity, Vec<String>), Unclear> {
        let account = self.known_account(entitlement)?;
        let paths: Vec<String> = self.unit_paths(account);
        let attributes = HashMap::from([("name".to_owned(), text(&account.name))]);
        let tags = account.tags.iter().map(|(name, value)| (name.clone(), text(value)));
        let parents: HashSet<EntityUid> = paths.iter().map(|path| uid(&self.types.unit, path)).collect();
        let id = uid(&self.types.account, entitlement.account.as_str());
        let account = made(Entity::new_with_tags(id, attributes, parents, tags))?;
        Ok((account, paths))
    }

    fn known_account(&self, entitlement: &Entitlement) -> Result<&'a Account, Unclear> {
        let account = self.directory.accounts.get(&entitlement.account);
        account.ok_or_else(|| format!("account {} is not in the organisation", entitlement.account))
    }

    fn unit_paths(&self, account: &'a Account) -> Vec<String> {
        self.directory.units_of(account).into_iter().map(|unit| self.directory.path_of(unit)).collect()
    }

    /// A permission set.
    pub(crate) fn permission_set(&self, entitlement: &Entitlement) -> Result<Entity, Unclear> {
        let PermissionSet { name, session, .. } = self.known_permission_set(entitlement)?;
        if *session < SignedDuration::ZERO || *session > SESSION_BOUND {
            return Err(format!("the directory says that sessions of {name} last {session}, which cannot be"));
        }
        let attributes = HashMap::from([("session".to_owned(), duration(*session))]);
        made(Entity::new(uid(&self.types.permission_set, name), attributes, HashSet::new()))
    }

    fn known_permission_set(&self, entitlement: &Entitlement) -> Result<&'a PermissionSet, Unclear> {
        let known = self.directory.permission_sets.get(&entitlement.permission_set);
        let known = known.filter(|known| known.name == entitlement.permission_set_name);
        known.ok_or_else(|| format!("permission set {} is not in Identity Center", entitlement.permission_set_name))
    }

    /// An entitlement with its ancestors: account, OUs, permission set, catalogs.
    pub(crate) fn entitlement(
        &self,
        entitlement: &Entitlement,
        paths: &[String],
        owners: &BTreeSet<String>,
    ) -> Result<Entity, Unclear> {
        let types = self.types;
        let account = uid(&types.account, entitlement.account.as_str());
        let permission_set = uid(&types.permission_set, &entitlement.permission_set_name);
        let owners = owners.iter().map(|name| RestrictedExpression::new_entity_uid(uid(&types.user, name)));
        let attributes = HashMap::from([
            ("account".to_owned(), RestrictedExpression::new_entity_uid(account.clone())),
            ("permissionSet".to_owned(), RestrictedExpression::new_entity_uid(permission_set.clone())),
            (
                "risk".to_owned(),
                RestrictedExpression::new_entity_uid(uid(&types.risk, entitlement.terms.risk.value.name())),
            ),
            ("owners".to_owned(), RestrictedExpression::new_set(owners)),
        ]);
        let units = paths.iter().map(|path| uid(&types.unit, path));
        let catalogs = entitlement.catalogs.iter().map(|name| uid(&types.catalog, name));
        let parents = units.chain(catalogs).chain([account, permission_set]).collect();
        made(Entity::new(uid(&types.entitlement, &entitlement_id(entitlement)), attributes, parents))
    }

    /// User names of the owners of an entitlement, as the model resolves them for this requester.
    pub(crate) fn owners(&self, entitlement: &Entitlement, requester: &User) -> BTreeSet<String> {
        let mut owners = BTreeSet::new();
        let named = entitlement.terms.entitlement_owner.iter().flat_map(|owner| &owner.value);
        named.for_each(|owner| self.owner(owner, entitlement, requester, NESTED, &mut owners));
        owners
    }

    fn owner(&self, owner: &Approver, of: &Entitlement, requester: &User, depth: usize, to: &mut BTreeSet<String>) {
        let users = &self.directory.users;
        // A name or an id, whichever fits.
        let mut add = |named: &str| {
            let by_id = UserId::parse(named).ok().and_then(|id| users.get(&id));
            let meant = by_id.into_iter().chain(users.named(named).map(|(_, user)| user));
            to.extend(meant.map(|user| user.name.clone()));
        };
        match owner {
            Approver::User(named) => add(named),
            Approver::Group(named) => {
                let group = self.directory.group_named(named);
                let members = group.into_iter().flat_map(|(group, _)| users.members(group));
                to.extend(members.map(|(_, user)| user.name.clone()));
            }
            Approver::OnCall(rotation) => on_call(self.model, rotation, self.now).for_each(add),
            Approver::Manager => {
                to.extend(requester.manager.as_ref().and_then(|id| users.get(id)).map(|manager| manager.name.clone()));
            }
            Approver::AccountOwner | Approver::Named(_) if depth > 0 => {
                let owners = match owner {
                    Approver::Named(name) => self.model.approver_groups.get(name),
                    _ => of.terms.account_owner.as_ref().map(|owner| &owner.value),
                };
                owners.into_iter().flatten().for_each(|owner| self.owner(owner, of, requester, depth - 1, to));
            }
            // An owner that is the owner adds nobody.
            Approver::EntitlementOwner | Approver::AccountOwner | Approver::Named(_) => {}
        }
    }
}

/// The keys of heads that can match this entitlement, which is in these OUs.
pub(crate) fn resource_keys(entitlement: &Entitlement, paths: &[String]) -> Vec<String> {
    let own = [
        key("Entitlement", &entitlement_id(entitlement)),
        key("Account", entitlement.account.as_str()),
        key("PermissionSet", &entitlement.permission_set_name),
    ];
    let units = paths.iter().map(|path| key("OrgUnit", path));
    own.into_iter().chain(units).chain(entitlement.catalogs.iter().map(|name| key("Catalog", name))).collect()
}

fn made<E: std::error::Error>(entity: Result<Entity, E>) -> Result<Entity, Unclear> {
    entity.map_err(|error| error.to_string())
}
