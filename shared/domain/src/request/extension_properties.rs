//! An extension: its grant ends never before the extended one, never later than asked, and brings nothing back (I10).

use proptest::prelude::*;

use super::property_moves::{ask, at, user};
use super::*;
use crate::ask::Ask;
use crate::id::RequestId;
use crate::person::Person;
use crate::time::{AccessDuration, SignedDuration, Timestamp};
use crate::verdict::{Grounds, Outcome, Verdict};

const SESSION: SignedDuration = SignedDuration::from_secs(3_600);

fn system(request: &Request, command: Command, now: Timestamp) -> Request {
    apply(request, command, Context { now }).unwrap().request
}

/// Judged, and approved automatically.
fn approved(ask: Ask, now: Timestamp) -> Request {
    let verdict = Verdict {
        outcome: Outcome::Allowed { flow: "automatic".into(), steps: vec![] },
        digest: ask.digest(),
        configuration: "1".into(),
        explanation: vec![],
        grounds: Grounds::default(),
    };
    system(&submit(ask).request, Command::Evaluate(verdict), now)
}

/// An active grant of ten minutes, from `at(0)`.
fn active() -> Request {
    let begun = system(
        &approved(ask(None), at(0)),
        Command::Provision { session: SESSION, means: Means::Assignment, extended: None },
        at(0),
    );
    system(&begun, Command::Activate { standing: false }, at(1))
}

/// A wish to extend it.
fn extension(seconds: u32) -> Ask {
    Ask {
        id: RequestId::parse("019ab2c3-0000-7000-8000-000000000002").unwrap(),
        duration: AccessDuration::from_seconds(seconds.into()).unwrap(),
        extends: Some(ask(None).id),
        ..ask(None)
    }
}

fn begin(extension: &Request, extended: Option<&Request>, now: Timestamp) -> Result<Request, Refusal> {
    let command =
        Command::Provision { session: SESSION, means: Means::Assignment, extended: extended.map(Extended::of) };
    apply(extension, command, Context { now }).map(|transition| transition.request)
}

/// Ways in which the extended grant can end, and whether an extension may still begin then.
fn ended(how: usize) -> (Request, bool) {
    let person = |n: usize| Person { id: user(n), administrator: n > 0, auditor: false };
    let (by, comment, other) = (person(1), None, extension(60).id);
    let (command, may_begin) = match how {
        0 => (Command::Expire, true),
        1 => (Command::Return { by: person(0), comment }, false),
        2 => (Command::Revoke { by, comment }, false),
        3 => (Command::Lose(Cause::AssignmentRemoved), false),
        4 => (Command::EndWith { other, how: Withdrawal::Return, by, comment }, false),
        5 => (Command::EndWith { other, how: Withdrawal::Revoke, by, comment }, false),
        n => (Command::Lose(Cause::ALL[n - 6]), false),
    };
    (system(&active(), command, at(600)), may_begin)
}

proptest! {
    #[test]
    fn an_extension_ends_after_what_it_extends_and_no_later_than_asked(
        millis in 0i64..2_000_000, seconds in 60u32..100_000, expired in any::<bool>(), closed in any::<bool>(),
    ) {
        let now = at(0) + SignedDuration::from_millis(millis);
        let mut extended = active();
        // Its end may not have been recorded yet.
        if expired && now >= at(600) {
            extended = system(&extended, Command::Expire, now);
            if closed {
                extended = system(&extended, Command::Close(Gone::Absent), now);
            }
        }
        let extension = approved(extension(seconds), at(2));
        let begun = begin(&extension, Some(&extended), now).unwrap();
        let grant = begun.state.grant().unwrap();
        let asked = SignedDuration::from_secs(seconds.into());
        prop_assert!(grant.expires_at > at(600), "later than what it extends");
        prop_assert!(grant.expires_at <= now.max(at(600)) + asked, "no later than asked");
        prop_assert!(grant.expires_at > now.max(at(600)) + asked - SignedDuration::from_secs(1), "all that was asked");
        prop_assert!(grant.started_at <= now && grant.expires_at.subsec_nanosecond() == 0);
        prop_assert_eq!(extended.state.grant().unwrap().expires_at, at(600), "what it extends is not touched");
    }
}

#[test]
fn an_extension_brings_nothing_back_that_was_ended_otherwise_than_by_time() {
    for how in 0..6 + Cause::ALL.len() {
        let (ending, may_begin) = ended(how);
        let over = system(&ending, Command::Close(Gone::Absent), at(601));
        for extended in [ending, over] {
            let begun = begin(&approved(extension(60), at(2)), Some(&extended), at(700));
            let refused = matches!(begun, Err(Refusal::NothingToExtend(_)));
            assert_eq!((begun.is_ok(), refused), (may_begin, !may_begin), "{:?}", extended.state);
            assert_eq!(Extended::of(&extended).objection().is_none(), may_begin);
        }
    }
    let begun = approved(ask(None), at(0));
    let begun =
        system(&begun, Command::Provision { session: SESSION, means: Means::Assignment, extended: None }, at(0));
    let failing = system(&begun, Command::Fail { reason: "fault".into() }, at(1));
    let failed = system(&failing, Command::Close(Gone::Absent), at(2));
    for extended in [submit(ask(None)).request, approved(ask(None), at(0)), failing, failed] {
        let refused = begin(&approved(extension(60), at(2)), Some(&extended), at(3));
        assert!(matches!(refused, Err(Refusal::NothingToExtend(_))), "{:?}", extended.state);
    }
}

#[test]
fn an_extension_begins_only_with_the_grant_that_it_names() {
    let extension = approved(extension(60), at(2));
    let plain = approved(Ask { extends: None, ..extension.ask.clone() }, at(2));
    let other_id = Request { ask: Ask { id: extension.ask.id.clone(), ..ask(None) }, ..active() };
    let other_person = Request { ask: Ask { requester: user(3), ..ask(None) }, ..active() };
    assert_eq!(begin(&extension, None, at(3)), Err(Refusal::Changed));
    assert_eq!(begin(&extension, Some(&other_id), at(3)), Err(Refusal::Changed));
    assert_eq!(begin(&extension, Some(&other_person), at(3)), Err(Refusal::Changed));
    assert_eq!(begin(&plain, Some(&active()), at(3)), Err(Refusal::Changed));
    assert!(begin(&extension, Some(&active()), at(3)).is_ok());
}
