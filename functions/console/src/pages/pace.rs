//! How quickly people answered before: read off requests that a page has read anyway, so that it costs nothing.

use curfew_domain::request::{Answer, Request};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_domain::verdict::Verdict;

/// Fewer answers than this are no habit.
const ENOUGH: usize = 3;

/// In which time the step of this name was usually answered on these requests, which are for the same access: the
/// median. `None` where there are too few answers to say so.
pub(super) fn usually<'r>(requests: impl IntoIterator<Item = &'r Request>, step: &str) -> Option<SignedDuration> {
    let mut took: Vec<SignedDuration> = requests.into_iter().filter_map(|request| answered(request, step)).collect();
    took.sort();
    if took.len() < ENOUGH { None } else { took.get(took.len() / 2).copied() }
}

/// How long the step waited for the answer that settled it.
fn answered(request: &Request, name: &str) -> Option<SignedDuration> {
    let steps = request.verdict.as_ref().map_or(&[][..], Verdict::steps);
    let index = steps.iter().position(|step| step.name == name)?;
    let step = steps.get(index)?;
    let here = || request.decisions.iter().filter(|decision| decision.step == index);
    let denied = here().any(|decision| decision.answer == Answer::Deny);
    // After a time-out, nobody can tell when who was asked.
    if !request.timed_out.is_empty() || !(denied || request.step_is_approved(index, step)) {
        return None;
    }
    let last = |at: Timestamp, next: Timestamp| at.max(next);
    let before = request.decisions.iter().filter(|decision| decision.step < index).map(|decision| decision.at);
    let asked = before.fold(request.ask.submitted_at, last);
    let settled = here().map(|decision| decision.at).reduce(last)?;
    Some(settled.duration_since(asked).max(SignedDuration::ZERO))
}

#[cfg(test)]
mod tests {
    use curfew_domain::ask::Ask;
    use curfew_domain::id::{AccountId, PermissionSetArn, RequestId, UserId};
    use curfew_domain::origin::Origin;
    use curfew_domain::request::{Decision, Narrowing, State, submit};
    use curfew_domain::text::Justification;
    use curfew_domain::time::AccessDuration;
    use curfew_domain::verdict::{Grounds, OnTimeout, Outcome, Step};

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_795_424_400 + minute * 60).unwrap()
    }

    fn user(n: usize) -> UserId {
        UserId::parse(&format!("00000000-0000-4000-8000-{n:012}")).unwrap()
    }

    /// A request of two steps, asked in minute 0 and answered in these minutes, each by another approver.
    fn request(answers: &[(usize, i64)]) -> Request {
        let set = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444";
        let ask = Ask {
            id: RequestId::parse("019ab2c3-0000-7000-8000-000000000001").unwrap(),
            requester: user(0),
            account: AccountId::parse("111122223333").unwrap(),
            permission_set: PermissionSetArn::parse(set).unwrap(),
            duration: AccessDuration::from_seconds(600).unwrap(),
            justification: Justification::parse("because").unwrap(),
            ticket: None,
            start: None,
            emergency: false,
            submitted_at: at(0),
            extends: None,
            escalates: None,
            origin: Origin::default(),
        };
        let digest = ask.digest();
        let step = |name: &str, quorum, then| Step {
            name: name.to_owned(),
            approvers: (1..5).map(user).collect(),
            quorum,
            timeout: SignedDuration::from_hours(4),
            on_timeout: OnTimeout::Lapse,
            then,
            self_approval: false,
            distinct: false,
            comment_on_denial: false,
        };
        let verdict = Verdict {
            outcome: Outcome::Allowed {
                flow: "two".to_owned(),
                steps: vec![step("owners", 2, Some(1)), step("security", 1, None)],
            },
            digest: digest.clone(),
            configuration: "v".to_owned(),
            explanation: Vec::new(),
            grounds: Grounds::default(),
        };
        let decisions = answers.iter().enumerate().map(|(n, (step, minute))| Decision {
            step: *step,
            approver: user(n + 1),
            answer: Answer::Approve,
            comment: None,
            at: at(*minute),
            digest: digest.clone(),
            narrowed: Narrowing::default(),
        });
        let mut request = submit(ask).request;
        request.decisions = decisions.collect();
        request.verdict = Some(verdict);
        request.state = State::Approved;
        request
    }

    #[test]
    fn the_median_of_what_was_settled_is_told_and_nothing_of_too_few() {
        let quick = request(&[(0, 2), (0, 5), (1, 6)]);
        let slow = request(&[(0, 10), (0, 40), (1, 100)]);
        let half = request(&[(0, 1)]);
        let all = [&quick, &slow, &quick, &half];
        assert_eq!(usually(all, "owners"), Some(SignedDuration::from_mins(5)), "the second of both settles it");
        assert_eq!(usually(all, "security"), Some(SignedDuration::from_mins(1)), "from when it was asked");
        assert_eq!(usually([&quick, &slow, &half], "owners"), None, "two are no habit");
        let mut late = request(&[(0, 2), (0, 5), (1, 6)]);
        late.timed_out = vec![0];
        assert_eq!(usually([&late, &quick, &slow], "owners"), None, "nobody knows when who was asked");
    }
}
