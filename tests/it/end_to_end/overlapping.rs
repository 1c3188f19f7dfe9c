//! Keys that are shared: with another grant, or with somebody outside Curfew.

use serde_json::json;

use super::asked::{A_MINUTE_AND_REMOVAL, ask};
use super::witness::Witness;

#[test]
fn i9_access_lasts_until_the_later_of_two_grants_ends() {
    let witness = Witness::new();
    let short = ask("femi", "payments-development", "Developer", "PT1M");
    let long = ask("femi", "payments-development", "Developer", "PT1H");
    short.until("active");
    let active = long.until("active");
    assert_eq!(active["grant"]["standing"], false, "an assignment of our own is not standing: {active:#}");

    let over = short.until_within("ended", A_MINUTE_AND_REMOVAL);
    assert_eq!(over["reason"], "expired", "{over:#}");
    assert_eq!(over["grant"]["assignment"], "kept_for_another_grant", "{over:#}");
    assert!(long.is_assigned(&witness), "the other grant lives (I9): {over:#}");
    assert!(long.changes(&witness, "DeleteAccountAssignment").is_empty(), "it was never away");
    assert_eq!(long.view()["state"], "active");

    let gone = long.give_back();
    assert_eq!(gone["grant"]["assignment"], "absent", "{gone:#}");
    assert!(!long.is_assigned(&witness), "{gone:#}");
    assert_eq!(long.changes(&witness, "CreateAccountAssignment").len(), 1, "created once");
    assert_eq!(long.changes(&witness, "DeleteAccountAssignment").len(), 1, "deleted once");
}

#[test]
fn i7_a_standing_assignment_is_recognised_and_stays() {
    let witness = Witness::new();
    let asked = ask("kira", "security-audit", "SecurityAudit", "PT1H");
    asked.until("awaiting_approval");
    asked.decide("ben", "approve").json(200);
    let active = asked.until("active");
    assert_eq!(active["grant"]["standing"], true, "{active:#}");
    let ended = asked.give_back();
    assert_eq!((&ended["reason"], &ended["grant"]["assignment"]), (&json!("returned"), &json!("standing")));
    assert!(asked.is_assigned(&witness), "I7: it is not ours to remove");
    for operation in ["CreateAccountAssignment", "DeleteAccountAssignment"] {
        assert!(asked.changes(&witness, operation).is_empty(), "I7: nothing was touched");
    }
}
