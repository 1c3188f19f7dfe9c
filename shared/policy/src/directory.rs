//! The organisation as Curfew last read it: accounts in OUs, permission sets, people in groups.
//!
//! `sync` writes it as one consistent snapshot; policy decides from it and never from anything older than the
//! configuration's bound (`settings.facts_max_age`).

mod changes;
mod people;
mod stored;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use curfew_domain::id::{AccountId, GroupId, PermissionSetArn, UnitId, UserId};
use curfew_domain::time::{SignedDuration, Timestamp};

pub use changes::{Change, changes};
pub use people::People;
pub use stored::{StoredDirectory, Unreadable, compress, decompress, pack, unpack};

/// One consistent snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// When reading it began: nothing in it is older.
    pub taken_at: Timestamp,
    /// OUs and the root.
    pub units: BTreeMap<UnitId, OrgUnit>,
    /// Accounts of the organisation.
    pub accounts: BTreeMap<AccountId, Account>,
    /// Permission sets of the Identity Center instance.
    pub permission_sets: BTreeMap<PermissionSetArn, PermissionSet>,
    /// People.
    pub users: People,
    /// Groups.
    pub groups: BTreeMap<GroupId, Group>,
}

/// An OU, or the root of the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgUnit {
    /// Its name; that of the root is `Root`.
    pub name: String,
    /// `None` for the root.
    pub parent: Option<UnitId>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name. Not unique, and the account itself can change it.
    pub name: String,
    /// The OU, or root, that it is in directly.
    pub unit: UnitId,
    /// Tags of Organizations.
    pub tags: BTreeMap<String, String>,
    /// In use: neither suspended nor closing nor closed.
    pub active: bool,
    /// The management account, which a delegated administrator cannot assign to.
    pub management: bool,
}

/// A permission set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionSet {
    /// Its name; unique in the instance.
    pub name: String,
    /// What its administrators say about it.
    pub description: String,
    /// How long its role sessions last.
    pub session: SignedDuration,
    /// The accounts that it is provisioned in.
    pub provisioned_in: BTreeSet<AccountId>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// User name; unique in the identity store.
    pub name: String,
    /// What people call the person.
    pub display_name: String,
    /// Primary e-mail address. For notices only, never for identity.
    pub email: Option<String>,
    /// Not disabled.
    pub enabled: bool,
    /// The manager, where the directory names one that exists.
    pub manager: Option<UserId>,
    /// Attributes by name: `department`, `title`, `employment`, and what the configuration maps besides.
    pub attributes: BTreeMap<String, String>,
    /// Groups that the person is in.
    pub groups: BTreeSet<GroupId>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its display name; unique in the identity store.
    pub name: String,
}

/// How much is in a directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// OUs, with the root.
    pub units: usize,
    /// Accounts, also those that are not in use.
    pub accounts: usize,
    /// Permission sets.
    pub permission_sets: usize,
    /// People, also those who are disabled.
    pub users: usize,
    /// Groups.
    pub groups: usize,
    /// Pairs of a person and a group.
    pub memberships: usize,
}

impl Directory {
    /// A directory of nothing.
    pub fn empty(taken_at: Timestamp) -> Self {
        Self {
            taken_at,
            units: BTreeMap::new(),
            accounts: BTreeMap::new(),
            permission_sets: BTreeMap::new(),
            users: People::new(),
            groups: BTreeMap::new(),
        }
    }

    /// How much is in it.
    pub fn counts(&self) -> Counts {
        Counts {
            units: self.units.len(),
            accounts: self.accounts.len(),
            permission_sets: self.permission_sets.len(),
            users: self.users.len(),
            groups: self.groups.len(),
            memberships: self.users.values().map(|user| user.groups.len()).sum(),
        }
    }

    /// The OUs of an account from the nearest to the root. Ends where a parent is unknown or would repeat.
    pub fn units_of(&self, account: &Account) -> Vec<&UnitId> {
        let mut path: Vec<&UnitId> = Vec::new();
        let mut next = self.units.get_key_value(&account.unit);
        while let Some((id, unit)) = next.filter(|(id, _)| !path.contains(id)) {
            path.push(id);
            next = unit.parent.as_ref().and_then(|parent| self.units.get_key_value(parent));
        }
        path
    }

    /// Where an OU is, such as `/Workloads/Production`; the root is `/`.
    pub fn path_of(&self, unit: &UnitId) -> String {
        let mut names: Vec<&str> = Vec::new();
        let mut next = self.units.get(unit);
        while let Some(unit) = next.filter(|_| names.len() < self.units.len()) {
            let Some(parent) = &unit.parent else { break };
            names.push(&unit.name);
            next = self.units.get(parent);
        }
        names.reverse();
        format!("/{}", names.join("/"))
    }

    /// The user of this name, exactly as written.
    pub fn user_named(&self, name: &str) -> Option<(&UserId, &User)> {
        self.users.named(name).next()
    }

    /// The group of this display name, exactly as written.
    pub fn group_named(&self, name: &str) -> Option<(&GroupId, &Group)> {
        self.groups.iter().find(|(_, group)| group.name == name)
    }
}
