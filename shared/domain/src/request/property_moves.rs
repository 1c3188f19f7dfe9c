//! Random commands: mostly such as may happen, sometimes such as must not.

use proptest::prelude::*;

use super::*;
use crate::ask::Ask;
use crate::id::{AccountId, PermissionSetArn, RequestId, UserId};
use crate::origin::Origin;
use crate::person::Person;
use crate::text::{Comment, Justification};
use crate::time::{AccessDuration, SignedDuration, Timestamp};
use crate::verdict::{Grounds, OnTimeout, Outcome, Step, Verdict};

const PEOPLE: usize = 5;
const T0: i64 = 1_795_000_000;
const OTHER: &str = "019ab2c3-0000-7000-8000-000000000002";

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
        escalates: None,
        origin: Origin::default(),
    }
}

/// A step by shape: edges count from the step itself, and sometimes lead back or nowhere.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    who: Vec<usize>,
    quorum: u8,
    then: Option<usize>,
    on_timeout: usize,
    self_approval: bool,
    distinct: bool,
    comment_on_denial: bool,
}

/// A decision by shape.
#[derive(Debug, Clone)]
pub(super) struct Word {
    by: usize,
    /// Another step than the present one.
    other_step: Option<usize>,
    approve: bool,
    comment: bool,
    /// Whose digest it carries: 0 that of another wish, 1 that of the wish as asked, otherwise what is shown.
    digest: usize,
    seconds: Option<i64>,
    start: Option<i64>,
}

/// A command by shape; digests, step numbers and verdicts are sometimes those of another wish.
#[derive(Debug, Clone)]
pub(super) enum Move {
    Evaluate { steps: Vec<Shape>, denied: bool, foreign: bool },
    Decide(Word),
    Person { verb: usize, by: usize, administrator: bool },
    System(usize),
}

fn shapes() -> impl Strategy<Value = Shape> {
    let edges = (proptest::option::weighted(0.6, 0usize..12), 0usize..12);
    let rules = (proptest::bool::weighted(0.3), proptest::bool::weighted(0.3), any::<bool>());
    (proptest::collection::vec(0..PEOPLE, 1..5), 0u8..3, edges, rules).prop_map(|(who, quorum, edges, rules)| {
        let ((then, on_timeout), (self_approval, distinct, comment_on_denial)) = (edges, rules);
        Shape { who, quorum, then, on_timeout, self_approval, distinct, comment_on_denial }
    })
}

fn words() -> impl Strategy<Value = Word> {
    let narrowed = (proptest::option::weighted(0.3, 60i64..700), proptest::option::weighted(0.2, 0i64..3_000));
    let said = (proptest::bool::weighted(0.95), any::<bool>(), 0usize..20);
    (0..PEOPLE, proptest::option::weighted(0.1, 0usize..3), said, narrowed).prop_map(
        |(by, other_step, said, narrowed)| {
            let ((approve, comment, digest), (seconds, start)) = (said, narrowed);
            Word { by, other_step, approve, comment, digest, seconds, start }
        },
    )
}

pub(super) fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        6 => (proptest::collection::vec(shapes(), 0..5), proptest::bool::weighted(0.1), proptest::bool::weighted(0.1))
            .prop_map(|(steps, denied, foreign)| Move::Evaluate { steps, denied, foreign }),
        40 => words().prop_map(Move::Decide),
        5 => (0usize..6, 0..PEOPLE, proptest::bool::weighted(0.2))
            .prop_map(|(verb, by, administrator)| Move::Person { verb, by, administrator }),
        20 => (0usize..12).prop_map(Move::System),
    ]
}

/// The steps of these shapes, of which one in some hundred leads back or nowhere.
fn steps(shapes: &[Shape]) -> Vec<Step> {
    let forward = |index: usize, edge: usize| match edge {
        0 => index,
        1..4 => index + edge,
        _ => index + 1,
    };
    let last = |index: usize| index + 1 == shapes.len();
    let step = |(index, shape): (usize, &Shape)| Step {
        name: "step".into(),
        approvers: shape.who.iter().map(|n| user(*n)).collect(),
        quorum: shape.quorum,
        timeout: SignedDuration::from_secs(300),
        on_timeout: match shape.on_timeout {
            0..3 => OnTimeout::Lapse,
            3 => OnTimeout::Deny,
            _ if last(index) => OnTimeout::Lapse,
            edge => OnTimeout::Escalate(forward(index, edge - 4)),
        },
        then: shape.then.filter(|_| !last(index)).map(|edge| forward(index, edge)),
        self_approval: shape.self_approval,
        distinct: shape.distinct,
        comment_on_denial: shape.comment_on_denial,
    };
    shapes.iter().enumerate().map(step).collect()
}

pub(super) fn command(request: &Request, m: &Move) -> Command {
    let other = || Ask { duration: AccessDuration::from_seconds(6_000).unwrap(), ..ask(None) }.digest();
    let person = |n: usize, administrator: bool| Person { id: user(n), administrator, auditor: false };
    match m {
        Move::Evaluate { steps: shapes, denied, foreign } => Command::Evaluate(Verdict {
            outcome: if *denied {
                Outcome::Denied
            } else {
                Outcome::Allowed { flow: "flow".into(), steps: steps(shapes) }
            },
            digest: if *foreign { other() } else { request.ask.digest() },
            configuration: "1".into(),
            explanation: vec![],
            grounds: Grounds::default(),
        }),
        Move::Decide(word) => Command::Decide {
            by: person(word.by, false),
            step: word.other_step.unwrap_or(match request.state {
                State::AwaitingApproval { step, .. } => step,
                _ => 0,
            }),
            answer: if word.approve { Answer::Approve } else { Answer::Deny },
            comment: word.comment.then(|| Comment::parse("so be it").unwrap()),
            digest: match word.digest {
                0 => other(),
                1 => request.ask.digest(),
                _ => request.digest(),
            },
            narrowed: Narrowing {
                duration: word.seconds.map(|seconds| AccessDuration::from_seconds(seconds).unwrap()),
                start: word.start.map(at),
            },
        },
        Move::Person { verb, by, administrator } => {
            let (by, comment) = (person(*by, *administrator), None);
            match verb {
                0 => Command::Cancel { by, comment },
                1 => Command::Return { by, comment },
                2 => Command::Escalate { by, manager: Some(user(4)), to: RequestId::parse(OTHER).unwrap() },
                3 => Command::Revoke { by, comment },
                4 => Command::Given { by, comment },
                _ => Command::Taken { by, comment },
            }
        }
        Move::System(n) => match n {
            0 | 10 | 11 => Command::Lapse,
            1 | 2 => Command::Provision {
                session: SignedDuration::from_secs(3600),
                means: if *n == 1 { Means::Assignment } else { Means::Hands(vec![user(0), user(3), user(4)]) },
                extended: None,
            },
            3 | 4 => Command::Activate { standing: false },
            5 => Command::Expire,
            6 => Command::Lose(Cause::AssignmentRemoved),
            8 => Command::EndWith {
                other: RequestId::parse(OTHER).unwrap(),
                how: Withdrawal::Revoke,
                by: person(1, true),
                comment: None,
            },
            7 => Command::Fail { reason: "fault".into() },
            _ => Command::Close(Gone::Absent),
        },
    }
}
