//! Two things at once, at every distance in time.

use std::sync::Arc;

use curfew_domain::request::{Answer, Command, Context, apply};
use curfew_domain::time::SignedDuration;
use curfew_engine::end::Ending;

use super::functions::{run_evaluate, run_settle};
use super::people::in_a_world;

fn mins(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

fn millis(n: i64) -> SignedDuration {
    SignedDuration::from_millis(n)
}

#[test]
fn i11_two_approvers_at_once_make_one_outcome() {
    for apart in [0, 3, 9, 10, 18, 27, 60] {
        for (first, second) in [(Answer::Approve, Answer::Deny), (Answer::Deny, Answer::Approve)] {
            in_a_world(async |world, cast| {
                let id = world.ask_approved(&cast, 2).await;
                world.reaches(&id, "awaiting_approval", mins(1)).await;
                world.pass(millis(500)).await;
                let (other, ben, request) = (Arc::clone(&world), cast.ben.clone(), id.clone());
                tokio::task::spawn_local(async move { other.answer(&ben, &request, first).await });
                world.pass(millis(apart)).await;
                world.answer(&cast.cyn, &id, second).await;
                world.all_over(mins(10)).await;
                let request = world.request(&id);
                assert_eq!(request.decisions.len(), 1);
                let denied = request.decisions[0].answer == Answer::Deny;
                assert_eq!(world.stage(&id), if denied { "denied" } else { "ended" });
            });
        }
    }
}

#[test]
fn i11_a_decision_at_the_deadline_counts_or_the_request_lapses() {
    for before in [-40, -9, -1, 0, 1, 5, 9, 10, 18, 40, 900] {
        in_a_world(async |world, cast| {
            let id = world.ask_approved(&cast, 2).await;
            world.reaches(&id, "awaiting_approval", mins(1)).await;
            let since = world.request(&id).since;
            world.until(since + mins(10) - millis(before)).await;
            world.answer(&cast.ben, &id, Answer::Approve).await;
            world.all_over(mins(20)).await;
            let decided = !world.request(&id).decisions.is_empty();
            assert_eq!(world.stage(&id), if decided { "ended" } else { "lapsed" }, "{before}");
        });
    }
}

#[test]
fn a_request_judged_twice_at_once_is_judged_once_and_goes_on() {
    for apart in [0, 5, 9, 18, 40, 60] {
        in_a_world(async |world, cast| {
            let id = world.ask_approved(&cast, 2).await;
            let (other, request) = (Arc::clone(&world), id.clone());
            let repeated = tokio::task::spawn_local(async move {
                other.pass(millis(apart)).await;
                run_evaluate(&other, &request).await
            });
            world.answer(&cast.ben, &id, Answer::Approve).await;
            world.all_over(mins(10)).await;
            assert_eq!(world.stage(&id), "ended");
            repeated.await.unwrap().expect("a repeated call is no error");
        });
    }
}

#[test]
fn i15_a_request_that_the_machine_gives_up_leaves_nothing() {
    for after in (0..2_700).step_by(50) {
        in_a_world(async |world, cast| {
            let id = world.ask_automatic(&cast, 2).await;
            world.pass(millis(after)).await;
            drop(run_settle(&world, &id, true).await);
            world.all_over(mins(10)).await;
            assert!(matches!(world.stage(&id), "failed" | "ended"));
        });
    }
}

#[test]
fn everybody_ends_a_request_at_once() {
    for after in (0..2_700).step_by(90) {
        in_a_world(async |world, cast| {
            let id = world.ask_approved(&cast, 2).await;
            world.answer(&cast.ben, &id, Answer::Approve).await;
            world.pass(millis(after)).await;
            for (who, ending) in [(&cast.ben, Ending::Revoke), (&cast.dan, Ending::Revoke), (&cast.ana, Ending::Return)]
            {
                let (world, who, id) = (Arc::clone(&world), who.clone(), id.clone());
                tokio::task::spawn_local(async move { world.end(&who, &id, ending).await.ok() });
            }
            world.all_over(mins(10)).await;
            assert!(world.request(&id).since < world.request(&id).ask.submitted_at + mins(1));
        });
    }
}

#[test]
fn a_refused_command_leaves_no_trace() {
    in_a_world(async |world, cast| {
        let id = world.ask_automatic(&cast, 2).await;
        world.all_over(mins(10)).await;
        let request = world.request(&id);
        let context = Context { now: world.now() };
        assert!(apply(&request, Command::Expire, context).is_err());
        assert!(world.end(&cast.ana, &id, Ending::Return).await.is_err());
        assert_eq!(world.request(&id), request);
    });
}
