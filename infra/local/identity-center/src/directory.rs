//! Operations of the Identity Store: users, groups, memberships.

use crate::{
    Assignment, DeletedPrincipals, Millis, Model, PrincipalType, ServiceError,
    page::{page, page_of},
    shape::text,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

type Record = Map<String, Value>;

/// People and groups, by id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Directory {
    users: BTreeMap<String, Record>,
    /// Who has a value that only one user may have: (attribute, value) to user id.
    taken: BTreeMap<(&'static str, String), String>,
    groups: BTreeMap<String, Record>,
    memberships: BTreeMap<String, Membership>,
}

#[derive(Debug, Clone)]
struct Membership {
    group: String,
    user: String,
}

/// Attributes that only one user may have with the same value.
const UNIQUE: [&str; 2] = ["UserName", "Emails.Value"];

/// Attributes that `UpdateUser` may change. `UserStatus` is assumed: AWS documents that it is shown, not how it is set.
const CHANGEABLE: [&str; 16] = [
    "UserName",
    "DisplayName",
    "Name",
    "NickName",
    "ProfileUrl",
    "Emails",
    "Addresses",
    "PhoneNumbers",
    "UserType",
    "Title",
    "PreferredLanguage",
    "Locale",
    "Timezone",
    "Website",
    "Birthdate",
    "UserStatus",
];

impl Directory {
    pub(crate) fn knows(&self, kind: PrincipalType, id: &str) -> bool {
        match kind {
            PrincipalType::User => self.users.contains_key(id),
            PrincipalType::Group => self.groups.contains_key(id),
        }
    }

    pub(crate) fn groups_of(&self, user: &str) -> Vec<&str> {
        self.memberships.values().filter(|it| it.user == user).map(|it| it.group.as_str()).collect()
    }

    fn membership(&self, group: &str, user: &str) -> bool {
        self.memberships.values().any(|it| it.group == group && it.user == user)
    }

    fn user(&self, body: &Value) -> Result<&Record, ServiceError> {
        self.users.get(text(body, "UserId")).ok_or_else(|| missing("USER"))
    }

    fn group(&self, body: &Value) -> Result<&Record, ServiceError> {
        self.groups.get(text(body, "GroupId")).ok_or_else(|| missing("GROUP"))
    }

    fn refuse_duplicate(&self, id: &str, user: &Record) -> Result<(), ServiceError> {
        for (path, value) in unique(user) {
            if self.taken.get(&(path, value)).is_some_and(|other| other != id) {
                return Err(ServiceError::duplicate(format!("Duplicate {path}")));
            }
        }
        Ok(())
    }

    /// Puts a user there, over what was there.
    fn put_user(&mut self, id: &str, user: Record) {
        self.remove_user(id);
        self.taken.extend(unique(&user).map(|key| (key, id.to_owned())));
        self.users.insert(id.to_owned(), user);
    }

    fn remove_user(&mut self, id: &str) {
        for key in self.users.remove(id).iter().flat_map(unique) {
            self.taken.remove(&key);
        }
    }
}

/// What nobody else may have.
fn unique(user: &Record) -> impl Iterator<Item = (&'static str, String)> {
    UNIQUE.into_iter().filter_map(|path| Some((path, attribute(user, path)?)))
}

impl Model {
    pub(crate) fn identity_store(&mut self, operation: &str, body: &Value, now: Millis) -> Result<Value, ServiceError> {
        let store = self.settings.identity_store_id.clone();
        let limit = self.settings.page_limit;
        if text(body, "IdentityStoreId") != store {
            return Err(missing("IDENTITY_STORE"));
        }
        let directory = &self.directory;
        match operation {
            "CreateUser" => self.create_user(body, now),
            "DescribeUser" => Ok(user_view(directory.user(body)?, body)),
            "UpdateUser" => self.update_user(body, now),
            "DeleteUser" => self.delete_user(body, now),
            "ListUsers" => {
                let found = directory.users.iter().filter(|(_, user)| passes(user, body));
                let rows = found.map(|(id, user)| (id.clone(), user)).collect();
                page_of(rows, |user| user_view(user, body), "Users", body, limit)
            }
            "GetUserId" => {
                let id = self.user_id(body)?;
                Ok(json!({ "UserId": id, "IdentityStoreId": store }))
            }
            "CreateGroup" => self.create_group(body, now),
            "DescribeGroup" => Ok(directory.group(body)?.clone().into()),
            "ListGroups" => {
                let found = directory.groups.iter().filter(|(_, group)| passes(group, body));
                page(found.map(|(id, group)| (id.clone(), group.clone().into())).collect(), "Groups", body, limit)
            }
            "CreateGroupMembership" => self.create_membership(body),
            "GetGroupMembershipId" => {
                directory.group(body)?;
                let rows = self.memberships(|it| it.group == text(body, "GroupId") && it.user == member(body));
                let found = rows.into_iter().next().ok_or_else(|| missing("GROUP_MEMBERSHIP"))?;
                Ok(json!({ "MembershipId": found.0, "IdentityStoreId": store }))
            }
            "DeleteGroupMembership" => {
                let removed = self.directory.memberships.remove(text(body, "MembershipId"));
                removed.map(|_| json!({})).ok_or_else(|| missing("GROUP_MEMBERSHIP"))
            }
            "ListGroupMemberships" => {
                directory.group(body)?;
                let rows = self.memberships(|it| it.group == text(body, "GroupId"));
                page(rows, "GroupMemberships", body, limit)
            }
            "ListGroupMembershipsForMember" => {
                page(self.memberships(|it| it.user == member(body)), "GroupMemberships", body, limit)
            }
            "IsMemberInGroups" => {
                let groups = body.get("GroupIds").and_then(Value::as_array).into_iter().flatten();
                let result = |group: &Value| {
                    let exists = directory.membership(group.as_str().unwrap_or_default(), member(body));
                    json!({ "GroupId": group, "MemberId": body.get("MemberId"), "MembershipExists": exists })
                };
                Ok(json!({ "Results": groups.map(result).collect::<Vec<_>>() }))
            }
            _ => Err(ServiceError::unknown_operation()),
        }
    }

    /// Creates users from bodies of `CreateUser`, of which no two have the same name or address: that is not checked, for
    /// it takes long among thousands. Returns their ids in the same order.
    pub fn populate(&mut self, users: Vec<Value>, now: Millis) -> Vec<String> {
        let records = users.into_iter().map(|user| match user {
            Value::Object(record) => record,
            _ => Record::new(),
        });
        records.map(|record| self.add_user(record, now)).collect()
    }

    /// Puts users into a group, none of whom is in it: that is not checked.
    pub fn enroll(&mut self, group: &str, users: impl Iterator<Item = String>) {
        for user in users {
            let id = self.ids.uuid();
            self.directory.memberships.insert(id, Membership { group: group.to_owned(), user });
        }
    }

    /// Whether a user is in a group.
    pub fn is_member(&self, group: &str, user: &str) -> bool {
        self.directory.membership(group, user)
    }

    /// Adds or removes a member behind everybody's back, as an administrator in the AWS console does.
    pub fn set_member(&mut self, group: &str, user: &str, present: bool) {
        self.directory.memberships.retain(|_, it| it.group != group || it.user != user);
        if present {
            self.enroll(group, std::iter::once(user.to_owned()));
        }
    }

    fn create_user(&mut self, body: &Value, now: Millis) -> Result<Value, ServiceError> {
        let mut user = body.as_object().cloned().unwrap_or_default();
        user.retain(|_, value| !value.is_null());
        self.directory.refuse_duplicate("", &user)?;
        let id = self.add_user(user, now);
        Ok(json!({ "UserId": id, "IdentityStoreId": self.settings.identity_store_id }))
    }

    fn add_user(&mut self, mut user: Record, now: Millis) -> String {
        let id = self.ids.uuid();
        user.insert("IdentityStoreId".into(), self.settings.identity_store_id.as_str().into());
        user.insert("UserId".into(), id.as_str().into());
        user.insert("UserStatus".into(), "ENABLED".into());
        stamp(&mut user, now, true);
        self.directory.put_user(&id, user);
        id
    }

    fn update_user(&mut self, body: &Value, now: Millis) -> Result<Value, ServiceError> {
        let mut user = self.directory.user(body)?.clone();
        for operation in body.get("Operations").and_then(Value::as_array).into_iter().flatten() {
            set_attribute(&mut user, text(operation, "AttributePath"), operation.get("AttributeValue"))?;
        }
        let id = text(body, "UserId");
        self.directory.refuse_duplicate(id, &user)?;
        stamp(&mut user, now, false);
        self.directory.put_user(id, user);
        Ok(json!({}))
    }

    fn delete_user(&mut self, body: &Value, now: Millis) -> Result<Value, ServiceError> {
        self.directory.user(body)?;
        let id = text(body, "UserId");
        self.directory.remove_user(id);
        self.directory.memberships.retain(|_, it| it.user != id);
        if self.settings.deleted_principals == DeletedPrincipals::Removed {
            let of_user = |it: &&Assignment| it.principal_type == PrincipalType::User && it.principal_id == id;
            let gone: Vec<_> = self.operations.assignments.iter().filter(of_user).cloned().collect();
            for assignment in gone {
                self.operations.change(assignment, false, now);
            }
        }
        Ok(json!({}))
    }

    fn user_id(&self, body: &Value) -> Result<&str, ServiceError> {
        let unique = body.pointer("/AlternateIdentifier/UniqueAttribute").filter(|value| !value.is_null());
        let external = body.pointer("/AlternateIdentifier/ExternalId").filter(|value| !value.is_null());
        let is_wanted = |user: &Record| match (unique, external) {
            (Some(unique), None) => {
                let wanted = unique.get("AttributeValue").and_then(Value::as_str).map(str::to_lowercase);
                wanted.is_some() && attribute(user, &pascal_path(text(unique, "AttributePath"))) == wanted
            }
            (_, external) => {
                let ids = user.get("ExternalIds").and_then(Value::as_array);
                ids.into_iter().flatten().any(|id| Some(id) == external)
            }
        };
        let known_path = unique.is_none_or(|unique| {
            matches!(pascal_path(text(unique, "AttributePath")).as_str(), "UserName" | "Emails.Value")
        });
        if unique.is_some() == external.is_some() || !known_path {
            return Err(ServiceError::validation("The AlternateIdentifier is not supported."));
        }
        let found = self.directory.users.iter().find(|(_, user)| is_wanted(user));
        found.map(|(id, _)| id.as_str()).ok_or_else(|| missing("USER"))
    }

    /// Gives a user an id of an external identity provider, which in AWS only SCIM can do. False without such a user.
    pub fn set_external_id(&mut self, user_id: &str, issuer: &str, id: &str) -> bool {
        let user = self.directory.users.get_mut(user_id);
        user.map(|user| user.insert("ExternalIds".into(), json!([{ "Issuer": issuer, "Id": id }]))).is_some()
    }

    fn create_group(&mut self, body: &Value, now: Millis) -> Result<Value, ServiceError> {
        let name = body.get("DisplayName");
        if self.directory.groups.values().any(|group| group.get("DisplayName") == name) {
            return Err(ServiceError::duplicate("Duplicate DisplayName"));
        }
        let id = self.ids.uuid();
        let mut group = body.as_object().cloned().unwrap_or_default();
        group.retain(|_, value| !value.is_null());
        group.insert("GroupId".into(), id.as_str().into());
        stamp(&mut group, now, true);
        self.directory.groups.insert(id.clone(), group);
        Ok(json!({ "GroupId": id, "IdentityStoreId": self.settings.identity_store_id }))
    }

    fn create_membership(&mut self, body: &Value) -> Result<Value, ServiceError> {
        self.directory.group(body)?;
        let (group, user) = (text(body, "GroupId"), member(body));
        if !self.directory.users.contains_key(user) {
            return Err(missing("USER"));
        }
        if self.directory.membership(group, user) {
            return Err(ServiceError::duplicate("The member is already in the group"));
        }
        let id = self.ids.uuid();
        self.directory.memberships.insert(id.clone(), Membership { group: group.into(), user: user.into() });
        Ok(json!({ "MembershipId": id, "IdentityStoreId": self.settings.identity_store_id }))
    }

    fn memberships(&self, wanted: impl Fn(&Membership) -> bool) -> Vec<(String, Value)> {
        let store = &self.settings.identity_store_id;
        let row = |id: &String, it: &Membership| {
            json!({
                "IdentityStoreId": store,
                "MembershipId": id,
                "GroupId": it.group,
                "MemberId": { "UserId": it.user },
            })
        };
        let found = self.directory.memberships.iter().filter(|(_, it)| wanted(it));
        found.map(|(id, it)| (id.clone(), row(id, it))).collect()
    }
}

fn missing(what: &str) -> ServiceError {
    ServiceError::not_found(format!("{what} not found."))
}

fn member(body: &Value) -> &str {
    body.pointer("/MemberId/UserId").and_then(Value::as_str).unwrap_or_default()
}

fn stamp(record: &mut Record, now: Millis, created: bool) {
    if created {
        record.insert("CreatedAt".into(), now.timestamp());
    }
    record.insert("UpdatedAt".into(), now.timestamp());
}

/// A user as the API shows it: extensions only by request.
fn user_view(user: &Record, body: &Value) -> Value {
    let mut view = user.clone();
    let wanted = body.get("Extensions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if let Some(extensions) = view.get_mut("Extensions").and_then(Value::as_object_mut) {
        extensions.retain(|name, _| wanted.iter().any(|it| it == name.as_str()));
        if extensions.is_empty() {
            view.remove("Extensions");
        }
    }
    view.into()
}

/// Listings filter by one attribute, exactly.
fn passes(record: &Record, body: &Value) -> bool {
    let Some(filter) = body.pointer("/Filters/0") else { return true };
    attribute(record, text(filter, "AttributePath")) == Some(text(filter, "AttributeValue").to_lowercase())
}

/// An attribute for comparison; names and addresses differ by more than case.
fn attribute(record: &Record, path: &str) -> Option<String> {
    let value = match path {
        "Emails.Value" => record.get("Emails")?.pointer("/0/Value")?,
        _ => record.get(path)?,
    };
    value.as_str().map(str::to_lowercase)
}

fn pascal(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `name.givenName` as paths are written in requests, `Name.GivenName` as attributes are called in replies.
fn pascal_path(path: &str) -> String {
    path.split('.').map(pascal).collect::<Vec<_>>().join(".")
}

fn pascal_keys(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(key, value)| (pascal(key), pascal_keys(value))).collect(),
        Value::Array(items) => items.iter().map(pascal_keys).collect(),
        other => other.clone(),
    }
}

/// Sets an attribute, or removes it when there is no value.
fn set_attribute(user: &mut Record, path: &str, value: Option<&Value>) -> Result<(), ServiceError> {
    let full = pascal_path(path);
    let (root, leaf) = full.split_once('.').unwrap_or((&full, ""));
    let value = value.filter(|value| !value.is_null()).map(pascal_keys);
    let status_is_wrong =
        root == "UserStatus" && !matches!(value.as_ref().and_then(Value::as_str), Some("ENABLED" | "DISABLED"));
    if !CHANGEABLE.contains(&root) || (!leaf.is_empty() && root != "Name") || status_is_wrong {
        return Err(ServiceError::validation(format!("The attribute {path} cannot be set to this value")));
    }
    if root == "UserName" && value.as_ref().is_none_or(|value| !value.is_string()) {
        return Err(ServiceError::validation("The attribute userName is required"));
    }
    let (place, name) = if leaf.is_empty() {
        (Some(user), root)
    } else {
        (user.entry(root).or_insert_with(|| json!({})).as_object_mut(), leaf)
    };
    if let Some(place) = place {
        match value {
            Some(value) => place.insert(name.into(), value),
            None => place.remove(name),
        };
    }
    Ok(())
}
