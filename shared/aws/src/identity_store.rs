//! Identity Store: people.

use async_trait::async_trait;
use aws_sdk_identitystore::Client;
use aws_sdk_identitystore::operation::describe_user::{DescribeUserError, DescribeUserOutput};
use aws_sdk_identitystore::types::{AlternateIdentifier, ResourceType, UniqueAttribute, UserStatus};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::Document;
use curfew_domain::id::UserId;
use curfew_engine::error::Fault;
use curfew_engine::facts::UserFacts;
use curfew_engine::ports::People;

use crate::fault::{code, fault, unbuilt};

mod listing;

/// One identity store.
pub struct IdentityStore {
    client: Client,
    id: String,
}

impl IdentityStore {
    /// The store of this id (`d-…`).
    pub fn new(client: Client, id: String) -> Self {
        Self { client, id }
    }
}

#[async_trait]
impl People for IdentityStore {
    async fn user(&self, id: &UserId) -> Result<UserFacts, Fault> {
        Ok(self.described(id).await?.map_or(UserFacts::Unknown, |user| facts(&user)))
    }

    async fn user_if_named(&self, id: &UserId, name: &str) -> Result<Option<UserFacts>, Fault> {
        let user = self.described(id).await?.filter(|user| user.user_name() == Some(name));
        Ok(user.map(|user| facts(&user)))
    }

    async fn user_named(&self, name: &str) -> Result<Option<UserId>, Fault> {
        let what = "look the user name up";
        let attribute = UniqueAttribute::builder()
            .attribute_path("userName")
            .attribute_value(Document::String(name.to_owned()))
            .build()
            .map_err(|e| unbuilt(what, e))?;
        let found = self
            .client
            .get_user_id()
            .identity_store_id(&self.id)
            .alternate_identifier(AlternateIdentifier::UniqueAttribute(attribute))
            .send()
            .await;
        match found {
            Ok(user) => UserId::parse(user.user_id()).map(Some).map_err(|e| Fault::permanent(what, e)),
            Err(e) if code(&e) == Some("ResourceNotFoundException") => Ok(None),
            Err(e) => Err(fault(what, e)),
        }
    }
}

impl IdentityStore {
    /// The user of this id, if there is one.
    async fn described(&self, id: &UserId) -> Result<Option<DescribeUserOutput>, Fault> {
        match self.client.describe_user().identity_store_id(&self.id).user_id(id.as_str()).send().await {
            Ok(user) => Ok(Some(user)),
            Err(e) if is_about_the_store(&e) => Err(fault("describe the user", e)),
            Err(e) if code(&e) == Some("ResourceNotFoundException") => Ok(None),
            Err(e) => Err(fault("describe the user", e)),
        }
    }
}

fn facts(user: &DescribeUserOutput) -> UserFacts {
    if user.user_status() == Some(&UserStatus::Disabled) { UserFacts::Disabled } else { UserFacts::Enabled }
}

/// Whether it is the store itself that was not found: that says nothing about the user.
fn is_about_the_store(error: &SdkError<DescribeUserError, HttpResponse>) -> bool {
    match error.as_service_error() {
        Some(DescribeUserError::ResourceNotFoundException(e)) => {
            e.resource_type() == Some(&ResourceType::IdentityStore)
        }
        _ => false,
    }
}
