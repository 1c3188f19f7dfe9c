//! Identity Center: the ports over the model, which works asynchronously.

use std::sync::Arc;

use async_trait::async_trait;
use curfew_domain::assignment::OperationKind;
use curfew_domain::id::{AccountId, Key, PermissionSetArn, UserId};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::error::Fault;
use curfew_engine::ports::{Access, AccessReader, Begun, Inventory, Page, Principal, Progress};
use curfew_identity_center::{Millis, SSO_ADMIN, ServiceError};
use serde_json::{Value, json};

use super::hands::Hands;
use super::invariants;
use super::world::State;

/// How far back `find` looks, for clocks that differ.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

#[async_trait]
impl AccessReader for Hands {
    async fn is_assigned(&self, key: &Key) -> Result<bool, Fault> {
        self.call("access.is_assigned", |state, now| {
            let body = json!({ "AccountId": key.account.as_str(), "PermissionSetArn": key.permission_set.as_str() });
            let reply = match sso(state, "ListAccountAssignments", body, now) {
                Err(error) if error.code == "ResourceNotFoundException" => return Ok(false),
                other => other.map_err(|e| Fault::transient("list", e))?,
            };
            let rows = reply["AccountAssignments"].as_array().unwrap().iter();
            Ok(rows.into_iter().any(|row| row["PrincipalId"] == key.user.as_str()))
        })
        .await
    }
}

#[async_trait]
impl Inventory for Hands {
    async fn accounts(&self, set: &PermissionSetArn, page: Option<&str>) -> Result<Page<AccountId>, Fault> {
        let body = json!({ "PermissionSetArn": set.as_str(), "NextToken": page });
        self.call("inventory.accounts", |state, now| {
            let account = |id: &Value| AccountId::parse(id.as_str().unwrap()).unwrap();
            listed(state, "ListAccountsForProvisionedPermissionSet", body, "AccountIds", now, account)
        })
        .await
    }

    async fn holders(
        &self,
        account: &AccountId,
        set: &PermissionSetArn,
        page: Option<&str>,
    ) -> Result<Page<Principal>, Fault> {
        let body = json!({ "AccountId": account.as_str(), "PermissionSetArn": set.as_str(), "NextToken": page });
        self.call("inventory.holders", |state, now| {
            let principal = |row: &Value| {
                let id = row["PrincipalId"].as_str().unwrap();
                match row["PrincipalType"].as_str().unwrap() {
                    "USER" => Principal::User(UserId::parse(id).unwrap()),
                    kind => Principal::Other(format!("{kind} {id}")),
                }
            };
            listed(state, "ListAccountAssignments", body, "AccountAssignments", now, principal)
        })
        .await
    }
}

/// One page; empty, if there is no such permission set.
fn listed<T>(
    state: &mut State,
    operation: &str,
    body: Value,
    name: &str,
    now: Timestamp,
    item: impl Fn(&Value) -> T,
) -> Result<Page<T>, Fault> {
    match sso(state, operation, body, now) {
        Ok(reply) => Ok(Page {
            items: reply[name].as_array().unwrap().iter().map(item).collect(),
            next: reply["NextToken"].as_str().map(str::to_owned),
        }),
        Err(error) if error.code == "ResourceNotFoundException" => Ok(Page { items: Vec::new(), next: None }),
        Err(error) => Err(Fault::transient("list", error)),
    }
}

#[async_trait]
impl Access for Hands {
    async fn begin(&self, kind: OperationKind, key: &Key) -> Result<Begun, Fault> {
        let late = self.world.state().late_begin.take();
        if let Some(late) = late {
            let (world, key) = (Arc::clone(&self.world), key.clone());
            tokio::task::spawn_local(async move {
                world.pass(late).await;
                let now = world.now();
                drop(begin(&mut world.state(), kind, &key, now));
            });
            return Err(Fault::transient("access.begin", "the answer was lost"));
        }
        let port = if kind == OperationKind::Assign { "access.begin_assign" } else { "access.begin_unassign" };
        self.call(port, |state, now| {
            invariants::check_begin(state, kind, key, now);
            begin(state, kind, key, now)
        })
        .await
    }

    async fn progress(&self, kind: OperationKind, id: &str) -> Result<Option<Progress>, Fault> {
        self.call("access.progress", |state, now| match describe(state, kind, id, now) {
            Err(error) if error.code == "ResourceNotFoundException" => Ok(None),
            Err(error) => Err(Fault::transient("describe", error)),
            Ok(status) => Ok(Some(match status["Status"].as_str().unwrap() {
                "SUCCEEDED" => Progress::Succeeded,
                "FAILED" => Progress::Failed(status["FailureReason"].as_str().unwrap().to_owned()),
                _ => Progress::InProgress,
            })),
        })
        .await
    }

    async fn in_progress(&self, kind: OperationKind) -> Result<Vec<String>, Fault> {
        self.call("access.in_progress", |state, now| {
            let noun = noun(kind);
            let body = json!({ "Filter": { "Status": "IN_PROGRESS" } });
            let reply = sso(state, &format!("ListAccountAssignment{noun}Status"), body, now)
                .map_err(|e| Fault::transient("list operations", e))?;
            let rows = reply[format!("AccountAssignments{noun}Status")].as_array().unwrap().clone();
            Ok(rows.iter().map(|row| row["RequestId"].as_str().unwrap().to_owned()).collect())
        })
        .await
    }

    async fn find(&self, kind: OperationKind, key: &Key, since: Timestamp) -> Result<Vec<String>, Fault> {
        self.call("access.find", |state, now| {
            let noun = noun(kind);
            let reply = sso(state, &format!("ListAccountAssignment{noun}Status"), json!({}), now)
                .map_err(|e| Fault::transient("list operations", e))?;
            let rows = reply[format!("AccountAssignments{noun}Status")].as_array().unwrap().clone();
            let since = (since - SKEW).as_duration().as_secs_f64();
            let mut found = Vec::new();
            for row in rows {
                let id = row["RequestId"].as_str().unwrap();
                let full = describe(state, kind, id, now).map_err(|e| Fault::transient("describe", e))?;
                let mine = full["PrincipalId"] == key.user.as_str()
                    && full["TargetId"] == key.account.as_str()
                    && full["PermissionSetArn"] == key.permission_set.as_str();
                if mine && full["CreatedDate"].as_f64().unwrap() >= since {
                    found.push(id.to_owned());
                }
            }
            Ok(found)
        })
        .await
    }

    async fn concerns(&self, kind: OperationKind, id: &str, key: &Key) -> Result<bool, Fault> {
        Ok(self.find(kind, key, Timestamp::UNIX_EPOCH).await?.contains(&id.to_owned()))
    }
}

fn begin(state: &mut State, kind: OperationKind, key: &Key, now: Timestamp) -> Result<Begun, Fault> {
    let verb = if kind == OperationKind::Assign { "Create" } else { "Delete" };
    let body = json!({
        "TargetId": key.account.as_str(), "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": key.permission_set.as_str(), "PrincipalType": "USER", "PrincipalId": key.user.as_str(),
    });
    match sso(state, &format!("{verb}AccountAssignment"), body, now) {
        Ok(reply) => {
            let status = &reply[format!("AccountAssignment{}Status", noun(kind))];
            let id = status["RequestId"].as_str().unwrap().to_owned();
            state.begun.insert(id.clone());
            Ok(Begun::Accepted(id))
        }
        Err(error) => match error.code {
            "ConflictException" | "ThrottlingException" => Ok(Begun::NotNow(error.to_string())),
            "InternalServerException" | "ReplyLost" => Err(Fault::transient("begin", error)),
            _ => Ok(Begun::Rejected(error.to_string())),
        },
    }
}

fn describe(state: &mut State, kind: OperationKind, id: &str, now: Timestamp) -> Result<Value, ServiceError> {
    let noun = noun(kind);
    let body = json!({ format!("AccountAssignment{noun}RequestId"): id });
    let reply = sso(state, &format!("DescribeAccountAssignment{noun}Status"), body, now)?;
    Ok(reply[format!("AccountAssignment{noun}Status")].clone())
}

fn sso(state: &mut State, operation: &str, mut body: Value, now: Timestamp) -> Result<Value, ServiceError> {
    body["InstanceArn"] = state.model.settings().instance_arn.as_str().into();
    state.model.call(SSO_ADMIN, operation, &body, millis(now))
}

fn noun(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Assign => "Creation",
        OperationKind::Unassign => "Deletion",
    }
}

/// A moment as the model counts.
pub(crate) fn millis(at: Timestamp) -> Millis {
    Millis(u64::try_from(at.as_millisecond()).unwrap())
}
