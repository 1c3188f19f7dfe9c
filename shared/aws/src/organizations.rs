//! Organizations: accounts.

use async_trait::async_trait;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{Account, AccountState};
use curfew_domain::id::AccountId;
use curfew_engine::error::Fault;
use curfew_engine::facts::AccountFacts;
use curfew_engine::ports::Accounts;

use crate::fault::{code, fault};

mod listing;

/// The organisation.
pub struct Organization {
    client: Client,
}

impl Organization {
    /// The organisation that the caller's account belongs to.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Accounts for Organization {
    async fn account(&self, id: &AccountId) -> Result<AccountFacts, Fault> {
        let what = "describe the account";
        let account = match self.client.describe_account().account_id(id.as_str()).send().await {
            Ok(found) => found.account,
            Err(e) if code(&e) == Some("AccountNotFoundException") => return Ok(AccountFacts::Unknown),
            Err(e) => return Err(fault(what, e)),
        };
        let account = account.ok_or_else(|| Fault::transient(what, "the answer has no account"))?;
        if is_management(&account, id) {
            return Ok(AccountFacts::Management);
        }
        match account.state() {
            Some(AccountState::Active) => Ok(AccountFacts::Active),
            Some(_) => Ok(AccountFacts::NotActive),
            None => Err(Fault::transient(what, "the answer has no state")),
        }
    }
}

/// Its ARN says so: `arn:aws:organizations::<management account>:account/<organisation>/<account>`.
fn is_management(account: &Account, id: &AccountId) -> bool {
    account.arn().and_then(|arn| arn.split(':').nth(4)) == Some(id.as_str())
}
