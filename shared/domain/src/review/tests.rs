use super::*;
use crate::audit::verify;
use crate::person::Person;
use crate::request::emergency_that_ended;

const WITHIN: SignedDuration = SignedDuration::from_hours(24);

fn person(n: usize, administrator: bool) -> Person {
    let id = UserId::parse(&format!("00000000-0000-4000-8000-{n:012}")).unwrap();
    Person { id, administrator, auditor: true }
}

fn comment() -> Comment {
    Comment::parse("the shop was down").unwrap()
}

#[test]
fn every_emergency_grant_that_ended_is_reviewed_once_by_somebody_else() {
    let (request, records) = emergency_that_ended();
    let review = Review::of(&request).unwrap();
    let now = review.since;
    let judge = |review: &Review, who: &Person, reviewers: &[UserId]| {
        answer(review, who, reviewers, Finding::NotJustified, comment(), now)
    };
    let requester = Person { id: request.ask.requester.clone(), ..person(0, true) };
    assert_eq!(judge(&review, &requester, std::slice::from_ref(&requester.id)), Err(Refusal::OwnAccess));
    assert_eq!(judge(&review, &person(1, false), &[person(2, false).id]), Err(Refusal::NotReviewer));
    assert!(judge(&review, &person(1, true), &[]).is_ok(), "an administrator");
    let done = judge(&review, &person(2, false), &[person(2, false).id]).unwrap();
    assert_eq!(judge(&done.review, &person(1, true), &[]), Err(Refusal::Answered));
    assert!(!done.review.is_overdue(WITHIN, Timestamp::MAX));
    let chain = [records, vec![done.record]].concat();
    assert_eq!(verify(&request.ask.id, &chain, &done.review.head), Ok(()), "it continues the request's chain");

    let mut plain = request;
    plain.ask.emergency = false;
    assert_eq!(Review::of(&plain), None, "only emergencies are reviewed");
}

#[test]
fn a_review_is_overdue_at_its_deadline_and_that_is_announced_once() {
    let review = Review::of(&emergency_that_ended().0).unwrap();
    let deadline = review.since + WITHIN;
    let before = deadline - SignedDuration::from_secs(1);
    assert!(!review.is_overdue(WITHIN, before) && review.is_overdue(WITHIN, deadline));
    assert_eq!(announce(&review, WITHIN, before), Err(Refusal::NotOverdue(deadline)));
    let asked = ask(&review, review.since).unwrap();
    assert_eq!((asked.record.event.as_str(), ask(&asked.review, deadline)), ("review_opened", Err(Refusal::Announced)));
    let announced = announce(&asked.review, WITHIN, deadline).unwrap().review;
    assert_eq!(ask(&announced, deadline), Err(Refusal::Announced), "once is enough");
    assert!(announced.is_overdue(WITHIN, deadline), "telling people does not make it done");
    assert_eq!(announce(&announced, WITHIN, deadline), Err(Refusal::Announced));
    let done = answer(&announced, &person(1, true), &[], Finding::Justified, comment(), deadline).unwrap();
    assert_eq!(announce(&done.review, WITHIN, deadline), Err(Refusal::Answered));
}
