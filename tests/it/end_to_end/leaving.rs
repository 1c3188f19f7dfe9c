//! Somebody leaves: the directory disables, and then deletes, a user who has access.

use serde_json::json;

use super::api::person;
use super::asked::{ask, wish};
use super::witness::Witness;

#[test]
fn somebody_who_left_gets_nothing_and_loses_what_was_there() {
    let (witness, ada) = (Witness::new(), person("ada"));
    let first = ask("ada", "sandbox", "ReadOnly", "PT1H");
    let second = ask("ada", "sandbox", "Administrator", "PT1H");
    first.until("active");
    second.until("active");
    let wish = wish("payments-production", "ReadOnly", "PT1H");

    witness.disable_user(&ada);
    ada.post("/v1/requests", &wish).problem(403, "unknown_user", None);
    let returned = first.give_back();
    assert_eq!(returned["grant"]["assignment"], "absent", "a disabled user can still give access back: {returned:#}");

    witness.delete_user(&ada);
    ada.post("/v1/requests", &wish).problem(403, "unknown_user", None);
    ada.post(&second.path("/return"), &json!({})).problem(403, "unknown_user", None);
    for path in
        ["/v1/me", "/v1/requests", "/v1/entitlements", "/v1/approvals", "/v1/links/00112233445566778899aabbccddeeff"]
    {
        ada.get(path).problem(403, "unknown_user", None);
    }
    let ben = person("ben");
    ben.post(&second.path("/revoke"), &json!({})).json(202);
    let ended = second.until_seen_by(&ben, "ended");
    assert_eq!(ended["grant"]["assignment"], "absent", "I20: removal does not ask the directory: {ended:#}");
    assert!(!second.is_assigned(&witness), "{ended:#}");
    let theirs = ben.get(&format!("/v1/requests?requester={}", ada.id)).json(200);
    assert_eq!(theirs["items"].as_array().map(Vec::len), Some(2), "nothing new, nothing lost: {theirs:#}");
}
