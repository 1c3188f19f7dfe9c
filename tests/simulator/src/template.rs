//! `infra/template.yaml`: what it says, and what that means for the functions: settings, environment, routes, retries.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use curfew_identity_center::Settings;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

use crate::functions::Function;

/// Name of the one table.
pub const TABLE: &str = "curfew";
/// Name of the table of the console's sessions.
pub(crate) const SESSIONS: &str = "curfew-sessions";
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
}

/// A route of the API.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// Such as `POST /v1/requests/{id}/cancel`.
    pub(crate) key: String,
    /// Who answers.
    pub(crate) function: Function,
}

/// How the stream of the table reaches `announce`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamSettings {
    /// Records in a batch, at most.
    pub(crate) batch: usize,
    /// A record that could not be told for so many seconds is given up.
    pub(crate) max_age: i64,
}

/// Everything that is read from the template.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) functions: BTreeMap<Function, FunctionSettings>,
    pub(crate) routes: Vec<Route>,
    pub(crate) stream: StreamSettings,
    /// Defaults of the parameters that have one.
    parameters: BTreeMap<String, Value>,
    /// Input of the sweep's schedule.
    pub(crate) sweep_input: Value,
}

/// The whole template, with CloudFormation's short forms written out: `!Ref A` is `{"Ref": "A"}`.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let text = include_str!("../../../infra/template.yaml");
        let documents = Yaml::load_from_str(text).expect("the template is YAML");
        assert_eq!(documents.len(), 1, "documents in the template");
        written_out(&documents[0])
    })
}

/// A resource's properties.
pub fn properties(logical_id: &str) -> &'static Value {
    let resource = &document()["Resources"][logical_id];
    assert!(resource.is_object(), "the template has no resource `{logical_id}`");
    &resource["Properties"]
}

/// Logical ids of the resources of a type.
pub fn of_type(kind: &str) -> Vec<&'static str> {
    let resources = document()["Resources"].as_object().expect("resources").iter();
    let found: Vec<&str> = resources.filter(|(_, it)| it["Type"] == kind).map(|(id, _)| id.as_str()).collect();
    assert!(!found.is_empty(), "the template has no {kind}");
    found
}

/// The logical id of a function: `intake` is `Intake`.
pub fn logical_id(function: &str) -> String {
    let (first, rest) = function.split_at(1);
    first.to_uppercase() + rest
}

/// What `!GetAtt X.Arn` or `!Ref X` points to.
pub fn target(reference: &Value) -> &str {
    let arn = reference["Fn::GetAtt"].as_str().and_then(|attribute| attribute.strip_suffix(".Arn"));
    arn.or_else(|| reference["Ref"].as_str()).unwrap_or_else(|| panic!("not a reference: {reference}"))
}

/// A property of a function, its own or that of all.
pub fn function_property(function: &str, name: &str) -> &'static Value {
    let own = &properties(&logical_id(function))[name];
    if own.is_null() { &document()["Globals"]["Function"][name] } else { own }
}

/// The environment variables that a function gets, its own and those of all, not resolved.
pub fn variables(function: &str) -> BTreeMap<&'static str, &'static Value> {
    let of_all = &document()["Globals"]["Function"]["Environment"]["Variables"];
    let own = &properties(&logical_id(function))["Environment"]["Variables"];
    let both = [of_all, own].into_iter().filter_map(Value::as_object).flatten();
    both.map(|(name, value)| (name.as_str(), value)).collect()
}

/// What the template means here, read once.
pub(crate) fn template() -> &'static Template {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    TEMPLATE.get_or_init(read)
}

/// The ARN of a function.
pub fn function_arn(function: Function) -> String {
    format!("arn:aws:lambda:{PLACE}:function:curfew-{function}")
}

/// The function of an ARN.
pub(crate) fn function_of(arn: &str) -> Function {
    let name = arn.rsplit(":curfew-").next().unwrap_or_default();
    Function::named(name).unwrap_or_else(|| panic!("{arn} is no function"))
}

/// The ARN of the state machine.
pub fn machine_arn() -> String {
    format!("arn:aws:states:{PLACE}:stateMachine:curfew-approval")
}

fn read() -> Template {
    let functions = Function::ALL.iter().map(|function| {
        let name = function.name();
        let event = &properties(&logical_id(name))["EventInvokeConfig"];
        let settings = FunctionSettings {
            timeout: function_property(name, "Timeout").as_u64().expect("a time-out"),
            // Lambda's defaults: 2 more tries, 6 hours.
            retries: event["MaximumRetryAttempts"].as_u64().unwrap_or(2),
            max_age: event["MaximumEventAgeInSeconds"].as_i64().unwrap_or(21_600),
        };
        (*function, settings)
    });
    let routes = of_type("AWS::ApiGatewayV2::Route").into_iter().map(|id| {
        let route = properties(id);
        let to = route["Target"]["Fn::Sub"].as_str().expect("a target");
        let integration = to.trim_start_matches("integrations/${").trim_end_matches('}');
        let function = target(&properties(integration)["IntegrationUri"]).to_lowercase();
        let function = Function::named(&function).expect("a known function");
        Route { key: route["RouteKey"].as_str().expect("a route key").to_owned(), function }
    });
    let mapping = properties("AnnounceStream");
    let stream = StreamSettings {
        batch: mapping["BatchSize"].as_u64().and_then(|size| size.try_into().ok()).expect("a batch size"),
        max_age: mapping["MaximumRecordAgeInSeconds"].as_i64().expect("an age"),
    };
    let input = properties("SweepSchedule")["Target"]["Input"].as_str().expect("an input");
    let parameters = document()["Parameters"].as_object().expect("parameters").iter();
    let parameters = parameters.filter_map(|(name, parameter)| Some((name.clone(), parameter.get("Default")?.clone())));
    Template {
        parameters: parameters.collect(),
        functions: functions.collect(),
        routes: routes.collect(),
        stream,
        sweep_input: serde_json::from_str(input).expect("the input is JSON"),
    }
}

/// The environment of a function: the template's variables, and those that Lambda sets.
pub(crate) fn environment(function: Function, identity: &Settings) -> BTreeMap<String, String> {
    let given =
        [("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "AKIASIMULATOR"), ("AWS_SECRET_ACCESS_KEY", "-")];
    let mut all: BTreeMap<String, String> =
        given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for (name, value) in variables(function.name()) {
        all.insert(name.to_owned(), resolve(value, identity));
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
        "Sessions" => SESSIONS.to_owned(),
        // Nobody signs in here: sessions are made by the stories themselves.
        "OidcIssuer" => "https://issuer.example".to_owned(),
        "AWS::StackName" | "OidcAudience" | "Table" | "ScheduleGroup" | "Bus" => "curfew".to_owned(),
        "InstanceArn" => identity.instance_arn.clone(),
        "IdentityStoreId" => identity.identity_store_id.clone(),
        "MailFrom" => "curfew@example.com".to_owned(),
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
        assert!(template.routes.iter().any(|r| r.key == "POST /v1/links/{id}" && r.function == Function::Approval));
        assert!(template.routes.iter().any(|r| r.key == "POST /v1/requests" && r.function == Function::Intake));
        assert_eq!(environment(Function::Sweep, &Settings::default())["STATE_MACHINE_ARN"], machine_arn());
    }
}
