//! Two things at once, at every distance in time.

use curfew_domain::request::{Answer, Stage};
use curfew_sim::Function;
use curfew_sim::scenario::cast::Person;
use curfew_sim::scenario::people::{millis, mins};
use serde_json::json;

use crate::stage::{approved, automatic, play, stage_of};

#[test]
fn i11_two_approvers_at_once_make_one_outcome() {
    for apart in [0, 3, 9, 10, 18, 27, 60, 120] {
        for (first, second) in [(Answer::Approve, Answer::Deny), (Answer::Deny, Answer::Approve)] {
            play(async |play| {
                let id = approved(&play, mins(2)).await;
                assert!(play.reaches(&id, Stage::AwaitingApproval, mins(1)).await);
                play.world.pass(millis(500)).await;
                let (other, request) = (play.clone(), id.clone());
                let ben = tokio::task::spawn_local(async move { other.answer_now(Person::Ben, &request, first).await });
                play.world.pass(millis(apart)).await;
                play.answer_now(Person::Cyn, &id, second).await;
                ben.await.unwrap();
                play.all_over(mins(10)).await;
                let request = play.world.request(&id).unwrap();
                assert_eq!(request.decisions.len(), 1);
                let denied = request.decisions[0].answer == Answer::Deny;
                assert_eq!(stage_of(&play, &id), if denied { "denied" } else { "ended" });
            });
        }
    }
}

#[test]
fn i11_a_decision_at_the_deadline_counts_or_the_request_lapses() {
    for before in [-200, -90, -40, -9, -1, 0, 1, 5, 9, 10, 18, 40, 60, 90, 900] {
        play(async |play| {
            let id = approved(&play, mins(2)).await;
            assert!(play.reaches(&id, Stage::AwaitingApproval, mins(1)).await);
            let since = play.world.request(&id).unwrap().since;
            play.world.until(since + mins(10) - millis(before)).await;
            play.answer_now(Person::Ben, &id, Answer::Approve).await;
            play.all_over(mins(20)).await;
            let decided = !play.world.request(&id).unwrap().decisions.is_empty();
            assert_eq!(stage_of(&play, &id), if decided { "ended" } else { "lapsed" }, "{before}");
        });
    }
}

#[test]
fn a_request_judged_twice_at_once_is_judged_once_and_goes_on() {
    for apart in [0, 5, 9, 18, 40, 60] {
        play(async |play| {
            let id = approved(&play, mins(2)).await;
            play.world.pass(millis(apart)).await;
            play.world.send(Function::Evaluate, json!({ "request_id": id.as_str() }));
            play.answer(Person::Ben, &id, Answer::Approve).await;
            play.all_over(mins(10)).await;
            assert_eq!(stage_of(&play, &id), "ended");
        });
    }
}

#[test]
fn i15_a_request_that_the_machine_gives_up_leaves_nothing() {
    for after in (0..3_200).step_by(80) {
        play(async |play| {
            let id = automatic(&play, mins(2)).await;
            play.world.pass(millis(after)).await;
            let payload = json!({ "request_id": id.as_str(), "abandon": true, "error": "test" });
            play.world.send(Function::Sweep, payload);
            play.all_over(mins(10)).await;
            assert!(matches!(stage_of(&play, &id), "failed" | "ended"));
        });
    }
}

#[test]
fn everybody_ends_a_request_at_once() {
    for after in (0..3_200).step_by(130) {
        play(async |play| {
            let id = approved(&play, mins(2)).await;
            play.answer(Person::Ben, &id, Answer::Approve).await;
            play.world.pass(millis(after)).await;
            for (who, how) in [(Person::Ben, "revoke"), (Person::Dan, "revoke"), (Person::Ana, "return")] {
                let (play, id) = (play.clone(), id.clone());
                tokio::task::spawn_local(async move { play.end(who, &id, how).await });
            }
            play.all_over(mins(10)).await;
            let request = play.world.request(&id).unwrap();
            assert!(request.since < request.ask.submitted_at + mins(1), "{}", stage_of(&play, &id));
        });
    }
}

#[test]
fn a_refused_command_leaves_no_trace() {
    play(async |play| {
        let id = automatic(&play, mins(2)).await;
        play.all_over(mins(10)).await;
        let before = play.world.request(&id).unwrap();
        for how in ["return", "cancel"] {
            assert_eq!(play.end(Person::Ana, &id, how).await, Some(409));
        }
        assert_eq!(play.end(Person::Cyn, &id, "return").await, Some(404), "who may not see it");
        assert_eq!(play.world.request(&id).unwrap(), before);
    });
}
