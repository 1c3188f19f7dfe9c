//! The directory: read from the emulators by the real binary, and shown to those who run Curfew.

use serde_json::json;

use super::api::person;

#[test]
fn the_sample_organisation_is_read_and_only_administrators_have_it_read_again() {
    for (name, status) in [("femi", 403), ("kira", 403)] {
        person(name).post("/v1/directory/sync", &json!({})).problem(status, "not_administrator", None);
    }
    person("femi").get("/v1/directory").problem(403, "not_administrator", None);
    let shown = person("kira").get("/v1/directory").json(200);
    // Eight accounts and the management account; six OUs and the root; six permission sets and the one of a test.
    let expected = json!({
        "units": 7, "accounts": 9, "permission_sets": 7, "users": 12, "groups": 5, "memberships": 13,
    });
    assert_eq!(shown["snapshot"]["counts"], expected, "{shown:#}");
    assert!(shown["snapshot"]["age_seconds"].as_i64().unwrap() >= 0, "{shown:#}");
    let health = person("ben").get("/v1/health/access").json(200);
    assert_eq!(health["directory"]["version"], shown["snapshot"]["version"]);
    person("ben").post_text("/v1/directory/sync", r#"{"forced": true}"#).problem(400, "unknown_field", Some("forced"));
}
