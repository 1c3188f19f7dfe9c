//! Between HTTP and calls: which service and operation a request means, and how an answer travels.

use std::rc::Rc;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::AwsError;
use crate::log::Service;

/// A call as its service understands it.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) service: Service,
    pub(crate) operation: &'static str,
    /// The body; parts of the path and of the query are members of it.
    pub(crate) request: Value,
}

/// Operations of the services with AWS JSON, by `X-Amz-Target`. Only those that the simulator knows.
const TARGETS: &[(&str, Service, &[&str])] = &[
    (
        "DynamoDB_20120810",
        Service::DynamoDb,
        &["GetItem", "PutItem", "DeleteItem", "Query", "BatchGetItem", "TransactWriteItems"],
    ),
    (
        "SWBExternalService",
        Service::SsoAdmin,
        &[
            "CreateAccountAssignment",
            "DeleteAccountAssignment",
            "DescribeAccountAssignmentCreationStatus",
            "DescribeAccountAssignmentDeletionStatus",
            "ListAccountAssignmentCreationStatus",
            "ListAccountAssignmentDeletionStatus",
            "ListAccountAssignments",
            "ListAccountAssignmentsForPrincipal",
            "ListAccountsForProvisionedPermissionSet",
            "DescribePermissionSet",
            "ListPermissionSets",
            "DescribeInstance",
            "ListInstances",
            "ListTagsForResource",
        ],
    ),
    (
        "AWSIdentityStore",
        Service::IdentityStore,
        &[
            "DescribeUser",
            "GetUserId",
            "ListUsers",
            "ListGroups",
            "ListGroupMemberships",
            "CreateGroupMembership",
            "DeleteGroupMembership",
            "GetGroupMembershipId",
        ],
    ),
    (
        "AWSOrganizationsV20161128",
        Service::Organizations,
        &[
            "DescribeAccount",
            "ListRoots",
            "ListOrganizationalUnitsForParent",
            "ListAccountsForParent",
            "ListTagsForResource",
        ],
    ),
    ("AWSEvents", Service::EventBridge, &["PutEvents"]),
    ("AWSStepFunctions", Service::StepFunctions, &["StartExecution", "DescribeExecution", "SendTaskSuccess"]),
];

/// Understands a request, or panics.
pub(crate) fn decode(http: &HttpRequest) -> Decoded {
    let bytes = http.body().bytes().expect("bodies are in memory");
    let mut body: Value =
        if bytes.is_empty() { json!({}) } else { serde_json::from_slice(bytes).expect("bodies are JSON") };
    // The SDK writes attributes in the order of a hash map; two runs of one seed must see the same.
    body.sort_all_objects();
    if let Some(target) = http.headers().get("x-amz-target") {
        let (name, operation) = target.split_once('.').expect("service.operation");
        let known = TARGETS.iter().find(|(prefix, ..)| *prefix == name);
        let (_, service, operations) = known.unwrap_or_else(|| panic!("the simulator does not know {target}"));
        let operation = operations.iter().find(|known| **known == operation);
        let operation = operation.unwrap_or_else(|| panic!("the simulator does not know {target}"));
        return Decoded { service: *service, operation, request: body };
    }
    rest(http, body)
}

fn rest(http: &HttpRequest, mut body: Value) -> Decoded {
    let (path, query) = http.uri().split_once('?').unwrap_or((http.uri(), ""));
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(unescaped).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    if let ("POST", ["2015-03-31", "functions", function, "invocations"]) = (http.method(), parts.as_slice()) {
        let kind = http.headers().get("x-amz-invocation-type");
        assert_eq!(kind, Some("Event"), "functions are only invoked asynchronously");
        let request = json!({ "FunctionName": function, "Payload": body });
        return Decoded { service: Service::Lambda, operation: "Invoke", request };
    }
    if let ("POST", ["v2", "email", "outbound-emails"]) = (http.method(), parts.as_slice()) {
        return Decoded { service: Service::Mail, operation: "SendEmail", request: body };
    }
    let (operation, name) = match (http.method(), parts.as_slice()) {
        ("POST", ["schedules", name]) => ("CreateSchedule", name),
        ("PUT", ["schedules", name]) => ("UpdateSchedule", name),
        ("GET", ["schedules", name]) => ("GetSchedule", name),
        ("DELETE", ["schedules", name]) => ("DeleteSchedule", name),
        (method, _) => panic!("the simulator does not know {method} {}", http.uri()),
    };
    body["Name"] = (*name).into();
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let member = match key {
            "groupName" => "GroupName",
            "clientToken" => "ClientToken",
            "x-id" => continue,
            _ => panic!("the simulator does not know the parameter {key} of {operation}"),
        };
        body[member] = unescaped(value).into();
    }
    Decoded { service: Service::Scheduler, operation, request: body }
}

/// Resolves percent escapes.
pub(crate) fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits: Vec<u8> = rest.by_ref().take(2).collect();
        let digits = std::str::from_utf8(&digits).expect("ASCII");
        bytes.push(u8::from_str_radix(digits, 16).expect("two hexadecimal digits"));
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// The HTTP answer.
pub(crate) fn encode(service: Service, answer: &Result<Rc<Value>, AwsError>) -> HttpResponse {
    let (status, body) = match answer {
        Ok(_) if service == Service::Lambda => (202, String::new()),
        Ok(value) => (200, value.to_string()),
        Err(error) => {
            let mut body = json!({ "__type": error.code, "message": error.message, "Message": error.message });
            if let Some((name, value)) = &error.more {
                body[name] = value.clone();
            }
            (error.status, body.to_string())
        }
    };
    let status = status.try_into().expect("a valid status");
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    let headers = response.headers_mut();
    headers.insert("content-type", "application/json");
    if let Err(error) = answer {
        headers.insert("x-amzn-errortype", error.code);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rest_calls_are_understood() {
        let mut http = HttpRequest::new(SdkBody::from("{}"));
        http.set_method("GET").unwrap();
        http.set_uri("https://scheduler.eu-central-1.amazonaws.com/schedules/curfew%2D1?groupName=a%20b").unwrap();
        let call = decode(&http);
        assert_eq!((call.service, call.operation), (Service::Scheduler, "GetSchedule"));
        assert_eq!(call.request, json!({ "Name": "curfew-1", "GroupName": "a b" }));
    }
}
