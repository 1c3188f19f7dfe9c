//! The services: each is a pure state machine that takes one call at a time, at a given instant of true time.

pub(crate) mod call;
pub(crate) mod dynamodb;
pub(crate) mod identity;
pub(crate) mod organizations;
pub(crate) mod outside;
pub(crate) mod scheduler;

use serde_json::Value;

use crate::fault::CallFault;
use crate::log::Service;

/// An error as a service answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AwsError {
    /// HTTP status.
    pub(crate) status: u16,
    /// Name of the exception.
    pub(crate) code: &'static str,
    /// Text for people.
    pub(crate) message: String,
    /// Further members of the body.
    pub(crate) more: Option<(&'static str, Value)>,
}

impl AwsError {
    /// An error of the caller: status 400.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self::status(400, code, message)
    }

    pub(crate) fn status(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), more: None }
    }

    /// What a service answers when it is asked too often.
    pub(crate) fn throttled(service: Service) -> Self {
        let (status, code) = match service {
            Service::DynamoDb => (400, "ProvisionedThroughputExceededException"),
            Service::SsoAdmin | Service::IdentityStore | Service::StepFunctions | Service::EventBridge => {
                (400, "ThrottlingException")
            }
            Service::Organizations => (400, "TooManyRequestsException"),
            Service::Scheduler => (429, "ThrottlingException"),
            Service::Lambda | Service::Mail => (429, "TooManyRequestsException"),
        };
        Self::status(status, code, "Rate exceeded")
    }

    /// What a service answers when it is broken.
    pub(crate) fn internal(service: Service) -> Self {
        let code = match service {
            Service::DynamoDb => "InternalServerError",
            Service::Organizations | Service::Lambda => "ServiceException",
            Service::SsoAdmin | Service::IdentityStore | Service::Scheduler => "InternalServerException",
            Service::StepFunctions => "InternalFailure",
            Service::EventBridge => "InternalException",
            Service::Mail => "InternalServiceErrorException",
        };
        Self::status(500, code, "An unexpected internal service exception was encountered")
    }

    /// What a service answers when it is down.
    pub(crate) fn unavailable() -> Self {
        Self::status(503, "ServiceUnavailable", "Service is unavailable")
    }

    /// What a service answers when somebody else works on the same thing; none if the operation knows no such answer.
    pub(crate) fn conflict(service: Service, operation: &str, request: &Value) -> Option<Self> {
        match (service, operation) {
            (Service::DynamoDb, "PutItem" | "DeleteItem") => {
                Some(Self::new("TransactionConflictException", "Transaction is ongoing for the item"))
            }
            (Service::DynamoDb, "TransactWriteItems") => {
                let length = request["TransactItems"].as_array().map_or(0, Vec::len);
                let mut codes = vec!["None"; length];
                codes[0] = "TransactionConflict";
                Some(dynamodb::cancelled(&codes))
            }
            (Service::SsoAdmin, "CreateAccountAssignment" | "DeleteAccountAssignment") => {
                Some(Self::new("ConflictException", "There is a conflicting operation in process."))
            }
            (Service::IdentityStore, "CreateGroupMembership" | "DeleteGroupMembership") => {
                Some(Self::new("ConflictException", "The request is in conflict with another one"))
            }
            (Service::Scheduler, "CreateSchedule" | "UpdateSchedule" | "DeleteSchedule") => {
                Some(Self::status(409, "ConflictException", "Another operation on the schedule is under way"))
            }
            _ => None,
        }
    }
}

/// Whether a read may show an older state on AWS.
fn may_be_stale(service: Service, operation: &str, request: &Value) -> bool {
    match (service, operation) {
        (Service::DynamoDb, "GetItem" | "Query") => {
            !request["IndexName"].is_null() || request["ConsistentRead"] != true
        }
        (Service::DynamoDb, "BatchGetItem") => {
            let tables = request["RequestItems"].as_object();
            tables.is_some_and(|tables| tables.values().any(|table| table["ConsistentRead"] != true))
        }
        (Service::SsoAdmin, operation) => {
            operation.starts_with("ListAccount") || operation.starts_with("DescribeAccountAssignment")
        }
        (Service::Scheduler, "GetSchedule")
        | (Service::StepFunctions, "DescribeExecution")
        | (Service::IdentityStore, "GetGroupMembershipId") => true,
        _ => false,
    }
}

/// Whether a fault makes any difference to a call.
pub(crate) fn admits(service: Service, operation: &str, request: &Value, fault: CallFault) -> bool {
    match fault {
        CallFault::Conflict => AwsError::conflict(service, operation, request).is_some(),
        CallFault::StaleRead => may_be_stale(service, operation, request),
        CallFault::OperationFails => {
            service == Service::SsoAdmin && ["CreateAccountAssignment", "DeleteAccountAssignment"].contains(&operation)
        }
        _ => true,
    }
}

/// What a call is about, in a few words.
pub(crate) fn subject(service: Service, operation: &str, request: &Value) -> String {
    let text = |path: &str| request.pointer(path).and_then(Value::as_str).unwrap_or_default();
    match (service, operation) {
        (Service::DynamoDb, _) => dynamodb::subject(request),
        (Service::SsoAdmin, "CreateAccountAssignment" | "DeleteAccountAssignment") => {
            format!("{} {} {}", text("/PrincipalId"), text("/TargetId"), last(text("/PermissionSetArn")))
        }
        (Service::SsoAdmin, "ListAccountAssignments") => {
            format!("{} {}", text("/AccountId"), last(text("/PermissionSetArn")))
        }
        (Service::SsoAdmin, "DescribePermissionSet") => last(text("/PermissionSetArn")).to_owned(),
        (Service::SsoAdmin, "DescribeAccountAssignmentCreationStatus") => {
            text("/AccountAssignmentCreationRequestId").to_owned()
        }
        (Service::SsoAdmin, "DescribeAccountAssignmentDeletionStatus") => {
            text("/AccountAssignmentDeletionRequestId").to_owned()
        }
        (Service::SsoAdmin, _) => String::new(),
        (Service::IdentityStore, _) => {
            let name = text("/AlternateIdentifier/UniqueAttribute/AttributeValue");
            let member = format!("{}{}", text("/MemberId/UserId"), text("/MembershipId"));
            format!("{}{name}{}{member}", text("/UserId"), text("/GroupId"))
        }
        (Service::Organizations, _) => {
            format!("{}{}{}", text("/AccountId"), text("/ParentId"), text("/ResourceId"))
        }
        (Service::Scheduler, _) => format!("{} {}", text("/Name"), text("/ScheduleExpression")),
        (Service::StepFunctions, "SendTaskSuccess") => format!("…{} {}", tail(text("/taskToken")), text("/output")),
        (Service::StepFunctions, _) => format!("{}{}", text("/name"), text("/executionArn")),
        (Service::EventBridge, _) => text("/Entries/0/DetailType").to_owned(),
        (Service::Mail, _) => text("/Content/Simple/Subject/Data").to_owned(),
        (Service::Lambda, _) => format!("{} {}", last(text("/FunctionName")), request["Payload"]),
    }
}

fn last(arn: &str) -> &str {
    arn.rsplit([':', '/']).next().unwrap_or(arn)
}

fn tail(token: &str) -> &str {
    token.get(token.len().saturating_sub(8)..).unwrap_or(token)
}

/// A text member that must be there.
pub(crate) fn text<'a>(request: &'a Value, name: &str) -> &'a str {
    request[name].as_str().unwrap_or_else(|| panic!("no text `{name}` in {request}"))
}

/// Refuses a member that the simulator would otherwise ignore.
pub(crate) fn only(request: &Value, known: &[&str]) {
    for (name, value) in request.as_object().unwrap_or_else(|| panic!("not a structure: {request}")) {
        assert!(known.contains(&name.as_str()) || value.is_null(), "the simulator does not know `{name}` in {request}");
    }
}
