//! No sequence of commands, from anybody, at any time, breaks I1, I2, I3, I10, I11 or I18.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::ask::Ask;
use crate::audit::{BrokenChain, Record, verify};
use crate::id::{AccountId, PermissionSetArn, RequestId, UserId};
use crate::person::Person;
use crate::text::Justification;
use crate::time::{AccessDuration, SignedDuration, Timestamp};
use crate::verdict::{Outcome, Step, Verdict};

const PEOPLE: usize = 5;
const T0: i64 = 1_795_000_000;

pub(super) fn user(n: usize) -> UserId {
    UserId::parse(&format!("00000000-0000-4000-8000-{n:012}")).unwrap()
}

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(T0 + seconds).unwrap()
}

pub(super) fn ask(start: Option<i64>) -> Ask {
    Ask {
        id: RequestId::parse("019ab2c3-0000-7000-8000-000000000001").unwrap(),
        requester: user(0),
        account: AccountId::parse("111122223333").unwrap(),
        permission_set: PermissionSetArn::parse(
            "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444",
        )
        .unwrap(),
        duration: AccessDuration::from_seconds(600).unwrap(),
        justification: Justification::parse("because").unwrap(),
        ticket: None,
        start: start.map(at),
        emergency: false,
        submitted_at: at(0),
        extends: None,
    }
}

/// A command by shape; digests, step numbers and verdicts are sometimes those of another wish.
#[derive(Debug, Clone)]
enum Move {
    Evaluate { steps: Vec<(Vec<usize>, u8)>, denied: bool, foreign: bool },
    Decide { by: usize, step: usize, approve: bool, foreign: bool },
    Person { verb: usize, by: usize, administrator: bool },
    System(usize),
}

fn moves() -> impl Strategy<Value = Move> {
    let step = (proptest::collection::vec(0..PEOPLE, 0..4), 0u8..3);
    prop_oneof![
        3 => (proptest::collection::vec(step, 0..3), proptest::bool::weighted(0.1), proptest::bool::weighted(0.1))
            .prop_map(|(steps, denied, foreign)| Move::Evaluate { steps, denied, foreign }),
        8 => (0..PEOPLE, 0usize..3, proptest::bool::weighted(0.9), proptest::bool::weighted(0.1))
            .prop_map(|(by, step, approve, foreign)| Move::Decide { by, step, approve, foreign }),
        2 => (0usize..3, 0..PEOPLE, proptest::bool::weighted(0.2))
            .prop_map(|(verb, by, administrator)| Move::Person { verb, by, administrator }),
        6 => (0usize..10).prop_map(Move::System),
    ]
}

fn command(request: &Request, m: &Move) -> Command {
    let other = || Ask { duration: AccessDuration::from_seconds(6_000).unwrap(), ..ask(None) }.digest();
    let digest = |foreign: bool| if foreign { other() } else { request.ask.digest() };
    let person = |n: usize, administrator: bool| Person { id: user(n), administrator, auditor: false };
    match m {
        Move::Evaluate { steps, denied, foreign } => Command::Evaluate(Verdict {
            outcome: if *denied {
                Outcome::Denied
            } else {
                let step = |(who, quorum): &(Vec<usize>, u8)| Step {
                    name: "step".into(),
                    approvers: who.iter().map(|n| user(*n)).collect(),
                    quorum: *quorum,
                    timeout: SignedDuration::from_secs(300),
                };
                Outcome::Allowed { flow: "flow".into(), steps: steps.iter().map(step).collect() }
            },
            digest: digest(*foreign),
            configuration: "1".into(),
            explanation: vec![],
        }),
        Move::Decide { by, step, approve, foreign } => Command::Decide {
            by: person(*by, false),
            step: *step,
            answer: if *approve { Answer::Approve } else { Answer::Deny },
            comment: None,
            digest: digest(*foreign),
        },
        Move::Person { verb, by, administrator } => {
            let (by, comment) = (person(*by, *administrator), None);
            match verb {
                0 => Command::Cancel { by, comment },
                1 => Command::Return { by, comment },
                _ => Command::Revoke { by, comment },
            }
        }
        Move::System(n) => match n {
            0 => Command::Lapse,
            1 | 2 => Command::Provision { session: SignedDuration::from_secs(3600), extended: None },
            3 | 4 => Command::Activate { standing: false },
            5 => Command::Expire,
            6 => Command::Lose(Cause::AssignmentRemoved),
            8 => Command::EndWith {
                other: RequestId::parse("019ab2c3-0000-7000-8000-000000000002").unwrap(),
                how: Withdrawal::Revoke,
                by: person(1, true),
                comment: None,
            },
            7 => Command::Fail { reason: "fault".into() },
            _ => Command::Close(Gone::Absent),
        },
    }
}

/// What must hold between a request and what it becomes.
fn check_step(before: &Request, transition: &Transition, now: Timestamp) {
    let after = &transition.request;
    assert_eq!(after.ask, before.ask, "I2: what was asked never changes");
    assert!(!before.state.stage().is_terminal(), "I11: what is over stays over");
    assert!(after.state.stage() >= before.state.stage(), "I10: states only advance");
    if let (Some(old), Some(new)) = (before.state.grant(), after.state.grant()) {
        assert_eq!(old.expires_at, new.expires_at, "I10: an expiry never moves");
        assert_eq!(old.started_at, new.started_at);
    }
    if let Some(old) = &before.verdict {
        assert_eq!(after.verdict.as_ref(), Some(old), "I2: the verdict never changes");
    }
    assert!(after.decisions.starts_with(&before.decisions), "I18: decisions are never lost");
    assert_eq!(transition.record.seq, before.head.seq + 1, "I18: one record for one transition");
    if let State::Provisioning(grant) = &after.state {
        check_approved(after);
        assert!(after.ask.start.is_none_or(|s| now >= s), "access never begins before its start");
        assert!(grant.expires_at <= after.ask.duration.after(now), "I2: no longer than was approved");
    }
    if let State::Active(grant) = &after.state {
        assert!(now < grant.expires_at, "access never begins after its end");
    }
    if matches!(after.state, State::AwaitingApproval { .. }) {
        assert!(after.current_step().is_some());
    }
}

/// I1 and I3, counted without the code under test.
fn check_approved(request: &Request) {
    let verdict = request.verdict.as_ref().unwrap();
    assert_eq!(verdict.digest, request.ask.digest(), "I2");
    assert_ne!(verdict.outcome, Outcome::Denied, "I1");
    for (index, step) in verdict.steps().iter().enumerate() {
        let mut people = HashSet::new();
        for d in request.decisions.iter().filter(|d| d.step == index) {
            assert_eq!(d.answer, Answer::Approve, "I11: a denial is final");
            assert_eq!(d.digest, request.ask.digest(), "I2: approved is exactly what was asked");
            assert_ne!(d.approver, request.ask.requester, "I3");
            assert!(step.approvers.contains(&d.approver), "I1: only approvers count");
            assert!(people.insert(d.approver.clone()), "I11: one decision per step and approver");
        }
        assert!(people.len() >= usize::from(step.quorum.max(1)), "I1: enough different people");
    }
}

/// The request in the end, its audit chain, and the stages that it passed.
fn run(start: Option<i64>, moves: &[(Move, i64)]) -> (Request, Vec<Record>, HashSet<&'static str>) {
    let first = submit(ask(start));
    let (mut request, mut records, mut seen) = (first.request, vec![first.record], HashSet::new());
    let mut now = 0;
    for (m, pause) in moves {
        now += pause;
        let context = Context { now: at(now) };
        seen.insert(request.state.stage().name());
        if let Ok(transition) = apply(&request, command(&request, m), context) {
            check_step(&request, &transition, context.now);
            request = transition.request;
            records.push(transition.record);
        }
    }
    seen.insert(request.state.stage().name());
    (request, records, seen)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_sequence_of_commands_breaks_an_invariant(
        start in proptest::option::of(0i64..2_000),
        moves in proptest::collection::vec((moves(), 0i64..200), 1..60),
    ) {
        let (request, records, _) = run(start, &moves);
        prop_assert_eq!(verify(&request.ask.id, &records, &request.head), Ok(()));
    }

    #[test]
    fn the_chain_tells_every_change_made_to_it(
        moves in proptest::collection::vec((moves(), 0i64..50), 20..60), position in 0usize..100, harm in 0usize..5,
    ) {
        let (request, mut records, _) = run(None, &moves);
        let i = position % records.len();
        match harm {
            0 => { records.remove(i); }
            1 => records[i].body.push(' '),
            2 => records[i].actor = "user:somebody".into(),
            3 => records.truncate(i),
            _ => { let copy = records[i].clone(); records.insert(i, copy); }
        }
        prop_assert!(verify(&request.ask.id, &records, &request.head).is_err());
    }
}

/// The generator must reach every stage, or the properties above would say little.
#[test]
fn random_sequences_reach_every_stage() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (proptest::option::of(0i64..2_000), proptest::collection::vec((moves(), 0i64..200), 1..60));
    let mut seen = HashSet::new();
    for _ in 0..1_000 {
        let (start, moves) = strategy.new_tree(&mut runner).unwrap().current();
        seen.extend(run(start, &moves).2);
    }
    let missing: Vec<_> = Stage::ALL.iter().filter(|s| !seen.contains(s.name())).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}

#[test]
fn a_forged_tail_does_not_verify_against_the_head() {
    let (request, records, _) = run(None, &[]);
    let forged = records[0].head().extend(&request.ask.id, at(1), "curfew".into(), "activated", "{}".into());
    let longer = [records[0].clone(), forged];
    assert_eq!(verify(&request.ask.id, &longer, &request.head), Err(BrokenChain::Truncated { expected: 1, found: 2 }));
}
