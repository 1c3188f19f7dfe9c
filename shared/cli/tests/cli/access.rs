//! What people do about access, against a server that answers by a table.

use serde_json::{Value, json};

use super::server::Server;
use super::tools::{Temporary, curfew};

const ARN: &str = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111111111111111";
const ID: &str = "019ab2c3-0000-7000-8000-000000000001";

fn offer(account: &str, name: &str, set: &str) -> Value {
    json!({
        "account": account, "account_name": name, "permission_set": ARN, "permission_set_name": set,
        "catalogs": ["c"], "max_duration": "PT1H", "risk": "low", "emergency": false,
        "prospect": { "outcome": "automatic", "flow": "open", "demands": [] },
    })
}

fn in_state(state: &str) -> Value {
    json!({
        "id": ID, "state": state, "account": "111111111111", "account_name": "sandbox", "permission_set": ARN,
        "permission_set_name": "ReadOnly", "requester": "u", "people": { "u": "Ana" }, "duration": "PT1H",
        "justification": "why", "digest": "d1", "steps": [], "decisions": [],
    })
}

fn offers(items: &[Value]) -> (&'static str, u16, Value) {
    ("GET /v1/entitlements?limit=1000&q=sand+Read", 200, json!({ "items": items }))
}

const SEND: [&str; 6] = ["request", "sand/Read", "--for", "1h", "--because", "why"];

#[test]
fn exit_codes_tell_whether_there_is_access() {
    let show = format!("GET /v1/requests/{ID}");
    for (state, code) in [("active", 0), ("denied", 5), ("failed", 5), ("awaiting_approval", 6), ("scheduled", 6)] {
        let server = Server::new(vec![
            offers(&[offer("111111111111", "sandbox", "ReadOnly")]),
            ("POST /v1/requests", 202, in_state("submitted")),
            (&show, 200, in_state(state)),
        ]);
        let ran = server.run(&SEND).ended(code);
        assert!(
            ran.err.contains("sandbox/ReadOnly for 1 h: approved at once (open)"),
            "said before it is sent: {}",
            ran.err
        );
        let sent = server.asked().into_iter().find(|asked| asked.what == "POST /v1/requests").unwrap();
        let wish =
            json!({ "account": "111111111111", "permission_set": ARN, "duration": "PT1H", "justification": "why" });
        assert_eq!(sent.body, wish);
        assert_eq!((sent.header("x-curfew-channel"), sent.header("idempotency-key").len()), ("cli", 36));
    }
}

#[test]
fn a_server_that_fails_is_asked_again_under_the_same_key() {
    let server = Server::new(vec![
        offers(&[offer("111111111111", "sandbox", "ReadOnly")]),
        ("POST /v1/requests", 503, json!({ "code": "unavailable", "detail": "Not now." })),
    ]);
    let ran = server.run(&SEND).ended(4);
    assert!(ran.err.contains("Not now."), "{}", ran.err);
    let keys: Vec<String> = server
        .asked()
        .iter()
        .filter(|asked| asked.what.starts_with("POST"))
        .map(|asked| asked.header("idempotency-key").to_owned())
        .collect();
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0] && !key.is_empty()), "{keys:?}");
}

#[test]
fn what_may_mean_several_entitlements_asks_for_none_of_them() {
    let two = [offer("111111111111", "sandbox-a", "ReadOnly"), offer("222222222222", "sandbox-b", "ReadOnly")];
    let server = Server::new(vec![offers(&two)]);
    let ran = server.run(&SEND).ended(2);
    assert!(ran.err.contains("sandbox-a/ReadOnly\n  sandbox-b/ReadOnly"), "{}", ran.err);
    let none = Server::new(vec![offers(&[])]).run(&SEND).ended(3);
    assert!(none.err.contains("curfew ls"), "{}", none.err);
    assert!(server.asked().iter().all(|asked| !asked.what.starts_with("POST")));
}

#[test]
fn an_approval_is_of_what_was_shown_and_only_with_a_word() {
    let (show, decide) = (format!("GET /v1/requests/{ID}"), format!("POST /v1/requests/{ID}/decisions"));
    let server = Server::new(vec![(&show, 200, in_state("awaiting_approval")), (&decide, 200, in_state("approved"))]);
    let silent = server.run(&["approve", ID]).ended(2);
    assert!(silent.err.contains("--yes"), "{}", silent.err);
    assert!(server.asked().iter().all(|asked| !asked.what.starts_with("POST")));
    server.run(&["approve", ID, "--yes", "--for", "30m"]).ended(0);
    let sent = server.asked().pop().unwrap();
    assert_eq!(sent.body, json!({ "decision": "approve", "digest": "d1", "duration": "PT30M" }));
    let strange = server.run(&["approve", "../configuration", "--yes"]).ended(2);
    assert!(strange.err.contains("no id"), "{}", strange.err);
}

#[test]
fn a_chain_with_a_changed_record_is_named() {
    let mut request = in_state("ended");
    request["chain"] = "intact".into();
    request["history"] = json!([{
        "seq": 1, "at": "2026-11-23T05:00:00Z", "actor": "user:u", "event": "submitted", "facts": { "to": "submitted" },
        "hash": "0".repeat(64),
    }]);
    let server = Server::new(vec![(&format!("GET /v1/requests/{ID}"), 200, request)]);
    let ran = server.run(&["audit", "verify", ID]).ended(1);
    assert!(ran.out.contains("record 1 does not match its own hash") && ran.out.contains("1 broken"), "{}", ran.out);
}

#[test]
fn tokens_are_kept_for_their_owner_alone_and_sent_only_where_they_belong() {
    let home = Temporary::new();
    let session = json!({ "latest": "http://127.0.0.1:9", "servers": { "http://127.0.0.1:9": {
        "issuer": "http://127.0.0.1:9", "client_id": "c", "audiences": ["a"], "token": "t", "expires_at": 99_999_999_999_i64,
    } } });
    let path = home.write("curfew/sessions.json", &session.to_string());
    let run = |arguments: &[&str]| {
        super::tools::Ran::from(curfew(arguments).env("XDG_CONFIG_HOME", home.path()).output().unwrap())
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let open = run(&["active"]).ended(2);
        assert!(open.err.contains("chmod 600"), "{}", open.err);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    run(&["active"]).ended(4);
    let elsewhere = run(&["active", "--url", "http://127.0.0.1:10"]).ended(2);
    assert!(elsewhere.err.contains("not signed in at http://127.0.0.1:10"), "{}", elsewhere.err);
    run(&["logout"]).ended(0);
    let out = run(&["active"]).ended(2);
    assert!(out.err.contains("curfew login"), "{}", out.err);
}
