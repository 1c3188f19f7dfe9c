//! Listing the organisation: OUs, accounts, tags.

use async_trait::async_trait;
use aws_sdk_organizations::types::{Account, AccountState, OrganizationalUnit, Tag};
use curfew_domain::id::{AccountId, UnitId};
use curfew_engine::error::Fault;
use curfew_engine::ports::{ListedAccount, ListedUnit, OrganizationListing, Page};

use super::{Organization, is_management};
use crate::fault::{code, fault};

/// What was to be listed is gone.
const GONE: [&str; 3] = ["ParentNotFoundException", "TargetNotFoundException", "AccountNotFoundException"];

#[async_trait]
impl OrganizationListing for Organization {
    async fn roots(&self, page: Option<String>) -> Result<Page<ListedUnit>, Fault> {
        let what = "list the roots of the organisation";
        let listed = self.client.list_roots().set_next_token(page).send().await.map_err(|e| fault(what, e))?;
        let roots = listed.roots.unwrap_or_default().into_iter();
        let items = roots.map(|root| unit(root.id(), root.name(), what)).collect::<Result<_, _>>()?;
        Ok(Page { items, next: listed.next_token })
    }

    async fn units(&self, parent: &UnitId, page: Option<String>) -> Result<Option<Page<ListedUnit>>, Fault> {
        let what = "list the OUs of an OU";
        let call = self.client.list_organizational_units_for_parent().parent_id(parent.as_str());
        let listed = match call.set_next_token(page).send().await {
            Ok(listed) => listed,
            Err(e) if code(&e).is_some_and(|code| GONE.contains(&code)) => return Ok(None),
            Err(e) => return Err(fault(what, e)),
        };
        let below = listed.organizational_units.unwrap_or_default().into_iter();
        let read = |found: OrganizationalUnit| unit(found.id(), found.name(), what);
        Ok(Some(Page { items: below.map(read).collect::<Result<_, _>>()?, next: listed.next_token }))
    }

    async fn accounts(&self, parent: &UnitId, page: Option<String>) -> Result<Option<Page<ListedAccount>>, Fault> {
        let what = "list the accounts of an OU";
        let call = self.client.list_accounts_for_parent().parent_id(parent.as_str());
        let listed = match call.set_next_token(page).send().await {
            Ok(listed) => listed,
            Err(e) if code(&e).is_some_and(|code| GONE.contains(&code)) => return Ok(None),
            Err(e) => return Err(fault(what, e)),
        };
        let accounts = listed.accounts.unwrap_or_default().into_iter();
        let items = accounts.map(|found| account(&found, what)).collect::<Result<_, _>>()?;
        Ok(Some(Page { items, next: listed.next_token }))
    }

    async fn tags(&self, account: &AccountId, page: Option<String>) -> Result<Option<Page<(String, String)>>, Fault> {
        let call = self.client.list_tags_for_resource().resource_id(account.as_str());
        let listed = match call.set_next_token(page).send().await {
            Ok(listed) => listed,
            Err(e) if code(&e).is_some_and(|code| GONE.contains(&code)) => return Ok(None),
            Err(e) => return Err(fault("list the tags of an account", e)),
        };
        let pair = |Tag { key, value, .. }| (key, value);
        let items = listed.tags.unwrap_or_default().into_iter().map(pair).collect();
        Ok(Some(Page { items, next: listed.next_token }))
    }
}

fn unit(id: Option<&str>, name: Option<&str>, what: &'static str) -> Result<ListedUnit, Fault> {
    let id = UnitId::parse(id.unwrap_or_default()).map_err(|e| Fault::permanent(what, e))?;
    Ok(ListedUnit { id, name: name.unwrap_or_default().to_owned() })
}

fn account(account: &Account, what: &'static str) -> Result<ListedAccount, Fault> {
    let id = AccountId::parse(account.id().unwrap_or_default()).map_err(|e| Fault::permanent(what, e))?;
    let state = account.state().ok_or_else(|| Fault::transient(what, "an account has no state"))?;
    Ok(ListedAccount {
        name: account.name().unwrap_or_default().to_owned(),
        active: *state == AccountState::Active,
        management: is_management(account, &id),
        id,
    })
}
