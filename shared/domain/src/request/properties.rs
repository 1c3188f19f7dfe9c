//! No sequence of commands, from anybody, at any time, breaks I1, I2, I3, I10, I11 or I18.

use std::collections::HashSet;

use proptest::prelude::*;

use super::property_moves::{Move, ask, at, command, moves};
use super::*;
use crate::ask::Ask;
use crate::audit::{BrokenChain, Record, verify};
use crate::time::{AccessDuration, SignedDuration, Timestamp};
use crate::verdict::{OnTimeout, Outcome};

/// What must hold between a request and what it becomes.
fn check_step(before: &Request, transition: &Transition, now: Timestamp) {
    let after = &transition.request;
    assert_eq!(after.ask, before.ask, "I2: what was asked never changes");
    assert!(!before.state.stage().is_terminal(), "I11: what is over stays over");
    assert!(after.state.stage() >= before.state.stage(), "I10: states only advance");
    if let (Some(old), Some(new)) = (before.state.grant(), after.state.grant()) {
        assert_eq!(old.expires_at, new.expires_at, "I10: an expiry never moves");
        assert_eq!((old.started_at, &old.means), (new.started_at, &new.means));
    }
    check_by_hand(before, transition);
    if let Some(old) = &before.verdict {
        assert_eq!(after.verdict.as_ref(), Some(old), "I2: the verdict never changes");
    }
    assert!(after.decisions.starts_with(&before.decisions), "I18: decisions are never lost");
    assert!(after.timed_out.starts_with(&before.timed_out), "I18: time-outs are never lost");
    assert_eq!(transition.record.seq, before.head.seq + 1, "I18: one record for one transition");
    assert!(after.terms().duration <= before.terms().duration, "I2: nobody widens");
    assert!(after.terms().start >= before.terms().start, "I2: nobody widens");
    check_moved_on(before, after, now);
    if let State::Provisioning(grant) = &after.state {
        check_approved(after);
        let (longest, earliest) = narrowest(after);
        assert!(earliest.is_none_or(|s| now >= s), "I2: access never begins before its start");
        assert!(grant.expires_at <= longest.after(now), "I2: no longer than was asked and approved");
    }
    if let State::Scheduled { start } = after.state {
        assert_eq!(Some(start), narrowest(after).1, "I2: the latest start of all");
    }
    let due = after.ask.emergency && matches!(after.state, State::Ended { .. });
    assert_eq!(transition.review.is_some(), due, "an emergency that has ended is reviewed, and nothing else");
    if let State::Active(grant) = &after.state {
        assert!(now < grant.expires_at, "access never begins after its end");
    }
    if matches!(after.state, State::AwaitingApproval { .. }) {
        assert!(after.current_step().is_some());
    }
}

/// I14: what people give and take by hand begins and is over when one of them says so, and never otherwise.
fn check_by_hand(before: &Request, transition: &Transition) {
    let after = &transition.request;
    let Some(hands) = before.state.grant().and_then(Grant::hands) else {
        assert!(!matches!(after.state, State::Ended { gone: Gone::Taken(_), .. }));
        return;
    };
    let (from, to) = (before.state.stage(), after.state.stage());
    let said = to == Stage::Active || (to.is_terminal() && from != to);
    let actor = &transition.record.actor;
    let is_hand = hands.iter().any(|hand| *hand != after.ask.requester && *actor == format!("user:{hand}"));
    // Administrators come by the number of everybody else in these moves.
    let by_somebody = actor != "curfew" && *actor != format!("user:{}", after.ask.requester);
    assert!(!said || is_hand || by_somebody, "{from:?} to {to:?} by {actor}");
    if let State::Ended { gone, .. } = &after.state {
        assert!(matches!(gone, Gone::Taken(by) if *actor == format!("user:{by}")), "{gone:?}");
    }
    assert!(after.intent().is_none(), "nothing of it is the writer's");
    assert!(!transition.effects.contains(&Effect::Remove));
}

/// I11: whatever leaves a step is a decision before its deadline, or a time-out after it.
fn check_moved_on(before: &Request, after: &Request, now: Timestamp) {
    let State::AwaitingApproval { step, deadline } = before.state else {
        assert_eq!((&after.decisions, &after.timed_out), (&before.decisions, &before.timed_out));
        return;
    };
    let rules = &before.verdict.as_ref().unwrap().steps()[step];
    if let Some(decision) = after.decisions.get(before.decisions.len()) {
        assert!(now < deadline, "I11: too late");
        assert_eq!((decision.step, &decision.digest), (step, &before.digest()), "I2: what was shown");
        let denied = decision.answer == Answer::Deny;
        assert_eq!(after.state.stage() == Stage::Denied, denied, "I11: a denial is final");
        assert!(!denied || !rules.comment_on_denial || decision.comment.is_some(), "a denial that needs a comment");
    } else if after.timed_out.len() > before.timed_out.len() {
        assert!(now >= deadline && after.timed_out.last() == Some(&step));
        let expected = match rules.on_timeout {
            OnTimeout::Lapse => State::Lapsed,
            OnTimeout::Deny => State::Denied,
            OnTimeout::Escalate(next) => {
                let deadline = now + SignedDuration::from_secs(300);
                State::AwaitingApproval { step: next, deadline }
            }
        };
        assert_eq!(after.state, expected, "a time-out does what the step says");
    }
}

/// The shortest duration and the latest start that anybody said, counted without the code under test.
fn narrowest(request: &Request) -> (AccessDuration, Option<Timestamp>) {
    let durations = request.decisions.iter().filter_map(|d| d.narrowed.duration);
    let starts = request.decisions.iter().filter_map(|d| d.narrowed.start);
    (durations.chain([request.ask.duration]).min().unwrap(), starts.chain(request.ask.start).max())
}

/// I1 and I3 along the way from the first step to approval, counted without the code under test.
fn check_approved(request: &Request) {
    let verdict = request.verdict.as_ref().unwrap();
    assert_eq!(verdict.digest, request.ask.digest(), "I2");
    assert_ne!(verdict.outcome, Outcome::Denied, "I1");
    let (mut at, mut visited, mut earlier) = (Some(0), HashSet::new(), HashSet::new());
    while let Some((index, step)) = at.and_then(|index| Some((index, verdict.steps().get(index)?))) {
        assert!(visited.insert(index), "a way that leads only forward");
        let mut people = HashSet::new();
        for d in request.decisions.iter().filter(|d| d.step == index) {
            assert_eq!(d.answer, Answer::Approve, "I11: a denial is final");
            assert!(d.approver != request.ask.requester || step.self_approval, "I3");
            assert!(step.approvers.contains(&d.approver), "I1: only approvers count");
            assert!(!step.distinct || !earlier.contains(&d.approver), "I1: only who has not approved before counts");
            assert!(people.insert(d.approver.clone()), "I11: one decision per step and approver");
        }
        at = if request.timed_out.contains(&index) {
            let OnTimeout::Escalate(next) = step.on_timeout else { panic!("I1: this step was the end") };
            Some(next)
        } else {
            assert!(people.len() >= usize::from(step.quorum.max(1)), "I1: enough different people");
            step.then
        };
        assert!(at.is_none_or(|next| next > index && next < verdict.steps().len()), "I1: edges lead forward");
        earlier.extend(people);
    }
    assert!(request.decisions.iter().all(|d| visited.contains(&d.step)), "nobody decided a step that was not reached");
}

/// What is remarkable about a request that has come to its access.
fn remarks(request: &Request, seen: &mut HashSet<&'static str>) {
    if !matches!(request.state, State::Provisioning(_)) {
        return;
    }
    let steps = request.verdict.as_ref().unwrap().steps();
    let any = |so: &dyn Fn(&Decision) -> bool| request.decisions.iter().any(so);
    seen.extend((!request.timed_out.is_empty()).then_some("begun after escalation"));
    seen.extend(any(&|d| d.approver == request.ask.requester).then_some("begun after self-approval"));
    seen.extend(any(&|d| d.step > 0 && steps[d.step].distinct).then_some("begun over a distinct step"));
    seen.extend(any(&|d| steps[d.step].quorum > 1).then_some("begun over a quorum"));
    seen.extend(any(&|d| d.narrowed.duration.is_some()).then_some("begun shorter"));
    seen.extend(any(&|d| d.narrowed.start.is_some()).then_some("begun later"));
}

const REMARKS: [&str; 8] = [
    "begun after escalation",
    "begun after self-approval",
    "begun over a distinct step",
    "begun over a quorum",
    "begun shorter",
    "begun later",
    "refused as not distinct",
    "refused as not forward",
];

/// The request in the end, its audit chain, and the stages that it passed.
fn run(start: Option<i64>, emergency: bool, moves: &[(Move, i64)]) -> (Request, Vec<Record>, HashSet<&'static str>) {
    let first = submit(Ask { emergency, ..ask(start) });
    let (mut request, mut records, mut seen) = (first.request, vec![first.record], HashSet::new());
    let mut now = 0;
    for (m, pause) in moves {
        now += pause;
        let context = Context { now: at(now) };
        seen.insert(request.state.stage().name());
        match apply(&request, command(&request, m), context) {
            Ok(transition) => {
                check_step(&request, &transition, context.now);
                request = transition.request;
                records.push(transition.record);
                remarks(&request, &mut seen);
            }
            Err(Refusal::NotDistinct) => drop(seen.insert("refused as not distinct")),
            Err(Refusal::NotForward(_)) => drop(seen.insert("refused as not forward")),
            Err(_) => {}
        }
    }
    seen.insert(request.state.stage().name());
    (request, records, seen)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_sequence_of_commands_breaks_an_invariant(
        start in proptest::option::of(0i64..2_000), emergency in any::<bool>(),
        moves in proptest::collection::vec((moves(), 0i64..200), 1..60),
    ) {
        let (request, records, _) = run(start, emergency, &moves);
        prop_assert_eq!(verify(&request.ask.id, &records, &request.head), Ok(()));
    }

    #[test]
    fn the_chain_tells_every_change_made_to_it(
        moves in proptest::collection::vec((moves(), 0i64..50), 20..60), position in 0usize..100, harm in 0usize..5,
    ) {
        let (request, mut records, _) = run(None, true, &moves);
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

/// The generator must reach every stage in every way, or the properties above would say little.
#[test]
fn random_sequences_reach_every_stage() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let start = proptest::option::of(0i64..2_000);
    let strategy = (start, any::<bool>(), proptest::collection::vec((moves(), 0i64..200), 1..60));
    let mut seen = HashSet::new();
    for _ in 0..3_000 {
        let (start, emergency, moves) = strategy.new_tree(&mut runner).unwrap().current();
        seen.extend(run(start, emergency, &moves).2);
    }
    let wanted = Stage::ALL.iter().map(|stage| stage.name()).chain(REMARKS);
    let missing: Vec<_> = wanted.filter(|name| !seen.contains(name)).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}

#[test]
fn a_forged_tail_does_not_verify_against_the_head() {
    let (request, records, _) = run(None, false, &[]);
    let forged = records[0].head().extend(&request.ask.id, at(1), "curfew".into(), "activated", "{}".into());
    let longer = [records[0].clone(), forged];
    assert_eq!(verify(&request.ask.id, &longer, &request.head), Err(BrokenChain::Truncated { expected: 1, found: 2 }));
}
