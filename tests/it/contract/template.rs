//! `infra/template.yaml`, with CloudFormation's short forms written out: `!Ref A` is `{"Ref": "A"}`.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

use super::repository::read;

/// The template.
pub(super) fn template() -> &'static Value {
    static TEMPLATE: OnceLock<Value> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let text = read("infra/template.yaml");
        let documents = Yaml::load_from_str(&text).unwrap();
        assert_eq!(documents.len(), 1);
        written_out(&documents[0])
    })
}

fn written_out(node: &Yaml) -> Value {
    match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => json!(value),
        Yaml::Sequence(nodes) => nodes.iter().map(written_out).collect(),
        Yaml::Mapping(nodes) => {
            let entry = |(key, value): (&Yaml, &Yaml)| (key.as_str().unwrap().to_owned(), written_out(value));
            Value::Object(nodes.iter().map(entry).collect())
        }
        Yaml::Tagged(tag, inner) => {
            let name = if tag.suffix == "Ref" { "Ref".to_owned() } else { format!("Fn::{}", tag.suffix) };
            Value::Object(Map::from_iter([(name, written_out(inner))]))
        }
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => panic!("not understood: {node:?}"),
    }
}

/// A resource's properties.
pub(super) fn properties(logical_id: &str) -> &'static Value {
    let resource = &template()["Resources"][logical_id];
    assert!(resource.is_object(), "the template has no resource `{logical_id}`");
    &resource["Properties"]
}

/// Logical ids of the resources of a type.
pub(super) fn of_type(kind: &str) -> Vec<&'static str> {
    let resources = template()["Resources"].as_object().unwrap();
    let found: Vec<&str> =
        resources.iter().filter(|(_, resource)| resource["Type"] == kind).map(|(id, _)| id.as_str()).collect();
    assert!(!found.is_empty(), "the template has no {kind}");
    found
}

/// The logical id of a function: `intake` is `Intake`.
pub(super) fn logical_id(function: &str) -> String {
    let (first, rest) = function.split_at(1);
    first.to_uppercase() + rest
}

/// What `!GetAtt X.Arn` or `!Ref X` points to.
pub(super) fn target(reference: &Value) -> &str {
    let arn = reference["Fn::GetAtt"].as_str().and_then(|attribute| attribute.strip_suffix(".Arn"));
    arn.or_else(|| reference["Ref"].as_str()).unwrap_or_else(|| panic!("not a reference: {reference}"))
}

/// One value, or a list of them.
pub(super) fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |values| values.iter().collect())
}

/// A property of a function, its own or that of all.
pub(super) fn function_property(function: &str, name: &str) -> &'static Value {
    let own = &properties(&logical_id(function))[name];
    if own.is_null() { &template()["Globals"]["Function"][name] } else { own }
}

/// Names of the environment variables that a function gets.
pub(super) fn variables(function: &str) -> BTreeSet<String> {
    let of_all = &template()["Globals"]["Function"]["Environment"]["Variables"];
    let own = &properties(&logical_id(function))["Environment"]["Variables"];
    let names = [of_all, own].into_iter().filter_map(Value::as_object).flat_map(Map::keys);
    names.cloned().collect()
}
