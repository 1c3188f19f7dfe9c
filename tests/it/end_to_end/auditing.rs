//! The audit chain as it is stored.

use curfew_domain::audit::{BrokenChain, verify};

use super::asked::ask;
use super::witness::Witness;

#[test]
fn i18_the_stored_chain_of_a_whole_life_verifies_and_shows_any_change() {
    let witness = Witness::new();
    let asked = ask("ines", "payments-production", "Administrator", "PT1H");
    asked.until("awaiting_approval");
    asked.decide("ben", "approve").json(200);
    asked.until("active");
    let ended = asked.give_back();

    let (id, records, head) = witness.chain(&asked.id);
    assert_eq!(verify(&id, &records, &head), Ok(()), "I18");
    let shown = ended["history"].as_array().unwrap();
    assert_eq!(shown.len(), records.len(), "the API shows all of it: {ended:#}");
    for (shown, record) in shown.iter().zip(&records) {
        assert_eq!(shown["hash"], record.hash.as_str(), "{shown:#}");
        assert_eq!(shown["at"], record.at.to_string(), "{shown:#}");
    }
    assert!(records.is_sorted_by_key(|record| record.at), "{records:#?}");

    let mut changed = records.clone();
    changed[2].actor = format!("user:{}", asked.by.id);
    assert_eq!(verify(&id, &changed, &head), Err(BrokenChain::Content(3)));
    let without_the_end = &records[..records.len() - 1];
    assert!(matches!(verify(&id, without_the_end, &head), Err(BrokenChain::Truncated { .. })));
    let mut without_the_decision = records.clone();
    without_the_decision.remove(2);
    assert!(verify(&id, &without_the_decision, &head).is_err());
}
