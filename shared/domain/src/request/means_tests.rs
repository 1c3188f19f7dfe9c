//! Access that people give and take by hand, and what nobody asked for, one story each.

use super::property_moves::{ask, at, user};
use super::*;
use crate::audit::{Head, verify};
use crate::id::{Key, RequestId};
use crate::person::Person;
use crate::text::{Comment, Justification};
use crate::time::{SignedDuration, Timestamp};
use crate::verdict::{Grounds, Outcome, Verdict};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn next(request: &Request, command: Command, now: i64) -> Result<Transition, Refusal> {
    apply(request, command, Context { now: at(now) })
}

/// Approved at once, and begun by these means. The grant ends at 600.
fn begun(means: Means) -> Request {
    let submitted = submit(ask(None)).request;
    let verdict = Verdict {
        outcome: Outcome::Allowed { flow: "flow".into(), steps: vec![] },
        digest: submitted.ask.digest(),
        configuration: "1".into(),
        explanation: vec![],
        grounds: Grounds::default(),
    };
    let approved = next(&submitted, Command::Evaluate(verdict), 0).unwrap().request;
    next(&approved, Command::Provision { session: HOUR, means, extended: None }, 0).unwrap().request
}

fn by_hand() -> Request {
    begun(Means::Hands(vec![user(0), user(3), user(4)]))
}

fn person(n: usize) -> Person {
    Person { id: user(n), administrator: false, auditor: false }
}

fn given(n: usize) -> Command {
    Command::Given { by: person(n), comment: None }
}

fn taken(n: usize) -> Command {
    Command::Taken { by: person(n), comment: None }
}

#[test]
fn access_by_hand_is_there_and_gone_when_one_of_those_people_says_so() {
    let waiting = by_hand();
    assert_eq!((waiting.key(), waiting.intent()), (None, None), "nothing of it is Identity Center's");
    assert_eq!(next(&waiting, given(2), 1), Err(Refusal::NotInHand("confirm the provisioning of")));
    assert_eq!(next(&waiting, given(0), 1), Err(Refusal::OwnHand), "nobody confirms for themselves");
    assert_eq!(next(&waiting, Command::Activate { standing: false }, 1), Err(Refusal::ByHand));
    let active = next(&waiting, given(3), 1).unwrap();
    assert_eq!((active.request.state.stage(), active.record.event.as_str()), (Stage::Active, "provisioned"));
    assert!(matches!(next(&active.request, taken(3), 2), Err(Refusal::Illegal { .. })), "it has not ended");

    let ending = next(&active.request, Command::Expire, 600).unwrap();
    assert!(!ending.effects.contains(&Effect::Remove), "the writer can do nothing about it");
    assert_eq!(next(&ending.request, Command::Close(Gone::Absent), 601), Err(Refusal::ByHand));
    assert_eq!(next(&ending.request, taken(0), 601), Err(Refusal::OwnHand));
    let ended = next(&ending.request, taken(4), 90_000).unwrap();
    let State::Ended { reason, gone, .. } = &ended.request.state else { panic!("it is over") };
    assert_eq!((reason, gone), (&EndReason::Expired, &Gone::Taken(user(4))));
    assert_eq!(ended.record.actor, format!("user:{}", user(4)));
}

#[test]
fn what_was_not_given_fails_and_what_may_have_been_given_is_taken() {
    let because = Some(Comment::parse("that system is gone").unwrap());
    let refused = next(&by_hand(), Command::Taken { by: person(3), comment: because }, 1).unwrap().request;
    assert_eq!(refused.state, State::Failed { reason: "it was not given: that system is gone".into() });
    // Nobody said anything until the end: somebody may have given it all the same.
    assert_eq!(next(&by_hand(), given(3), 600), Err(Refusal::Overdue(at(600))));
    let ending = next(&by_hand(), Command::Expire, 600).unwrap().request;
    assert!(matches!(ending.state, State::Ending { .. }));
    // The execution gave up: the same, and the failure stays the reason.
    let failing = next(&by_hand(), Command::Fail { reason: "fault".into() }, 5).unwrap().request;
    let failed = next(&failing, taken(3), 9).unwrap().request;
    assert_eq!(failed.state, State::Failed { reason: "fault".into() });
}

#[test]
fn hands_and_administrators_see_and_handle_and_others_do_not() {
    let waiting = by_hand();
    let administrator = |n| Person { administrator: true, ..person(n) };
    let cases = [
        (person(3), true, true),
        (person(2), false, false),
        (person(0), true, false),
        (administrator(2), true, true),
        (administrator(0), true, false),
    ];
    for (who, sees, handles) in cases {
        assert_eq!((may_see(&waiting, &who), may_handle(&waiting, &who)), (sees, handles), "{who:?}");
    }
    let direct = begun(Means::Assignment);
    assert!(!may_handle(&direct, &administrator(2)));
    assert_eq!(next(&direct, given(3), 1), Err(Refusal::NotByHand));
}

#[test]
fn a_membership_is_known_by_user_and_group_and_closed_by_the_writer() {
    let group = crate::id::GroupId::parse("10000000-0000-4000-8000-000000000001").unwrap();
    let request = begun(Means::Membership(group.clone()));
    let key = Key::Membership { user: user(0), group };
    assert_eq!(request.intent().map(|intent| intent.key), Some(key));
    let active = next(&request, Command::Activate { standing: false }, 1).unwrap().request;
    let ending = next(&active, Command::Expire, 600).unwrap();
    assert!(ending.effects.contains(&Effect::Remove));
    assert!(next(&ending.request, Command::Close(Gone::Absent), 601).is_ok());
}

#[test]
fn a_stray_is_a_removal_from_its_first_record() {
    let asked = ask(None);
    let stray = Stray {
        user: asked.requester.clone(),
        account: asked.account.clone(),
        permission_set: asked.permission_set.clone(),
        session: HOUR,
    };
    let id = RequestId::parse("019ab2c3-0000-7000-8000-000000000009").unwrap();
    let now: Timestamp = "2026-11-23T09:00:00.5Z".parse().unwrap();
    let why = Justification::parse("Curfew did not make it").unwrap();
    let first = remove_stray(stray, id.clone(), why, now);
    assert_eq!(first.effects, [Effect::Remove]);
    assert_eq!(first.request.intent().map(|i| (i.key, i.rank)), Some((asked.key(), Rank::Removal)));
    let closed = apply(&first.request, Command::Close(Gone::Absent), Context { now }).unwrap();
    let State::Ended { reason, .. } = &closed.request.state else { panic!("it is over") };
    assert_eq!(reason, &EndReason::Stray);
    assert_eq!(closed.review, None);
    let records = [first.record, closed.record];
    assert_eq!(verify(&id, &records, &closed.request.head), Ok(()));
    assert_eq!(records[0].previous, Head::origin().hash);
}
