//! What earlier releases stored is read, and what this one stores comes back as it was.

use curfew_domain::ask::Ask;
use curfew_domain::id::{GroupId, RequestId, UserId};
use curfew_domain::request::{
    Answer, Command, Context, EndReason, Gone, Grant, Means, Narrowing, Request, State, Stray, apply, remove_stray,
};
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use curfew_domain::verdict::{Grounds, OnTimeout, Outcome, Step, Verdict};

use super::{SCHEMA, SCHEMA_WITH_MEANS, SCHEMA_WITH_RULES, request, request_doc, schema};

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
fn comes_back(stored: &Request, expected_schema: u64) {
    assert_eq!(schema(stored), expected_schema);
    assert_eq!(request(id(), stored.head.seq, &request_doc(stored).unwrap()).unwrap(), *stored);
}

#[test]
fn a_request_of_a_release_without_extension_is_read() {
    let old = submitted();
    assert_eq!((&old.ask.extends, request_doc(&old).unwrap()), (&None, doc("null", r#"{"at":"submitted"}"#)));
    let new = Request { ask: Ask { extends: Some(id()), ..old.ask.clone() }, ..old };
    comes_back(&new, SCHEMA);
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
    assert_eq!((request_doc(&old).unwrap(), schema(&old)), (text, SCHEMA), "and that release can go on with it");
}

#[test]
fn rules_time_outs_and_narrowed_terms_come_back_and_are_not_for_earlier_releases() {
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
    let submitted = submitted();
    let verdict = Verdict {
        outcome: Outcome::Allowed { flow: "three".to_owned(), steps },
        digest: submitted.ask.digest(),
        configuration: "1".to_owned(),
        explanation: vec!["so".to_owned()],
        grounds,
    };
    let go = |request: &Request, command, now| apply(request, command, Context { now }).unwrap().request;
    let waiting = go(&submitted, Command::Evaluate(verdict), at(0));
    comes_back(&waiting, SCHEMA_WITH_RULES);
    let escalated = go(&waiting, Command::Lapse, at(60));
    comes_back(&escalated, SCHEMA_WITH_RULES);
    let narrowed = Command::Decide {
        by: curfew_domain::person::Person { id: user(3), administrator: false, auditor: false },
        step: 1,
        answer: Answer::Approve,
        comment: None,
        digest: escalated.digest(),
        narrowed: Narrowing { duration: AccessDuration::from_seconds(600).ok(), start: Some(at(900)) },
    };
    let narrowed = go(&escalated, narrowed, at(61));
    comes_back(&narrowed, SCHEMA_WITH_RULES);
    assert_eq!(narrowed.state, State::AwaitingApproval { step: 2, deadline: at(121) });

    let plain = |steps: Vec<Step>| {
        let outcome = Outcome::Allowed { flow: "plain".to_owned(), steps };
        let verdict = Verdict { outcome, ..waiting.verdict.clone().unwrap() };
        Request { verdict: Some(verdict), ..submitted.clone() }
    };
    comes_back(&plain(vec![Step { then: Some(1), ..step(2) }, step(3)]), SCHEMA);
    comes_back(&plain(vec![Step { then: Some(2), ..step(2) }, step(3), step(4)]), SCHEMA_WITH_RULES);
    comes_back(&plain(vec![Step { distinct: true, ..step(2) }]), SCHEMA_WITH_RULES);
}

#[test]
fn a_grant_of_a_release_without_strategies_is_an_assignment_and_stays_readable_to_it() {
    let grant = r#"{"started_at":"2026-11-23T09:00:00Z","expires_at":"2026-11-23T10:00:00Z","session_seconds":3600,"standing":false}"#;
    let text = doc("null", &format!(r#"{{"at":"active","grant":{grant}}}"#));
    let old = request(id(), 4, &text).unwrap();
    assert_eq!(old.state.grant().unwrap().means, Means::Assignment);
    assert_eq!((request_doc(&old).unwrap(), schema(&old)), (text, SCHEMA));
}

/// A release before them would look for an assignment, find none, and close.
#[test]
fn other_means_and_strays_come_back_and_are_not_for_earlier_releases() {
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
    for means in [Means::Membership(group), Means::Hands(vec![user(2), user(3)])] {
        for state in states(means) {
            comes_back(&Request { state, ..submitted() }, SCHEMA_WITH_MEANS);
        }
    }
    let ask = submitted().ask;
    let session = SignedDuration::from_hours(1);
    let stray = Stray { user: ask.requester, account: ask.account, permission_set: ask.permission_set, session };
    let first = remove_stray(stray, id(), ask.justification, now).request;
    comes_back(&first, SCHEMA_WITH_MEANS);
    let closed = apply(&first, Command::Close(Gone::Absent), Context { now }).unwrap().request;
    comes_back(&closed, SCHEMA_WITH_MEANS);
}
