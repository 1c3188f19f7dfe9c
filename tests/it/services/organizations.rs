//! Organizations API reference, `DescribeAccount`: `State` (`Status` was retired on 9 September 2026),
//! `AccountNotFoundException`; Identity Store API reference, `DescribeUser`, `GetUserId`.

use aws_sdk_identitystore::types::{AlternateIdentifier, UniqueAttribute, UserStatus};
use aws_smithy_types::Document;

use super::place::Place;
use super::{Statements, outcome};

pub(super) async fn ask(place: &Place) -> Statements {
    let mut statements = Statements::default();
    let organization = place.clients.organizations();
    let account = organization.describe_account().account_id(&place.account).send().await.unwrap().account.unwrap();
    let state = account.state().map_or("none", |state| state.as_str());
    statements.ask("state of an open account", "ACTIVE", state);
    let retired = account.status().map_or("none", |status| status.as_str());
    statements.ask("its older status, which was retired", "none", retired);
    let own = account.arn().and_then(|arn| arn.split(':').nth(4)).is_some_and(|id| id != place.account);
    statements.ask("its ARN names the management account", "true", own.to_string());
    let missing = organization.describe_account().account_id("999999999999").send().await;
    statements.ask("an account that is not there", "AccountNotFoundException", outcome(&missing));

    let people = place.clients.identity_store();
    let describe = |id: &str| people.describe_user().identity_store_id(&place.identity_store).user_id(id).send();
    let user = describe(&place.user).await.unwrap();
    statements.ask("a user is disabled", "false", (user.user_status() == Some(&UserStatus::Disabled)).to_string());
    let missing = describe("99999999-2222-4333-8444-555555555555").await;
    statements.ask("a user that is not there", "ResourceNotFoundException", outcome(&missing));
    let by_name = async |name: &str| {
        let value = Document::String(name.to_owned());
        let name = UniqueAttribute::builder().attribute_path("userName").attribute_value(value).build().unwrap();
        let get = people.get_user_id().identity_store_id(&place.identity_store);
        get.alternate_identifier(AlternateIdentifier::UniqueAttribute(name)).send().await
    };
    let found = by_name(&place.user_name).await.unwrap().user_id == place.user;
    statements.ask("a user found by name is that user", "true", found.to_string());
    let missing = outcome(&by_name("contract-nobody").await);
    statements.ask("a name that nobody has", "ResourceNotFoundException", missing);
    statements
}
