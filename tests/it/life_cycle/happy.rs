//! Nothing goes wrong: every way through the life cycle.

use curfew_domain::request::{Answer, EndReason, Gone, State as S};
use curfew_domain::time::SignedDuration;
use curfew_engine::end::Ending;

use super::people::{in_a_world, key, wish};

const SOON: SignedDuration = SignedDuration::from_secs(20);

fn mins(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

fn ended(state: &S) -> (EndReason, Gone) {
    let S::Ended { reason, gone, .. } = state else { panic!("not ended: {state:?}") };
    (reason.clone(), gone.clone())
}

#[test]
fn i12_automatic_access_begins_at_once_and_ends_on_time() {
    in_a_world(async |world, cast| {
        let key = key(&cast.ana, &cast.automatic);
        let id = world.ask_automatic(&cast, 5).await;
        world.reaches(&id, "active", SOON).await;
        assert!(world.is_assigned(&key));
        let grant = world.request(&id).state.grant().unwrap().clone();
        world.until(grant.expires_at).await;
        assert!(world.is_assigned(&key), "I9: not a second too early");
        world.reaches(&id, "ended", SignedDuration::from_secs(4)).await;
        assert!(!world.is_assigned(&key));
        assert_eq!(ended(&world.request(&id).state), (EndReason::Expired, Gone::Absent));
        world.all_over(mins(5)).await;
    });
}

#[test]
fn i1_one_approval_gives_access_and_none_before() {
    in_a_world(async |world, cast| {
        let id = world.ask_approved(&cast, 5).await;
        world.reaches(&id, "awaiting_approval", SOON).await;
        world.pass(mins(3)).await;
        assert!(!world.is_assigned(&key(&cast.ana, &cast.approved)));
        assert_eq!(world.state().asked.len(), 2, "one link for each approver");
        world.answer(&cast.ben, &id, Answer::Approve).await;
        world.reaches(&id, "active", SOON).await;
        world.all_over(mins(10)).await;
        assert_eq!(ended(&world.request(&id).state), (EndReason::Expired, Gone::Absent));
    });
}

#[test]
fn i1_denied_or_unanswered_requests_give_nothing() {
    in_a_world(async |world, cast| {
        let denied = world.ask_approved(&cast, 5).await;
        let lapsed = world.ask_approved(&cast, 5).await;
        world.answer(&cast.cyn, &denied, Answer::Deny).await;
        assert_eq!(world.stage(&denied), "denied");
        world.reaches(&lapsed, "lapsed", mins(11)).await;
        world.all_over(mins(5)).await;
        assert!(!world.state().calls.contains(&"access.begin_assign"));
        assert!(world.state().executions.values().all(|e| !e.running));
    });
}

#[test]
fn i11_a_request_is_cancelled_in_each_early_state() {
    in_a_world(async |world, cast| {
        // Submitted: the execution has not judged it yet.
        let submitted = world.ask_approved(&cast, 5).await;
        world.end(&cast.ana, &submitted, Ending::Cancel).await.unwrap();
        let awaiting = world.ask_approved(&cast, 5).await;
        world.reaches(&awaiting, "awaiting_approval", SOON).await;
        world.end(&cast.ana, &awaiting, Ending::Cancel).await.unwrap();
        let start = world.now() + mins(60);
        let scheduled = world.ask(&cast.ana, wish(&cast.automatic, 5, Some(start))).await;
        world.reaches(&scheduled, "scheduled", SOON).await;
        world.end(&cast.ana, &scheduled, Ending::Cancel).await.unwrap();
        // Approved lasts no longer than provisioning takes to begin.
        let approved = world.ask_automatic(&cast, 5).await;
        while world.stage(&approved) != "approved" {
            world.pass(SignedDuration::from_millis(3)).await;
        }
        world.end(&cast.ana, &approved, Ending::Cancel).await.ok();
        world.all_over(mins(70)).await;
        for id in [submitted, awaiting, scheduled] {
            assert_eq!(world.stage(&id), "cancelled");
        }
        assert!(!world.state().calls.contains(&"access.begin_assign") || world.stage(&approved) != "cancelled");
        world.pass(mins(60)).await;
        assert!(world.state().executions.values().all(|e| !e.running));
    });
}

#[test]
fn access_is_returned_early_or_taken_by_an_approver_or_an_administrator() {
    in_a_world(async |world, cast| {
        let cases = [
            (&cast.ana, Ending::Return, EndReason::Returned),
            (&cast.ben, Ending::Revoke, EndReason::Revoked),
            (&cast.dan, Ending::Revoke, EndReason::Revoked),
        ];
        for (who, ending, reason) in cases {
            let id = world.ask_approved(&cast, 60).await;
            world.answer(&cast.cyn, &id, Answer::Approve).await;
            world.reaches(&id, "active", SOON).await;
            world.end(who, &id, ending).await.unwrap();
            world.reaches(&id, "ended", SignedDuration::from_secs(5)).await;
            assert_eq!(ended(&world.request(&id).state), (reason, Gone::Absent));
        }
        world.pass(mins(62)).await;
    });
}

#[test]
fn a_scheduled_request_begins_at_its_start_and_lasts_its_whole_duration() {
    in_a_world(async |world, cast| {
        // Not a whole second: clocks need not agree on the rest.
        let start = world.now() + mins(30) + SignedDuration::from_millis(345);
        let id = world.ask(&cast.ana, wish(&cast.automatic, 5, Some(start))).await;
        world.reaches(&id, "scheduled", SOON).await;
        world.until(start).await;
        assert_eq!(world.stage(&id), "scheduled");
        world.reaches(&id, "active", SOON).await;
        let grant = world.request(&id).state.grant().unwrap().clone();
        assert!(grant.started_at.duration_since(start).abs() <= SignedDuration::from_secs(1));
        world.all_over(mins(10)).await;
    });
}
