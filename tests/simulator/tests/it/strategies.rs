//! Access that is not given by assignment, and what is exclusively Curfew's: what no scenario tells.

use curfew_domain::id::RequestId;
use curfew_domain::request::{EndReason, Gone, Request, Stage, State as S};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_identity_center::FaultKind;
use curfew_sim::scenario::Play;
use curfew_sim::scenario::cast::{Access, Person, with_strategies};
use curfew_sim::scenario::people::{Wish, millis, mins, secs, wish};
use curfew_sim::{Options, parts};
use serde_json::{Value, json};

use crate::stage::{alarms, calls_of, ended, play_with, stage_of};

fn strategies(options: &mut Options) {
    with_strategies(&mut options.organisation);
}

/// The permission set of `Access::Automatic` is exclusively Curfew's.
fn exclusive(options: &mut Options) {
    options.organisation.configuration += "\n[ownership]\npermission_sets = [\"ReadOnly\"]\nmode = \"exclusive\"\n";
}

async fn say(play: &Play, who: &str, id: &RequestId, what: &str) -> (u16, Value) {
    let (status, answer) = play.world.api(who, "POST", &format!("/v1/requests/{id}/{what}"), None).await;
    (status, answer.get("code").cloned().unwrap_or_default())
}

/// What this person is asked to do by hand.
async fn tasks(play: &Play, who: &str) -> Vec<(String, String)> {
    let (status, answer) = play.world.api(who, "GET", "/v1/tasks", None).await;
    assert_eq!(status, 200, "{answer}");
    let text = |task: &Value, path: &str| task.pointer(path).unwrap().as_str().unwrap().to_owned();
    let items = answer["items"].as_array().unwrap();
    items.iter().map(|task| (text(task, "/task"), text(task, "/request/id"))).collect()
}

#[test]
fn i14_only_who_is_named_says_that_access_by_hand_is_there_and_gone() {
    let and_eve = |options: &mut Options| {
        strategies(options);
        options.organisation.people.push("eve".to_owned());
    };
    play_with(and_eve, async |play| {
        let id = play.ask(Person::Ana, wish(Access::ByHand, mins(10))).await.unwrap();
        let key = play.key(Person::Ana, Access::ByHand);
        assert!(play.reaches(&id, Stage::Provisioning, secs(20)).await);
        assert_eq!(tasks(&play, "ben").await, [("give".to_owned(), id.to_string())]);
        assert_eq!(tasks(&play, "ana").await, [], "whose access it is");
        assert_eq!(say(&play, "ana", &id, "provisioned").await, (403, json!("own_request")));
        let (status, code) = say(&play, "eve", &id, "provisioned").await;
        assert_eq!((status, code), (404, json!("not_found")), "who may not even know of it");
        assert_eq!(say(&play, "ben", &id, "provisioned").await.0, 200);
        play.book.borrow_mut().by_hand.insert(key.clone());
        assert_eq!(say(&play, "cyn", &id, "provisioned").await, (409, json!("active")), "it is there already");
        assert_eq!(say(&play, "ben", &id, "removed").await, (409, json!("active")), "it has not ended");
        assert_eq!(tasks(&play, "ben").await, []);

        // Given back early: the people are asked to take it, and nobody else can close it.
        assert_eq!(play.end(Person::Ana, &id, "return").await, Some(202));
        assert_eq!(tasks(&play, "cyn").await, [("take".to_owned(), id.to_string())]);
        play.world.pass(mins(7)).await;
        assert_eq!(stage_of(&play, &id), "ending");
        assert!(alarms(&play, "removal_overdue").iter().any(|text| text.contains(id.as_str())));
        assert_eq!(say(&play, "ana", &id, "removed").await, (403, json!("own_request")));
        play.book.borrow_mut().by_hand.clear();
        assert_eq!(say(&play, "cyn", &id, "removed").await.0, 200);
        let cyn = play.world.user("cyn");
        assert_eq!(ended(&play, &id), (EndReason::Returned, Gone::Taken(cyn)));
        let (_, shown) = play.world.api("ana", "GET", &format!("/v1/requests/{id}"), None).await;
        assert_eq!((&shown["grant"]["assignment"], &shown["chain"]), (&json!("taken_by_hand"), &json!("intact")));
        let calls = ["CreateAccountAssignment", "DeleteAccountAssignment", "CreateGroupMembership"];
        assert_eq!(calls.map(|call| calls_of(&play, call)), [0, 0, 0], "nothing of it is Identity Center's");
    });
}

#[test]
fn access_by_hand_is_not_extended_and_not_given_twice() {
    play_with(strategies, async |play| {
        let id = play.ask(Person::Ana, wish(Access::ByHand, mins(10))).await.unwrap();
        assert!(play.reaches(&id, Stage::Provisioning, secs(20)).await);
        assert_eq!(say(&play, "ben", &id, "provisioned").await.0, 200);
        for other in [
            play.extend(Person::Ana, &id, mins(5)).await.unwrap(),
            play.ask(Person::Ana, wish(Access::ByHand, mins(1))).await.unwrap(),
        ] {
            assert!(play.reaches(&other, Stage::Failed, secs(20)).await);
            let request = play.world.request(&other).unwrap();
            let S::Failed { reason } = &request.state else { panic!("{:?}", request.state) };
            assert_eq!(*reason, format!("this access is given by hand, and request {id} for the same is not over"));
        }
        // Somebody else's is another one.
        let theirs = play.ask(Person::Cyn, wish(Access::ByHand, mins(1))).await.unwrap();
        assert!(play.reaches(&theirs, Stage::Provisioning, secs(20)).await);
        assert_eq!(tasks(&play, "cyn").await, [], "nobody gives it to themselves");
        assert_eq!(say(&play, "ben", &theirs, "removed").await.0, 200);
        assert_eq!(play.end(Person::Ana, &id, "return").await, Some(202));
        assert_eq!(say(&play, "ben", &id, "removed").await.0, 200);
    });
}

#[test]
fn i5_a_membership_whose_making_or_removal_is_not_answered_is_found_and_removed() {
    for operation in ["CreateGroupMembership", "DeleteGroupMembership"] {
        for kind in [FaultKind::LostReply, FaultKind::LostRequest, FaultKind::Throttle, FaultKind::Conflict] {
            play_with(strategies, async |play| {
                // The invariants are not told of a membership whose making nobody was told of.
                let told = operation == "DeleteGroupMembership" || kind != FaultKind::LostReply;
                if told {
                    play.inject(operation, 1, kind.clone());
                }
                play.book.borrow_mut().patience = mins(2);
                let id = play.ask(Person::Ana, wish(Access::Grouped, mins(3))).await.unwrap();
                assert!(play.reaches(&id, Stage::Active, mins(2)).await, "{operation} {kind:?}");
                assert!(play.all_over(mins(10)).await, "{operation} {kind:?}");
                assert_eq!(ended(&play, &id), (EndReason::Expired, Gone::Absent), "{operation} {kind:?}");
            });
        }
    }
}

#[test]
fn many_members_come_and_go_side_by_side() {
    play_with(
        |options| {
            strategies(options);
            options.organisation.people.extend((0..40).map(|n| format!("p{n}")));
        },
        async |play| {
            let body = json!({
                "account": Access::Grouped.account(),
                "permission_set": play.world.permission_set(Access::Grouped.set()).to_string(),
                "duration": "PT5M", "justification": "all hands",
            });
            let mut ids = Vec::new();
            for n in 0..40 {
                let (who, key) = (format!("p{n}"), format!("key-{n}"));
                let (status, asked) = play.world.api_once(&who, "POST", "/v1/requests", Some(body.clone()), &key).await;
                assert_eq!(status, 202, "{asked}");
                play.book.borrow_mut().wishes += 1;
                ids.push(RequestId::parse(asked["id"].as_str().unwrap()).unwrap());
            }
            for id in &ids {
                assert!(play.reaches(id, Stage::Active, mins(1)).await);
            }
            assert!(play.all_over(mins(9)).await);
            let late = |id: &RequestId| {
                let request = play.world.request(id).unwrap();
                request.since.duration_since(request.state.grant().unwrap().expires_at).as_secs()
            };
            assert!(ids.iter().all(|id| late(id) < 45), "{:?}", ids.iter().map(late).collect::<Vec<_>>());
        },
    );
}

/// The request that removes what nobody asked for.
fn removal(play: &Play) -> Option<Request> {
    let is_stray = |request: &Request| {
        matches!(request.state, S::Ending { reason: EndReason::Stray, .. } | S::Ended { reason: EndReason::Stray, .. })
    };
    play.world.requests().iter().map(|request| request.as_ref().clone()).find(is_stray)
}

/// Waits for that request.
async fn removal_begins(play: &Play) -> Timestamp {
    for _ in 0..9_000 {
        if let Some(request) = removal(play) {
            return request.ask.submitted_at;
        }
        play.world.pass(millis(100)).await;
    }
    panic!("nothing is removed");
}

#[test]
fn i16_where_that_is_configured_what_others_assign_is_removed_on_record_and_with_an_alarm() {
    play_with(exclusive, async |play| {
        let key = play.key(Person::Ben, Access::Automatic);
        play.book.borrow_mut().owned.insert(parts(&key).permission_set.clone());
        play.book.borrow_mut().exclusive = true;
        play.administer(&key, true);
        let began = play.world.now();
        let found = removal_begins(&play).await;
        assert!(found.duration_since(began) < mins(9), "{found}");
        assert!(play.all_over(mins(2)).await && !play.world.key_is_assigned(&key));
        let id = removal(&play).unwrap().ask.id;
        assert_eq!(ended(&play, &id), (EndReason::Stray, Gone::Absent));
        assert_eq!(alarms(&play, "stray_assignment").len(), 1);
        let (status, shown) = play.world.api("dan", "GET", &format!("/v1/requests/{id}"), None).await;
        let events: Vec<&str> =
            shown["history"].as_array().unwrap().iter().map(|record| record["event"].as_str().unwrap()).collect();
        assert_eq!((status, &shown["chain"], events), (200, &json!("intact"), vec!["stray", "ended"]));
        assert_eq!(calls_of(&play, "DeleteAccountAssignment"), 1);
    });
}

/// Whatever comes first, a grant of ours has its access to its end: what was there before is not taken from under it.
#[test]
fn i9_a_grant_that_begins_while_a_stray_is_removed_keeps_its_access() {
    let run = |offset: Option<SignedDuration>| {
        play_with(exclusive, async |play| {
            let key = play.key(Person::Ben, Access::Automatic);
            play.book.borrow_mut().owned.insert(parts(&key).permission_set.clone());
            play.book.borrow_mut().exclusive = true;
            play.administer(&key, true);
            let begin = play.world.now();
            let Some(offset) = offset else { return (removal_begins(&play).await.duration_since(begin), "") };
            play.world.until(begin + offset).await;
            let later = Wish { start: None, ..wish(Access::Automatic, mins(5)) };
            let id = play.ask(Person::Ben, later).await.unwrap();
            assert!(play.reaches(&id, Stage::Active, mins(1)).await);
            let end = play.end_of(&id).unwrap();
            let standing = play.world.request(&id).unwrap().state.grant().unwrap().standing;
            play.world.until(end).await;
            assert!(play.world.key_is_assigned(&key), "not a second too early");
            // What is left when it ends is somebody else's, or nobody's.
            let _ = removal_begins(&play).await;
            while play.world.key_is_assigned(&key) {
                play.world.pass(secs(1)).await;
            }
            let kept =
                removal(&play).is_some_and(|request| matches!(request.state, S::Ended { gone: Gone::KeptFor(_), .. }));
            (SignedDuration::ZERO, if standing && kept { "kept" } else { "made again, or not found before" })
        })
    };
    let (found, _) = run(None);
    let mut seen = std::collections::BTreeSet::new();
    for early in (-1_000..2_400).step_by(200) {
        seen.insert(run(Some(found - millis(early))).1);
    }
    assert!(seen.len() == 2, "both orders were seen: {seen:?}");
}
