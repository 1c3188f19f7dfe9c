//! Extensions: access goes on without a gap and ends when the extension ends; giving back or revoking either end of a
//! chain ends all of it; nothing that was ended otherwise than by its time comes back. (I9, I10)

use std::collections::BTreeSet;
use std::time::Duration;

use curfew_domain::id::RequestId;
use curfew_domain::request::{Answer, Gone, Stage, State as S};
use curfew_domain::time::SignedDuration;
use curfew_sim::scenario::Play;
use curfew_sim::scenario::cast::{Access, Person, configuration};
use curfew_sim::scenario::people::{millis, mins, secs};
use curfew_sim::{CallFault, Function, Outage, Plan, Service, What};
use serde_json::{Value, json};

use crate::stage::{active, approved, approved_and_active, calls_of, ended, play, play_with, stage_of};

/// An active grant and an active extension of it.
async fn extended(play: &Play, duration: SignedDuration, more: SignedDuration) -> (RequestId, RequestId) {
    let first = active(play, duration).await;
    let second = play.extend(Person::Ana, &first, more).await.unwrap();
    assert!(play.reaches(&second, Stage::Active, secs(40)).await);
    (first, second)
}

fn is_assigned(play: &Play) -> bool {
    play.world.key_is_assigned(&play.key(Person::Ana, Access::Automatic))
}

/// How a request that is over ended: the reason of its end, or of its failure.
fn reason(play: &Play, id: &RequestId) -> String {
    match &play.world.request(id).unwrap().state {
        S::Failed { reason } => reason.clone(),
        S::Ended { reason, .. } => reason.name().to_owned(),
        other => panic!("not over: {other:?}"),
    }
}

#[test]
fn i6_an_extension_is_armed_before_the_grant_ends_at_any_distance() {
    // The extension is asked for so many milliseconds before the end; later, there is nothing to extend.
    for before in (0..1_500).step_by(75) {
        play(async |play| {
            let first = active(&play, mins(2)).await;
            let end = play.end_of(&first).unwrap();
            play.world.until(end - millis(before)).await;
            match play.extend(Person::Ana, &first, mins(2)).await {
                Some(second) => {
                    assert!(play.reaches(&second, Stage::Active, secs(40)).await, "{before}");
                    let last = play.end_of(&second).unwrap();
                    assert!(last >= end + mins(2) && last <= play.world.now().max(end) + mins(2), "{before}");
                    play.world.until(last).await;
                    assert!(is_assigned(&play), "{before}");
                }
                None => assert!(before < 200, "{before}"),
            }
        });
    }
}

#[test]
fn i10_an_extension_that_is_denied_changes_nothing() {
    play(async |play| {
        let first = approved_and_active(&play, mins(3)).await;
        let (end, denied) = (play.end_of(&first), play.extend(Person::Ana, &first, mins(3)).await.unwrap());
        play.answer(Person::Ben, &denied, Answer::Deny).await;
        play.world.until(end.unwrap()).await;
        assert!(play.reaches(&first, Stage::Ended, secs(10)).await);
        assert_eq!((stage_of(&play, &denied), ended(&play, &first).1), ("denied", Gone::Absent));
    });
}

#[test]
fn giving_back_or_revoking_any_part_of_a_chain_ends_all_of_it() {
    for (who, how, expected) in [(Person::Ana, "return", "returned"), (Person::Dan, "revoke", "revoked")] {
        for clicked in 0..3 {
            play(async |play| {
                let (first, second) = extended(&play, mins(30), mins(30)).await;
                let third = play.extend(Person::Ana, &second, mins(30)).await.unwrap();
                assert!(play.reaches(&third, Stage::Active, secs(40)).await);
                let chain = [first, second, third];
                assert_eq!(play.end(who, &chain[clicked], how).await, Some(202));
                assert!(play.all_over(secs(30)).await);
                assert!(chain.iter().all(|id| reason(&play, id) == expected));
                assert!(!is_assigned(&play));
            });
        }
    }
}

#[test]
fn a_grant_that_merely_overlaps_stays_when_a_chain_ends_and_a_chain_when_it_ends() {
    for chain_ends in [true, false] {
        play(async |play| {
            let other = active(&play, mins(20)).await;
            let (first, second) = extended(&play, mins(5), mins(5)).await;
            let clicked = if chain_ends { &first } else { &other };
            assert_eq!(play.end(Person::Ana, clicked, "return").await, Some(202));
            play.world.pass(secs(30)).await;
            assert_eq!(stage_of(&play, &other) == "active", chain_ends);
            assert!([first, second].iter().all(|id| (stage_of(&play, id) == "ended") == chain_ends));
            assert!(is_assigned(&play));
        });
    }
}

#[test]
fn access_that_an_extension_keeps_can_be_ended_by_the_record_that_has_expired() {
    play(async |play| {
        let (first, second) = extended(&play, mins(2), mins(60)).await;
        let third = play.extend(Person::Ana, &second, mins(60)).await.unwrap();
        assert!(play.reaches(&third, Stage::Active, secs(40)).await);
        assert!(play.reaches(&first, Stage::Ended, mins(3)).await);
        // Somebody who could not end the extension by itself cannot end it so.
        assert_eq!(play.end(Person::Ben, &first, "revoke").await, Some(404));
        assert_eq!(stage_of(&play, &third), "active");
        assert_eq!(play.end(Person::Dan, &first, "revoke").await, Some(202));
        assert!(play.all_over(secs(30)).await);
        assert_eq!(play.end(Person::Dan, &first, "revoke").await, Some(409), "nothing is left");
    });
}

/// Ana extends a grant that is given back or revoked so much later. What became of the extension.
async fn ended_soon_after(play: Play, after: SignedDuration, who: Person, how: &str) -> String {
    let first = active(&play, mins(60)).await;
    let second = play.extend(Person::Ana, &first, mins(60)).await.unwrap();
    play.world.pass(after).await;
    assert_eq!(play.end(who, &first, how).await, Some(202));
    play.world.pass(mins(1)).await;
    assert!(!is_assigned(&play), "{after} {how}");
    assert_eq!(calls_of(&play, "CreateAccountAssignment"), 1, "{after}: nothing was created anew");
    let recorded = |event: &str| play.world.history(&second).iter().any(|record| record.event == event);
    let came_to = ["provisioning", "activated"].into_iter().rfind(|event| recorded(event));
    format!("{}: {}", came_to.unwrap_or("nothing"), reason(&play, &second))
}

#[test]
fn i10_an_extension_never_brings_back_what_was_given_back_or_revoked_at_any_distance() {
    let mut seen = BTreeSet::new();
    for after in (0..1_200).step_by(24) {
        for (who, how) in [(Person::Ana, "return"), (Person::Dan, "revoke")] {
            seen.insert(play(async |play| ended_soon_after(play, millis(after), who, how).await));
        }
    }
    // Refused when it begins, refused or ended under the key's lease, and ended with the other.
    let expected = [
        "nothing: the grant that it was to extend was given back; nothing is left to extend",
        "provisioning: the grant that it was to extend was given back; nothing is left to extend",
        "activated: returned",
    ];
    assert!(expected.iter().all(|what| seen.contains(*what)), "{seen:#?}");
}

#[test]
fn i10_an_extension_brings_nothing_back_however_long_any_of_its_calls_takes() {
    let story = async |play: Play| {
        let outcome = ended_soon_after(play.clone(), secs(2), Person::Ana, "return").await;
        let of_extension = |number: &u64| *number > 0;
        let log = play.world.log();
        let calls = log.steps().iter().filter_map(|step| match &step.what {
            What::Call(call) => {
                step.by.as_ref().filter(|by| by.function == Function::Provision && of_extension(&by.number))?;
                Some(call.number)
            }
            _ => None,
        });
        (outcome, calls.collect::<Vec<_>>())
    };
    let (_, calls) = play(story);
    let mut seen = BTreeSet::new();
    for number in calls {
        // The answer is six seconds old when it arrives, and the grant was given back meanwhile.
        let late = |options: &mut curfew_sim::Options| {
            options.plan = Plan { calls: [(number, CallFault::LateReply)].into(), ..Plan::default() };
        };
        seen.insert(play_with(late, story).0);
    }
    assert!(seen.contains("provisioning: returned"), "one held the key, and was ended with the grant: {seen:#?}");
}

#[test]
fn an_extension_is_refused_when_it_is_judged_after_its_grant_was_given_back() {
    let outage = Outage { service: Service::StepFunctions, from: Duration::from_mins(1), to: Duration::from_mins(2) };
    play_with(
        |options| options.plan.outages.push(outage),
        async |play| {
            let began = play.world.now();
            let first = active(&play, mins(60)).await;
            play.world.until(began + secs(65)).await;
            let second = play.extend(Person::Ana, &first, mins(60)).await.unwrap();
            play.give_up(Person::Ana, &first).await;
            assert!(play.reaches(&second, Stage::Failed, mins(5)).await, "{}", stage_of(&play, &second));
            assert!(reason(&play, &second).contains("was given back"));
            assert_eq!(play.world.request(&second).unwrap().verdict, None, "policy was not asked");
        },
    );
}

#[test]
fn refusing_an_extension_takes_nothing_from_the_grant() {
    play(async |play| {
        let first = approved_and_active(&play, mins(10)).await;
        let second = play.extend(Person::Ana, &first, mins(10)).await.unwrap();
        assert!(play.reaches(&second, Stage::AwaitingApproval, secs(40)).await);
        assert_eq!(play.end(Person::Ben, &second, "revoke").await, Some(202));
        play.world.pass(secs(30)).await;
        assert_eq!((stage_of(&play, &first), stage_of(&play, &second)), ("active", "cancelled"));
        // It came to nothing, so the grant can be extended again.
        let third = play.extend(Person::Ana, &first, mins(10)).await.unwrap();
        assert_eq!(shown(&play, &first).await, third.as_str());
    });
}

/// What `GET /v1/requests/{id}` names as `extended_by`.
async fn shown(play: &Play, id: &RequestId) -> Value {
    play.world.api("ana", "GET", &format!("/v1/requests/{id}"), None).await.1["extended_by"].clone()
}

/// One click on "extend": status, and the code of the problem or the id of the request.
async fn click(play: &Play, who: Person, id: &RequestId, minutes: i64, key: &str) -> (u16, Value) {
    let body = json!({ "duration": format!("PT{minutes}M"), "justification": "not done yet" });
    let path = format!("/v1/requests/{id}/extend");
    let (status, answer) = play.world.api_once(who.name(), "POST", &path, Some(body), key).await;
    (status, answer.get("code").unwrap_or(&answer["id"]).clone())
}

#[test]
fn only_ones_own_active_grant_is_extended_once_and_within_the_maximum() {
    play(async |play| {
        let refused = async |who: Person, id: &RequestId, minutes: i64| {
            let (status, code) = click(&play, who, id, minutes, "refused").await;
            (status, code.as_str().unwrap().to_owned())
        };
        let is = |status: u16, code: &str| (status, code.to_owned());
        let waiting = approved(&play, mins(10)).await;
        assert!(play.reaches(&waiting, Stage::AwaitingApproval, secs(40)).await);
        assert_eq!(refused(Person::Ana, &waiting, 5).await, is(409, "awaiting_approval"));
        let first = active(&play, mins(60)).await;
        assert_eq!(refused(Person::Ben, &first, 5).await, is(404, "not_found"));
        assert_eq!(refused(Person::Dan, &first, 5).await.0, 403);
        // Eight hours at most, of which almost one is left of the grant.
        assert_eq!(refused(Person::Ana, &first, 480).await, is(400, "extension_too_long"));
        assert_eq!(refused(Person::Ana, &first, 421).await, is(400, "extension_too_long"));
        play.world.publish(&configuration("PT1H", "PT30M")).await;
        assert_eq!(refused(Person::Ana, &first, 1).await, is(400, "extension_too_long"));
        play.world.publish(&configuration("PT1H", "PT8H")).await;

        let (status, second) = click(&play, Person::Ana, &first, 420, "one").await;
        play.book.borrow_mut().wishes += 1;
        assert_eq!((status, shown(&play, &first).await), (202, second.clone()));
        assert_eq!(click(&play, Person::Ana, &first, 420, "one").await.1, second, "the same click again");
        assert_eq!(click(&play, Person::Ana, &first, 419, "one").await, (422, json!("idempotency_key_reused")));
        let second = RequestId::parse(second.as_str().unwrap()).unwrap();
        assert!(play.reaches(&second, Stage::Active, secs(40)).await);
        assert_eq!(refused(Person::Ana, &first, 5).await, is(409, "already_extended"));
        play.give_up(Person::Ana, &first).await;
        play.world.pass(secs(20)).await;
        assert_eq!(refused(Person::Ana, &first, 5).await, is(409, "ended"));
    });
}

#[test]
fn two_extensions_that_slip_through_at_once_give_no_more_than_one() {
    play(async |play| {
        let first = active(&play, mins(10)).await;
        // Two sandboxes, both warm: otherwise the one that starts sees what the other has done.
        let warm = || play.world.api("ana", "GET", "/v1/me", None);
        tokio::join!(warm(), warm());
        let again = || play.extend(Person::Ana, &first, mins(10));
        let (one, two) = tokio::join!(again(), again());
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_ne!(one, two);
        for id in [&one, &two] {
            assert!(play.reaches(id, Stage::Active, secs(40)).await);
            assert_eq!(play.end_of(id), Some(play.end_of(&first).unwrap() + mins(10)));
        }
        assert_eq!(play.end(Person::Ana, &two, "return").await, Some(202));
        assert!(play.all_over(mins(1)).await);
        assert!([first, one, two].iter().all(|id| reason(&play, id) == "returned"));
    });
}
