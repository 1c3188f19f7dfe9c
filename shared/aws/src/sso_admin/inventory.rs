//! Listing who has a permission set.

use async_trait::async_trait;
use aws_sdk_ssoadmin::types::{AccountAssignment, PrincipalType};
use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_engine::error::Fault;
use curfew_engine::ports::{Inventory, Page, Principal};

use super::IdentityCenter;
use crate::fault::{code, fault};

#[async_trait]
impl Inventory for IdentityCenter {
    async fn accounts(&self, set: &PermissionSetArn, page: Option<&str>) -> Result<Page<AccountId>, Fault> {
        let what = "list the accounts of the permission set";
        let call = self.client.list_accounts_for_provisioned_permission_set().instance_arn(&self.instance);
        let call = call.permission_set_arn(set.as_str()).set_next_token(page.map(str::to_owned));
        let listed = match call.send().await {
            Ok(listed) => listed,
            Err(e) if code(&e) == Some("ResourceNotFoundException") => {
                let gone = self.is_gone(set).await?;
                return if gone { Ok(Page { items: Vec::new(), next: None }) } else { Err(fault(what, e)) };
            }
            Err(e) => return Err(fault(what, e)),
        };
        let account = |id: &String| AccountId::parse(id).map_err(|e| Fault::permanent(what, e));
        let items = listed.account_ids().iter().map(account).collect::<Result<_, _>>()?;
        Ok(Page { items, next: listed.next_token })
    }

    async fn holders(
        &self,
        account: &AccountId,
        set: &PermissionSetArn,
        page: Option<&str>,
    ) -> Result<Page<Principal>, Fault> {
        let what = "list the assignments of the permission set";
        let call = self.client.list_account_assignments().instance_arn(&self.instance);
        let call = call.account_id(account.as_str()).permission_set_arn(set.as_str());
        let listed = match call.set_next_token(page.map(str::to_owned)).send().await {
            Ok(listed) => listed,
            Err(e) if code(&e) == Some("ResourceNotFoundException") => {
                let gone = self.is_gone(set).await?;
                return if gone { Ok(Page { items: Vec::new(), next: None }) } else { Err(fault(what, e)) };
            }
            Err(e) => return Err(fault(what, e)),
        };
        let items = listed.account_assignments().iter().map(principal).collect();
        Ok(Page { items, next: listed.next_token })
    }
}

fn principal(assignment: &AccountAssignment) -> Principal {
    let id = assignment.principal_id().unwrap_or("unknown");
    match (assignment.principal_type(), UserId::parse(id)) {
        (Some(PrincipalType::User), Ok(user)) => Principal::User(user),
        (Some(kind), _) => Principal::Other(format!("{} {id}", kind.as_str())),
        (None, _) => Principal::Other(id.to_owned()),
    }
}
