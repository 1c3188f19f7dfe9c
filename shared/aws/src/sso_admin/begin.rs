//! Asking for a change, once.

use aws_sdk_ssoadmin::config::Config;
use aws_sdk_ssoadmin::types::{PrincipalType, TargetType};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use curfew_domain::id::Key;
use curfew_engine::error::Fault;
use curfew_engine::ports::Begun;

use super::IdentityCenter;
use crate::fault::{code, fault};

impl IdentityCenter {
    pub(super) async fn begin_assign(&self, key: &Key) -> Result<Begun, Fault> {
        let asked = self
            .client
            .create_account_assignment()
            .instance_arn(&self.instance)
            .target_id(key.account.as_str())
            .target_type(TargetType::AwsAccount)
            .permission_set_arn(key.permission_set.as_str())
            .principal_type(PrincipalType::User)
            .principal_id(key.user.as_str())
            .customize()
            .config_override(once())
            .send()
            .await;
        match asked {
            Ok(answer) => accepted(answer.account_assignment_creation_status.and_then(|s| s.request_id)),
            Err(e) => refused(e),
        }
    }

    pub(super) async fn begin_unassign(&self, key: &Key) -> Result<Begun, Fault> {
        let asked = self
            .client
            .delete_account_assignment()
            .instance_arn(&self.instance)
            .target_id(key.account.as_str())
            .target_type(TargetType::AwsAccount)
            .permission_set_arn(key.permission_set.as_str())
            .principal_type(PrincipalType::User)
            .principal_id(key.user.as_str())
            .customize()
            .config_override(once())
            .send()
            .await;
        match asked {
            Ok(answer) => accepted(answer.account_assignment_deletion_status.and_then(|s| s.request_id)),
            Err(e) => refused(e),
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

fn refused<E>(error: SdkError<E, HttpResponse>) -> Result<Begun, Fault>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let named = code(&error).map(str::to_owned);
    match (named.as_deref(), fault("change the assignment", error)) {
        (Some("ConflictException" | "ThrottlingException"), f) => Ok(Begun::NotNow(f.to_string())),
        // Answered with a refusal: certainly not begun.
        (Some(_), f @ Fault::Permanent { .. }) => Ok(Begun::Rejected(f.to_string())),
        (_, f) => Err(f),
    }
}
