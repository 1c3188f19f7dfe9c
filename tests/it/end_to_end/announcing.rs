//! People are told, by mail.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::api::person;
use super::asked::{SOON, ask, eventually};
use super::local_run::local_run;

/// The HTML of the mail to somebody whose subject begins so and that says this; mails of the local run are files.
fn mail(to: &str, subject: &str, says: &str) -> Result<String, String> {
    let folder = Path::new(&local_run().ready.state_dir).join("mail");
    let begin = format!("{to}-{subject}");
    let mut seen = Vec::new();
    for entry in fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_some_and(|kind| kind == "html") && name.get(4..).is_some_and(|n| n.starts_with(&begin)) {
            let text = fs::read_to_string(&path).unwrap();
            if text.contains(says) {
                return Ok(text);
            }
        }
        seen.push(name);
    }
    Err(format!("no mail to {to} that begins `{subject}` and says `{says}`; there are {seen:?}"))
}

#[test]
fn both_sides_are_mailed_and_the_link_in_the_mail_decides() {
    let asked = ask("ben", "payments-production", "Administrator", "PT30M");
    asked.until("awaiting_approval");
    let page = eventually("elif is mailed", SOON, || mail("elif", "Approve", "Ben Okafor asks for Administrator"));
    assert!(page.contains("An end-to-end test") && page.contains("/preferences"), "{page}");
    let (_, rest) = page.split_once("/a/").unwrap();
    let link = format!("/v1/links/{}", rest.chars().take_while(char::is_ascii_hexdigit).collect::<String>());
    assert_eq!(link, asked.link("elif"), "the one that the API shows");

    let shown = person("elif").get(&link).json(200);
    let decision = json!({ "decision": "deny", "comment": "Not <b>now</b>", "digest": shown["digest"] });
    person("elif").post(&link, &decision).json(200);
    let page = eventually("ben is mailed", SOON, || mail("ben", "Denied", "Not &lt;b&gt;now&lt;/b&gt;"));
    assert!(page.contains("was denied by Elif Demir"), "{page}");
}

#[test]
fn people_choose_what_comes_by_mail() {
    let liam = person("liam");
    let choice = json!({ "mail": { "received": true, "ended": false } });
    let chosen = liam.call("PUT", "/v1/preferences").send(&choice.to_string()).json(200);
    assert_eq!((&chosen["mail"]["received"], &chosen["mail"]["ended"]), (&json!(true), &json!(false)), "{chosen:#}");
    assert_eq!(liam.get("/v1/preferences").json(200), chosen);
    let loud = json!({ "mail": { "emergency": false } }).to_string();
    liam.call("PUT", "/v1/preferences").send(&loud).problem(400, "invalid_field", Some("mail.emergency"));
    assert_eq!(liam.get("/v1/preferences").json(200), chosen);
}
