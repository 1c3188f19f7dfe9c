//! What `infra/template.yaml` says of the functions: settings, environment, routes, retries.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use curfew_identity_center::Settings;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

use crate::functions::Function;

/// Name of the one table.
pub(crate) const TABLE: &str = "curfew";
/// Region and account of the stack, as ARNs name them.
const PLACE: &str = "eu-central-1:123456789012";

/// The template's settings of one function.
#[derive(Debug, Clone)]
pub(crate) struct FunctionSettings {
    /// Seconds until Lambda kills an invocation.
    pub(crate) timeout: u64,
    /// How often Lambda tries an event again.
    pub(crate) retries: u64,
    /// How old an event may become, in seconds.
    pub(crate) max_age: i64,
    /// Environment variables, not yet resolved.
    variables: Map<String, Value>,
}

/// A route of the API.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// Such as `POST /v1/requests/{id}/cancel`.
    pub(crate) key: String,
    /// Who answers.
    pub(crate) function: Function,
}

/// Everything that is read from the template.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) functions: BTreeMap<Function, FunctionSettings>,
    pub(crate) routes: Vec<Route>,
    /// Defaults of the parameters that have one.
    parameters: BTreeMap<String, Value>,
    /// Input of the sweep's schedule.
    pub(crate) sweep_input: Value,
}

/// The template, read once.
pub(crate) fn template() -> &'static Template {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let documents =
            Yaml::load_from_str(include_str!("../../../infra/template.yaml")).expect("the template is YAML");
        read(&written_out(&documents[0]))
    })
}

/// The ARN of a function.
pub(crate) fn function_arn(function: Function) -> String {
    format!("arn:aws:lambda:{PLACE}:function:curfew-{function}")
}

/// The function of an ARN.
pub(crate) fn function_of(arn: &str) -> Function {
    let name = arn.rsplit(":curfew-").next().unwrap_or_default();
    Function::named(name).unwrap_or_else(|| panic!("{arn} is no function"))
}

/// The ARN of the state machine.
pub(crate) fn machine_arn() -> String {
    format!("arn:aws:states:{PLACE}:stateMachine:curfew-approval")
}

fn read(template: &Value) -> Template {
    let of_all = &template["Globals"]["Function"];
    let resources = template["Resources"].as_object().expect("resources");
    let functions = Function::ALL.iter().map(|function| {
        let own = &resources[&logical_id(function.name())]["Properties"];
        let number = |value: &Value| value.as_u64();
        let event = &own["EventInvokeConfig"];
        let variables = [&of_all["Environment"]["Variables"], &own["Environment"]["Variables"]];
        let settings = FunctionSettings {
            timeout: number(&own["Timeout"]).or_else(|| number(&of_all["Timeout"])).expect("a time-out"),
            // Lambda's defaults: 2 more tries, 6 hours.
            retries: number(&event["MaximumRetryAttempts"]).unwrap_or(2),
            max_age: event["MaximumEventAgeInSeconds"].as_i64().unwrap_or(21_600),
            variables: variables
                .iter()
                .filter_map(|v| v.as_object())
                .flatten()
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect(),
        };
        (*function, settings)
    });
    let routes = resources.values().filter(|resource| resource["Type"] == "AWS::ApiGatewayV2::Route").map(|route| {
        let target = route["Properties"]["Target"]["Fn::Sub"].as_str().expect("a target");
        let integration = target.trim_start_matches("integrations/${").trim_end_matches('}');
        let uri = &resources[integration]["Properties"]["IntegrationUri"]["Fn::GetAtt"];
        let function = uri.as_str().and_then(|uri| uri.strip_suffix(".Arn")).expect("a function");
        let function = Function::named(&function.to_lowercase()).expect("a known function");
        Route { key: route["Properties"]["RouteKey"].as_str().expect("a route key").to_owned(), function }
    });
    let input = resources["SweepSchedule"]["Properties"]["Target"]["Input"].as_str().expect("an input");
    let parameters = template["Parameters"].as_object().expect("parameters").iter();
    let parameters = parameters.filter_map(|(name, parameter)| Some((name.clone(), parameter.get("Default")?.clone())));
    Template {
        parameters: parameters.collect(),
        functions: functions.collect(),
        routes: routes.collect(),
        sweep_input: serde_json::from_str(input).expect("the input is JSON"),
    }
}

fn logical_id(function: &str) -> String {
    let (first, rest) = function.split_at(1);
    first.to_uppercase() + rest
}

/// The environment of a function: the template's variables, and those that Lambda sets.
pub(crate) fn environment(function: Function, identity: &Settings) -> BTreeMap<String, String> {
    let given =
        [("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "AKIASIMULATOR"), ("AWS_SECRET_ACCESS_KEY", "-")];
    let mut all: BTreeMap<String, String> =
        given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for (name, value) in &template().functions[&function].variables {
        all.insert(name.clone(), resolve(value, identity));
    }
    all
}

/// What CloudFormation makes of a value.
fn resolve(value: &Value, identity: &Settings) -> String {
    if let Some(text) = value.as_str() {
        return text.to_owned();
    }
    if let Some(number) = value.as_i64() {
        return number.to_string();
    }
    if let Some(name) = value["Ref"].as_str() {
        return reference(name, identity);
    }
    if let Some(attribute) = value["Fn::GetAtt"].as_str() {
        return reference(attribute, identity);
    }
    if let Some(text) = value["Fn::Sub"].as_str() {
        let mut parts = text.split("${");
        let mut resolved = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').expect("a closing brace");
            resolved += &reference(name, identity);
            resolved += rest;
        }
        return resolved;
    }
    if let Some(choice) = value["Fn::If"].as_array() {
        // Every condition is about an optional parameter, and none is given here.
        return resolve(&choice[2], identity);
    }
    panic!("the simulator does not know what {value} is")
}

fn reference(name: &str, identity: &Settings) -> String {
    if let Some(function) = name.strip_suffix(".Arn").and_then(|id| Function::named(&id.to_lowercase())) {
        return function_arn(function);
    }
    match name {
        "AWS::Partition" => "aws".to_owned(),
        "AWS::Region" => "eu-central-1".to_owned(),
        "AWS::AccountId" => "123456789012".to_owned(),
        "AWS::StackName" | "Table" | "ScheduleGroup" => "curfew".to_owned(),
        "InstanceArn" => identity.instance_arn.clone(),
        "IdentityStoreId" => identity.identity_store_id.clone(),
        "Api.ApiEndpoint" => "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com".to_owned(),
        "ExpiryQueue.Arn" => format!("arn:aws:sqs:{PLACE}:curfew-expiry"),
        "FailureQueue.Arn" => format!("arn:aws:sqs:{PLACE}:curfew-failure"),
        "SchedulerRole.Arn" => "arn:aws:iam::123456789012:role/curfew-scheduler".to_owned(),
        _ => match template().parameters.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(default) => default.to_string(),
            None => panic!("the simulator does not know what {name} is in the template"),
        },
    }
}

/// YAML as JSON, with CloudFormation's short forms written out: `!Ref A` is `{"Ref": "A"}`.
fn written_out(node: &Yaml) -> Value {
    match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => json!(value),
        Yaml::Sequence(nodes) => nodes.iter().map(written_out).collect(),
        Yaml::Mapping(nodes) => {
            let entry =
                |(key, value): (&Yaml, &Yaml)| (key.as_str().expect("keys are texts").to_owned(), written_out(value));
            Value::Object(nodes.iter().map(entry).collect())
        }
        Yaml::Tagged(tag, inner) => {
            let name = if tag.suffix == "Ref" { "Ref".to_owned() } else { format!("Fn::{}", tag.suffix) };
            Value::Object(Map::from_iter([(name, written_out(inner))]))
        }
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => panic!("not understood: {node:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_its_settings_and_every_route_a_function() {
        let template = template();
        assert_eq!(template.functions.len(), Function::ALL.len());
        for function in Function::ALL {
            let environment = environment(*function, &Settings::default());
            assert_eq!(environment["TABLE_NAME"], TABLE, "{function}");
        }
        let settings = &template.functions[&Function::Revoke];
        assert_eq!((settings.retries, settings.max_age), (1, 3600));
        assert!(settings.timeout > template.functions[&Function::Intake].timeout);
        assert!(template.routes.iter().any(|r| r.key == "POST /a/{id}" && r.function == Function::Approval));
        assert!(template.routes.iter().any(|r| r.key == "POST /v1/requests" && r.function == Function::Intake));
        assert_eq!(environment(Function::Sweep, &Settings::default())["STATE_MACHINE_ARN"], machine_arn());
    }
}
