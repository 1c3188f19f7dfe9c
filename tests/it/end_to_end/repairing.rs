//! What sweep repairs.

use std::time::Duration;

use curfew_domain::id::RequestId;
use curfew_domain::time::{SignedDuration, Timestamp};
use serde_json::json;

use super::asked::{Asked, SOON, ask, eventually};
use super::witness::Witness;

/// Each active grant is compared with Identity Center once in two minutes.
const COMPARED: Duration = Duration::from_mins(3);

/// Sweeps do not compare all grants in the same minute, so there are several to be found.
#[test]
fn i15_an_assignment_that_somebody_else_removed_is_noticed() {
    let witness = Witness::new();
    let grants: Vec<Asked> = (0..5).map(|_| ask("chloe", "sandbox", "ReadOnly", "PT1H")).collect();
    for grant in &grants {
        grant.until("active");
    }
    grants[0].remove_behind_our_back(&witness);
    let noticed = eventually("a grant without its assignment is ended", COMPARED, || {
        let swept = witness.sweep();
        let over = grants.iter().map(Asked::view).find(|view| view["state"] == "ended");
        over.ok_or_else(|| swept.to_string())
    });
    assert_eq!(noticed["reason"], "assignment_removed", "{noticed:#}");
    assert!(!grants[0].is_assigned(&witness), "what an administrator removed is not made again: {noticed:#}");
}

#[test]
fn a_decision_whose_resume_was_lost_takes_effect_with_the_next_sweep() {
    let witness = Witness::new();
    let asked = ask("ines", "data-production", "DatabaseOperator", "PT1H");
    asked.link("hugo");
    // While the token is away, nothing can resume the execution: as if the call had been lost.
    let token = witness.take_token(&asked.id);
    let approved = asked.decide("hugo", "approve").json(200);
    assert_eq!(approved["state"], "approved", "{approved:#}");
    let (states, outcome) = witness.states(&asked.id);
    assert_eq!((states.last().map(String::as_str), outcome.as_str()), (Some("Ask"), "RUNNING"), "it waits");
    witness.put_token(token);
    eventually("sweep resumes the execution", SOON, || {
        let swept = witness.sweep();
        let view = asked.view();
        if view["state"] == "approved" { Err(swept.to_string()) } else { Ok(()) }
    });
    asked.until("active");
    assert_eq!(asked.states(&witness), ["Evaluate", "Route", "Ask", "Route", "Provision"]);
    let ended = asked.give_back();
    assert_eq!(ended["grant"]["assignment"], json!("absent"), "{ended:#}");
}

/// The sweep looks for live requests day by day. A day that it forgot would hide what is stored under it later.
#[test]
fn a_day_is_forgotten_only_when_no_request_can_come_to_it_any_more() {
    let witness = Witness::new();
    let asked = ask("kira", "sandbox", "ReadOnly", "PT1H");
    let today = RequestId::parse(&asked.id).unwrap().day().unwrap();
    let yesterday = (Timestamp::now() - SignedDuration::from_hours(24)).strftime("%Y-%m-%d").to_string();
    // Nothing is live on either; around midnight a request of yesterday may still be on its way.
    witness.mark_day(&yesterday);
    witness.mark_day("2020-01-01");
    eventually("an old day without live requests is forgotten", SOON, || {
        let swept = witness.sweep();
        if witness.marked_days().iter().any(|day| day == "2020-01-01") { Err(swept.to_string()) } else { Ok(()) }
    });
    let left = witness.marked_days();
    assert!(left.contains(&yesterday) && left.contains(&today), "{left:?}");
    asked.until("active");
    asked.give_back();
}
