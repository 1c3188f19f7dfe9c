//! Routes: the template sends a function exactly what that function answers, and nothing without a token.

use std::collections::BTreeSet;

use curfew_sim::template::{of_type, properties, target};
use serde_json::json;

/// A route of the template.
pub(crate) struct Route {
    pub(crate) key: &'static str,
    pub(super) function: String,
}

/// All routes of the template, each with the function behind it.
pub(crate) fn routed() -> Vec<Route> {
    let route = |id: &'static str| {
        let route = properties(id);
        let sub = route["Target"]["Fn::Sub"].as_str().unwrap();
        let integration = sub.strip_prefix("integrations/${").and_then(|s| s.strip_suffix('}')).unwrap();
        let function = target(&properties(integration)["IntegrationUri"]).to_lowercase();
        Route { key: route["RouteKey"].as_str().unwrap(), function }
    };
    of_type("AWS::ApiGatewayV2::Route").into_iter().map(route).collect()
}

#[test]
fn the_template_routes_to_each_function_what_it_answers() {
    let answered: BTreeSet<(&str, &str)> = (curfew_intake::routes().map(|key| ("intake", key)))
        .chain(curfew_approval::routes().map(|key| ("approval", key)))
        .chain(curfew_console::routes().map(|key| ("console", key)))
        .collect();
    let all = routed();
    let routed: BTreeSet<(&str, &str)> = all.iter().map(|route| (route.function.as_str(), route.key)).collect();
    assert_eq!(routed, answered);
    assert_eq!(all.len(), answered.len(), "a route is there twice");
}

/// For pipelines, which have AWS credentials and no token. Nothing else is open to AWS identities.
const SIGNED: &str = "PUT /v1/ci/configuration";

/// Whether a route is one of the API for programs; the others are the console's, for browsers.
pub(crate) fn is_for_programs(key: &str) -> bool {
    key.split_once(' ').is_some_and(|(_, path)| path.starts_with("/v1/"))
}

#[test]
fn every_route_of_the_api_asks_for_a_token_of_the_one_issuer_but_one_that_asks_for_a_signature() {
    let key = |id: &&str| properties(id)["RouteKey"].as_str().unwrap();
    let routes = of_type("AWS::ApiGatewayV2::Route").into_iter().filter(|id| is_for_programs(key(id)));
    let (signed, others): (Vec<_>, Vec<_>) = routes.partition(|id| key(id) == SIGNED);
    assert_eq!(signed.len(), 1);
    assert_eq!(properties(signed[0])["AuthorizationType"], "AWS_IAM");
    for id in others {
        assert_eq!(properties(id)["AuthorizationType"], "JWT", "{id}");
        assert_eq!(properties(id)["AuthorizerId"], json!({"Ref": "ApiAuthorizer"}), "{id}");
    }
    assert_eq!(of_type("AWS::ApiGatewayV2::Authorizer"), ["ApiAuthorizer"]);
    let authorizer = properties("ApiAuthorizer");
    assert_eq!(authorizer["AuthorizerType"], "JWT");
    assert_eq!(authorizer["IdentitySource"], json!(["$request.header.Authorization"]));
    let (api, cli) = (json!({"Ref": "OidcAudience"}), json!({"Ref": "OidcCliClientId"}));
    let audiences = json!({"Fn::If": ["HasOidcCliClientId", [api, cli], [api]]});
    let issuer = json!({"Issuer": {"Ref": "OidcIssuer"}, "Audience": audiences});
    assert_eq!(authorizer["JwtConfiguration"], issuer);
}

#[test]
fn every_route_for_browsers_is_answered_by_the_console_which_asks_for_a_session() {
    for id in of_type("AWS::ApiGatewayV2::Route") {
        let route = properties(id);
        let key = route["RouteKey"].as_str().unwrap();
        assert_eq!(route["AuthorizationType"] == "NONE", !is_for_programs(key), "{key}");
    }
    for Route { key, function } in routed() {
        assert_eq!(function == "console", !is_for_programs(key), "{key}");
    }
}

#[test]
fn no_route_takes_a_path_that_the_emulator_keeps() {
    for Route { key, .. } in routed() {
        let (_, path) = key.split_once(' ').unwrap_or_else(|| panic!("`{key}` catches every path"));
        assert!(path.starts_with('/') && !path.contains("{proxy"), "{key}");
        assert!(!["/health", "/_"].iter().any(|kept| path.starts_with(kept)), "{key}");
    }
}

#[test]
fn a_routed_function_gets_events_of_format_2_and_may_be_called() {
    let routed: BTreeSet<String> = routed().into_iter().map(|route| route.function).collect();
    let mut integrated = BTreeSet::new();
    for id in of_type("AWS::ApiGatewayV2::Integration") {
        let integration = properties(id);
        assert_eq!(
            (&integration["IntegrationType"], &integration["PayloadFormatVersion"]),
            (&json!("AWS_PROXY"), &json!("2.0"))
        );
        integrated.insert(target(&integration["IntegrationUri"]).to_lowercase());
    }
    let allowed = |id| target(&properties(id)["FunctionName"]).to_lowercase();
    let callable: BTreeSet<String> = of_type("AWS::Lambda::Permission").into_iter().map(allowed).collect();
    assert_eq!(integrated, routed);
    assert_eq!(callable, routed);
}
