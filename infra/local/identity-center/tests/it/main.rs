//! The behaviour of the fake, stated rule by rule.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

mod assignments;
mod directory;
mod faults;
mod permission_sets;
mod wire;

use curfew_identity_center::{IDENTITY_STORE, Millis, Model, SSO_ADMIN, ServiceError, Settings};
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "111111111111";
pub(crate) const START: Millis = Millis(1_700_000_000_000);

/// A model with a moment, a user and a permission set.
pub(crate) struct World {
    pub(crate) model: Model,
    pub(crate) now: Millis,
    pub(crate) user: String,
    pub(crate) permission_set: String,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let mut world =
            Self { model: Model::new(settings, 7), now: START, user: String::new(), permission_set: String::new() };
        world.user = world.new_user("ada");
        world.permission_set = world.new_permission_set("ReadOnly");
        world.pass(1_000);
        world.model.clear_journal();
        world
    }

    pub(crate) fn new_user(&mut self, name: &str) -> String {
        let body = json!({ "UserName": name, "DisplayName": name, "Name": { "GivenName": name, "FamilyName": "L" } });
        self.store("CreateUser", body).unwrap()["UserId"].as_str().unwrap().into()
    }

    pub(crate) fn new_permission_set(&mut self, name: &str) -> String {
        let reply = self.sso("CreatePermissionSet", json!({ "Name": name })).unwrap();
        reply["PermissionSet"]["PermissionSetArn"].as_str().unwrap().into()
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.now = self.now.plus(ms);
        self.model.settle(self.now);
    }

    pub(crate) fn sso(&mut self, operation: &str, mut body: Value) -> Result<Value, ServiceError> {
        body["InstanceArn"] = self.model.settings().instance_arn.as_str().into();
        self.model.call(SSO_ADMIN, operation, &body, self.now)
    }

    pub(crate) fn store(&mut self, operation: &str, mut body: Value) -> Result<Value, ServiceError> {
        body["IdentityStoreId"] = self.model.settings().identity_store_id.as_str().into();
        self.model.call(IDENTITY_STORE, operation, &body, self.now)
    }

    /// Calls `CreateAccountAssignment` or `DeleteAccountAssignment` for an account and a user; the request id.
    pub(crate) fn begin(&mut self, verb: &str, account: &str, user: &str) -> Result<String, ServiceError> {
        let body = json!({
            "TargetId": account, "TargetType": "AWS_ACCOUNT", "PermissionSetArn": self.permission_set,
            "PrincipalType": "USER", "PrincipalId": user,
        });
        let reply = self.sso(&format!("{verb}AccountAssignment"), body)?;
        let status = reply.as_object().unwrap().values().next().unwrap();
        assert_eq!(status["Status"], "IN_PROGRESS");
        Ok(status["RequestId"].as_str().unwrap().into())
    }

    pub(crate) fn create(&mut self) -> Result<String, ServiceError> {
        self.begin("Create", ACCOUNT, &self.user.clone())
    }

    pub(crate) fn delete(&mut self) -> Result<String, ServiceError> {
        self.begin("Delete", ACCOUNT, &self.user.clone())
    }

    /// What the Describe operation says about a request: status and failure reason.
    pub(crate) fn outcome(&mut self, noun: &str, request: &str) -> (String, String) {
        let operation = format!("DescribeAccountAssignment{noun}Status");
        let reply = self.sso(&operation, json!({ format!("AccountAssignment{noun}RequestId"): request })).unwrap();
        let status = &reply[format!("AccountAssignment{noun}Status")];
        assert!(status["TargetId"].is_string());
        (status["Status"].as_str().unwrap().into(), status["FailureReason"].as_str().unwrap_or_default().into())
    }

    pub(crate) fn listed(&mut self) -> usize {
        let body = json!({ "AccountId": ACCOUNT, "PermissionSetArn": self.permission_set });
        self.sso("ListAccountAssignments", body).unwrap()["AccountAssignments"].as_array().unwrap().len()
    }
}

/// The exception of a refused call.
pub(crate) fn code<T: std::fmt::Debug>(reply: Result<T, ServiceError>) -> &'static str {
    reply.unwrap_err().code
}
