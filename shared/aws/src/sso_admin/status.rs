//! Following changes.

use aws_sdk_ssoadmin::types::{
    AccountAssignmentOperationStatusMetadata, OperationStatusFilter, PrincipalType, StatusValues,
};
use aws_smithy_types::DateTime;
use curfew_domain::assignment::OperationKind;
use curfew_domain::id::{AccountId, Key, PermissionSetArn, UserId};
use curfew_domain::time::Timestamp;
use curfew_engine::error::Fault;
use curfew_engine::ports::{Begin, Progress};

use super::IdentityCenter;
use crate::fault::{code, fault};

/// An operation as Identity Center describes it.
pub(super) struct Described {
    pub(super) progress: Progress,
    /// `None` if it is about something that Curfew does not handle, such as a group.
    pub(super) key: Option<Key>,
}

impl IdentityCenter {
    pub(super) async fn describe(&self, kind: OperationKind, id: &str) -> Result<Option<Described>, Fault> {
        let status = match kind {
            OperationKind::Assign => {
                let call = self.client.describe_account_assignment_creation_status();
                match call.instance_arn(&self.instance).account_assignment_creation_request_id(id).send().await {
                    Ok(answer) => answer.account_assignment_creation_status,
                    Err(e) if code(&e) == Some("ResourceNotFoundException") => return Ok(None),
                    Err(e) => return Err(fault("follow the creation", e)),
                }
            }
            OperationKind::Unassign => {
                let call = self.client.describe_account_assignment_deletion_status();
                match call.instance_arn(&self.instance).account_assignment_deletion_request_id(id).send().await {
                    Ok(answer) => answer.account_assignment_deletion_status,
                    Err(e) if code(&e) == Some("ResourceNotFoundException") => return Ok(None),
                    Err(e) => return Err(fault("follow the deletion", e)),
                }
            }
        };
        let status = status.ok_or_else(|| Fault::transient("follow the change", "the answer has no status"))?;
        let progress = match status.status() {
            Some(StatusValues::Succeeded) => Progress::Succeeded,
            Some(StatusValues::Failed) => {
                Progress::Failed(status.failure_reason().unwrap_or("no reason was given").to_owned())
            }
            // A status that this release does not know is not an end.
            _ => Progress::InProgress,
        };
        let part = (status.principal_id(), status.target_id(), status.permission_set_arn());
        let key = match part {
            (Some(user), Some(account), Some(set)) if status.principal_type() == Some(&PrincipalType::User) => {
                key(user, account, set)
            }
            _ => None,
        };
        Ok(Some(Described { progress, key }))
    }

    /// Operations: of those in this status, if one is named.
    pub(super) async fn begins(&self, kind: OperationKind, status: Option<StatusValues>) -> Result<Vec<Begin>, Fault> {
        let filter = status.map(|status| OperationStatusFilter::builder().status(status).build());
        let listed: Vec<AccountAssignmentOperationStatusMetadata> = match kind {
            OperationKind::Assign => {
                let call = self.client.list_account_assignment_creation_status().instance_arn(&self.instance);
                let pages = call.set_filter(filter).into_paginator().items().send();
                pages.collect::<Result<_, _>>().await.map_err(|e| fault("list the creations", e))?
            }
            OperationKind::Unassign => {
                let call = self.client.list_account_assignment_deletion_status().instance_arn(&self.instance);
                let pages = call.set_filter(filter).into_paginator().items().send();
                pages.collect::<Result<_, _>>().await.map_err(|e| fault("list the deletions", e))?
            }
        };
        let at = |created: &DateTime| Timestamp::from_second(created.secs()).ok();
        let begin = |operation: AccountAssignmentOperationStatusMetadata| {
            let at = operation.created_date().and_then(at);
            Some(Begin { id: operation.request_id?, at })
        };
        Ok(listed.into_iter().filter_map(begin).collect())
    }
}

fn key(user: &str, account: &str, permission_set: &str) -> Option<Key> {
    Some(Key::Assignment {
        user: UserId::parse(user).ok()?,
        account: AccountId::parse(account).ok()?,
        permission_set: PermissionSetArn::parse(permission_set).ok()?,
    })
}
