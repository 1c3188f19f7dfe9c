//! The configuration: who reads and publishes it, and what is refused.

use super::api::{Person, Reply, person};

fn publish(who: &Person, text: &str) -> Reply {
    who.call("PUT", "/v1/configuration").content_type("application/toml").send(text)
}

#[test]
fn only_administrators_publish_and_only_they_and_auditors_read() {
    let present = person("ben").get("/v1/configuration").json(200);
    assert_eq!(person("kira").get("/v1/configuration").json(200), present);
    person("femi").get("/v1/configuration").problem(403, "not_administrator", None);
    let text = present["text"].as_str().unwrap().to_owned();
    for name in ["femi", "kira"] {
        publish(&person(name), &format!("{text}\n# mine\n")).problem(403, "not_administrator", None);
    }
    assert_eq!(person("ben").get("/v1/configuration").json(200), present);
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
fn a_configuration_with_mistakes_is_refused_with_their_places_and_the_old_one_stays() {
    let ben = person("ben");
    let present = ben.get("/v1/configuration").json(200);
    let text = present["text"].as_str().unwrap();
    let line = text.lines().position(|line| line.starts_with("session_limit")).unwrap() + 1;
    let cases = [
        (text.replace("session_limit = \"PT1H\"", "session_limit = \"1h\""), format!("line {line}, column 17: `1h`")),
        (text.replace("session_limit =", "session_limit"), format!("line {line}, column")),
        (text.replace("session_limit", "session_limits"), "unknown field `session_limits`".to_owned()),
        (text.replacen("\"automatic\"", "\"always\"", 1), "write \"automatic\" or".to_owned()),
        (String::new(), "line 1, column 1: missing field".to_owned()),
    ];
    for (bad, place) in cases {
        let refused = publish(&ben, &bad);
        let problem = refused.problem(422, "invalid_configuration", None);
        assert!(problem["detail"].as_str().unwrap().contains(&place), "{place}: {refused}");
    }
    let not_text = "session_limit = \"PT1H\" # ".to_owned() + &"x".repeat(300_000);
    publish(&ben, &not_text).problem(413, "body_too_large", None);
    assert_eq!(ben.get("/v1/configuration").json(200), present);
}
