//! The living directory: where it is read from, and where its snapshots are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use curfew_domain::id::{AccountId, GroupId, PermissionSetArn, UnitId, UserId};
use curfew_domain::lease::Lease;
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_policy::directory::{Counts, Directory};

use super::{Commit, Page};
use crate::error::Fault;

/// An OU or root, as the organisation lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUnit {
    /// Its id.
    pub id: UnitId,
    /// Its name.
    pub name: String,
}

/// An account, as the organisation lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAccount {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// In use: neither suspended nor closing nor closed.
    pub active: bool,
    /// The management account.
    pub management: bool,
}

/// Lists the organisation, page by page, because its quota is shared with everybody in it. A listing of something that
/// is gone is `None`.
#[async_trait]
pub trait OrganizationListing: Send + Sync {
    /// The roots; AWS knows one.
    async fn roots(&self, page: Option<String>) -> Result<Page<ListedUnit>, Fault>;
    /// The OUs directly below an OU or root.
    async fn units(&self, parent: &UnitId, page: Option<String>) -> Result<Option<Page<ListedUnit>>, Fault>;
    /// The accounts directly in an OU or root.
    async fn accounts(&self, parent: &UnitId, page: Option<String>) -> Result<Option<Page<ListedAccount>>, Fault>;
    /// The tags of an account: key and value.
    async fn tags(&self, account: &AccountId, page: Option<String>) -> Result<Option<Page<(String, String)>>, Fault>;
}

/// A person, as the identity store lists people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUser {
    /// The id.
    pub id: UserId,
    /// User name.
    pub name: String,
    /// What people call the person.
    pub display_name: String,
    /// Primary e-mail address.
    pub email: Option<String>,
    /// Not disabled.
    pub enabled: bool,
    /// Whatever the identity provider wrote for the manager: an id, or a user name.
    pub manager: Option<String>,
    /// Attributes by name, with values that are not empty.
    pub attributes: BTreeMap<String, String>,
}

/// Lists people and groups, page by page.
#[async_trait]
pub trait PeopleListing: Send + Sync {
    /// Everybody.
    async fn users(&self, page: Option<String>) -> Result<Page<ListedUser>, Fault>;
    /// All groups: id and display name.
    async fn groups(&self, page: Option<String>) -> Result<Page<(GroupId, String)>, Fault>;
    /// Who is in a group; `None` if it is gone.
    async fn members(&self, group: &GroupId, page: Option<String>) -> Result<Option<Page<UserId>>, Fault>;
}

/// A permission set, as Identity Center describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPermissionSet {
    /// Its name.
    pub name: String,
    /// What its administrators say about it; may be empty.
    pub description: String,
    /// How long its role sessions last.
    pub session: SignedDuration,
}

/// Lists permission sets, page by page. Where they are provisioned, [`super::Inventory`] lists.
#[async_trait]
pub trait PermissionSetListing: Send + Sync {
    /// All permission sets.
    async fn permission_sets(&self, page: Option<String>) -> Result<Page<PermissionSetArn>, Fault>;
    /// One of them; `None` if it is gone.
    async fn describe(&self, set: &PermissionSetArn) -> Result<Option<ListedPermissionSet>, Fault>;
}

/// A snapshot without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Names the content: the same content has the same version, whenever it was read.
    pub version: String,
    /// How many versions came before, for conditional writes.
    pub number: u64,
    /// When reading it began: nothing in it is older.
    pub taken_at: Timestamp,
    /// How much is in it.
    pub counts: Counts,
}

/// Keeps snapshots of the directory.
#[async_trait]
pub trait Directories: Send + Sync {
    /// The snapshot in force, without its content (strongly consistent). `None` before the first one.
    async fn head(&self) -> Result<Option<Head>, Fault>;
    /// The snapshot in force. A warm process reads its content once for each version.
    async fn latest(&self) -> Result<Option<Arc<Directory>>, Fault>;
    /// Puts a snapshot in force, whole or not at all, over the one that was read; `None`, if another came meanwhile.
    async fn put(&self, directory: &Directory, over: Option<&Head>) -> Result<Option<Head>, Fault>;
    /// Who reads the directory now (strongly consistent).
    async fn reader(&self) -> Result<Lease, Fault>;
    /// Writes who reads, over the version it was made from. On success the stored version is one higher.
    async fn put_reader(&self, lease: &Lease) -> Result<Commit, Fault>;
    /// What an unfinished reading has left, as it wrote it.
    async fn draft(&self) -> Result<Option<Vec<u8>>, Fault>;
    /// Keeps what was read so far, in place of what was kept before; `None` forgets it.
    async fn put_draft(&self, draft: Option<&[u8]>) -> Result<(), Fault>;
}
