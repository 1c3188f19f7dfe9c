//! Asking for a change, once.

use aws_sdk_ssoadmin::config::Config;
use aws_sdk_ssoadmin::types::{PrincipalType, TargetType};
use aws_smithy_types::retry::RetryConfig;
use curfew_domain::id::Key;
use curfew_engine::error::Fault;
use curfew_engine::ports::Begun;

use super::{IdentityCenter, assignment};
use crate::fault::refused;

impl IdentityCenter {
    pub(super) async fn begin_assign(&self, key: &Key) -> Result<Begun, Fault> {
        let (user, account, set) = assignment(key)?;
        let asked = self
            .client
            .create_account_assignment()
            .instance_arn(&self.instance)
            .target_id(account.as_str())
            .target_type(TargetType::AwsAccount)
            .permission_set_arn(set.as_str())
            .principal_type(PrincipalType::User)
            .principal_id(user.as_str())
            .customize()
            .config_override(once())
            .send()
            .await;
        match asked {
            Ok(answer) => accepted(answer.account_assignment_creation_status.and_then(|s| s.request_id)),
            Err(e) => refused("change the assignment", e),
        }
    }

    pub(super) async fn begin_unassign(&self, key: &Key) -> Result<Begun, Fault> {
        let (user, account, set) = assignment(key)?;
        let asked = self
            .client
            .delete_account_assignment()
            .instance_arn(&self.instance)
            .target_id(account.as_str())
            .target_type(TargetType::AwsAccount)
            .permission_set_arn(set.as_str())
            .principal_type(PrincipalType::User)
            .principal_id(user.as_str())
            .customize()
            .config_override(once())
            .send()
            .await;
        match asked {
            Ok(answer) => accepted(answer.account_assignment_deletion_status.and_then(|s| s.request_id)),
            Err(e) => refused("change the assignment", e),
        }
    }
}

/// The SDK would repeat a call whose reply was lost, and with it the change: there is no client token
/// (research/reliability-security.md §3).
fn once() -> aws_sdk_ssoadmin::config::Builder {
    Config::builder().retry_config(RetryConfig::disabled())
}

fn accepted(id: Option<String>) -> Result<Begun, Fault> {
    id.map(Begun::Accepted).ok_or_else(|| Fault::transient("change the assignment", "the answer has no request id"))
}
