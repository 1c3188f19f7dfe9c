//! Assignments, and the asynchronous operations that make and remove them.

use crate::{DeletedPrincipals, Millis, RoleUpdates, ServiceError, Settings, directory::Directory};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Who has which permission set in which account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Twelve digits.
    pub account: String,
    /// ARN.
    pub permission_set: String,
    /// User or group.
    pub principal_type: PrincipalType,
    /// Id of the user or group.
    pub principal_id: String,
}

/// What an assignment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PrincipalType {
    /// One person. First: `Operations::at` begins here.
    User,
    /// All members of a group.
    Group,
}

/// Whether an operation creates or deletes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// `CreateAccountAssignment`.
    Create,
    /// `DeleteAccountAssignment`.
    Delete,
}

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Accepted.
    InProgress,
    /// Done.
    Succeeded,
    /// Not done; the reason says why.
    Failed,
}

impl Status {
    /// As the API writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
        }
    }
}

/// One asynchronous operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Operation {
    /// What the service answered as `RequestId`.
    pub request_id: String,
    /// What it does.
    pub action: Action,
    /// To which assignment.
    pub assignment: Assignment,
    /// How far it is.
    pub status: Status,
    /// Why it failed.
    pub failure_reason: Option<String>,
    /// When it was accepted.
    pub created: Millis,
    /// When work on it began; none while another operation on the account is in progress.
    pub started: Option<Millis>,
    /// How long the work takes; none while it is stuck.
    pub work_ms: Option<u64>,
}

impl Operation {
    fn ends(&self) -> Option<Millis> {
        Some(self.started?.plus(self.work_ms?))
    }

    /// What the Describe operations show.
    pub(crate) fn full(&self) -> Value {
        let mut view = json!({
            "Status": self.status,
            "RequestId": self.request_id,
            "CreatedDate": self.created.timestamp(),
            "TargetId": self.assignment.account,
            "TargetType": "AWS_ACCOUNT",
            "PermissionSetArn": self.assignment.permission_set,
            "PrincipalType": self.assignment.principal_type,
            "PrincipalId": self.assignment.principal_id,
        });
        if let (Some(reason), Some(members)) = (&self.failure_reason, view.as_object_mut()) {
            members.insert("FailureReason".into(), reason.as_str().into());
        }
        view
    }

    /// What the List operations show: not the target.
    pub(crate) fn brief(&self) -> Value {
        json!({ "Status": self.status, "RequestId": self.request_id, "CreatedDate": self.created.timestamp() })
    }
}

/// Everything about assignments that changes with time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Operations {
    /// What is really there.
    pub(crate) assignments: BTreeSet<Assignment>,
    /// What listings show.
    pub(crate) listed: BTreeSet<Assignment>,
    /// Changes that listings do not show yet, oldest first.
    unlisted: VecDeque<(Millis, Assignment, bool)>,
    /// In progress, in the order of acceptance.
    pub(crate) open: Vec<Operation>,
    done: BTreeMap<String, Operation>,
    done_order: VecDeque<String>,
    /// Ended and not yet asked for, oldest first.
    pub(crate) ended: VecDeque<Operation>,
    /// When the last operation on an account ended.
    free_from: BTreeMap<String, Millis>,
}

impl Operations {
    /// Accepts an operation, or says why not.
    pub(crate) fn accept(&mut self, operation: Operation, settings: &Settings) -> Result<Value, ServiceError> {
        let limit = settings.outstanding_operations;
        if limit > 0 && self.open.len() >= limit {
            return Err(ServiceError::throttled("There are too many requests processing. Please try again later."));
        }
        let wanted = &operation.assignment;
        let account_is_busy = self.open.iter().any(|other| other.assignment.account == wanted.account);
        if self.open.iter().any(|other| other.assignment == *wanted)
            || (settings.role_updates == RoleUpdates::Refused && account_is_busy)
        {
            return Err(ServiceError::conflict("There is a conflicting operation in process."));
        }
        let view = operation.full();
        self.open.push(operation);
        Ok(view)
    }

    /// Ends, one by one and in the order of their times, all operations that are due.
    pub(crate) fn settle(&mut self, now: Millis, settings: &Settings, directory: &Directory) {
        loop {
            self.start_waiting(settings.role_updates == RoleUpdates::Queued);
            let due = self.open.iter().enumerate().filter_map(|(at, operation)| Some((operation.ends()?, at))).min();
            let Some((end, at)) = due.filter(|(end, _)| *end <= now) else { break };
            let operation = self.open.remove(at);
            self.finish(operation, end, settings, directory);
        }
        while let Some((at, assignment, present)) = self.unlisted.pop_front() {
            if at.plus(settings.listing_lag_ms) > now {
                self.unlisted.push_front((at, assignment, present));
                break;
            }
            set(&mut self.listed, assignment, present);
        }
    }

    /// When the next operation ends, as far as is known.
    pub(crate) fn next_end(&self) -> Option<Millis> {
        self.open.iter().filter_map(Operation::ends).min()
    }

    fn start_waiting(&mut self, queued: bool) {
        let running = self.open.iter().filter(|operation| queued && operation.started.is_some());
        let mut busy: BTreeSet<String> = running.map(|operation| operation.assignment.account.clone()).collect();
        for operation in self.open.iter_mut().filter(|operation| operation.started.is_none()) {
            let account = &operation.assignment.account;
            if queued && !busy.insert(account.clone()) {
                continue;
            }
            let free = self.free_from.get(account).copied().filter(|_| queued).unwrap_or_default();
            operation.started = Some(operation.created.max(free));
        }
    }

    fn finish(&mut self, mut operation: Operation, end: Millis, settings: &Settings, directory: &Directory) {
        // A fault may have written the reason already.
        let reason = operation.failure_reason.take().or_else(|| self.obstacle(&operation, settings, directory));
        operation.status = if reason.is_some() { Status::Failed } else { Status::Succeeded };
        if reason.is_none() {
            // Creating what exists succeeds and changes nothing (assumed; Terraform adopts existing assignments so).
            self.change(operation.assignment.clone(), operation.action == Action::Create, end);
        }
        operation.failure_reason = reason;
        self.free_from.insert(operation.assignment.account.clone(), end);
        self.ended.push_back(operation.clone());
        if self.ended.len() > settings.history {
            self.ended.pop_front();
        }
        self.done_order.push_back(operation.request_id.clone());
        self.done.insert(operation.request_id.clone(), operation);
        while self.done_order.len() > settings.history {
            if let Some(oldest) = self.done_order.pop_front() {
                self.done.remove(&oldest);
            }
        }
    }

    /// Why an operation cannot succeed. The texts after "Received a 404" are AWS's, from bug reports.
    fn obstacle(&self, operation: &Operation, settings: &Settings, directory: &Directory) -> Option<String> {
        let Assignment { account, principal_type, principal_id, permission_set } = &operation.assignment;
        if !settings.accounts.is_empty() && !settings.accounts.contains(account) {
            return Some(format!(
                "Received a 404 status error: the account {account} was not found in the organization"
            ));
        }
        if settings.suspended_accounts.contains(account) {
            return Some(format!(
                "AWS SSO is unable to complete your request at this time. Obtaining permissions to manage your AWS \
                 account '{account}' is taking longer than usual."
            ));
        }
        let creating = operation.action == Action::Create;
        let must_exist = creating || settings.deleted_principals == DeletedPrincipals::Undeletable;
        if must_exist && !directory.knows(*principal_type, principal_id) {
            let kind = if *principal_type == PrincipalType::User { "USER" } else { "GROUP" };
            let store = &settings.identity_store_id;
            return Some(format!(
                "Received a 404 status error: the {kind} assignee {principal_id} was not found in directory {store}"
            ));
        }
        (!creating && !self.assignments.contains(&operation.assignment)).then(|| {
            format!(
                "Received a 404 status error: EntitlementItem doesn't exist with the given entitlement key \
                 EntitlementKey{{accessorId=AccessorId{{value={principal_id}}}, \
                 resourceId=ResourceId{{value={account}}}, \
                 auxiliaryResourceId=AuxiliaryResourceId{{value={permission_set}}}}}"
            )
        })
    }

    /// Puts an assignment there or takes it away; false when that changes nothing.
    pub(crate) fn change(&mut self, assignment: Assignment, present: bool, at: Millis) -> bool {
        let changed = set(&mut self.assignments, assignment.clone(), present);
        if changed {
            self.unlisted.push_back((at, assignment, present));
        }
        changed
    }

    /// Ends what is stuck, now.
    pub(crate) fn heal(&mut self, now: Millis) {
        for operation in self.open.iter_mut().filter(|operation| operation.work_ms.is_none()) {
            operation.work_ms = Some(operation.started.map_or(0, |started| now.since(started)));
        }
    }

    pub(crate) fn find(&self, action: Action, request_id: &str) -> Option<&Operation> {
        let mut found = self.open.iter().chain(self.done.get(request_id));
        found.find(|operation| operation.action == action && operation.request_id == request_id)
    }

    /// Who has a permission set in an account, of `all`.
    pub(crate) fn at<'a>(
        all: &'a BTreeSet<Assignment>,
        account: &str,
        permission_set: &str,
    ) -> impl Iterator<Item = &'a Assignment> {
        let first = Assignment {
            account: account.to_owned(),
            permission_set: permission_set.to_owned(),
            principal_type: PrincipalType::User,
            principal_id: String::new(),
        };
        let place = (first.account.clone(), first.permission_set.clone());
        all.range(first..).take_while(move |it| it.account == place.0 && it.permission_set == place.1)
    }

    /// Open and finished operations.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Operation> {
        self.open.iter().chain(self.done.values())
    }
}

fn set(all: &mut BTreeSet<Assignment>, assignment: Assignment, present: bool) -> bool {
    if present { all.insert(assignment) } else { all.remove(&assignment) }
}
