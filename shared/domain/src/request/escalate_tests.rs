//! An open request becomes an emergency, or stays what it is.

use super::property_moves::{ask, at, user};
use super::*;
use crate::ask::Ask;
use crate::audit::{Record, verify};
use crate::id::RequestId;
use crate::origin::{Channel, Origin};
use crate::person::Person;
use crate::text::Justification;
use crate::time::{AccessDuration, SignedDuration};
use crate::verdict::{Grounds, OnTimeout, Outcome, Step, Verdict};

/// An emergency request that came to its end, with its records.
pub(crate) fn emergency_that_ended() -> (Request, Vec<Record>) {
    let first = submit(Ask { emergency: true, ..ask(None) });
    let verdict = verdict(&first.request, vec![]);
    let commands = [
        Command::Evaluate(verdict),
        Command::Provision { session: SignedDuration::from_hours(1), means: Means::Assignment, extended: None },
        Command::Activate { standing: false },
        Command::Expire,
        Command::Close(Gone::Absent),
    ];
    let (mut request, mut records) = (first.request, vec![first.record]);
    for (moment, command) in [0, 1, 2, 700, 701].into_iter().zip(commands) {
        let transition = apply(&request, command, Context { now: at(moment) }).unwrap();
        assert_eq!(transition.review.is_some(), moment == 701, "the review is due once access has ended");
        records.push(transition.record);
        request = transition.request;
    }
    (request, records)
}

fn verdict(request: &Request, steps: Vec<Step>) -> Verdict {
    Verdict {
        outcome: Outcome::Allowed { flow: "flow".into(), steps },
        digest: request.ask.digest(),
        configuration: "1".into(),
        explanation: vec![],
        grounds: Grounds::default(),
    }
}

/// Waits for user 1 and then for user 2; user 1 has approved five minutes.
fn half_approved() -> Request {
    let step = |who: usize, then| Step {
        name: "step".into(),
        approvers: vec![user(who)],
        quorum: 1,
        timeout: SignedDuration::from_secs(100),
        on_timeout: OnTimeout::Lapse,
        then,
        self_approval: false,
        distinct: false,
        comment_on_denial: false,
    };
    let origin = Origin { mfa: Some(true), ..Origin::default() };
    let submitted = submit(Ask { origin, ..ask(Some(5_000)) }).request;
    let command = Command::Evaluate(verdict(&submitted, vec![step(1, Some(1)), step(2, None)]));
    let waiting = apply(&submitted, command, Context { now: at(0) }).unwrap().request;
    let approval = Command::Decide {
        by: person(1),
        step: 0,
        answer: Answer::Approve,
        comment: None,
        digest: waiting.digest(),
        narrowed: Narrowing { duration: AccessDuration::from_seconds(300).ok(), start: None },
    };
    apply(&waiting, approval, Context { now: at(1) }).unwrap().request
}

fn person(n: usize) -> Person {
    Person { id: user(n), administrator: false, auditor: false }
}

fn plea(why: Option<&str>) -> Plea {
    Plea {
        id: RequestId::parse("019ab2c3-0000-7000-8000-000000000009").unwrap(),
        justification: why.map(|why| Justification::parse(why).unwrap()),
        origin: Origin { channel: Some(Channel::Cli), ..Origin::default() },
    }
}

#[test]
fn an_emergency_takes_the_place_of_an_open_request_on_the_terms_in_force() {
    let old = half_approved();
    let Escalation { new, old: cancelled } = escalate(&old, &person(0), None, plea(Some("now")), at(2)).unwrap();
    let ask = &new.request.ask;
    assert_eq!((ask.emergency, &ask.escalates), (true, &Some(old.ask.id.clone())));
    assert_eq!((ask.key(), ask.start), (old.ask.key(), None), "the same access, at once");
    assert_eq!(ask.duration.seconds(), 300, "what an approver shortened stays short");
    assert_eq!((ask.justification.as_str(), ask.origin.channel), ("now", Some(Channel::Cli)));
    assert_eq!(new.request.state, State::Submitted, "and it is judged like any other");
    assert_eq!(new.request.decisions, [], "nobody has approved it yet");
    assert_eq!(verify(&ask.id, std::slice::from_ref(&new.record), &new.request.head), Ok(()));

    assert_eq!(cancelled.request.state, State::Cancelled { escalated_to: Some(ask.id.clone()) });
    assert!(cancelled.effects.contains(&Effect::Resume(Wait::Approval { step: 1 })), "its execution ends");
}

#[test]
fn the_manager_may_escalate_for_the_requester_and_nobody_else_may() {
    let old = half_approved();
    let manager = user(3);
    let by_manager = escalate(&old, &person(3), Some(&manager), plea(None), at(2)).unwrap();
    let ask = &by_manager.new.request.ask;
    assert_eq!((&ask.requester, ask.justification.as_str()), (&user(0), "because"));
    assert_eq!(ask.origin, old.ask.origin, "circumstances are the requester's");
    assert_eq!(by_manager.new.record.actor, format!("user:{manager}"), "the record says who it was");
    let administrator = Person { administrator: true, ..person(4) };
    for (who, manager) in [(person(3), None), (person(1), Some(&manager)), (administrator, Some(&manager))] {
        let refused = escalate(&old, &who, manager, plea(None), at(2));
        assert_eq!(refused, Err(Refusal::NotRequesterOrManager));
    }
}

#[test]
fn what_is_decided_or_an_emergency_already_is_not_escalated() {
    let emergency = submit(Ask { emergency: true, ..ask(None) }).request;
    assert_eq!(escalate(&emergency, &person(0), None, plea(None), at(2)), Err(Refusal::AlreadyEmergency));
    let old = half_approved();
    let once = escalate(&old, &person(0), None, plea(None), at(2)).unwrap();
    let scheduled = State::Scheduled { start: at(5_000) };
    let states = [State::Approved, scheduled, State::Denied, State::Lapsed, once.old.request.state];
    for state in states {
        let stage = state.stage();
        let decided = Request { state, ..old.clone() };
        let refused = escalate(&decided, &person(0), None, plea(None), at(2));
        assert_eq!(refused, Err(Refusal::Illegal { stage, command: "escalate" }));
    }
}
