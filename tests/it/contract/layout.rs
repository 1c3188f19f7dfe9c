//! The repository: who may depend on whom, one HTTP and TLS stack, short files, a fixed top level.

use std::collections::BTreeMap;

use serde_json::Value;

use super::repository::{entries, functions, packages, rust_files, tree};

/// Our packages, outermost first: each may use those after it that are listed with it.
const MAY_USE: [(&str, &[&str]); 14] = [
    ("curfew-lambda", &["curfew-aws", "curfew-api", "curfew-engine", "curfew-policy", "curfew-domain"]),
    ("curfew-aws", &["curfew-engine", "curfew-policy", "curfew-domain"]),
    ("curfew-api", &["curfew-engine", "curfew-policy", "curfew-domain"]),
    ("curfew-engine", &["curfew-policy", "curfew-domain"]),
    ("curfew-policy", &["curfew-domain"]),
    ("curfew-domain", &[]),
    // The pages: view types in, HTML out.
    ("curfew-web", &["curfew-domain"]),
    // The command line runs on anybody's machine: what it knows, it knows from policy and from the API.
    ("curfew", &["curfew-policy", "curfew-domain"]),
    // The local run knows the product by its template and its binaries only.
    ("curfew-local", &["curfew-identity-center"]),
    ("curfew-identity-center", &[]),
    // The simulator runs everything; the model of the protocol stands for itself.
    ("curfew-sim", &["curfew-"]),
    ("curfew-model", &[]),
    ("curfew-policy-bench", &["curfew-policy", "curfew-domain"]),
    ("curfew-tests", &["curfew-"]),
];

/// What nothing that Lambda runs may contain, and why.
const BANNED: [(&str, &str); 6] = [
    ("aws-lc-rs ", "slower to start than ring"),
    ("aws-lc-sys ", "slower to start than ring"),
    ("openssl ", "a second TLS stack"),
    ("native-tls ", "a second TLS stack"),
    ("hyper v0.14", "a second HTTP stack"),
    ("rustls v0.21", "a second TLS stack"),
];

fn dependencies(package: &Value) -> Vec<&Value> {
    package["dependencies"].as_array().unwrap().iter().collect()
}

fn function_packages() -> Vec<String> {
    functions().iter().map(|name| format!("curfew-{name}")).collect()
}

#[test]
fn dependencies_point_inwards() {
    let rules: BTreeMap<&str, &[&str]> = MAY_USE.into();
    let function_packages = function_packages();
    let outermost =
        ["curfew-lambda", "curfew-aws", "curfew-api", "curfew-web", "curfew-engine", "curfew-policy", "curfew-domain"]
            .as_slice();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        let allowed = match rules.get(name) {
            Some(allowed) => *allowed,
            None if function_packages.iter().any(|function| function == name) => outermost,
            None => panic!("{name} is new: where does it belong?"),
        };
        for dependency in dependencies(package) {
            let used = dependency["name"].as_str().unwrap();
            let anything = allowed == ["curfew-"];
            let ours = used.starts_with("curfew-");
            assert!(!ours || anything || allowed.contains(&used), "{name} uses {used}");
        }
    }
}

#[test]
fn the_inner_crates_know_no_aws_and_no_run_time() {
    for name in ["curfew-domain", "curfew-policy", "curfew-engine", "curfew-api", "curfew-web"] {
        for used in tree(&[name.to_owned()]) {
            let foreign = ["aws-", "aws_", "hyper", "lambda_runtime", "tokio", "axum"];
            assert!(!foreign.iter().any(|prefix| used.starts_with(prefix)), "{name} brings {used}");
        }
    }
}

#[test]
fn aws_crates_bring_only_what_is_named() {
    for package in packages() {
        for dependency in dependencies(package) {
            let (name, used) = (package["name"].as_str().unwrap(), dependency["name"].as_str().unwrap());
            let own_stack =
                used.starts_with("aws-sdk-") || ["aws-smithy-http-client", "lambda_runtime"].contains(&used);
            assert!(!own_stack || dependency["uses_default_features"] == false, "{name} takes the defaults of {used}");
        }
    }
}

#[test]
fn a_function_contains_one_http_and_one_tls_stack() {
    let tree = tree(&function_packages());
    for name in ["hyper", "rustls", "ring", "h2"] {
        let versions: Vec<&String> = tree.iter().filter(|used| used.starts_with(&format!("{name} "))).collect();
        assert!(versions.len() <= 1, "{versions:?}");
        assert!(!versions.is_empty() || name == "h2", "{name} is gone; is another stack there instead?");
    }
    for (banned, reason) in BANNED {
        assert!(!tree.iter().any(|used| used.starts_with(banned)), "{banned}: {reason}");
    }
}

#[test]
fn files_are_short() {
    for folder in ["functions", "shared", "infra", "tests"] {
        for (path, text) in rust_files(folder) {
            let lines = text.lines().count();
            assert!(lines <= 400, "{path} has {lines} lines");
        }
    }
}

#[test]
fn the_top_level_is_the_one_of_the_design() {
    let fixed = ["Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "events", "functions", "infra", "shared", "tests"];
    // Tools have their files under names that begin with a dot; `target` is cargo's.
    for name in entries(".").iter().filter(|name| !name.starts_with('.') && *name != "target") {
        assert!(fixed.contains(&name.as_str()), "`{name}` is not part of the layout");
    }
}
