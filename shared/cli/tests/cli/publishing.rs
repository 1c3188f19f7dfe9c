//! `publish`, `versions`, `show`, `rollback`, `approve`, `directory`: over the API.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::server::Server;
use super::tools::{Temporary, curfew, run, set_ups};

const OLD: &str = "0011223344556677";

fn start_up() -> String {
    set_ups().join("start-up").to_str().unwrap().to_owned()
}

fn files() -> Value {
    let read = |name: &str| fs::read_to_string(set_ups().join("start-up").join(name)).unwrap();
    json!({ "curfew.toml": read("curfew.toml"), "rules.cedar": read("rules.cedar") })
}

fn in_force() -> (&'static str, u16, Value) {
    let version =
        json!({ "version": OLD, "number": 7, "by": "user:x", "at": "2026-11-20T10:00:00Z", "files": files() });
    ("GET /v1/configuration", 200, version)
}

#[test]
fn a_folder_is_published_on_what_was_in_force_and_nothing_else_goes_with_it() {
    let server = Server::new(vec![
        in_force(),
        ("PUT /v1/configuration", 200, json!({ "version": "8899aabbccddeeff", "number": 8, "state": "published" })),
    ]);
    let ran = server.run(&["config", "publish", &start_up(), "--comment", "more"]).ended(0);
    assert!(ran.out.contains("Version 8899aabbccddeeff (number 8) is in force"), "{}", ran.out);
    let put = server.asked().pop().unwrap();
    assert_eq!(put.header("authorization"), "Bearer secret");
    assert_eq!(
        put.body,
        json!({ "files": files(), "based_on": OLD, "comment": "more" }),
        "tests and invariants stay here"
    );
}

#[test]
fn the_first_version_is_based_on_nothing() {
    let nothing = json!({ "code": "not_configured", "detail": "Nothing was published." });
    let server = Server::new(vec![
        ("GET /v1/configuration", 503, nothing),
        (
            "PUT /v1/configuration",
            200,
            json!({ "version": "8899aabbccddeeff", "number": 1, "state": "awaiting_second" }),
        ),
    ]);
    let ran = server.run(&["config", "publish", &start_up()]).ended(0);
    assert!(ran.out.contains("curfew config approve 8899aabbccddeeff"), "{}", ran.out);
    assert_eq!(server.asked().pop().unwrap().body["based_on"], Value::Null);
}

#[test]
fn a_refusal_says_why_and_ends_with_3_a_failure_with_4() {
    let moved =
        json!({ "code": "configuration_moved", "detail": "Another version was published.", "hint": "Plan again." });
    let problem =
        json!({ "file": "curfew.toml", "line": 4, "column": 1, "severity": "error", "message": "no", "hint": null });
    for (status, body, code, expected) in [
        (409, moved, 3, "Plan again."),
        (
            403,
            json!({ "code": "not_in_charge", "detail": "You are no administrator." }),
            3,
            "You are no administrator.",
        ),
        (401, json!({ "message": "Unauthorized" }), 3, "sign in again"),
        (422, json!({ "code": "invalid_configuration", "detail": "x", "problems": [problem] }), 1, "curfew.toml:4:1"),
        (500, json!({ "detail": "The request could not be completed." }), 4, "could not be completed"),
        (502, Value::Null, 4, "no reason"),
    ] {
        let server = Server::new(vec![in_force(), ("PUT /v1/configuration", status, body)]);
        let ran = server.run(&["config", "publish", &start_up()]).ended(code);
        assert!((ran.out + &ran.err).contains(expected), "{status}");
        let told = server.run(&["config", "publish", &start_up(), "--json"]).ended(code).json();
        assert!(code == 1 || told["error"]["code"].is_string(), "{told}");
    }
    let mut nobody = curfew(&["config", "versions", "--url", "http://127.0.0.1:1"]);
    let ran: super::tools::Ran = nobody.env("CURFEW_TOKEN", "secret").output().unwrap().into();
    assert!(ran.ended(4).err.contains("did not answer"));
}

#[test]
fn what_is_not_valid_is_not_sent() {
    let server = Server::new(vec![in_force()]);
    let broken = super::tools::changed("start-up", &[("curfew.toml", "[default]", "[defualt]")]);
    server.run(&["config", "publish", broken.path()]).ended(1);
    assert!(server.asked().is_empty());
}

#[test]
fn ci_signs_with_aws_credentials_and_names_what_it_is_based_on() {
    let done = json!({ "version": "8899aabbccddeeff", "number": 8, "state": "published" });
    let server = Server::new(vec![("PUT /v1/ci/configuration", 200, done)]);
    let publish = |arguments: &[&str]| -> super::tools::Ran {
        let mut command =
            curfew(&[&["config", "publish", &start_up(), "--aws", "--url", &server.url], arguments].concat());
        command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "x").env("AWS_SESSION_TOKEN", "t");
        command.env("AWS_REGION", "eu-central-1").output().unwrap().into()
    };
    assert!(publish(&[]).ended(2).err.contains("--based-on"));
    publish(&["--based-on", OLD]).ended(0);
    let put = server.asked().pop().unwrap();
    let signature = put.header("authorization");
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signature}");
    assert!(signature.contains("/eu-central-1/execute-api/aws4_request"), "{signature}");
    assert_eq!((put.header("x-amz-security-token"), &put.body["based_on"]), ("t", &json!(OLD)));
}

#[test]
fn versions_are_listed_page_by_page_shown_compared_and_published_again() {
    let item = |number: u64| json!({ "number": number, "version": format!("{number:016}"), "by": "user:x", "at": "2026-11-20T10:00:00Z", "comment": "c" });
    let mut back = item(3);
    back["rolled_back_to"] = json!("0000000000000001");
    let version = json!({ "version": "0000000000000001", "number": 1, "by": "user:x", "at": "2026-11-20T10:00:00Z", "files": { "curfew.toml": "session_limit = \"PT2H\"\n" } });
    let server = Server::new(vec![
        ("GET /v1/configuration/versions", 200, json!({ "items": [back, item(2)], "next": 2 })),
        ("GET /v1/configuration/versions?before=2", 200, json!({ "items": [item(1)] })),
        ("GET /v1/configuration/versions/0000000000000001", 200, version),
        in_force(),
        (
            "POST /v1/configuration/rollback",
            200,
            json!({ "version": "0000000000000001", "number": 8, "state": "published" }),
        ),
        (
            "POST /v1/configuration/versions/0000000000000001/approve",
            200,
            json!({ "version": "0000000000000001", "number": 1, "state": "published" }),
        ),
    ]);
    let listed = server.run(&["config", "versions"]).ended(0).out;
    assert!(listed.contains("c (back to 0000000000000001)") && listed.lines().count() == 4, "{listed}");
    let folder = Temporary::new();
    let target = folder.0.join("shown");
    server.run(&["config", "show", "0000000000000001", "--output", target.to_str().unwrap()]).ended(0);
    assert_eq!(fs::read_to_string(target.join("curfew.toml")).unwrap(), "session_limit = \"PT2H\"\n");
    server.run(&["config", "show", "--output", target.to_str().unwrap()]).ended(2);
    let compared = server.run(&["config", "diff", "0000000000000001", &start_up()]).ended(0).out;
    assert!(compared.contains("-session_limit = \"PT2H\"") && compared.contains("b/rules.cedar"), "{compared}");
    server.run(&["config", "rollback", "0000000000000001"]).ended(0);
    assert_eq!(
        server.asked().pop().unwrap().body,
        json!({ "version": "0000000000000001", "based_on": OLD, "comment": null })
    );
    server.run(&["config", "approve", "0000000000000001"]).ended(0);
    server.run(&["config", "show", "00000000000000ff"]).ended(3);
    server.run(&["config", "show", "../requests"]).ended(2);
}

#[test]
fn the_directory_is_saved_for_its_owner_only_and_serves_offline() {
    let snapshot: Value =
        serde_json::from_str(&fs::read_to_string(set_ups().join("start-up/directory.json")).unwrap()).unwrap();
    let server = Server::new(vec![("GET /v1/directory/snapshot", 200, snapshot), in_force()]);
    let folder = Temporary::new();
    let file = folder.0.join("directory.json");
    server.run(&["config", "directory", "--output", file.to_str().unwrap()]).ended(0);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let asked =
        ["config", "who-can", "sandbox/Developer", "--folder", &start_up(), "--directory", file.to_str().unwrap()];
    assert!(run(&asked).ended(0).out.starts_with("3 people"));
    let published =
        server.run(&["config", "explain", "omar", "sandbox/Developer", "--at", "2026-11-23T09:00:00Z"]).ended(0).out;
    assert!(published.contains("Approved automatically"), "{published}");
}

#[test]
fn a_token_that_others_can_read_is_not_used() {
    let folder = Temporary::new();
    let token = folder.write("token", "secret\n");
    let server = Server::new(vec![("GET /v1/configuration/versions", 200, json!({ "items": [] }))]);
    let list = ["config", "versions", "--url", &server.url, "--token-file", &token];
    fs::set_permissions(&token, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(run(&list).ended(2).err.contains("chmod 600"));
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(run(&list).ended(0).out.contains("Nothing has been published yet."));
    assert!(run(&["config", "versions", "--url", &server.url]).ended(2).err.contains("not signed in"));
}
