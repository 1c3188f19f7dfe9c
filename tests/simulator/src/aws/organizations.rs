//! Organizations: accounts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{AwsError, only, text};
use crate::organisation::AccountState;

/// The service.
#[derive(Debug)]
pub(crate) struct Organizations {
    pub(crate) management: String,
    pub(crate) accounts: BTreeMap<String, AccountState>,
}

impl Organizations {
    pub(crate) fn call(&self, operation: &str, request: &Value) -> Result<Value, AwsError> {
        assert_eq!(operation, "DescribeAccount", "the simulator does not know this operation of Organizations");
        only(request, &["AccountId"]);
        let id = text(request, "AccountId");
        let state = match self.accounts.get(id) {
            Some(AccountState::Active) => "ACTIVE",
            Some(AccountState::Suspended) => "SUSPENDED",
            Some(AccountState::Gone) | None => {
                let message = "You specified an account that doesn't exist.";
                return Err(AwsError::new("AccountNotFoundException", message));
            }
        };
        Ok(json!({ "Account": {
            "Id": id,
            "Arn": format!("arn:aws:organizations::{}:account/o-exampleorgid/{id}", self.management),
            "Name": id,
            "State": state,
        }}))
    }
}
