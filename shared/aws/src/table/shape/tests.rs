//! What earlier releases stored is read, and what this one stores comes back as it was.

use curfew_domain::ask::Ask;
use curfew_domain::audit::{BrokenChain, verify};
use curfew_domain::id::{GroupId, RequestId, UserId};
use curfew_domain::request::{
    Answer, Command, Context, EndReason, Gone, Grant, Means, Narrowing, Request, State, Stray, apply, remove_stray,
};
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use curfew_domain::verdict::{Grounds, OnTimeout, Outcome, Step, Verdict};

use super::{packed_request, request, unpacked_request};

const ASK: &str = r#"{"requester":"00000000-0000-4000-8000-000000000001","account":"111122223333","permission_set":"arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444","seconds":3600,"justification":"because","ticket":null,"start":null,"emergency":false,"submitted_at":"2026-11-23T09:00:00Z"}"#;

fn id() -> RequestId {
    RequestId::parse("019ab2c3-0000-7000-8000-000000000001").unwrap()
}

fn user(n: usize) -> UserId {
    UserId::parse(&format!("00000000-0000-4000-8000-{n:012}")).unwrap()
}

fn doc(verdict: &str, state: &str) -> String {
    format!(
        r#"{{"ask":{ASK},"verdict":{verdict},"decisions":[],"state":{state},"since":"2026-11-23T09:00:00Z","hash":"0"}}"#
    )
}

fn submitted() -> Request {
    request(id(), 1, &doc("null", r#"{"at":"submitted"}"#)).unwrap()
}

#[track_caller]
fn comes_back(stored: &Request) {
    let packed = packed_request(stored).unwrap();
    let read = unpacked_request(id(), stored.head.seq, &packed).unwrap();
    assert_eq!(read, *stored);
    assert_eq!(verify(&id(), &read.trail, &read.head), Ok(()), "I18");
}

#[test]
fn a_request_of_a_release_without_extension_is_read_and_keeps_its_records_from_now_on() {
    let old = submitted();
    assert_eq!((&old.ask.extends, old.head.seq, old.trail.len()), (&None, 1, 0));
    let by = curfew_domain::person::Person { id: user(1), administrator: false, auditor: false };
    let next = apply(&old, Command::Cancel { by, comment: None }, Context { now: old.since }).unwrap();
    let read = unpacked_request(id(), 2, &packed_request(&next.request).unwrap()).unwrap();
    assert_eq!(read, next.request);
    assert_eq!((&read.trail[..], &next.record.previous), (&[next.record.clone()][..], &old.head.hash));
    // One that begins later than any other is a chain of its own.
    let ask = Ask { id: id(), extends: Some(id()), ..old.ask };
    comes_back(&curfew_domain::request::submit(ask).request);
}

#[test]
fn a_record_that_was_changed_in_the_store_breaks_the_chain() {
    let first = curfew_domain::request::submit(submitted().ask).request;
    let mut forged = first.clone();
    forged.trail[0].body = forged.trail[0].body.replace("because", "be cause");
    let read = unpacked_request(id(), 1, &packed_request(&forged).unwrap()).unwrap();
    assert_eq!(verify(&id(), &read.trail, &read.head), Err(BrokenChain::Content(1)));
}

#[test]
fn steps_of_a_release_without_rules_follow_one_another_and_lapse() {
    let digest = submitted().ask.digest();
    let step = |name: &str, n: usize| {
        format!(r#"{{"name":"{name}","approvers":["{}"],"quorum":1,"timeout_seconds":60}}"#, user(n))
    };
    let verdict = format!(
        r#"{{"flow":"two","steps":[{},{}],"digest":"{}","configuration":"1","explanation":[]}}"#,
        step("first", 2),
        step("second", 3),
        digest.as_str()
    );
    let text = doc(&verdict, r#"{"at":"awaiting_approval","step":0,"deadline":"2026-11-23T09:01:00Z"}"#);
    let old = request(id(), 2, &text).unwrap();
    let steps = old.verdict.as_ref().unwrap().steps();
    assert_eq!((steps[0].then, steps[1].then), (Some(1), None));
    assert!(steps.iter().all(|step| step.on_timeout == OnTimeout::Lapse && !step.self_approval && !step.distinct));
}

#[test]
fn rules_time_outs_and_narrowed_terms_come_back() {
    let at = |seconds: i64| "2026-11-23T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds);
    let step = |who: usize| Step {
        name: "step".to_owned(),
        approvers: vec![user(who)],
        quorum: 1,
        timeout: SignedDuration::from_secs(60),
        on_timeout: OnTimeout::Lapse,
        then: None,
        self_approval: false,
        distinct: false,
        comment_on_denial: false,
    };
    let steps = vec![
        Step { on_timeout: OnTimeout::Escalate(1), self_approval: true, then: Some(2), ..step(2) },
        Step { on_timeout: OnTimeout::Deny, then: Some(2), comment_on_denial: true, ..step(3) },
        Step { distinct: true, ..step(4) },
    ];
    let grounds = Grounds {
        policy: "production".to_owned(),
        permitted_by: vec!["main.cedar:3".to_owned()],
        passed_over: vec![("automatic".to_owned(), vec!["floor".to_owned()])],
        escalations: vec![(1, "emergency-crew".to_owned())],
        facts: vec![("department".to_owned(), "finance".to_owned())],
    };
    let submitted = curfew_domain::request::submit(submitted().ask).request;
    let verdict = Verdict {
        outcome: Outcome::Allowed { flow: "three".to_owned(), steps },
        digest: submitted.ask.digest(),
        configuration: "1".to_owned(),
        explanation: vec!["so".to_owned()],
        grounds,
    };
    let go = |request: &Request, command, now| apply(request, command, Context { now }).unwrap().request;
    let waiting = go(&submitted, Command::Evaluate(verdict), at(0));
    comes_back(&waiting);
    let escalated = go(&waiting, Command::Lapse, at(60));
    comes_back(&escalated);
    let narrowed = Command::Decide {
        by: curfew_domain::person::Person { id: user(3), administrator: false, auditor: false },
        step: 1,
        answer: Answer::Approve,
        comment: None,
        digest: escalated.digest(),
        narrowed: Narrowing { duration: AccessDuration::from_seconds(600).ok(), start: Some(at(900)) },
    };
    let narrowed = go(&escalated, narrowed, at(61));
    comes_back(&narrowed);
    assert_eq!(narrowed.state, State::AwaitingApproval { step: 2, deadline: at(121) });
}

#[test]
fn a_grant_of_a_release_without_strategies_is_an_assignment() {
    let grant = r#"{"started_at":"2026-11-23T09:00:00Z","expires_at":"2026-11-23T10:00:00Z","session_seconds":3600,"standing":false}"#;
    let old = request(id(), 4, &doc("null", &format!(r#"{{"at":"active","grant":{grant}}}"#))).unwrap();
    assert_eq!(old.state.grant().unwrap().means, Means::Assignment);
}

#[test]
fn other_means_and_strays_come_back() {
    let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
    let group = GroupId::parse("10000000-0000-4000-8000-000000000001").unwrap();
    let begun = |means: Means| Grant {
        started_at: now,
        expires_at: now + SignedDuration::from_hours(1),
        session: SignedDuration::from_hours(1),
        standing: false,
        means,
    };
    let states = |means: Means| {
        let grant = begun(means);
        let (reason, gone) = (EndReason::Revoked, Gone::Taken(user(2)));
        [
            State::Provisioning(grant.clone()),
            State::Active(grant.clone()),
            State::Ending { grant: grant.clone(), reason: reason.clone() },
            State::Ended { grant, reason, gone },
        ]
    };
    let first = curfew_domain::request::submit(submitted().ask).request;
    for means in [Means::Assignment, Means::Membership(group), Means::Hands(vec![user(2), user(3)])] {
        for state in states(means) {
            comes_back(&Request { state, ..first.clone() });
        }
    }
    let ask = submitted().ask;
    let session = SignedDuration::from_hours(1);
    let stray = Stray { user: ask.requester, account: ask.account, permission_set: ask.permission_set, session };
    let first = remove_stray(stray, id(), ask.justification, now).request;
    comes_back(&first);
    comes_back(&apply(&first, Command::Close(Gone::Absent), Context { now }).unwrap().request);
}
