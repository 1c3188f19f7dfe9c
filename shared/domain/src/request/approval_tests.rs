//! Steps, quorums, time-outs and narrowed terms, one story each.

use super::property_moves::{ask, at, user};
use super::*;
use crate::person::Person;
use crate::text::Comment;
use crate::time::{AccessDuration, SignedDuration, Timestamp};
use crate::verdict::{Grounds, OnTimeout, Outcome, Step, Verdict};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A step of these approvers, of whom one must approve within 100 seconds; it is the last.
fn step(who: &[usize]) -> Step {
    Step {
        name: "step".into(),
        approvers: who.iter().map(|n| user(*n)).collect(),
        quorum: 1,
        timeout: SignedDuration::from_secs(100),
        on_timeout: OnTimeout::Lapse,
        then: None,
        self_approval: false,
        distinct: false,
        comment_on_denial: false,
    }
}

fn judged(steps: Vec<Step>) -> Result<Request, Refusal> {
    let request = submit(ask(None)).request;
    let verdict = Verdict {
        outcome: Outcome::Allowed { flow: "flow".into(), steps },
        digest: request.ask.digest(),
        configuration: "1".into(),
        explanation: vec![],
        grounds: Grounds::default(),
    };
    next(&request, Command::Evaluate(verdict), at(0))
}

fn next(request: &Request, command: Command, now: Timestamp) -> Result<Request, Refusal> {
    apply(request, command, Context { now }).map(|transition| transition.request)
}

fn say(request: &Request, who: usize, answer: Answer, narrowed: Narrowing, now: i64) -> Result<Request, Refusal> {
    let State::AwaitingApproval { step, .. } = request.state else { panic!("it waits for nobody") };
    let by = Person { id: user(who), administrator: false, auditor: false };
    let (comment, digest) = (None, request.digest());
    next(request, Command::Decide { by, step, answer, comment, digest, narrowed }, at(now))
}

fn approve(request: &Request, who: usize, now: i64) -> Result<Request, Refusal> {
    say(request, who, Answer::Approve, Narrowing::NONE, now)
}

fn shorter(seconds: i64) -> Narrowing {
    Narrowing { duration: Some(AccessDuration::from_seconds(seconds).unwrap()), start: None }
}

fn later(start: i64) -> Narrowing {
    Narrowing { duration: None, start: Some(at(start)) }
}

fn begin(request: &Request, now: i64) -> Result<Request, Refusal> {
    next(request, Command::Provision { session: HOUR, means: Means::Assignment, extended: None }, at(now))
}

#[test]
fn two_of_three_and_then_somebody_who_has_not_approved_yet() {
    let two = Step { quorum: 2, then: Some(1), ..step(&[1, 2, 3]) };
    let waiting = judged(vec![two, Step { distinct: true, ..step(&[1, 2, 4]) }]).unwrap();
    let once = approve(&waiting, 1, 1).unwrap();
    assert_eq!(once.state, waiting.state, "one of two is not enough");
    assert_eq!(approve(&once, 1, 2), Err(Refusal::AlreadyDecided), "one person counts once");
    let second = approve(&once, 3, 3).unwrap();
    assert_eq!(second.state, State::AwaitingApproval { step: 1, deadline: at(103) }, "with time of its own");
    assert_eq!(approve(&second, 1, 4), Err(Refusal::NotDistinct));
    assert_eq!(say(&second, 1, Answer::Deny, Narrowing::NONE, 4), Err(Refusal::NotDistinct));
    assert!(!second.waits_for(&user(1)) && second.waits_for(&user(2)), "user 2 did not approve before");
    let approved = approve(&second, 2, 5).unwrap();
    assert_eq!(approved.asked_steps(), [0, 1]);
    assert!(begin(&approved, 6).is_ok());
}

#[test]
fn others_take_over_when_time_runs_out_and_the_old_step_decides_nothing_any_more() {
    let first = Step { on_timeout: OnTimeout::Escalate(2), then: Some(1), quorum: 2, ..step(&[1, 2]) };
    let waiting = judged(vec![first, step(&[3]), step(&[4])]).unwrap();
    let half = approve(&waiting, 1, 1).unwrap();
    assert_eq!(next(&half, Command::Lapse, at(99)), Err(Refusal::NotYetLapsed(at(100))));
    let escalation = apply(&half, Command::Lapse, Context { now: at(130) }).unwrap();
    assert_eq!(escalation.record.event, "escalated");
    assert_eq!(escalation.effects, [Effect::Resume(Wait::Approval { step: 0 })], "the execution asks the others");
    let escalated = escalation.request;
    assert_eq!(escalated.state, State::AwaitingApproval { step: 2, deadline: at(230) }, "with all of their own time");
    let late = Command::Decide {
        by: Person { id: user(2), administrator: false, auditor: false },
        step: 0,
        answer: Answer::Approve,
        comment: None,
        digest: escalated.digest(),
        narrowed: Narrowing::NONE,
    };
    assert_eq!(next(&escalated, late, at(131)), Err(Refusal::Escalated), "a link of the step that is over");
    assert_eq!(next(&escalated, Command::Lapse, at(131)), Err(Refusal::NotYetLapsed(at(230))), "a repeated time-out");
    let approved = approve(&escalated, 4, 132).unwrap();
    assert!(begin(&approved, 133).is_ok(), "step 1 belongs to the way that was left");
    let forgotten = Request { timed_out: vec![], ..approved.clone() };
    assert_eq!(begin(&forgotten, 133), Err(Refusal::NotApproved), "no way leads to step 2 without the time-out");
    let nobody = Request { decisions: vec![], ..approved };
    assert_eq!(begin(&nobody, 133), Err(Refusal::NotApproved), "a time-out approves nothing");
}

#[test]
fn time_that_runs_out_lapses_or_denies_as_the_step_says() {
    for (on_timeout, event, state) in
        [(OnTimeout::Lapse, "lapsed", State::Lapsed), (OnTimeout::Deny, "denied", State::Denied)]
    {
        let waiting = judged(vec![Step { on_timeout, ..step(&[1]) }]).unwrap();
        assert_eq!(approve(&waiting, 1, 100), Err(Refusal::TimedOut(at(100))), "a late approval never counts");
        let over = apply(&waiting, Command::Lapse, Context { now: at(100) }).unwrap();
        assert_eq!((over.record.event.as_str(), over.request.state), (event, state));
        assert_eq!(over.request.timed_out, [0]);
    }
}

#[test]
fn a_verdict_that_leads_back_or_nowhere_or_that_nobody_could_decide_is_refused() {
    let escalating = |next| Step { on_timeout: OnTimeout::Escalate(next), ..step(&[1]) };
    let refused = [
        (vec![Step { then: Some(0), ..step(&[1]) }], Refusal::NotForward(0)),
        (vec![Step { then: Some(1), ..step(&[1]) }], Refusal::NotForward(0)),
        (vec![step(&[1]), escalating(0)], Refusal::NotForward(1)),
        (vec![escalating(usize::MAX), step(&[1])], Refusal::NotForward(0)),
        (vec![escalating(1), step(&[])], Refusal::NoApprover(1)),
        (vec![Step { quorum: 2, ..step(&[1, 1]) }], Refusal::NoApprover(0)),
        (vec![Step { quorum: 2, ..step(&[0, 1]) }], Refusal::NoApprover(0)),
    ];
    for (steps, refusal) in refused {
        assert_eq!(judged(steps.clone()), Err(refusal), "{steps:?}");
    }
    assert!(judged(vec![Step { quorum: 2, self_approval: true, ..step(&[0, 1]) }]).is_ok());
}

#[test]
fn the_requester_decides_only_where_the_step_names_self_approval() {
    let own = Step { self_approval: true, then: Some(1), ..step(&[0, 1]) };
    let waiting = judged(vec![own, step(&[0, 1])]).unwrap();
    let second = approve(&waiting, 0, 1).unwrap();
    assert_eq!(second.asked_steps(), [0, 1]);
    assert_eq!(approve(&second, 0, 2), Err(Refusal::OwnRequest));
    let elsewhere = judged(vec![Step { self_approval: true, ..step(&[1]) }]).unwrap();
    assert_eq!(approve(&elsewhere, 0, 1), Err(Refusal::NotApprover(user(0))), "the step must name them, too");
}

#[test]
fn a_denial_is_final_and_says_why_where_the_step_wants_to_know() {
    let waiting = judged(vec![Step { comment_on_denial: true, quorum: 2, ..step(&[1, 2, 3]) }]).unwrap();
    let once = approve(&waiting, 1, 1).unwrap();
    assert_eq!(say(&once, 2, Answer::Deny, Narrowing::NONE, 2), Err(Refusal::CommentRequired));
    let by = Person { id: user(2), administrator: false, auditor: false };
    let denial = Command::Decide {
        by,
        step: 0,
        answer: Answer::Deny,
        comment: Some(Comment::parse("not in the freeze").unwrap()),
        digest: once.digest(),
        narrowed: Narrowing::NONE,
    };
    let denied = next(&once, denial, at(3)).unwrap();
    assert_eq!(denied.state, State::Denied);
    let outvoted = Request { state: State::Approved, ..approve(&once, 3, 2).unwrap() };
    let forged = Request { decisions: [outvoted.decisions, denied.decisions].concat(), ..outvoted };
    assert_eq!(begin(&forged, 4), Err(Refusal::NotApproved), "whatever the others said");
}

#[test]
fn an_approver_may_shorten_or_postpone_and_what_comes_after_sees_and_uses_that() {
    let waiting = judged(vec![Step { then: Some(1), ..step(&[1]) }, step(&[2])]).unwrap();
    let longer = say(&waiting, 1, Answer::Approve, shorter(601), 1);
    assert_eq!(longer, Err(Refusal::LongerThanAsked(waiting.ask.duration)));
    assert_eq!(say(&waiting, 1, Answer::Approve, later(0), 1), Err(Refusal::EarlierThanAsked(at(1))));
    let year = FARTHEST_START.as_secs() + 2;
    assert_eq!(say(&waiting, 1, Answer::Approve, later(year), 1), Err(Refusal::StartTooFar));
    assert_eq!(say(&waiting, 1, Answer::Deny, shorter(300), 1), Err(Refusal::DenialNarrows));

    let both = Narrowing { duration: shorter(300).duration, start: Some(at(1_000)) };
    let narrowed = say(&waiting, 1, Answer::Approve, both, 1).unwrap();
    assert_eq!(narrowed.terms(), Terms { duration: both.duration.unwrap(), start: both.start });
    assert_ne!(narrowed.digest(), waiting.digest(), "the next approver decides on other terms");
    let by = Person { id: user(2), administrator: false, auditor: false };
    let (answer, comment, narrowing) = (Answer::Approve, None, Narrowing::NONE);
    let stale = Command::Decide { by, step: 1, answer, comment, digest: waiting.digest(), narrowed: narrowing };
    assert_eq!(next(&narrowed, stale, at(2)), Err(Refusal::Changed));
    assert_eq!(say(&narrowed, 2, Answer::Approve, later(999), 2), Err(Refusal::EarlierThanAsked(at(1_000))));
    assert!(matches!(say(&narrowed, 2, Answer::Approve, shorter(301), 2), Err(Refusal::LongerThanAsked(_))));

    let scheduled = approve(&narrowed, 2, 2).unwrap();
    assert_eq!(scheduled.state, State::Scheduled { start: at(1_000) });
    assert_eq!(begin(&scheduled, 999), Err(Refusal::NotStarted(at(1_000))));
    let hurried = Request { state: State::Approved, ..scheduled.clone() };
    assert_eq!(begin(&hurried, 999), Err(Refusal::NotStarted(at(1_000))), "wherever it is said to stand");
    assert_eq!(begin(&scheduled, 1_000).unwrap().state.grant().unwrap().expires_at, at(1_300));
    let mut widened = scheduled;
    widened.decisions[0].narrowed = Narrowing::NONE;
    assert_eq!(begin(&widened, 1_000), Err(Refusal::NotApproved), "the second approver never saw these terms");
}
