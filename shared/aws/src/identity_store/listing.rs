//! Listing people, groups and who is in them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_identitystore::operation::list_group_memberships::ListGroupMembershipsError;
use aws_sdk_identitystore::types::{Email, Group, GroupMembership, ResourceType, User, UserStatus};
use aws_smithy_types::Document;
use curfew_domain::id::{GroupId, UserId};
use curfew_engine::error::Fault;
use curfew_engine::ports::{ListedUser, Page, PeopleListing};

use super::IdentityStore;
use crate::fault::fault;

/// The extension that holds what SCIM's enterprise schema says of people, with the names of RFC 7643 §4.3. It is only
/// answered when it is asked for (identitystore API reference, `ListUsers`).
const ENTERPRISE: &str = "aws:identitystore:enterprise";
/// Texts of that extension that become attributes, as they are called there and here.
const ATTRIBUTES: [(&str, &str); 5] = [
    ("department", "department"),
    ("division", "division"),
    ("costCenter", "cost_center"),
    ("organization", "organization"),
    ("employeeNumber", "employee_number"),
];

#[async_trait]
impl PeopleListing for IdentityStore {
    async fn users(&self, page: Option<String>) -> Result<Page<ListedUser>, Fault> {
        let what = "list the users";
        let call = self.client.list_users().identity_store_id(&self.id).extensions(ENTERPRISE).max_results(100);
        let listed = call.set_next_token(page).send().await.map_err(|e| fault(what, e))?;
        let items = listed.users.iter().map(|found| user(found, what)).collect::<Result<_, _>>()?;
        Ok(Page { items, next: listed.next_token })
    }

    async fn groups(&self, page: Option<String>) -> Result<Page<(GroupId, String)>, Fault> {
        let what = "list the groups";
        let call = self.client.list_groups().identity_store_id(&self.id).max_results(100);
        let listed = call.set_next_token(page).send().await.map_err(|e| fault(what, e))?;
        let group = |found: Group| {
            let id = GroupId::parse(found.group_id()).map_err(|e| Fault::permanent(what, e))?;
            Ok((id, found.display_name.unwrap_or_default()))
        };
        Ok(Page { items: listed.groups.into_iter().map(group).collect::<Result<_, _>>()?, next: listed.next_token })
    }

    async fn members(&self, group: &GroupId, page: Option<String>) -> Result<Option<Page<UserId>>, Fault> {
        let what = "list the members of a group";
        let call = self.client.list_group_memberships().identity_store_id(&self.id).group_id(group.as_str());
        let listed = match call.max_results(100).set_next_token(page).send().await {
            Ok(listed) => listed,
            Err(e) if e.as_service_error().is_some_and(is_about_the_group) => return Ok(None),
            Err(e) => return Err(fault(what, e)),
        };
        let member = |found: &GroupMembership| {
            let id = found.member_id().and_then(|member| member.as_user_id().ok());
            id.map(|id| UserId::parse(id).map_err(|e| Fault::permanent(what, e)))
        };
        // Only users can be members today; what else AWS adds one day is none.
        let items = listed.group_memberships.iter().filter_map(member).collect::<Result<_, _>>()?;
        Ok(Some(Page { items, next: listed.next_token }))
    }
}

/// Whether it is the group that was not found, and not the store.
fn is_about_the_group(error: &ListGroupMembershipsError) -> bool {
    match error {
        ListGroupMembershipsError::ResourceNotFoundException(e) => {
            e.resource_type() != Some(&ResourceType::IdentityStore)
        }
        _ => false,
    }
}

/// A text that is not empty.
fn text(value: Option<&Document>) -> Option<&str> {
    value.and_then(Document::as_string).filter(|text| !text.is_empty())
}

fn user(user: &User, what: &'static str) -> Result<ListedUser, Fault> {
    let enterprise = user.extensions().and_then(|extensions| extensions.get(ENTERPRISE));
    let enterprise = enterprise.and_then(Document::as_object);
    let member = |name: &str| enterprise.and_then(|members| members.get(name));
    let mut attributes = BTreeMap::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            attributes.insert(name.to_owned(), value.to_owned());
        }
    };
    for (there, here) in ATTRIBUTES {
        put(here, text(member(there)));
    }
    put("title", user.title());
    put("employment", user.user_type());
    // `{"value": …}` in SCIM; some providers write the value alone.
    let manager = member("manager");
    let manager = text(manager.and_then(Document::as_object).and_then(|it| it.get("value"))).or_else(|| text(manager));
    let name = user.user_name().ok_or_else(|| Fault::permanent(what, "a user has no user name"))?.to_owned();
    Ok(ListedUser {
        id: UserId::parse(user.user_id()).map_err(|e| Fault::permanent(what, e))?,
        display_name: user.display_name().unwrap_or(&name).to_owned(),
        email: email(user.emails()),
        enabled: user.user_status() != Some(&UserStatus::Disabled),
        manager: manager.map(str::to_owned),
        attributes,
        name,
    })
}

/// The primary address, or the first.
fn email(emails: &[Email]) -> Option<String> {
    let primary = emails.iter().find(|email| email.primary()).or_else(|| emails.first());
    primary.and_then(Email::value).map(str::to_owned)
}
