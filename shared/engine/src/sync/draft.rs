//! What has been read so far, and what is left to read: kept between invocations when one is not enough.

use curfew_domain::id::{AccountId, GroupId, InvalidId, PermissionSetArn, UnitId};
use curfew_domain::time::Timestamp;
use curfew_policy::directory::{Directory, StoredDirectory, Unreadable, compress, decompress};
use serde::{Deserialize, Serialize};

/// Raised when what is written means something else than before. A draft of another release is begun again.
const SCHEMA: u32 = 1;

/// A directory under way. What is in it is whole as far as it goes: a listing is either in it to its end, or left to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    /// What was read.
    pub(super) directory: Directory,
    /// What is left.
    pub(super) left: Left,
}

/// What is left to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Left {
    /// OUs whose OUs and accounts were not listed; `None` if the roots were not.
    pub(super) units: Option<Vec<UnitId>>,
    /// Accounts whose tags were not listed.
    pub(super) tags: Vec<AccountId>,
    /// Groups whose members were not listed; `None` if people and groups themselves were not.
    pub(super) groups: Option<Vec<GroupId>>,
    /// Permission sets that were not looked at; `None` if they were not listed.
    pub(super) permission_sets: Option<Vec<PermissionSetArn>>,
}

impl Left {
    /// How many things are left to look at, as far as that is known.
    pub(super) fn count(&self) -> usize {
        fn of<T>(list: Option<&Vec<T>>) -> usize {
            list.map_or(1, Vec::len)
        }
        of(self.units.as_ref()) + self.tags.len() + of(self.groups.as_ref()) + of(self.permission_sets.as_ref())
    }
}

/// The stored shape.
#[derive(Serialize, Deserialize)]
struct Stored {
    schema: u32,
    directory: StoredDirectory,
    units: Option<Vec<String>>,
    tags: Vec<String>,
    groups: Option<Vec<String>>,
    permission_sets: Option<Vec<String>>,
}

impl Draft {
    /// Nothing was read yet.
    pub(super) fn new(now: Timestamp) -> Self {
        Self { directory: Directory::empty(now), left: Left::default() }
    }

    /// The stored form.
    pub(super) fn pack(&self) -> Result<Vec<u8>, Unreadable> {
        let Left { units, tags, groups, permission_sets } = &self.left;
        compress(&Stored {
            schema: SCHEMA,
            directory: StoredDirectory::from(&self.directory),
            units: units.as_deref().map(texts),
            tags: texts(tags),
            groups: groups.as_deref().map(texts),
            permission_sets: permission_sets.as_deref().map(texts),
        })
    }

    /// Reads the stored form.
    pub(super) fn unpack(bytes: &[u8]) -> Result<Self, Unreadable> {
        let stored: Stored = decompress(bytes)?;
        if stored.schema != SCHEMA {
            return Err(Unreadable::Schema(stored.schema));
        }
        let left = Left {
            units: stored.units.map(|list| ids(&list, UnitId::parse)).transpose()?,
            tags: ids(&stored.tags, AccountId::parse)?,
            groups: stored.groups.map(|list| ids(&list, GroupId::parse)).transpose()?,
            permission_sets: stored.permission_sets.map(|list| ids(&list, PermissionSetArn::parse)).transpose()?,
        };
        Ok(Self { directory: stored.directory.into_directory()?, left })
    }
}

fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(T::to_string).collect()
}

fn ids<T>(texts: &[String], parse: fn(&str) -> Result<T, InvalidId>) -> Result<Vec<T>, Unreadable> {
    texts.iter().map(|text| Ok(parse(text)?)).collect()
}
