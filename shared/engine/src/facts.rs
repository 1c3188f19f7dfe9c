//! Fresh facts for policy.

use std::sync::Arc;

use curfew_domain::ask::Ask;
use curfew_policy::Facts;

use crate::error::Fault;
use crate::ports::{Accounts, People, PermissionSets};

/// Where facts come from.
#[derive(Clone)]
pub struct FactSources {
    /// The directory.
    pub people: Arc<dyn People>,
    /// The organisation.
    pub accounts: Arc<dyn Accounts>,
    /// Identity Center.
    pub permission_sets: Arc<dyn PermissionSets>,
}

impl FactSources {
    /// Fresh facts about a wish. A fact that cannot be had is a fault, never a default (I19).
    pub async fn gather<'a>(&self, ask: &'a Ask) -> Result<Facts<'a>, Fault> {
        Ok(Facts {
            ask,
            requester: self.people.user(&ask.requester).await?,
            account: self.accounts.account(&ask.account).await?,
            permission_set: self.permission_sets.permission_set(&ask.permission_set).await?,
        })
    }
}
