//! The Identity Center fake inside this process: served to the Lambdas, seeded and looked at from here.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use curfew_identity_center::{Assignment, IDENTITY_STORE, Model, PrincipalType, SSO_ADMIN, Settings, wire};
use serde_json::{Value, json};

use crate::error::Error;
use crate::organization::{Ids, Organization, PermissionSet, User, id};

/// Ids come from this, so they are the same in every run.
const SEED: u64 = 1;

/// The one instance of the local run.
#[derive(Debug, Clone)]
pub(crate) struct IdentityCenter(Arc<Mutex<Model>>);

impl IdentityCenter {
    /// An empty instance whose operations take about `latency_ms`.
    pub(crate) fn new(latency_ms: u64) -> Self {
        let settings = Settings { latency_ms, latency_jitter_ms: latency_ms / 3, ..Settings::default() };
        Self(Arc::new(Mutex::new(Model::new(settings, SEED))))
    }

    /// The fake over the wire.
    pub(crate) fn router(&self) -> Router {
        wire::router(Arc::clone(&self.0))
    }

    /// ARN of the instance.
    pub(crate) fn instance_arn(&self) -> String {
        self.model().settings().instance_arn.clone()
    }

    /// Id of its identity store.
    pub(crate) fn identity_store_id(&self) -> String {
        self.model().settings().identity_store_id.clone()
    }

    /// The assignments that really exist now.
    pub(crate) fn assignments(&self) -> BTreeSet<Assignment> {
        let mut model = self.model();
        model.settle(wire::system_time());
        model.assignments().clone()
    }

    /// Creates users and permission sets; returns their ids.
    pub(crate) fn seed_people(&self, organization: &Organization) -> Result<Ids, Error> {
        let mut ids = Ids::default();
        for user in &organization.users {
            let created = self.create_user(user, &ids)?;
            ids.users.insert(user.name.clone(), created);
        }
        for group in &organization.groups {
            let created = self.store("CreateGroup", json!({ "DisplayName": group.name }))?;
            for member in &group.members {
                let member = json!({ "UserId": id(&ids.users, member)? });
                let group = created.get("GroupId");
                self.store("CreateGroupMembership", json!({ "GroupId": group, "MemberId": member }))?;
            }
        }
        for set in &organization.permission_sets {
            ids.permission_sets.insert(set.name.clone(), self.create_permission_set(set)?);
        }
        Ok(ids)
    }

    /// Tells which accounts exist, and makes the assignments that were there before Curfew.
    pub(crate) fn seed_standing(&self, organization: &Organization, ids: &Ids) -> Result<(), Error> {
        for standing in &organization.standing {
            self.set(assignment(ids, &standing.user, &standing.account, &standing.permission_set)?, true);
        }
        let mut model = self.model();
        let owner = model.settings().owner_account.clone();
        model.settings_mut().accounts = ids.accounts.values().cloned().chain([owner]).collect();
        Ok(())
    }

    /// Makes or removes an assignment behind everybody's back.
    pub(crate) fn set(&self, assignment: Assignment, present: bool) {
        self.model().set_assignment(assignment, present, wire::system_time());
    }

    fn create_user(&self, user: &User, ids: &Ids) -> Result<String, Error> {
        let mut enterprise = json!({ "department": user.department });
        if let (Some(manager), Some(fields)) = (&user.manager, enterprise.as_object_mut()) {
            fields.insert("manager".into(), json!({ "value": id(&ids.users, manager)? }));
        }
        let created = self.store(
            "CreateUser",
            json!({
                "UserName": user.name,
                "DisplayName": format!("{} {}", user.given_name, user.family_name),
                "Name": { "GivenName": user.given_name, "FamilyName": user.family_name },
                "Emails": [{ "Value": format!("{}@example.com", user.name), "Type": "work", "Primary": true }],
                "Title": user.title,
                "UserType": user.employment.as_deref().unwrap_or("employee"),
                "Extensions": { "aws:identitystore:enterprise": enterprise },
            }),
        )?;
        text(&created, "/UserId")
    }

    fn create_permission_set(&self, set: &PermissionSet) -> Result<String, Error> {
        let input = json!({
            "InstanceArn": self.instance_arn(),
            "Name": set.name,
            "Description": set.description,
            "SessionDuration": set.session_duration,
        });
        text(&self.call(SSO_ADMIN, "CreatePermissionSet", &input)?, "/PermissionSet/PermissionSetArn")
    }

    fn store(&self, operation: &str, mut input: Value) -> Result<Value, Error> {
        if let Some(fields) = input.as_object_mut() {
            fields.insert("IdentityStoreId".into(), self.identity_store_id().into());
        }
        self.call(IDENTITY_STORE, operation, &input)
    }

    fn call(&self, service: &str, operation: &str, input: &Value) -> Result<Value, Error> {
        self.model()
            .call(service, operation, input, wire::system_time())
            .map_err(|error| Error::unexpected(operation, "success", format!("{} {}", error.code, error.message)))
    }

    fn model(&self) -> MutexGuard<'_, Model> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A user's assignment, by names.
pub(crate) fn assignment(ids: &Ids, user: &str, account: &str, permission_set: &str) -> Result<Assignment, Error> {
    Ok(Assignment {
        account: id(&ids.accounts, account)?.into(),
        permission_set: id(&ids.permission_sets, permission_set)?.into(),
        principal_type: PrincipalType::User,
        principal_id: id(&ids.users, user)?.into(),
    })
}

fn text(value: &Value, pointer: &str) -> Result<String, Error> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| Error::unexpected("seed the organisation", pointer, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_organisation_can_be_seeded() {
        let sample = Organization::sample().unwrap();
        let center = IdentityCenter::new(1500);
        let mut ids = center.seed_people(&sample).unwrap();
        assert_eq!((ids.users.len(), ids.permission_sets.len()), (12, 6));
        ids.accounts = sample.accounts.iter().map(|one| (one.name.clone(), "111111111111".to_owned())).collect();
        center.seed_standing(&sample, &ids).unwrap();
        let wanted = assignment(&ids, "kira", "security-audit", "SecurityAudit").unwrap();
        assert_eq!(center.assignments().into_iter().collect::<Vec<_>>(), [wanted]);
    }
}
