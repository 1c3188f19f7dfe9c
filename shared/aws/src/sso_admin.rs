//! Identity Center: assignments and permission sets.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_ssoadmin::Client;
use aws_sdk_ssoadmin::types::{AccountAssignment, PermissionSet, PrincipalType, StatusValues};
use curfew_domain::assignment::OperationKind;
use curfew_domain::id::{AccountId, Key, PermissionSetArn, UserId};
use curfew_domain::time::SignedDuration;
use curfew_engine::error::Fault;
use curfew_engine::facts::PermissionSetFacts;
use curfew_engine::ports::{Access, AccessReader, Begin, Begun, PermissionSets, Progress};

use crate::fault::{code, fault};

mod begin;
mod catalog;
mod inventory;
mod status;

/// One organisation instance of Identity Center.
pub struct IdentityCenter {
    client: Client,
    instance: String,
}

impl IdentityCenter {
    /// The instance of this ARN.
    pub fn new(client: Client, instance: String) -> Self {
        Self { client, instance }
    }

    /// Whether the instance itself answers: then "not found" speaks of what was asked for, not of wrong settings.
    async fn is_there(&self) -> Result<(), Fault> {
        let what = "describe the Identity Center instance";
        self.client.describe_instance().instance_arn(&self.instance).send().await.map_err(|e| fault(what, e))?;
        Ok(())
    }

    /// A permission set and its session duration; `None` if there is no such permission set.
    async fn described(&self, arn: &PermissionSetArn) -> Result<Option<(PermissionSet, SignedDuration)>, Fault> {
        let what = "describe the permission set";
        let call = self.client.describe_permission_set().instance_arn(&self.instance).permission_set_arn(arn.as_str());
        let set = match call.send().await {
            Ok(answer) => answer.permission_set,
            Err(e) if code(&e) == Some("ResourceNotFoundException") => return Ok(None),
            Err(e) => return Err(fault(what, e)),
        };
        let set = set.ok_or_else(|| Fault::transient(what, "the answer has no permission set"))?;
        // Without a session duration the default of one hour applies (singlesignon user guide).
        let session = set.session_duration().unwrap_or("PT1H").parse().map_err(|e| Fault::permanent(what, e))?;
        Ok(Some((set, session)))
    }

    /// Whether the permission set is gone for certain.
    async fn is_gone(&self, set: &PermissionSetArn) -> Result<bool, Fault> {
        self.is_there().await?;
        Ok(self.permission_set(set).await? == PermissionSetFacts::Unknown)
    }
}

/// The parts of an assignment's key.
fn assignment(key: &Key) -> Result<(&UserId, &AccountId, &PermissionSetArn), Fault> {
    match key {
        Key::Assignment { user, account, permission_set } => Ok((user, account, permission_set)),
        Key::Membership { .. } => Err(Fault::permanent("look for the assignment", "this is a membership")),
    }
}

#[async_trait]
impl AccessReader for IdentityCenter {
    async fn is_assigned(&self, key: &Key) -> Result<bool, Fault> {
        let (user, account, set) = assignment(key)?;
        Ok(!self.assigned(account, set, &BTreeSet::from([user.clone()])).await?.is_empty())
    }

    async fn assigned(
        &self,
        account: &AccountId,
        set: &PermissionSetArn,
        users: &BTreeSet<UserId>,
    ) -> Result<BTreeSet<UserId>, Fault> {
        let call = self.client.list_account_assignments().instance_arn(&self.instance);
        let call = call.account_id(account.as_str()).permission_set_arn(set.as_str());
        let mut pages = call.into_paginator().send();
        let mut found = BTreeSet::new();
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                // Only a permission set that is gone proves anything: Identity Center deletes none that is assigned.
                Err(e) if code(&e) == Some("ResourceNotFoundException") => {
                    let gone = self.is_gone(set).await?;
                    return if gone { Ok(BTreeSet::new()) } else { Err(fault("list the assignments", e)) };
                }
                Err(e) => return Err(fault("list the assignments", e)),
            };
            let of_users =
                page.account_assignments().iter().filter(|a| a.principal_type() == Some(&PrincipalType::User));
            let ids = of_users.filter_map(AccountAssignment::principal_id);
            found.extend(ids.filter_map(|id| users.iter().find(|user| user.as_str() == id).cloned()));
            if found.len() == users.len() {
                break;
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Access for IdentityCenter {
    async fn begin(&self, kind: OperationKind, key: &Key) -> Result<Begun, Fault> {
        match kind {
            OperationKind::Assign => self.begin_assign(key).await,
            OperationKind::Unassign => self.begin_unassign(key).await,
        }
    }

    async fn progress(&self, kind: OperationKind, id: &str) -> Result<Option<Progress>, Fault> {
        Ok(self.describe(kind, id).await?.map(|operation| operation.progress))
    }

    async fn in_progress(&self, kind: OperationKind) -> Result<Vec<String>, Fault> {
        Ok(self.begins(kind, Some(StatusValues::InProgress)).await?.into_iter().map(|begin| begin.id).collect())
    }

    async fn operations(&self, kind: OperationKind) -> Result<Vec<Begin>, Fault> {
        self.begins(kind, None).await
    }

    async fn target(&self, kind: OperationKind, id: &str) -> Result<Option<Key>, Fault> {
        Ok(self.describe(kind, id).await?.and_then(|operation| operation.key))
    }
}

#[async_trait]
impl PermissionSets for IdentityCenter {
    async fn permission_set(&self, arn: &PermissionSetArn) -> Result<PermissionSetFacts, Fault> {
        let described = self.described(arn).await?;
        Ok(described.map_or(PermissionSetFacts::Unknown, |(_, session)| PermissionSetFacts::Known { session }))
    }
}
