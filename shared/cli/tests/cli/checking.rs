//! `check`, `explain`, `who-can`, `test`, `schema`, `import-cel`, `completions`: what works without a server.

use std::io::Write as _;
use std::process::Stdio;

use super::tools::{Temporary, changed, curfew, golden, run, set_ups};

fn folder(name: &str) -> String {
    set_ups().join(name).to_str().unwrap().to_owned()
}

fn directory(name: &str) -> String {
    format!("{}/directory.json", folder(name))
}

#[test]
fn every_mistake_is_shown_in_its_line_at_once() {
    let broken = changed(
        "start-up",
        &[
            ("curfew.toml", "session_limit = \"PT1H\"", "session_limt = \"PT1H\""),
            ("curfew.toml", "approvers = [\"group:engineering\"]", "approvers = [\"grup:engineering\"]"),
            ("curfew.toml", "flows = [\"incident\"]", "flows = [\"incidents\"]"),
            ("rules.cedar", "context.emergency &&", "context.emergancy &&"),
        ],
    );
    let shown = run(&["config", "check", broken.path(), "--directory", &directory("start-up")]).ended(1);
    golden("check.txt", &shown.out);
    let told = run(&["config", "check", broken.path(), "--json"]).ended(1).json();
    assert_eq!(told["valid"], false);
    let problems = told["problems"].as_array().unwrap();
    assert!(problems.len() >= 4, "{told}");
    for problem in problems {
        assert!(problem["line"].as_u64() > Some(0) && problem["column"].as_u64() > Some(0), "{problem}");
    }
}

#[test]
fn names_are_checked_against_the_directory_or_the_reader_is_told() {
    let misspelt = changed(
        "start-up",
        &[("curfew.toml", "administrators = { users = [\"nora\"", "administrators = { users = [\"norah\"")],
    );
    let with = run(&["config", "check", misspelt.path(), "--directory", &directory("start-up")]);
    assert!(with.out.contains("norah") && with.out.contains("did you mean `nora`?"), "{}", with.out);
    let without = run(&["config", "check", misspelt.path()]).ended(0);
    assert!(without.out.contains("were not checked"), "{}", without.out);
}

#[test]
fn an_explanation_says_everything_that_took_part() {
    let (folder, directory) = (folder("company"), directory("company"));
    let asked = [
        "config",
        "explain",
        "carla",
        "shop-eu/DatabaseAdmin",
        "--ticket",
        "CHG-1",
        "--justification",
        "index",
        "--duration",
        "1h30m",
    ];
    let offline = ["--folder", &folder, "--directory", &directory];
    golden("explain.txt", &run(&[&asked[..], &offline].concat()).ended(0).out);
    let told = run(&[&asked[..], &offline, &["--json"]].concat()).ended(0).json();
    assert_eq!(told["prospect"]["outcome"], "approval");
    assert_eq!(told["duration"], "PT1H30M");
    assert_eq!(told["steps"][1]["approvers"], serde_json::json!(["goran", "hana"]));
    golden("who-can.txt", &run(&[&["config", "who-can", "shop-dev/Developer"][..], &offline].concat()).ended(0).out);
    let nobody = run(&[&["config", "who-can", "management/ReadOnly"][..], &offline].concat()).ended(0);
    assert!(nobody.out.starts_with("Nobody"), "{}", nobody.out);
}

#[test]
fn names_that_do_not_fit_are_answered_with_what_would() {
    let twins = changed("company", &[("directory.json", "\"name\": \"shop-us\"", "\"name\": \"shop-eu\"")]);
    let directory = twins.0.join("directory.json");
    let directory = directory.to_str().unwrap();
    for (user, entitlement, expected) in [
        ("carlo", "shop-dev/Developer", "did you mean `carla`?"),
        (
            "carla",
            "shop-eu/Developer",
            "2 accounts are named `shop-eu`; write the id instead: 100000000112 in /Workloads/Production/EU, 100000000223 in /Workloads/Production/US",
        ),
        ("carla", "shop-dve/Developer", "did you mean `shop-dev`?"),
        ("carla", "shop-dev/Develop", "did you mean `Developer`?"),
        ("carla", "999999999999/Developer", "no account 999999999999"),
        ("carla", "Developer", "no entitlement; write `<account>/<permission set>`"),
    ] {
        let ran =
            run(&["config", "explain", user, entitlement, "--folder", twins.path(), "--directory", directory]).ended(2);
        assert!(ran.err.contains(expected), "{}", ran.err);
    }
    let by_ids = [
        "00000000-0000-4000-8000-000000000003",
        "100000000445/arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-0000000000000002",
    ];
    run(&["config", "explain", by_ids[0], by_ids[1], "--folder", twins.path(), "--directory", directory]).ended(0);
}

#[test]
fn expectations_are_reported_like_tests() {
    let stricter = changed(
        "start-up",
        &[("rules.cedar", "context.duration <= duration(\"2h\")", "context.duration <= duration(\"1h\")")],
    );
    let ran = run(&["config", "test", stricter.path(), "--directory", &directory("start-up")]).ended(1);
    golden("test.txt", &ran.out.replace(stricter.path(), "FOLDER"));
    let wrong =
        changed("start-up", &[("tests/expectations.toml", "outcome = \"automatic\"", "outcome = \"automatically\"")]);
    let ran = run(&["config", "test", wrong.path(), "--directory", &directory("start-up")]).ended(1);
    assert!(ran.out.contains("tests/expectations.toml:8:11"), "{}", ran.out);
    let none = Temporary::new();
    none.write("curfew.toml", "");
    run(&["config", "test", none.path()]).ended(2);
}

#[test]
fn cel_becomes_cedar_to_review_and_the_rest_is_named() {
    let folder = Temporary::new();
    let file = folder.write("rules.cel", "subject.department == \"Finance\"\n\nsubject.email.matches(\"x\")\n");
    let ran = run(&["config", "import-cel", &file]).ended(1);
    assert!(ran.out.contains("principal.department == \"Finance\""), "{}", ran.out);
    assert!(ran.out.contains(&format!("{file}:3:")), "{}", ran.out);
    let mut child =
        curfew(&["config", "import-cel", "-", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"subject.department == \"Finance\"").unwrap();
    let told: serde_json::Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(told["conditions"].as_array().unwrap().len(), 1);
}

#[test]
fn schemas_and_completions_are_written() {
    let json = run(&["config", "schema"]).ended(0).json();
    assert!(json["properties"]["catalog"].is_object());
    let cedar = run(&["config", "schema", "--cedar", &folder("bank")]).ended(0).out;
    assert!(cedar.contains("four-eyes"), "{cedar}");
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(&["completions", shell]).ended(0).out.contains("who-can"));
    }
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_to_do() {
    let empty = Temporary::new();
    let bank = folder("bank");
    for (arguments, expected) in [
        (vec!["config"], "Usage"),
        (vec!["config", "check", "/nowhere/at/all"], "cannot be read"),
        (vec!["config", "check", empty.path()], "no .toml and no .cedar files"),
        (vec!["config", "explain", "a", "b/c", "--duration", "1x", "--folder", &bank], "write for example 1h30m"),
        (vec!["config", "explain", "a", "b/c", "--folder", &bank], "--directory FILE"),
        (vec!["config", "plan", &bank, "--directory", &directory("bank")], "compared with what?"),
        (vec!["config", "versions"], "which server?"),
        (vec!["config", "rollback", "x", "--url", "http://example.com"], "is not encrypted"),
        (vec!["config", "rollback", "x", "--url", "http://localhost.example.com"], "is not encrypted"),
        (vec!["config", "rollback", "x", "--url", "http://localhost:1@example.com"], "is not encrypted"),
    ] {
        let ran = run(&arguments).ended(2);
        assert!(ran.err.contains(expected), "{arguments:?}: {}", ran.err);
    }
    let told = run(&["config", "check", "/nowhere/at/all", "--json"]).ended(2).json();
    assert_eq!(told["error"]["code"], "usage");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = curfew(&["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
