//! Binaries: one per function of the template, with the environment that it reads and the alarms that it raises.

use std::collections::BTreeSet;

use curfew_sim::template::{document, function_property, logical_id, of_type, properties, variables};
use regex_lite::Regex;
use serde_json::{Value, json};

use super::repository::{dense_code, functions, packages, read, rust_files};

#[test]
fn each_function_of_the_template_is_a_binary_of_the_workspace_and_vice_versa() {
    let deployed: BTreeSet<(&str, &str)> = of_type("AWS::Serverless::Function")
        .into_iter()
        .map(|id| {
            let metadata = &document()["Resources"][id]["Metadata"];
            assert_eq!(metadata["BuildMethod"], "rust-cargolambda", "{id}");
            (id, metadata["BuildProperties"]["Binary"].as_str().unwrap())
        })
        .collect();
    let folders = functions();
    let names: Vec<(String, String)> = folders.iter().map(|f| (logical_id(f), format!("curfew-{f}"))).collect();
    let built: BTreeSet<(&str, &str)> = names.iter().map(|(id, binary)| (id.as_str(), binary.as_str())).collect();
    assert_eq!(deployed, built);

    let of_functions = |package: &&Value| package["manifest_path"].as_str().unwrap().contains("/functions/");
    let binaries: BTreeSet<&str> = packages()
        .iter()
        .filter(of_functions)
        .flat_map(|package| package["targets"].as_array().unwrap())
        .filter(|target| target["kind"] == json!(["bin"]))
        .map(|target| target["name"].as_str().unwrap())
        .collect();
    assert_eq!(binaries, built.iter().map(|(_, binary)| *binary).collect());
}

#[test]
fn the_template_sets_what_a_function_reads_and_nothing_else() {
    for function in functions() {
        let (required, optional) = settings(&function);
        let set: BTreeSet<String> = variables(&function).into_keys().map(str::to_owned).collect();
        let missing: Vec<_> = required.difference(&set).collect();
        assert!(missing.is_empty(), "{function} needs {missing:?}");
        let unread: Vec<_> = set.iter().filter(|name| !required.contains(*name) && !optional.contains(*name)).collect();
        assert!(unread.is_empty(), "{function} does not read {unread:?}");
    }
}

/// Settings that must be there, and settings that may be: of the function itself, and of the shared parts that it uses.
fn settings(function: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let own = dense_code(&format!("functions/{function}/src"));
    let mut code = own.clone();
    for (part, file) in [("host.core()", "start"), ("Gate::new(", "http/gate"), ("writer_limits(", "writer")] {
        if own.contains(part) {
            code += &read(&format!("shared/lambda/src/{file}.rs"));
        }
    }
    (named(&code, "required"), named(&code, "optional"))
}

/// Settings that code asks for by this method; Lambda's own are Lambda's to set.
fn named(code: &str, method: &str) -> BTreeSet<String> {
    let call = Regex::new(&format!(r#"environment\.{method}\("([A-Z_]+)"\)"#)).unwrap();
    let names = call.captures_iter(code).map(|found| found[1].to_owned());
    names.filter(|name| !name.starts_with("AWS_")).collect()
}

#[test]
fn nothing_reads_the_environment_but_the_shared_reader() {
    // The command line is no function; tests may be told by their environment to write what they compare with.
    let exempt = |path: &str| path.starts_with("shared/cli/") || path.ends_with("/tests.rs");
    for folder in ["functions", "shared"] {
        for (path, text) in rust_files(folder) {
            let reads = text.contains("env::var") && !exempt(&path);
            assert_eq!(reads, path == "shared/lambda/src/environment.rs", "{path}");
        }
    }
}

/// The clock is set right by the deadline of the invocation minus this (`shared/lambda/src/clock.rs`).
#[test]
fn each_function_knows_how_long_lambda_lets_it_live() {
    for function in functions() {
        let told = properties(&logical_id(&function))["Environment"]["Variables"]["FUNCTION_TIMEOUT"].as_str();
        assert_eq!(told.unwrap(), function_property(&function, "Timeout").to_string(), "{function}");
    }
}
