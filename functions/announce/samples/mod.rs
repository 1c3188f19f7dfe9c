//! Notices as they are told, one of each kind: for tests, and for looking at their mails.

#![allow(clippy::unwrap_used, reason = "written by hand: a mistake here should stop the test; in tests it may be")]

use curfew_domain::ask::Ask;
use curfew_domain::id::{AccountId, LinkId, PermissionSetArn, RequestId, UserId};
use curfew_domain::notice::NoticeKind;
use curfew_domain::origin::Origin;
use curfew_domain::request::{Answer, Decision, EndReason, Gone, Grant, Means, Narrowing, Request, State, submit};
use curfew_domain::text::{Comment, Justification, Ticket};
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use curfew_domain::verdict::{Grounds, OnTimeout, Outcome, Step, Verdict};
use curfew_engine::announce::{Addressee, Because, Letter, Names};

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn user(number: u8) -> UserId {
    UserId::parse(&format!("906722b2-0000-4000-8000-0000000000{number:02}")).unwrap()
}

pub(crate) fn request(justification: &str) -> Request {
    let ask = Ask {
        id: RequestId::parse("019ab2c3-0000-7000-8000-000000000001").unwrap(),
        requester: user(6),
        account: AccountId::parse("111122223333").unwrap(),
        permission_set: PermissionSetArn::parse(
            "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444",
        )
        .unwrap(),
        duration: AccessDuration::parse("PT1H30M").unwrap(),
        justification: Justification::parse(justification).unwrap(),
        ticket: Some(Ticket::parse("INC-7").unwrap()),
        start: None,
        emergency: false,
        submitted_at: at("2026-11-23T09:00:00Z"),
        extends: None,
        escalates: None,
        origin: Origin::default(),
    };
    let mut request = submit(ask).request;
    let step = Step {
        name: "owner".to_owned(),
        approvers: vec![user(2)],
        quorum: 1,
        timeout: SignedDuration::from_hours(4),
        on_timeout: OnTimeout::Lapse,
        then: None,
        self_approval: false,
        distinct: false,
        comment_on_denial: false,
    };
    request.verdict = Some(Verdict {
        outcome: Outcome::Allowed { flow: "owner".to_owned(), steps: vec![step] },
        digest: request.ask.digest(),
        configuration: "v1".to_owned(),
        explanation: vec!["because".to_owned()],
        grounds: Grounds::default(),
    });
    request.state = State::AwaitingApproval { step: 0, deadline: at("2026-11-23T13:00:00Z") };
    request
}

pub(crate) fn letter(kind: NoticeKind, request: Request, because: Because) -> Letter {
    let link = matches!(kind, NoticeKind::DecisionNeeded | NoticeKind::Reminded)
        .then(|| LinkId::parse("00112233445566778899aabbccddeeff").unwrap());
    Letter {
        kind,
        id: format!("{}/3/{}", request.ask.id, kind.name()),
        at: at("2026-11-23T09:00:01Z"),
        actor: "curfew".to_owned(),
        stage: request.state.stage(),
        names: Names {
            requester: "Femi Adeyemi".to_owned(),
            account: "payments-production".to_owned(),
            permission_set: "Administrator".to_owned(),
            actor: None,
        },
        people: vec![(user(6), Because::Requester)],
        to: Some(Addressee { id: user(2), name: "Ben".to_owned(), because, link }),
        time_zone: "Europe/Berlin".to_owned(),
        request,
    }
}

/// A notice of each kind, about a request in a state in which it is told, to one of those who get it.
pub(crate) fn all() -> Vec<Letter> {
    let grant = Grant {
        started_at: at("2026-11-23T09:00:00Z"),
        expires_at: at("2026-11-23T10:30:00Z"),
        session: SignedDuration::from_hours(1),
        standing: false,
        means: Means::Assignment,
    };
    NoticeKind::ALL.into_iter().map(|kind| of(kind, grant.clone())).collect()
}

fn of(kind: NoticeKind, grant: Grant) -> Letter {
    let mut about = request("Fix the settlement job: it stopped at 08:40.\nThe runbook needs write access.");
    let ending = |grant| State::Ending { grant, reason: EndReason::Expired };
    let (because, state) = match kind {
        NoticeKind::Received => (Because::Requester, State::Submitted),
        NoticeKind::DecisionNeeded | NoticeKind::Reminded => (Because::Approver, about.state.clone()),
        NoticeKind::Settled => (Because::Approver, State::Cancelled { escalated_to: None }),
        NoticeKind::Decided => (Because::Requester, State::Denied),
        NoticeKind::Active | NoticeKind::EndsSoon => (Because::Requester, State::Active(grant)),
        NoticeKind::Ended => {
            (Because::Requester, State::Ended { grant, reason: EndReason::Expired, gone: Gone::Absent })
        }
        NoticeKind::NotRemoved => (Because::InCharge, ending(grant)),
        NoticeKind::ReviewDue | NoticeKind::ReviewOverdue => {
            (Because::Reviewer, State::Ended { grant, reason: EndReason::Returned, gone: Gone::Absent })
        }
        NoticeKind::Emergency => (Because::InCharge, about.state.clone()),
        NoticeKind::ByHand => {
            (Because::Hand, State::Provisioning(Grant { means: Means::Hands(vec![user(2)]), ..grant }))
        }
    };
    about.ask.emergency = matches!(kind, NoticeKind::Emergency | NoticeKind::ReviewDue | NoticeKind::ReviewOverdue);
    if kind == NoticeKind::Decided {
        about.decisions.push(Decision {
            step: 0,
            approver: user(2),
            answer: Answer::Deny,
            comment: Some(Comment::parse("Use ReadOnly first, please.").unwrap()),
            at: at("2026-11-23T09:10:00Z"),
            digest: about.ask.digest(),
            narrowed: Narrowing::NONE,
        });
    }
    about.state = state;
    let mut told = letter(kind, about, because);
    told.names.actor = (kind == NoticeKind::Decided).then(|| "Ben Okafor".to_owned());
    told
}
