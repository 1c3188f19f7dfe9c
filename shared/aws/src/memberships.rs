//! Identity Store: who is in the groups that are Curfew's alone.
//!
//! Unlike assignments, memberships are made and removed at once: there is no operation to follow. What a lost reply leaves
//! is told by looking, once so much time has passed that a late call cannot arrive any more. Nothing tells who made a
//! membership; of one that appears in a group of Curfew's just when Curfew asked for it, Curfew is taken to be the maker.

use async_trait::async_trait;
use aws_sdk_identitystore::Client;
use aws_sdk_identitystore::config::Config;
use aws_sdk_identitystore::operation::get_group_membership_id::GetGroupMembershipIdError;
use aws_sdk_identitystore::types::{MemberId, ResourceType};
use aws_smithy_types::retry::RetryConfig;
use curfew_domain::assignment::OperationKind;
use curfew_domain::id::{GroupId, Key, UserId};
use curfew_engine::error::Fault;
use curfew_engine::ports::{Access, AccessReader, Begin, Begun, Progress};

use crate::fault::{fault, refused};

/// The groups of one identity store.
pub struct Memberships {
    client: Client,
    store: String,
}

impl Memberships {
    /// The store of this id (`d-…`).
    pub fn new(client: Client, store: String) -> Self {
        Self { client, store }
    }

    /// The store's id of a membership; `None` if there is none, or no such user or group.
    async fn membership(&self, user: &UserId, group: &GroupId) -> Result<Option<String>, Fault> {
        let what = "look for the membership";
        let call = self.client.get_group_membership_id().identity_store_id(&self.store).group_id(group.as_str());
        match call.member_id(MemberId::UserId(user.to_string())).send().await {
            Ok(found) => Ok(Some(found.membership_id)),
            Err(e) if e.as_service_error().is_some_and(is_about_the_membership) => Ok(None),
            Err(e) => Err(fault(what, e)),
        }
    }

    async fn add(&self, user: &UserId, group: &GroupId) -> Result<Begun, Fault> {
        let call = self.client.create_group_membership().identity_store_id(&self.store).group_id(group.as_str());
        let call = call.member_id(MemberId::UserId(user.to_string()));
        match call.customize().config_override(once()).send().await {
            Ok(_) => Ok(Begun::Done),
            Err(e) => refused("add the member", e),
        }
    }

    async fn remove(&self, user: &UserId, group: &GroupId) -> Result<Begun, Fault> {
        let Some(id) = self.membership(user, group).await? else {
            return Ok(Begun::Rejected("remove the member: there is no such membership".to_owned()));
        };
        let call = self.client.delete_group_membership().identity_store_id(&self.store).membership_id(id);
        match call.customize().config_override(once()).send().await {
            Ok(_) => Ok(Begun::Done),
            Err(e) => refused("remove the member", e),
        }
    }
}

/// As for assignments: the SDK would repeat a change whose reply was lost.
fn once() -> aws_sdk_identitystore::config::Builder {
    Config::builder().retry_config(RetryConfig::disabled())
}

/// Whether it is the membership, its user or its group that was not found, and not the store.
fn is_about_the_membership(error: &GetGroupMembershipIdError) -> bool {
    match error {
        GetGroupMembershipIdError::ResourceNotFoundException(e) => {
            e.resource_type() != Some(&ResourceType::IdentityStore)
        }
        _ => false,
    }
}

/// The parts of a membership's key.
fn membership(key: &Key) -> Result<(&UserId, &GroupId), Fault> {
    match key {
        Key::Membership { user, group } => Ok((user, group)),
        Key::Assignment { .. } => Err(Fault::permanent("look for the membership", "this is an assignment")),
    }
}

#[async_trait]
impl AccessReader for Memberships {
    async fn is_assigned(&self, key: &Key) -> Result<bool, Fault> {
        let (user, group) = membership(key)?;
        Ok(self.membership(user, group).await?.is_some())
    }
}

#[async_trait]
impl Access for Memberships {
    async fn begin(&self, kind: OperationKind, key: &Key) -> Result<Begun, Fault> {
        let (user, group) = membership(key)?;
        match kind {
            OperationKind::Assign => self.add(user, group).await,
            OperationKind::Unassign => self.remove(user, group).await,
        }
    }

    async fn progress(&self, _: OperationKind, _: &str) -> Result<Option<Progress>, Fault> {
        Ok(None)
    }

    async fn in_progress(&self, _: OperationKind) -> Result<Vec<String>, Fault> {
        Ok(Vec::new())
    }

    async fn operations(&self, _: OperationKind) -> Result<Vec<Begin>, Fault> {
        Ok(Vec::new())
    }

    async fn target(&self, _: OperationKind, _: &str) -> Result<Option<Key>, Fault> {
        Ok(None)
    }
}
