//! The sample organisation, from one data file.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::Error;

/// Part of the program, so that it can never be missing.
const FILE: &str = include_str!("../organization.json");

/// Accounts in OUs, permission sets and people.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Organization {
    /// Who publishes the first configuration.
    pub(crate) administrator: String,
    pub(crate) units: Vec<Unit>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) permission_sets: Vec<PermissionSet>,
    pub(crate) users: Vec<User>,
    pub(crate) groups: Vec<Group>,
    pub(crate) standing: Vec<Standing>,
}

/// An OU; its name matters to emulator/organization.py only, which creates OUs and accounts from the same file.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Unit {
    #[serde(default)]
    pub(crate) units: Vec<Unit>,
}

/// An account.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Account {
    pub(crate) name: String,
}

/// A permission set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PermissionSet {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) session_duration: String,
}

/// A person.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) given_name: String,
    pub(crate) family_name: String,
    pub(crate) title: String,
    pub(crate) department: String,
    pub(crate) manager: Option<String>,
    /// `employee`, unless said.
    pub(crate) employment: Option<String>,
}

/// A group and its members.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) members: Vec<String>,
}

/// An assignment that was there before Curfew and that it must never touch.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Standing {
    pub(crate) user: String,
    pub(crate) account: String,
    pub(crate) permission_set: String,
}

/// The ids that the emulators gave to names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ids {
    pub(crate) accounts: BTreeMap<String, String>,
    pub(crate) permission_sets: BTreeMap<String, String>,
    pub(crate) users: BTreeMap<String, String>,
}

impl Organization {
    /// Reads the data file.
    pub(crate) fn sample() -> Result<Self, Error> {
        serde_json::from_str(FILE)
            .map_err(|error| Error::unexpected("read organization.json", "an organisation", error))
    }

    /// How many OUs there are, at all levels.
    pub(crate) fn unit_count(&self) -> usize {
        fn count(units: &[Unit]) -> usize {
            units.iter().map(|unit| 1 + count(&unit.units)).sum()
        }
        count(&self.units)
    }
}

/// The id of a name. The data file is tested to hold together, so a miss is a fault of an emulator.
pub(crate) fn id<'i>(ids: &'i BTreeMap<String, String>, name: &str) -> Result<&'i str, Error> {
    ids.get(name).map(String::as_str).ok_or_else(|| Error::unexpected("look up an id", "a seeded name", name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_sample_is_as_large_as_promised() {
        let sample = Organization::sample().unwrap();
        assert!(sample.unit_count() >= 3);
        assert_eq!(sample.accounts.len(), 8);
        assert_eq!(sample.permission_sets.len(), 6);
        assert_eq!((sample.users.len(), sample.groups.len()), (12, 5));
    }

    #[test]
    fn every_name_is_defined_once_and_every_reference_resolves() {
        let sample = Organization::sample().unwrap();
        let users: BTreeSet<_> = sample.users.iter().map(|user| &user.name).collect();
        let accounts: BTreeSet<_> = sample.accounts.iter().map(|account| &account.name).collect();
        let sets: BTreeSet<_> = sample.permission_sets.iter().map(|set| &set.name).collect();
        assert_eq!((users.len(), accounts.len(), sets.len()), (12, 8, 6));
        let named = sample.users.iter().filter_map(|user| user.manager.as_ref());
        let named = named.chain(sample.groups.iter().flat_map(|group| &group.members));
        named
            .chain(sample.standing.iter().map(|one| &one.user))
            .chain([&sample.administrator])
            .for_each(|name| assert!(users.contains(name), "{name}"));
        for (account, set) in sample.standing.iter().map(|one| (&one.account, &one.permission_set)) {
            assert!(accounts.contains(account) && sets.contains(set), "{account} {set}");
        }
    }

    #[test]
    fn managers_come_before_those_they_manage() {
        let mut seen = BTreeSet::new();
        for user in Organization::sample().unwrap().users {
            assert!(user.manager.is_none_or(|manager| seen.contains(&manager)), "{}", user.name);
            seen.insert(user.name);
        }
    }

    #[test]
    fn one_permission_set_has_sessions_that_are_too_long() {
        let sample = Organization::sample().unwrap();
        let long: Vec<_> = sample.permission_sets.iter().filter(|set| set.session_duration == "PT12H").collect();
        assert_eq!(long.len(), 1);
    }
}
