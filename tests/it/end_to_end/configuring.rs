//! The configuration: who reads and publishes it, what is refused, and how an earlier one comes back.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::api::{Person, Reply, person};

/// What is published is everybody's: tests that publish, or say that nothing was published, take turns.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn present() -> Value {
    person("ben").get("/v1/configuration").json(200)
}

fn publish(who: &Person, files: &Value, based_on: &Value) -> Reply {
    let change = json!({ "files": files, "based_on": based_on, "comment": "A change" });
    who.call("PUT", "/v1/configuration").send(&change.to_string())
}

/// The files with one text replaced in one of them.
fn with(files: &Value, file: &str, from: &str, to: &str) -> Value {
    let text = files[file].as_str().unwrap_or_else(|| panic!("no {file}"));
    assert!(text.contains(from), "{from}");
    let mut files = files.clone();
    files[file] = json!(text.replacen(from, to, 1));
    files
}

/// Line and column of a text in a file, from 1.
fn place(files: &Value, file: &str, text: &str) -> (usize, usize) {
    let lines = files[file].as_str().unwrap().lines().enumerate();
    let mut found = lines.filter_map(|(line, content)| Some((line + 1, content.find(text)? + 1)));
    found.next().unwrap_or_else(|| panic!("no {text} in {file}"))
}

#[test]
fn only_administrators_publish_and_only_they_and_auditors_read() {
    let _turn = turn();
    let present = present();
    assert_eq!(person("kira").get("/v1/configuration").json(200), present);
    let versions = person("kira").get("/v1/configuration/versions").json(200);
    assert_eq!(versions["items"][0]["version"], present["version"], "{versions:#}");
    let version = present["version"].as_str().unwrap();
    let (femi, kira) = (person("femi"), person("kira"));
    for path in ["/v1/configuration", "/v1/configuration/versions", &format!("/v1/configuration/versions/{version}")] {
        femi.get(path).problem(403, "not_administrator", None);
        kira.get(path).json(200);
    }
    for who in [&femi, &kira] {
        let mine = with(&present["files"], "curfew.toml", "PT1H", "PT2H");
        publish(who, &mine, &present["version"]).problem(403, "not_administrator", None);
        let back = json!({ "version": version, "based_on": version });
        who.post("/v1/configuration/rollback", &back).problem(403, "not_administrator", None);
        let second = who.post(&format!("/v1/configuration/versions/{version}/approve"), &json!({}));
        second.problem(403, "not_administrator", None);
        // The way for pipelines is for AWS identities, and a token is none.
        let files = json!({ "files": mine, "based_on": version }).to_string();
        let signed = who.call("PUT", "/v1/ci/configuration").send(&files);
        assert!([401, 403].contains(&signed.status), "{signed}");
    }
    assert_eq!(self::present(), present);
}

#[test]
fn only_administrators_and_auditors_see_the_state_of_all_access() {
    person("femi").get("/v1/health/access").problem(403, "not_administrator", None);
    for name in ["ben", "kira"] {
        let health = person(name).get("/v1/health/access").json(200);
        assert_eq!(health["unreadable"], 0, "{health:#}");
        assert!(health["configuration"].is_string() && health["overdue"].is_array(), "{health:#}");
        assert!(["free", "held"].contains(&health["writer"]["lease"].as_str().unwrap()), "{health:#}");
        let waiting = ["removal", "emergency", "grant"].map(|rank| health["intents"][rank].as_u64().unwrap());
        let some = waiting.iter().sum::<u64>() > 0;
        assert_eq!(health["oldest_intent"].is_object(), some, "{health:#}");
    }
}

#[test]
fn a_configuration_with_mistakes_is_refused_with_all_their_places_and_the_old_one_stays() {
    let _turn = turn();
    let (ben, present) = (person("ben"), present());
    let files = &present["files"];
    let refused = |files: &Value| {
        let problem = publish(&ben, files, &present["version"]).problem(422, "invalid_configuration", None);
        problem["problems"].as_array().unwrap().clone()
    };
    let at = |problem: &Value, file: &str, text: &str| {
        let (line, column) = place(files, file, text);
        assert_eq!((&problem["file"], &problem["severity"]), (&json!(file), &json!("error")), "{problem:#}");
        assert_eq!((&problem["line"], &problem["column"]), (&json!(line), &json!(column)), "{problem:#}");
    };

    // A value, a name and a Cedar policy, told at once.
    let bad = with(files, "curfew.toml", r#"session_limit = "PT1H""#, r#"session_limit = "1h""#);
    let bad = with(&bad, "flows.toml", r#"flows = ["owner", "two-people"]"#, r#"flows = ["ownr", "two-people"]"#);
    let bad = with(&bad, "permits.cedar", r#"Curfew::Group::"payments""#, r#"Curfew::Grp::"payments""#);
    let problems = refused(&bad);
    assert_eq!(problems.len(), 3, "{problems:#?}");
    let of = |file: &str| problems.iter().find(|one| one["file"] == file).unwrap_or_else(|| panic!("{problems:#?}"));
    let duration = of("curfew.toml");
    at(duration, "curfew.toml", r#""PT1H""#);
    assert!(duration["message"].as_str().unwrap().contains("`1h`"), "{duration:#}");
    let name = of("flows.toml");
    at(name, "flows.toml", r#""owner", "two-people""#);
    assert!(name["hint"].as_str().unwrap().contains("did you mean `owner`"), "{name:#}");
    assert_eq!(of("permits.cedar")["line"], place(files, "permits.cedar", "payments\"").0, "{problems:#?}");

    let unknown = refused(&with(files, "curfew.toml", "session_limit", "session_limits"));
    assert!(unknown[0]["message"].as_str().unwrap().contains("session_limits"), "{unknown:#?}");
    assert!(unknown[0]["hint"].as_str().unwrap().contains("session_limit"), "{unknown:#?}");
    let twice = refused(&with(files, "tests.toml", "[catalog.tests]", "[catalog.looking]"));
    assert_eq!(twice.len(), 2, "at both places: {twice:#?}");
    assert!(!refused(&json!({})).is_empty(), "nothing at all");

    publish(&ben, &json!({ "../x.toml": "" }), &present["version"]).problem(400, "invalid_field", Some("files"));
    let much = "x".repeat(4 << 20);
    publish(&ben, &json!({ "a.toml": much }), &present["version"]).problem(400, "invalid_field", Some("files"));
    publish(&ben, files, &json!("latest")).problem(400, "invalid_field", Some("based_on"));
    assert_eq!(self::present(), present);
}

#[test]
fn a_change_is_published_against_what_is_in_force_and_an_earlier_version_comes_back() {
    let _turn = turn();
    let (ben, first) = (person("ben"), present());
    let number = first["number"].as_u64().unwrap();
    let changed = with(&first["files"], "tests.toml", "Dan approves", "Dan alone approves");
    let answer = publish(&ben, &changed, &first["version"]).json(200);
    assert_eq!((&answer["number"], &answer["state"]), (&json!(number + 1), &json!("published")), "{answer:#}");
    let second = present();
    assert_eq!((&second["version"], &second["files"]), (&answer["version"], &changed));
    assert_eq!((&second["by"], &second["comment"]), (&json!(format!("user:{}", ben.id)), &json!("A change")));

    // Whoever made a change against what was in force before has to look first.
    for based_on in [&first["version"], &Value::Null] {
        publish(&ben, &first["files"], based_on).problem(409, "configuration_moved", None);
    }
    let back = json!({ "version": first["version"], "based_on": first["version"] });
    ben.post("/v1/configuration/rollback", &back).problem(409, "configuration_moved", None);
    assert_eq!(present(), second);

    let nowhere = json!({ "version": "0".repeat(16), "based_on": second["version"] });
    ben.post("/v1/configuration/rollback", &nowhere).problem(404, "not_found", None);
    ben.get(&format!("/v1/configuration/versions/{}", "0".repeat(16))).problem(404, "not_found", None);
    ben.get("/v1/configuration/versions/latest").problem(404, "not_found", None);

    let back = json!({ "version": first["version"], "based_on": second["version"], "comment": "It was fine before" });
    let answer = ben.post("/v1/configuration/rollback", &back).json(200);
    assert_eq!((&answer["version"], &answer["number"]), (&first["version"], &json!(number + 2)), "{answer:#}");
    let third = present();
    assert_eq!((&third["files"], &third["comment"]), (&first["files"], &json!("It was fine before")));

    let versions = ben.get("/v1/configuration/versions").json(200);
    let listed: Vec<(&Value, &Value)> =
        versions["items"].as_array().unwrap().iter().map(|one| (&one["number"], &one["version"])).take(3).collect();
    let (one, two, three) = (json!(number), json!(number + 1), json!(number + 2));
    let newest_first = [(&three, &first["version"]), (&two, &second["version"]), (&one, &first["version"])];
    assert_eq!(listed, newest_first, "{versions:#}");
    let rest = ben.get(&format!("/v1/configuration/versions?before={number}")).json(200);
    assert!(rest["items"].as_array().unwrap().iter().all(|one| one["number"].as_u64() < Some(number)), "{rest:#}");
    let path = format!("/v1/configuration/versions/{}", second["version"].as_str().unwrap());
    let older = ben.get(&path).json(200);
    assert_eq!((&older["version"], &older["files"]), (&second["version"], &changed), "nothing is lost");
}

/// The emulator believes who says to have signed; AWS verifies the signature.
#[test]
fn a_pipeline_publishes_with_aws_credentials_alone() {
    let _turn = turn();
    let (ben, before) = (person("ben"), present());
    let scope = "test/20260101/us-east-1/execute-api/aws4_request";
    let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=00");
    let files = with(&before["files"], "tests.toml", "Dan approves", "Only dan approves");
    let change = json!({ "files": files, "based_on": before["version"], "comment": "Merge request 42" });
    let sent = ben.call("PUT", "/v1/ci/configuration").header("authorization", &signature).send(&change.to_string());
    assert_eq!(sent.json(200)["state"], "published", "{sent}");
    let after = present();
    assert_eq!(after["files"], files, "{after:#}");
    assert!(after["by"].as_str().unwrap().starts_with("arn:aws:iam::"), "{after:#}");
    let back = json!({ "version": before["version"], "based_on": after["version"] });
    ben.post("/v1/configuration/rollback", &back).json(200);
}

#[test]
fn where_two_must_agree_nobody_publishes_alone() {
    let _turn = turn();
    let (ben, liam, before) = (person("ben"), person("liam"), present());
    let strict = with(&before["files"], "curfew.toml", "[roles]", "publish_needs_second = true\n\n[roles]");
    let strict = with(&strict, "curfew.toml", r#"users = ["ben"]"#, r#"users = ["ben", "liam"]"#);
    let strict = publish(&ben, &strict, &before["version"]).json(200);
    assert_eq!(strict["state"], "published", "the configuration in force says who must agree: {strict:#}");

    let back = json!({ "version": before["version"], "based_on": strict["version"] });
    let proposed = ben.post("/v1/configuration/rollback", &back).json(200);
    assert_eq!((&proposed["state"], &proposed["number"]), (&json!("awaiting_second"), &Value::Null), "{proposed:#}");
    assert_eq!(present()["version"], strict["version"], "it only waits");
    let path = format!("/v1/configuration/versions/{}/approve", before["version"].as_str().unwrap());
    ben.post(&path, &json!({})).problem(403, "own_proposal", None);
    person("femi").post(&path, &json!({})).problem(403, "not_administrator", None);
    let unknown = format!("/v1/configuration/versions/{}/approve", "0".repeat(16));
    liam.post(&unknown, &json!({})).problem(404, "not_found", None);
    assert_eq!(present()["version"], strict["version"], "nothing has changed");

    let agreed = liam.post(&path, &json!({})).json(200);
    assert_eq!(agreed["state"], "published", "{agreed:#}");
    let after = present();
    assert_eq!((&after["version"], &after["files"]), (&before["version"], &before["files"]));
    let names = (json!(format!("user:{}", ben.id)), json!(format!("user:{}", liam.id)));
    assert_eq!((&after["by"], &after["seconded_by"]), (&names.0, &names.1), "{after:#}");
}
