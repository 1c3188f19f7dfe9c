//! IAM Identity Center API reference, `CreateAccountAssignment`, `DeleteAccountAssignment` (asynchronous,
//! `ConflictException`), `DescribeAccountAssignment…Status`, `ListAccountAssignment…`, `DescribePermissionSet`. What the
//! reference leaves open, with its evidence: `infra/local/identity-center/README.md`.

use aws_sdk_ssoadmin::Client;
use aws_sdk_ssoadmin::types::{OperationStatusFilter, PrincipalType, StatusValues, TargetType};
use jiff::SignedDuration;

use super::place::Place;
use super::{Statements, outcome};

const SOON: SignedDuration = SignedDuration::from_secs(60);

struct Access<'a> {
    client: Client,
    place: &'a Place,
}

impl Access<'_> {
    /// The id of the operation, or the error.
    async fn create(&self) -> Result<String, String> {
        let create = self.client.create_account_assignment().instance_arn(&self.place.instance);
        let create = create.target_id(&self.place.account).target_type(TargetType::AwsAccount);
        let create = create.permission_set_arn(&self.place.permission_set).principal_type(PrincipalType::User);
        let created = create.principal_id(&self.place.user).send().await;
        let id = created.as_ref().ok().and_then(|it| it.account_assignment_creation_status()?.request_id());
        id.map(str::to_owned).ok_or_else(|| outcome(&created))
    }

    async fn delete(&self) -> Result<String, String> {
        let delete = self.client.delete_account_assignment().instance_arn(&self.place.instance);
        let delete = delete.target_id(&self.place.account).target_type(TargetType::AwsAccount);
        let delete = delete.permission_set_arn(&self.place.permission_set).principal_type(PrincipalType::User);
        let deleted = delete.principal_id(&self.place.user).send().await;
        let id = deleted.as_ref().ok().and_then(|it| it.account_assignment_deletion_status()?.request_id());
        id.map(str::to_owned).ok_or_else(|| outcome(&deleted))
    }

    /// How a create stands, or the error.
    async fn creation(&self, id: &str) -> String {
        let describe = self.client.describe_account_assignment_creation_status().instance_arn(&self.place.instance);
        let described = describe.account_assignment_creation_request_id(id).send().await;
        let status = described.as_ref().ok().and_then(|it| it.account_assignment_creation_status()?.status());
        status.map_or_else(|| outcome(&described), |status| status.as_str().to_owned())
    }

    /// How a delete stands, and why.
    async fn deletion(&self, id: &str) -> (String, String) {
        let describe = self.client.describe_account_assignment_deletion_status().instance_arn(&self.place.instance);
        let described = describe.account_assignment_deletion_request_id(id).send().await;
        let status = described.as_ref().ok().and_then(|it| it.account_assignment_deletion_status());
        let word = status.and_then(|it| it.status()).map_or_else(|| outcome(&described), |it| it.as_str().to_owned());
        (word, status.and_then(|it| it.failure_reason()).unwrap_or_default().to_owned())
    }

    async fn deleted(&self, id: &str) -> (String, String) {
        let over = async || Some(self.deletion(id).await).filter(|(status, _)| status != "IN_PROGRESS");
        self.place.eventually(SOON, over).await.unwrap_or_default()
    }

    /// Whether the listing of creates in progress names this one.
    async fn is_in_progress(&self, id: &str) -> String {
        let filter = OperationStatusFilter::builder().status(StatusValues::InProgress).build();
        let list = self.client.list_account_assignment_creation_status().instance_arn(&self.place.instance);
        let listed = list.filter(filter).send().await.unwrap();
        let named = listed.account_assignments_creation_status().iter().any(|it| it.request_id() == Some(id));
        named.to_string()
    }

    async fn is_listed(&self) -> bool {
        let list = self.client.list_account_assignments().instance_arn(&self.place.instance);
        let list = list.account_id(&self.place.account).permission_set_arn(&self.place.permission_set);
        let listed = list.send().await.unwrap();
        listed.account_assignments().iter().any(|it| it.principal_id() == Some(&self.place.user))
    }
}

pub(super) async fn ask(place: &Place) -> Statements {
    let (access, mut statements) = (Access { client: place.clients.sso_admin(), place }, Statements::default());
    let id = access.create().await.unwrap();
    statements.ask("a create just after it was accepted", "IN_PROGRESS", access.creation(&id).await);
    statements.ask("creates in progress name it", "true", access.is_in_progress(&id).await);
    let conflict = "ConflictException";
    statements.ask("a second create meanwhile", conflict, access.create().await.unwrap_err());
    statements.ask("a delete meanwhile", conflict, access.delete().await.unwrap_err());
    let over = async || Some(access.creation(&id).await).filter(|status| status != "IN_PROGRESS");
    let over = place.eventually(SOON, over).await.unwrap_or_default();
    statements.ask("how the create ends", "SUCCEEDED", over);
    statements.ask("creates in progress name it after that", "false", access.is_in_progress(&id).await);
    let listed = place.eventually(SOON, async || access.is_listed().await.then_some("yes")).await;
    statements.ask("the assignment is listed", "yes", listed.unwrap_or("no"));
    let list = access.client.list_accounts_for_provisioned_permission_set().instance_arn(&place.instance);
    let accounts = list.permission_set_arn(&place.permission_set).send().await.unwrap();
    let named = accounts.account_ids().contains(&place.account);
    statements.ask("the permission set is provisioned in the account", "true", named.to_string());

    let ended = access.deleted(&access.delete().await.unwrap()).await;
    statements.ask("how a delete ends", "SUCCEEDED", ended.0);
    let listed = place.eventually(SOON, async || (!access.is_listed().await).then_some("no")).await;
    statements.ask("the assignment is listed after that", "no", listed.unwrap_or("yes"));
    let (status, reason) = access.deleted(&access.delete().await.unwrap()).await;
    statements.ask("how a delete of nothing ends", "FAILED", status);
    let known = reason.starts_with("Received a 404 status error: EntitlementItem doesn't exist");
    statements.ask("its reason is the one that is known from the field", "true", known.to_string());

    let missing = "ResourceNotFoundException";
    statements.ask(
        "a create that is not there",
        missing,
        access.creation("99999999-2222-4333-8444-555555555555").await,
    );
    let nowhere = format!("{}ffffffffffffffff", &place.permission_set[..place.permission_set.len() - 16]);
    let describe = access.client.describe_permission_set().instance_arn(&place.instance);
    let described = describe.permission_set_arn(nowhere).send().await;
    statements.ask("a permission set that is not there", missing, outcome(&described));
    let instance = access.client.describe_instance().instance_arn(&place.instance).send().await.unwrap();
    statements.ask("the instance", "ACTIVE", instance.status().map_or("none", |status| status.as_str()));
    statements
}
