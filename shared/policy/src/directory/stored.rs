//! The directory as it is stored and sent: JSON with a schema version, people and groups by position instead of by id,
//! compressed by gzip. Separate from the domain's types, which may change with a release; this may only grow.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use curfew_domain::id::{AccountId, GroupId, InvalidId, PermissionSetArn, UnitId, UserId};
use curfew_domain::time::{SignedDuration, Timestamp};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Account, Directory, Group, OrgUnit, PermissionSet, User};

/// Raised when an older release could not read what a newer one writes.
const SCHEMA: u32 = 1;
/// Largest JSON text that is unpacked, in bytes: over ten times that of 12,000 people. A function has 256 MB.
const LARGEST: u64 = 64 << 20;

/// Why stored bytes are no directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Written by another release.
    #[error("it has schema {0}; this release reads schema {SCHEMA}")]
    Schema(u32),
    /// Not what this module writes.
    #[error("{0}")]
    Form(String),
    /// Larger than anything that is unpacked.
    #[error("it is larger than {LARGEST} bytes when unpacked")]
    TooLarge,
    /// An id of the wrong form.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// It points to something that is not in it.
    #[error("it names {what} number {position}, which is not in it")]
    Dangling {
        /// Of what kind.
        what: &'static str,
        /// Which.
        position: usize,
    },
}

/// The stored shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredDirectory {
    schema: u32,
    /// Left out where it is kept beside: two snapshots that differ only in time are then the same bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_at: Option<Timestamp>,
    units: Vec<StoredUnit>,
    accounts: Vec<StoredAccount>,
    permission_sets: Vec<StoredSet>,
    groups: Vec<StoredGroup>,
    users: Vec<StoredUser>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredUnit {
    id: String,
    name: String,
    /// Position in `units`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredAccount {
    id: String,
    name: String,
    unit: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    active: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    management: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredSet {
    arn: String,
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    /// Seconds.
    session: i64,
    /// Positions in `accounts`: first and last of each run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    provisioned_in: Vec<(usize, usize)>,
    /// Ids of accounts that are not in `accounts`, as in a snapshot under way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    provisioned_elsewhere: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredGroup {
    id: String,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredUser {
    id: String,
    name: String,
    display_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    enabled: bool,
    /// Position in `users`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manager: Option<usize>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
    /// Positions in `groups`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<usize>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Where each key of a map stands.
fn positions<K: Ord, V>(map: &BTreeMap<K, V>) -> BTreeMap<&K, usize> {
    map.keys().enumerate().map(|(position, key)| (key, position)).collect()
}

impl From<&Directory> for StoredDirectory {
    /// A manager, a group or a parent that the directory does not have is left out.
    fn from(directory: &Directory) -> Self {
        let Directory { taken_at, units, accounts, permission_sets, users, groups } = directory;
        let (unit_at, account_at) = (positions(units), positions(accounts));
        let (group_at, user_at) = (positions(groups), positions(users));
        let unit = |(id, unit): (&UnitId, &OrgUnit)| StoredUnit {
            id: id.to_string(),
            name: unit.name.clone(),
            parent: unit.parent.as_ref().and_then(|parent| unit_at.get(parent).copied()),
        };
        let elsewhere = |id: &&AccountId| !account_at.contains_key(id);
        let set = |(arn, set): (&PermissionSetArn, &PermissionSet)| StoredSet {
            arn: arn.to_string(),
            name: set.name.clone(),
            description: set.description.clone(),
            session: set.session.as_secs(),
            provisioned_in: runs(set.provisioned_in.iter().filter_map(|id| account_at.get(id).copied())),
            provisioned_elsewhere: set.provisioned_in.iter().filter(elsewhere).map(AccountId::to_string).collect(),
        };
        let user = |(id, user): (&UserId, &User)| StoredUser {
            id: id.to_string(),
            name: user.name.clone(),
            display_name: user.display_name.clone(),
            email: user.email.clone(),
            enabled: user.enabled,
            manager: user.manager.as_ref().and_then(|manager| user_at.get(manager).copied()),
            attributes: user.attributes.clone(),
            groups: user.groups.iter().filter_map(|group| group_at.get(group).copied()).collect(),
        };
        Self {
            schema: SCHEMA,
            taken_at: Some(*taken_at),
            units: units.iter().map(unit).collect(),
            accounts: accounts.iter().map(stored_account).collect(),
            permission_sets: permission_sets.iter().map(set).collect(),
            groups: groups.iter().map(|(id, g)| StoredGroup { id: id.to_string(), name: g.name.clone() }).collect(),
            users: users.iter().map(user).collect(),
        }
    }
}

fn stored_account((id, account): (&AccountId, &Account)) -> StoredAccount {
    StoredAccount {
        id: id.to_string(),
        name: account.name.clone(),
        unit: account.unit.to_string(),
        tags: account.tags.clone(),
        active: account.active,
        management: account.management,
    }
}

/// Rising positions as runs of neighbours.
fn runs(positions: impl Iterator<Item = usize>) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for position in positions {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == position => *last = position,
            _ => runs.push((position, position)),
        }
    }
    runs
}

impl StoredDirectory {
    /// The directory, taken at the instant that is stored with it.
    ///
    /// # Errors
    /// It does not hold together, or does not say when it was taken.
    pub fn into_directory(self) -> Result<Directory, Unreadable> {
        let taken_at = self.taken_at.ok_or_else(|| Unreadable::Form("it does not say when it was taken".to_owned()))?;
        self.taken_at(taken_at)
    }

    /// The directory, taken at an instant that is kept beside it.
    ///
    /// # Errors
    /// It does not hold together.
    pub fn taken_at(self, taken_at: Timestamp) -> Result<Directory, Unreadable> {
        if self.schema != SCHEMA {
            return Err(Unreadable::Schema(self.schema));
        }
        let unit_ids = ids(self.units.iter().map(|unit| &unit.id), UnitId::parse)?;
        let account_ids = ids(self.accounts.iter().map(|account| &account.id), AccountId::parse)?;
        let group_ids = ids(self.groups.iter().map(|group| &group.id), GroupId::parse)?;
        let user_ids = ids(self.users.iter().map(|user| &user.id), UserId::parse)?;
        let mut directory = Directory::empty(taken_at);
        for (id, unit) in unit_ids.iter().zip(self.units) {
            let parent = unit.parent.map(|position| at(&unit_ids, position, "unit")).transpose()?;
            directory.units.insert(id.clone(), OrgUnit { name: unit.name, parent });
        }
        for (id, account) in account_ids.iter().zip(self.accounts) {
            let StoredAccount { name, unit, tags, active, management, .. } = account;
            let account = Account { name, unit: UnitId::parse(&unit)?, tags, active, management };
            directory.accounts.insert(id.clone(), account);
        }
        for set in self.permission_sets {
            let arn = PermissionSetArn::parse(&set.arn)?;
            directory.permission_sets.insert(arn, permission_set(set, &account_ids)?);
        }
        for (id, group) in group_ids.iter().zip(self.groups) {
            directory.groups.insert(id.clone(), Group { name: group.name });
        }
        for (id, user) in user_ids.iter().zip(self.users) {
            let groups = user.groups.iter().map(|position| at(&group_ids, *position, "group"));
            let user = User {
                name: user.name,
                display_name: user.display_name,
                email: user.email,
                enabled: user.enabled,
                manager: user.manager.map(|position| at(&user_ids, position, "user")).transpose()?,
                attributes: user.attributes,
                groups: groups.collect::<Result<_, _>>()?,
            };
            directory.users.insert(id.clone(), user);
        }
        Ok(directory)
    }
}

fn permission_set(set: StoredSet, accounts: &[AccountId]) -> Result<PermissionSet, Unreadable> {
    let mut provisioned_in = BTreeSet::new();
    for (first, last) in set.provisioned_in {
        let run = accounts.get(first..=last.min(accounts.len()));
        let run = run.ok_or(Unreadable::Dangling { what: "account", position: last })?;
        provisioned_in.extend(run.iter().cloned());
    }
    provisioned_in.extend(ids(set.provisioned_elsewhere.iter(), AccountId::parse)?);
    let session = SignedDuration::from_secs(set.session);
    Ok(PermissionSet { name: set.name, description: set.description, session, provisioned_in })
}

fn ids<'a, T>(
    texts: impl Iterator<Item = &'a String>,
    parse: fn(&str) -> Result<T, InvalidId>,
) -> Result<Vec<T>, Unreadable> {
    texts.map(|text| Ok(parse(text)?)).collect()
}

fn at<T: Clone>(items: &[T], position: usize, what: &'static str) -> Result<T, Unreadable> {
    items.get(position).cloned().ok_or(Unreadable::Dangling { what, position })
}

/// A directory as it is stored: compressed, without the instant at which it was taken.
///
/// # Errors
/// None is known; the text form of anything can be written to memory.
pub fn pack(directory: &Directory) -> Result<Vec<u8>, Unreadable> {
    compress(&StoredDirectory { taken_at: None, ..StoredDirectory::from(directory) })
}

/// Reads what [`pack`] wrote.
///
/// # Errors
/// The bytes are something else, or harmed.
pub fn unpack(bytes: &[u8], taken_at: Timestamp) -> Result<Directory, Unreadable> {
    decompress::<StoredDirectory>(bytes)?.taken_at(taken_at)
}

/// A value as compressed JSON.
///
/// # Errors
/// Its JSON form needs keys that are no texts.
pub fn compress<T: Serialize>(value: &T) -> Result<Vec<u8>, Unreadable> {
    // Written as it is made, so that the text is never whole in memory.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    serde_json::to_writer(&mut encoder, value).map_err(|error| Unreadable::Form(error.to_string()))?;
    encoder.finish().map_err(|error| Unreadable::Form(error.to_string()))
}

/// Reads what [`compress`] wrote.
///
/// # Errors
/// The bytes are something else, or too large.
pub fn decompress<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    let mut text = Vec::new();
    let mut decoder = GzDecoder::new(bytes).take(LARGEST + 1);
    decoder.read_to_end(&mut text).map_err(|error| Unreadable::Form(error.to_string()))?;
    if text.len() as u64 > LARGEST {
        return Err(Unreadable::TooLarge);
    }
    serde_json::from_slice(&text).map_err(|error| Unreadable::Form(error.to_string()))
}
