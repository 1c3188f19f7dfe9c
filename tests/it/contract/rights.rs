//! Rights: a function may do what its code calls, on what is its own, and nothing else.
//!
//! What the code can call is read off the adapters in `shared/aws`; what a function never reaches in an adapter that it
//! uses is listed here with the reason. A call that is added needs a right, or a line here, in each function.

use std::collections::{BTreeMap, BTreeSet};

use curfew_sim::template::{logical_id, of_type, properties, target};
use regex_lite::Regex;
use serde_json::{Value, json};

use super::repository::{dense_code, entries, functions, rust_files};

/// Calls in an adapter that a function uses, which the function never comes to.
const UNREACHED: [(&str, &str, &[&str]); 29] = [
    ("announce", "only reads and marks", &["dynamodb:DeleteItem"]),
    ("approval", "only resumes executions", &["states:StartExecution", "states:DescribeExecution"]),
    ("console", "leaves executions to the sweep once they run", &["states:DescribeExecution"]),
    ("console", "leaves listing people to sync", PEOPLE),
    ("intake", "leaves executions to the sweep once they run", &["states:DescribeExecution"]),
    ("notify", "shows no lists", &["dynamodb:BatchGetItem"]),
    ("notify", "only resumes executions", &["states:StartExecution", "states:DescribeExecution"]),
    ("provision", "knows people by id", &["identitystore:GetUserId"]),
    ("provision", "only resumes executions", &["states:StartExecution", "states:DescribeExecution"]),
    ("revoke", "only deletes", &["sso:CreateAccountAssignment"]),
    ("revoke", "asks neither policy nor directory", &["sso:DescribePermissionSet"]),
    ("revoke", "only resumes executions", &["states:StartExecution", "states:DescribeExecution"]),
    (
        "sweep",
        "only compares; it wakes who changes",
        &[
            "sso:CreateAccountAssignment",
            "sso:DeleteAccountAssignment",
            "sso:DescribeAccountAssignmentCreationStatus",
            "sso:DescribeAccountAssignmentDeletionStatus",
            "sso:ListAccountAssignmentCreationStatus",
            "sso:ListAccountAssignmentDeletionStatus",
        ],
    ),
    ("sweep", "knows people by id", &["identitystore:GetUserId"]),
    ("provision", "leaves drift to the sweep", &["sso:ListAccountsForProvisionedPermissionSet"]),
    ("revoke", "leaves drift to the sweep", &["sso:ListAccountsForProvisionedPermissionSet"]),
    ("approval", "leaves listing people to sync", PEOPLE),
    ("intake", "leaves listing people to sync", PEOPLE),
    ("provision", "leaves listing people to sync", PEOPLE),
    ("sweep", "leaves listing people to sync", PEOPLE),
    ("provision", "leaves listing the organisation to sync", ORGANIZATION),
    ("sweep", "leaves listing the organisation to sync", ORGANIZATION),
    ("provision", "leaves listing permission sets to sync", &["sso:ListPermissionSets"]),
    ("revoke", "leaves listing permission sets to sync", &["sso:ListPermissionSets"]),
    ("sweep", "leaves listing permission sets to sync", &["sso:ListPermissionSets"]),
    ("sync", "keeps snapshots, not requests", &["dynamodb:BatchGetItem", "dynamodb:Query"]),
    ("sync", "lists people", &["identitystore:DescribeUser", "identitystore:GetUserId"]),
    ("sync", "lists accounts", &["organizations:DescribeAccount"]),
    (
        "sync",
        "only looks at permission sets",
        &[
            "sso:CreateAccountAssignment",
            "sso:DeleteAccountAssignment",
            "sso:DescribeAccountAssignmentCreationStatus",
            "sso:DescribeAccountAssignmentDeletionStatus",
            "sso:ListAccountAssignmentCreationStatus",
            "sso:ListAccountAssignmentDeletionStatus",
            "sso:ListAccountAssignments",
        ],
    ),
];

/// Listings of the identity store.
const PEOPLE: &[&str] = &["identitystore:ListGroupMemberships", "identitystore:ListGroups", "identitystore:ListUsers"];

/// Listings of the organisation.
const ORGANIZATION: &[&str] = &[
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListRoots",
    "organizations:ListTagsForResource",
];

/// What a mapping does with a stream (Lambda developer guide, "Configuring permissions" of DynamoDB streams).
const STREAM: [&str; 4] =
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];

/// The functions that look for what a person has, in the index.
const LISTS_BY_PERSON: [&str; 4] = ["console", "evaluate", "intake", "provision"];

/// The functions that have the directory read on demand.
const STARTS_SYNC: [&str; 2] = ["console", "intake"];

/// The functions that write to Identity Center, and start each other.
pub(super) const WRITERS: [&str; 2] = ["provision", "revoke"];

/// Actions for which AWS knows no resource (service authorization reference, tables of Step Functions, of CloudWatch
/// Logs and of Organizations).
const WITHOUT_RESOURCE: [&str; 10] = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "organizations:ListRoots",
    "states:SendTaskSuccess",
];

/// IAM's name of the service behind an adapter of `shared/aws`; `None` for files that talk to nobody.
fn service(adapter: &str) -> Option<&'static str> {
    match adapter {
        "bus" => Some("events"),
        "functions" => Some("lambda"),
        "identity_store" => Some("identitystore"),
        "mail" => Some("ses"),
        "organizations" => Some("organizations"),
        "scheduler" => Some("scheduler"),
        "sso_admin" => Some("sso"),
        "state_machine" => Some("states"),
        "sessions" | "table" => Some("dynamodb"),
        "fault" | "lib" => None,
        other => panic!("shared/aws/src/{other} is new: which service is it?"),
    }
}

/// The actions behind the calls in each adapter.
fn calls() -> BTreeMap<String, BTreeSet<String>> {
    let mut calls: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let adapters: BTreeSet<String> =
        entries("shared/aws/src").iter().map(|name| name.trim_end_matches(".rs").to_owned()).collect();
    let operation = Regex::new(r"client\.([a-z_]+)\(\)").unwrap();
    let in_transaction = Regex::new(r"\b(Put|Delete|Update|ConditionCheck)::builder\(\)").unwrap();
    for (path, text) in rust_files("shared/aws/src") {
        let adapter = adapters.iter().find(|name| path.starts_with(&format!("shared/aws/src/{name}"))).unwrap();
        let code: String = text.split_whitespace().collect();
        let found = operation.captures_iter(&code).map(|call| call[1].to_owned());
        let written = in_transaction.captures_iter(&text).map(|write| write[1].to_owned());
        let actions = found.filter_map(|name| action(service(adapter), &name));
        let actions = actions.chain(written.map(|write| format!("dynamodb:{write}Item")));
        calls.entry(adapter.clone()).or_default().extend(actions);
    }
    calls
}

/// IAM's name of an SDK operation.
fn action(service: Option<&str>, operation: &str) -> Option<String> {
    let service = service.unwrap_or_else(|| panic!("{operation} is called outside an adapter"));
    let camel: String = operation.split('_').map(logical_id).collect();
    match (service, camel.as_str()) {
        ("lambda", "Invoke") => Some("lambda:InvokeFunction".to_owned()),
        // Needs the rights of the writes in it.
        ("dynamodb", "TransactWriteItems") => None,
        _ => Some(format!("{service}:{camel}")),
    }
}

/// What a function's code can call, by the adapters that it composes.
fn callable(function: &str) -> BTreeSet<String> {
    let code = dense_code(&format!("functions/{function}/src"));
    let used = |adapter: &str| match adapter {
        "table" => code.contains("host.core()"),
        _ => code.contains(&format!("usecurfew_aws::{adapter}::")),
    };
    let mut calls = calls();
    calls.retain(|adapter, _| used(adapter));
    calls.into_values().flatten().collect()
}

fn statements(role: &str) -> Vec<&'static Value> {
    let policies = properties(role)["Policies"].as_array().unwrap();
    let statements = policies.iter().flat_map(|policy| list(&policy["PolicyDocument"]["Statement"]));
    statements.inspect(|statement| assert_eq!(statement["Effect"], "Allow")).collect()
}

fn actions(statement: &'static Value) -> impl Iterator<Item = &'static str> {
    list(&statement["Action"]).into_iter().map(|action| action.as_str().unwrap())
}

/// What a role may do, and on what; but for what the console may do with its sessions.
fn granted(role: &str) -> BTreeMap<&'static str, &'static Value> {
    let rights = statements(role).into_iter().flat_map(|s| actions(s).map(|action| (action, &s["Resource"])));
    let mut granted = BTreeMap::new();
    for (action, resource) in rights.filter(|(_, resource)| **resource != sessions()) {
        assert!(granted.insert(action, resource).is_none(), "{role} has {action} twice");
    }
    granted
}

/// The table of the console's sessions.
fn sessions() -> Value {
    json!({ "Fn::GetAtt": "Sessions.Arn" })
}

#[test]
fn only_the_console_reads_the_secrets_of_sessions_and_it_deletes_nothing_there() {
    for role in of_type("AWS::IAM::Role") {
        let with = statements(role).into_iter().filter(|it| it["Resource"].to_string().contains("Sessions"));
        let with: Vec<_> = with.flat_map(|it| actions(it).map(move |action| (action, &it["Resource"]))).collect();
        let expected: &[_] = if role == "ConsoleRole" { &["dynamodb:GetItem", "dynamodb:PutItem"] } else { &[] };
        assert_eq!(with.iter().map(|(action, _)| *action).collect::<Vec<_>>(), expected, "{role}");
        assert!(with.iter().all(|(_, resource)| **resource == sessions()), "{role}");
    }
}

fn role(function: &str) -> String {
    format!("{}Role", logical_id(function))
}

/// Functions whose role has this right.
fn holders(action: &str) -> Vec<String> {
    functions().into_iter().filter(|function| granted(&role(function)).contains_key(action)).collect()
}

#[test]
fn a_function_may_do_what_its_code_calls_and_no_more() {
    for function in functions() {
        let mut needed = callable(&function);
        for (_, reason, unreached) in UNREACHED.iter().filter(|(who, ..)| *who == function) {
            for action in *unreached {
                assert!(needed.remove(*action), "{function} {reason}, and {action} is called nowhere in its adapters");
            }
        }
        // Lambda itself uses the role for these; a schedule is given a role of its own.
        needed.extend(["logs:CreateLogStream", "logs:PutLogEvents"].map(str::to_owned));
        if properties(&logical_id(&function))["EventInvokeConfig"]["DestinationConfig"].is_object() {
            needed.insert("sqs:SendMessage".to_owned());
        }
        if function == "announce" {
            // The mapping that brings the stream uses it as well, and sends what it gives up.
            needed.extend(STREAM.map(str::to_owned));
            needed.insert("sqs:SendMessage".to_owned());
        }
        if needed.contains("scheduler:CreateSchedule") {
            needed.insert("iam:PassRole".to_owned());
        }
        let granted: BTreeSet<String> = granted(&role(&function)).into_keys().map(str::to_owned).collect();
        assert_eq!(granted, needed, "{function}");
    }
}

#[test]
fn every_call_to_aws_is_somebodys_right() {
    for action in calls().into_values().flatten() {
        assert!(!holders(&action).is_empty(), "nobody may {action}");
    }
}

#[test]
fn only_the_writers_change_access_and_one_of_them_only_removes_it() {
    assert_eq!(holders("sso:CreateAccountAssignment"), ["provision"]);
    assert_eq!(holders("sso:DeleteAccountAssignment"), WRITERS);
    assert_eq!(holders("scheduler:CreateSchedule"), ["provision"]);
    assert_eq!(holders("states:StartExecution"), ["console", "intake", "sweep"]);
    let read_only = ["Describe", "Get", "List"];
    for function in functions().iter().filter(|name| !WRITERS.contains(&name.as_str())) {
        for action in granted(&role(function)).into_keys() {
            let (service, verb) = action.split_once(':').unwrap();
            let directory = ["sso", "identitystore", "organizations"].contains(&service);
            assert!(!directory || read_only.iter().any(|prefix| verb.starts_with(prefix)), "{function} has {action}");
        }
    }
}

#[test]
fn each_function_has_a_role_of_its_own_that_only_lambda_takes() {
    for function in functions() {
        let id = logical_id(&function);
        assert_eq!(properties(&id)["Role"], json!({ "Fn::GetAtt": format!("{id}Role.Arn") }));
        let trust = list(&properties(&role(&function))["AssumeRolePolicyDocument"]["Statement"]);
        assert_eq!(trust.len(), 1);
        assert_eq!(trust[0]["Principal"], json!({ "Service": "lambda.amazonaws.com" }));
        assert!(properties(&role(&function))["ManagedPolicyArns"].is_null(), "{function}");
    }
}

#[test]
fn no_role_of_the_stack_has_a_wildcard_without_need() {
    for role in of_type("AWS::IAM::Role") {
        for statement in statements(role) {
            for action in actions(statement) {
                assert!(!action.contains('*'), "{role} has {action}");
                let everything = list(&statement["Resource"]).into_iter().any(|resource| resource == "*");
                assert_eq!(everything, WITHOUT_RESOURCE.contains(&action), "{role} has {action}");
            }
        }
    }
    assert!(of_type("AWS::IAM::Role").len() > functions().len(), "the other roles were looked at as well");
}

/// Who knows the writers by their fixed names. The writers start each other, and Provision passes on a role that may start
/// Sweep, which starts Provision: references would be circular for CloudFormation.
const BY_NAME: [&str; 3] = ["provision", "revoke", "sweep"];

/// The ARN of a writer as the template tells it to a function.
fn writer(name: &str, told: &str) -> Value {
    if !BY_NAME.contains(&told) {
        return json!({ "Fn::GetAtt": format!("{}.Arn", logical_id(name)) });
    }
    let fixed = properties(&logical_id(name))["FunctionName"]["Fn::Sub"].as_str().unwrap();
    let arn = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:";
    json!({ "Fn::Sub": format!("{arn}{fixed}") })
}

#[test]
fn whoever_records_intents_is_told_of_both_writers_and_may_start_them() {
    assert_eq!(holders("lambda:InvokeFunction"), ["console", "intake", "provision", "revoke", "sweep"]);
    for function in holders("lambda:InvokeFunction") {
        let variables = &properties(&logical_id(&function))["Environment"]["Variables"];
        for name in WRITERS {
            let told = &variables[format!("{}_FUNCTION_ARN", name.to_uppercase())];
            assert_eq!(*told, writer(name, &function), "{function}: {name}");
        }
    }
}

#[test]
fn only_who_has_administrators_starts_sync_on_demand() {
    for function in functions() {
        let told = &properties(&logical_id(&function))["Environment"]["Variables"]["SYNC_FUNCTION_ARN"];
        let starts = STARTS_SYNC.contains(&function.as_str());
        let expected = if starts { json!({ "Fn::GetAtt": "Sync.Arn" }) } else { Value::Null };
        assert_eq!(*told, expected, "{function}");
    }
}

#[test]
fn a_function_works_on_what_is_its_own() {
    let arn = |id: &str| json!({ "Fn::GetAtt": format!("{id}.Arn") });
    let index = json!({ "Fn::Sub": "${Table.Arn}/index/by_owner" });
    for function in functions() {
        let logs = arn(&format!("{}Logs", logical_id(&function)));
        for (action, resource) in granted(&role(&function)) {
            let expected = match action.split_once(':').unwrap().0 {
                "logs" => logs.clone(),
                "lambda" if STARTS_SYNC.contains(&function.as_str()) => {
                    json!([writer("revoke", &function), writer("provision", &function), arn("Sync")])
                }
                "lambda" => json!([writer("revoke", &function), writer("provision", &function)]),
                "sqs" => arn("FailureQueue"),
                "iam" => arn("SchedulerRole"),
                "events" => arn("Bus"),
                "dynamodb" if STREAM.contains(&action) => json!({ "Fn::Sub": "${Table.Arn}/stream/*" }),
                "dynamodb" if LISTS_BY_PERSON.contains(&function.as_str()) && action == "dynamodb:Query" => {
                    json!([arn("Table"), index])
                }
                "dynamodb" => arn("Table"),
                // Of AWS, not of the stack: by pattern.
                _ => continue,
            };
            assert_eq!(*resource, expected, "{function}: {action}");
        }
    }
}

#[test]
fn mail_goes_out_from_the_configured_address_only() {
    assert_eq!(holders("ses:SendEmail"), ["announce"]);
    let sends = |statement: &&'static Value| actions(statement).any(|action| action == "ses:SendEmail");
    let statement = statements("AnnounceRole").into_iter().find(sends).unwrap();
    assert_eq!(statement["Condition"], json!({ "StringEquals": { "ses:FromAddress": { "Ref": "MailFrom" } } }));
    let told = &properties("Announce")["Environment"]["Variables"]["MAIL_FROM"];
    assert_eq!(*told, json!({ "Ref": "MailFrom" }), "and that is the one that it sends from");
}

#[test]
fn what_starts_functions_may_start_those_and_no_others() {
    let startable = |role: &str| -> BTreeSet<&str> {
        list(granted(role)["lambda:InvokeFunction"]).into_iter().map(target).collect()
    };
    let machine = properties("StateMachine")["DefinitionSubstitutions"].as_object().unwrap();
    assert_eq!(startable("StateMachineRole"), machine.values().map(target).collect());
    assert_eq!(startable("SchedulerRole"), BTreeSet::from(["Revoke", "Sweep", "Sync"]));
}

/// One value, or a list of them.
fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |values| values.iter().collect())
}
