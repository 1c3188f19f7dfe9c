//! Operations of `sso-admin`.

use crate::{
    Action, Assignment, Millis, Model, PrincipalType, ServiceError, operations::Operations, page::page, shape::text,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

impl Model {
    pub(crate) fn sso_admin(&mut self, operation: &str, body: &Value, now: Millis) -> Result<Value, ServiceError> {
        let limit = self.settings.page_limit;
        if operation == "ListInstances" {
            return page(vec![(String::new(), self.instance())], "Instances", body, limit);
        }
        if text(body, "InstanceArn") != self.settings.instance_arn {
            return Err(ServiceError::not_found("The instance was not found"));
        }
        match operation {
            "DescribeInstance" => Ok(self.instance()),
            "CreatePermissionSet" => self.create_permission_set(body, now),
            "UpdatePermissionSet" => self.update_permission_set(body),
            "DescribePermissionSet" => Ok(json!({ "PermissionSet": self.permission_set(body)? })),
            "DeletePermissionSet" => self.delete_permission_set(body),
            "ListPermissionSets" => {
                let rows = self.permission_sets.keys().map(|arn| (arn.clone(), arn.as_str().into()));
                page(rows.collect(), "PermissionSets", body, limit)
            }
            "CreateAccountAssignment" => {
                let status = self.change_assignment(Action::Create, body, now)?;
                Ok(json!({ "AccountAssignmentCreationStatus": status }))
            }
            "DeleteAccountAssignment" => {
                let status = self.change_assignment(Action::Delete, body, now)?;
                Ok(json!({ "AccountAssignmentDeletionStatus": status }))
            }
            "DescribeAccountAssignmentCreationStatus" => {
                let status = self.status(Action::Create, text(body, "AccountAssignmentCreationRequestId"))?;
                Ok(json!({ "AccountAssignmentCreationStatus": status }))
            }
            "DescribeAccountAssignmentDeletionStatus" => {
                let status = self.status(Action::Delete, text(body, "AccountAssignmentDeletionRequestId"))?;
                Ok(json!({ "AccountAssignmentDeletionStatus": status }))
            }
            "ListAccountAssignmentCreationStatus" => {
                page(self.statuses(Action::Create, body), "AccountAssignmentsCreationStatus", body, limit)
            }
            "ListAccountAssignmentDeletionStatus" => {
                page(self.statuses(Action::Delete, body), "AccountAssignmentsDeletionStatus", body, limit)
            }
            "ListAccountAssignments" => {
                self.permission_set(body)?;
                let (account, arn) = (text(body, "AccountId"), text(body, "PermissionSetArn"));
                let rows = Operations::at(&self.operations.listed, account, arn).map(row).collect();
                page(rows, "AccountAssignments", body, limit)
            }
            "ListAccountsForProvisionedPermissionSet" => {
                self.permission_set(body)?;
                page(self.provisioned(body), "AccountIds", body, limit)
            }
            "ListAccountAssignmentsForPrincipal" => page(self.for_principal(body), "AccountAssignments", body, limit),
            _ => Err(ServiceError::unknown_operation()),
        }
    }

    fn instance(&self) -> Value {
        json!({
            "InstanceArn": self.settings.instance_arn,
            "IdentityStoreId": self.settings.identity_store_id,
            "OwnerAccountId": self.settings.owner_account,
            "Status": "ACTIVE",
        })
    }

    fn permission_set(&self, body: &Value) -> Result<&Map<String, Value>, ServiceError> {
        let arn = text(body, "PermissionSetArn");
        let found = self.permission_sets.get(arn);
        found.ok_or_else(|| ServiceError::not_found(format!("PermissionSet {arn} was not found")))
    }

    fn create_permission_set(&mut self, body: &Value, now: Millis) -> Result<Value, ServiceError> {
        let name = text(body, "Name");
        if self.permission_set_names.contains(name) {
            return Err(ServiceError::conflict(format!("PermissionSet with name {name} already exists.")));
        }
        let arn =
            format!("{}/ps-{}", self.settings.instance_arn.replace(":instance/", ":permissionSet/"), self.ids.hex());
        let mut set = Map::new();
        set.insert("SessionDuration".into(), "PT1H".into());
        copy(body, &mut set, &["Name", "Description", "SessionDuration", "RelayState"]);
        set.insert("PermissionSetArn".into(), arn.as_str().into());
        set.insert("CreatedDate".into(), now.timestamp());
        self.permission_set_names.insert(name.to_owned());
        self.permission_sets.insert(arn, set.clone());
        Ok(json!({ "PermissionSet": set }))
    }

    fn update_permission_set(&mut self, body: &Value) -> Result<Value, ServiceError> {
        self.permission_set(body)?;
        self.refuse_delegate("sso:UpdatePermissionSet", None, body)?;
        if let Some(set) = self.permission_sets.get_mut(text(body, "PermissionSetArn")) {
            copy(body, set, &["Description", "SessionDuration", "RelayState"]);
        }
        Ok(json!({}))
    }

    fn delete_permission_set(&mut self, body: &Value) -> Result<Value, ServiceError> {
        self.permission_set(body)?;
        self.refuse_delegate("sso:DeletePermissionSet", None, body)?;
        let arn = text(body, "PermissionSetArn");
        let open = self.operations.open.iter().map(|operation| &operation.assignment);
        if self.operations.assignments.iter().chain(open).any(|it| it.permission_set == arn) {
            return Err(ServiceError::conflict(
                "Could not delete because PermissionSet has ApplicationProfile associated",
            ));
        }
        if let Some(set) = self.permission_sets.remove(arn) {
            self.permission_set_names.remove(text(&set.into(), "Name"));
        }
        Ok(json!({}))
    }

    fn change_assignment(&mut self, action: Action, body: &Value, now: Millis) -> Result<Value, ServiceError> {
        self.permission_set(body)?;
        let verb = if action == Action::Create { "Create" } else { "Delete" };
        self.refuse_delegate(&format!("sso:{verb}AccountAssignment"), Some(text(body, "TargetId")), body)?;
        let target = Assignment {
            account: text(body, "TargetId").into(),
            permission_set: text(body, "PermissionSetArn").into(),
            principal_type: principal_type(body),
            principal_id: text(body, "PrincipalId").into(),
        };
        self.begin(action, target, now)
    }

    /// A delegated administrator may touch neither the management account nor a permission set that is in use there.
    fn refuse_delegate(&self, right: &str, account: Option<&str>, body: &Value) -> Result<(), ServiceError> {
        let Some(management) = &self.settings.management_account else { return Ok(()) };
        let arn = text(body, "PermissionSetArn");
        let in_use = Operations::at(&self.operations.assignments, management, arn).next().is_some();
        if in_use || account == Some(management) {
            let owner = &self.settings.owner_account;
            return Err(ServiceError::access_denied(format!(
                "User: arn:aws:sts::{owner}:assumed-role/delegate/session is not authorized to perform: {right} on \
                 resource: {arn}"
            )));
        }
        Ok(())
    }

    fn status(&self, action: Action, request_id: &str) -> Result<Value, ServiceError> {
        let found = self.operations.find(action, request_id).map(crate::Operation::full);
        found.ok_or_else(|| ServiceError::not_found(format!("Request {request_id} was not found")))
    }

    fn statuses(&self, action: Action, body: &Value) -> Vec<(String, Value)> {
        let wanted = body.pointer("/Filter/Status").and_then(Value::as_str);
        let all = self.operations.all().filter(|operation| operation.action == action);
        let shown = all.filter(|operation| wanted.is_none_or(|status| operation.status.name() == status));
        shown.map(|operation| (operation.request_id.clone(), operation.brief())).collect()
    }

    /// Where a permission set is assigned, as listings show it. It is provisioned there, and in its latest form, because
    /// provisioning is not modelled.
    fn provisioned(&self, body: &Value) -> Vec<(String, Value)> {
        if text(body, "ProvisioningStatus") == "LATEST_PERMISSION_SET_NOT_PROVISIONED" {
            return Vec::new();
        }
        let arn = text(body, "PermissionSetArn");
        let found = self.operations.listed.iter().filter(|it| it.permission_set == arn);
        let accounts: BTreeSet<&str> = found.map(|it| it.account.as_str()).collect();
        accounts.into_iter().map(|account| (account.to_owned(), account.into())).collect()
    }

    fn listed(&self, wanted: impl Fn(&Assignment) -> bool) -> Vec<(String, Value)> {
        self.operations.listed.iter().filter(|assignment| wanted(assignment)).map(row).collect()
    }

    /// A user's list includes what the user has through groups.
    fn for_principal(&self, body: &Value) -> Vec<(String, Value)> {
        let (kind, id) = (principal_type(body), text(body, "PrincipalId"));
        let groups = if kind == PrincipalType::User { self.directory.groups_of(id) } else { Vec::new() };
        let account = body.pointer("/Filter/AccountId").and_then(Value::as_str);
        self.listed(|it| {
            let own = it.principal_type == kind && it.principal_id == id;
            let by_group = it.principal_type == PrincipalType::Group && groups.contains(&it.principal_id.as_str());
            (own || by_group) && account.is_none_or(|account| it.account == account)
        })
    }
}

/// A row of a listing, and where it stands.
fn row(it: &Assignment) -> (String, Value) {
    let shown = json!({
        "AccountId": it.account,
        "PermissionSetArn": it.permission_set,
        "PrincipalType": it.principal_type,
        "PrincipalId": it.principal_id,
    });
    (format!("{} {} {}", it.account, it.permission_set, it.principal_id), shown)
}

fn principal_type(body: &Value) -> PrincipalType {
    if text(body, "PrincipalType") == "GROUP" { PrincipalType::Group } else { PrincipalType::User }
}

fn copy(from: &Value, to: &mut Map<String, Value>, names: &[&str]) {
    for name in names {
        if let Some(value) = from.get(*name).filter(|value| !value.is_null()) {
            to.insert((*name).into(), value.clone());
        }
    }
}
