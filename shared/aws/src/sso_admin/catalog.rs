//! Listing permission sets.

use async_trait::async_trait;
use curfew_domain::id::PermissionSetArn;
use curfew_engine::error::Fault;
use curfew_engine::ports::{ListedPermissionSet, Page, PermissionSetListing};

use super::IdentityCenter;
use crate::fault::fault;

#[async_trait]
impl PermissionSetListing for IdentityCenter {
    async fn permission_sets(&self, page: Option<String>) -> Result<Page<PermissionSetArn>, Fault> {
        let what = "list the permission sets";
        let call = self.client.list_permission_sets().instance_arn(&self.instance).max_results(100);
        let listed = call.set_next_token(page).send().await.map_err(|e| fault(what, e))?;
        let set = |arn: &String| PermissionSetArn::parse(arn).map_err(|e| Fault::permanent(what, e));
        Ok(Page { items: listed.permission_sets().iter().map(set).collect::<Result<_, _>>()?, next: listed.next_token })
    }

    async fn describe(&self, set: &PermissionSetArn) -> Result<Option<ListedPermissionSet>, Fault> {
        let Some((described, session)) = self.described(set).await? else { return Ok(None) };
        let name = described.name().unwrap_or_default().to_owned();
        let description = described.description().unwrap_or_default().to_owned();
        Ok(Some(ListedPermissionSet { name, description, session }))
    }
}
