//! Which notice goes to whom, as a specification: lives of requests, told record by record.

use curfew_domain::ask::Ask;
use curfew_domain::audit::Record;
use curfew_domain::id::{AccountId, PermissionSetArn, RequestId, UserId};
use curfew_domain::notice::NoticeKind as K;
use curfew_domain::origin::Origin;
use curfew_domain::person::Person;
use curfew_domain::request::{Answer, Command, Context, Gone, Means, Narrowing, Request, State, apply, submit};
use curfew_domain::text::Justification;
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use curfew_domain::verdict::{Grounds, OnTimeout, Outcome, Step, Verdict};
use curfew_policy::model::Told;

use super::due::Because as B;
use super::*;

fn user(number: u8) -> UserId {
    UserId::parse(&format!("906722b2-0000-4000-8000-0000000000{number:02}")).unwrap()
}

fn ana() -> UserId {
    user(1)
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_795_424_400 + minute * 60).unwrap()
}

/// A request and its records, moved on minute by minute.
struct Life {
    request: Request,
    records: Vec<Record>,
    minute: i64,
}

impl Life {
    fn begin(emergency: bool) -> Self {
        let ask = Ask {
            id: RequestId::first_at(at(0)),
            requester: ana(),
            account: AccountId::parse("111122223333").unwrap(),
            permission_set: PermissionSetArn::parse(
                "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444",
            )
            .unwrap(),
            duration: AccessDuration::parse("PT1H").unwrap(),
            justification: Justification::parse("fix the build").unwrap(),
            ticket: None,
            start: None,
            emergency,
            submitted_at: at(0),
            extends: None,
            escalates: None,
            origin: Origin::default(),
        };
        let first = submit(ask);
        Self { request: first.request, records: vec![first.record], minute: 0 }
    }

    fn then(mut self, command: Command) -> Self {
        self.minute += 1;
        let transition = apply(&self.request, command, Context { now: at(self.minute) }).unwrap();
        self.request = transition.request;
        self.records.push(transition.record);
        self
    }

    /// Judged: one step after the other, each with these approvers, of whom one is enough; none is automatic approval.
    fn judged(self, steps: &[&[u8]]) -> Self {
        let count = steps.len();
        let step = |(index, approvers): (usize, &&[u8])| Step {
            name: format!("step {index}"),
            approvers: approvers.iter().map(|number| user(*number)).collect(),
            quorum: 1,
            timeout: SignedDuration::from_hours(1),
            on_timeout: OnTimeout::Lapse,
            then: (index + 1 < count).then_some(index + 1),
            self_approval: false,
            distinct: false,
            comment_on_denial: false,
        };
        let verdict = Verdict {
            outcome: Outcome::Allowed { flow: "f".to_owned(), steps: steps.iter().enumerate().map(step).collect() },
            digest: self.request.ask.digest(),
            configuration: "v".to_owned(),
            explanation: vec![],
            grounds: Grounds::default(),
        };
        self.then(Command::Evaluate(verdict))
    }

    fn decided(self, by: u8, answer: Answer) -> Self {
        let State::AwaitingApproval { step, .. } = self.request.state else { panic!("nothing to decide") };
        let by = Person { id: user(by), administrator: false, auditor: false };
        let digest = self.request.digest();
        self.then(Command::Decide { by, step, answer, comment: None, digest, narrowed: Narrowing::NONE })
    }

    fn provisioned(self) -> Self {
        let session = SignedDuration::from_hours(1);
        self.then(Command::Provision { session, means: Means::Assignment, extended: None })
            .then(Command::Activate { standing: false })
    }

    /// Begun where these people give the access by hand.
    fn handed_over(self, to: &[u8]) -> Self {
        let means = Means::Hands(to.iter().map(|number| user(*number)).collect());
        self.then(Command::Provision { session: SignedDuration::from_hours(1), means, extended: None })
    }

    fn returned(self) -> Self {
        let by = Person { id: ana(), administrator: false, auditor: false };
        self.then(Command::Return { by, comment: None })
    }

    /// What the latest record makes due now.
    fn latest(&self, circle: &Circle) -> Vec<Notice> {
        due(&self.request, &Happened::Recorded(self.records.last().unwrap().clone()), circle)
    }

    /// The same in short.
    fn told(&self, circle: &Circle) -> Vec<(K, Vec<(UserId, B)>)> {
        self.latest(circle).into_iter().map(|notice| (notice.kind, notice.people)).collect()
    }
}

fn nobody() -> Circle {
    Circle::default()
}

fn requester() -> Vec<(UserId, B)> {
    vec![(ana(), B::Requester)]
}

fn approvers(numbers: &[u8]) -> Vec<(UserId, B)> {
    numbers.iter().map(|number| (user(*number), B::Approver)).collect()
}

#[test]
fn both_sides_are_told_at_each_transition_and_nobody_of_what_they_did_themselves() {
    let life = Life::begin(false);
    assert_eq!(life.told(&nobody()), [(K::Received, requester())]);
    let life = life.judged(&[&[2, 3], &[3, 4]]);
    assert_eq!(life.told(&nobody()), [(K::DecisionNeeded, approvers(&[2, 3]))]);
    assert_eq!(life.latest(&nobody())[0].occasion, "step0");
    let life = life.decided(2, Answer::Approve);
    assert_eq!(life.told(&nobody()), [(K::DecisionNeeded, approvers(&[3, 4]))], "the next step");
    assert_eq!(life.latest(&nobody())[0].occasion, "step1");
    let life = life.decided(4, Answer::Approve);
    // It is being created: the next notice says that it is there. Who has not decided, need not.
    assert_eq!(life.told(&nobody()), [(K::Decided, vec![]), (K::Settled, approvers(&[3]))]);
    let life = life.provisioned();
    assert_eq!(life.told(&nobody()), [(K::Active, requester())]);
    let life = life.returned();
    assert_eq!(life.told(&nobody()), [], "it is not gone yet");
    let life = life.then(Command::Close(Gone::Absent));
    assert_eq!(life.told(&nobody()), [(K::Ended, requester())]);
}

#[test]
fn a_denial_is_told_to_the_requester_and_to_those_who_need_not_decide_any_more() {
    let life = Life::begin(false).judged(&[&[2, 3]]).decided(3, Answer::Deny);
    assert_eq!(life.told(&nobody()), [(K::Decided, requester()), (K::Settled, approvers(&[2]))]);
    let by = Person { id: ana(), administrator: false, auditor: false };
    let life = Life::begin(false).judged(&[&[2, 3]]).then(Command::Cancel { by, comment: None });
    assert_eq!(life.told(&nobody()), [(K::Decided, vec![]), (K::Settled, approvers(&[2, 3]))]);
}

#[test]
fn an_emergency_is_told_to_everybody_in_charge_and_its_review_to_the_reviewers() {
    let circle = Circle {
        in_charge: vec![user(5)],
        reviewers: vec![user(6)],
        administrators: vec![user(7), user(5)],
        told: vec![Told {
            on: ["emergency".to_owned()].into(),
            people: vec![user(8)],
            address: Some("soc@x.y".to_owned()),
        }],
    };
    let life = Life::begin(true).judged(&[]);
    let notices = life.latest(&circle);
    let loud = notices.iter().find(|notice| notice.kind == K::Emergency).unwrap();
    let expected = [
        (ana(), B::Requester),
        (user(6), B::Reviewer),
        (user(5), B::InCharge),
        (user(7), B::InCharge),
        (user(8), B::Named),
    ];
    assert_eq!((loud.people.as_slice(), loud.addresses.as_slice()), (&expected[..], &["soc@x.y".to_owned()][..]));
    let life = life.provisioned().returned().then(Command::Close(Gone::Absent));
    let review = (K::ReviewDue, vec![(user(6), B::Reviewer), (ana(), B::Requester)]);
    assert_eq!(life.told(&circle), [(K::Ended, requester()), review]);
    // Nobody is alarmed by what policy has refused.
    assert!(!Life::begin(false).judged(&[]).told(&circle).iter().any(|(kind, _)| *kind == K::Emergency));
}

#[test]
fn whom_the_configuration_names_is_told_of_kinds_and_of_stages() {
    let told = |on: &[&str]| Circle {
        told: vec![Told { on: on.iter().map(|&on| on.to_owned()).collect(), people: vec![user(8)], address: None }],
        ..Circle::default()
    };
    let denied = Life::begin(false).judged(&[&[2]]).decided(2, Answer::Deny);
    let names = |life: &Life, circle: &Circle| -> Vec<K> {
        let named = |notice: &Notice| notice.people.contains(&(user(8), B::Named));
        life.latest(circle).into_iter().filter(named).map(|notice| notice.kind).collect()
    };
    assert_eq!(names(&denied, &told(&["denied"])), [K::Decided]);
    assert_eq!(names(&denied, &told(&["decided"])), [K::Decided]);
    assert_eq!(names(&denied, &told(&["settled"])), [K::Settled]);
    assert_eq!(names(&denied, &told(&[])), [K::Decided, K::Settled], "no words: everything");
    assert_eq!(names(&denied, &told(&["ended", "approved"])), []);
}

#[test]
fn what_comes_late_tells_nobody_to_do_what_cannot_be_done_any_more() {
    let asked = Life::begin(false).judged(&[&[2, 3]]);
    let evaluated = Happened::Recorded(asked.records[1].clone());
    let over = asked.decided(2, Answer::Deny);
    assert_eq!(due(&over.request, &evaluated, &nobody()), []);
    let life = Life::begin(false).judged(&[]).provisioned();
    let active = Happened::Recorded(life.records.last().unwrap().clone());
    let soon = Happened::Reminder(Reminder::EndsSoon);
    let told = |request: &Request, what: &Happened| -> Vec<UserId> {
        due(request, what, &nobody()).into_iter().flat_map(|notice| notice.people).map(|(who, _)| who).collect()
    };
    assert_eq!((told(&life.request, &active), told(&life.request, &soon)), (vec![ana()], vec![ana()]));
    let life = life.returned().then(Command::Close(Gone::Absent));
    assert_eq!((told(&life.request, &active), told(&life.request, &soon)), (vec![], vec![]));
    // What was done is told for ever, whatever came since.
    let received = Happened::Recorded(life.records[0].clone());
    assert_eq!(told(&life.request, &received), [ana()]);
}

#[test]
fn reminders_go_to_those_who_can_still_do_something() {
    let asked = Life::begin(false).judged(&[&[2, 3]]);
    let remind = |step| Happened::Reminder(Reminder::Decision { step });
    let notices = due(&asked.request, &remind(0), &nobody());
    assert_eq!((notices[0].kind, notices[0].people.clone()), (K::Reminded, approvers(&[2, 3])));
    assert_eq!(due(&asked.request, &remind(1), &nobody()), [], "a step that it is not at");
    let ending = Life::begin(false).judged(&[&[2]]).decided(2, Answer::Approve).provisioned().returned();
    let circle = Circle { administrators: vec![user(7)], ..Circle::default() };
    let notices = due(&ending.request, &Happened::Reminder(Reminder::NotRemoved), &circle);
    let people = [requester(), approvers(&[2]), vec![(user(7), B::InCharge)]].concat();
    assert_eq!((notices[0].kind, notices[0].people.clone()), (K::NotRemoved, people));
}

/// Who gives it is asked when the end is armed, which no record tells; who takes it, by the record of the end.
#[test]
fn people_are_asked_to_give_and_to_take_by_hand_as_long_as_there_is_something_to_do() {
    let hands = vec![(user(2), B::Hand), (user(3), B::Hand)];
    let give = |life: &Life| -> Vec<(K, Vec<(UserId, B)>)> {
        let notices = due(&life.request, &Happened::Reminder(Reminder::Give), &nobody());
        notices.into_iter().map(|notice| (notice.kind, notice.people)).collect()
    };
    let begun = Life::begin(false).judged(&[]).handed_over(&[2, 3]);
    assert_eq!(begun.told(&nobody()), [], "its end is not armed yet");
    assert_eq!(give(&begun), [(K::ByHand, hands.clone())]);
    let by = Person { id: user(2), administrator: false, auditor: false };
    let active = begun.then(Command::Given { by: by.clone(), comment: None });
    assert_eq!((active.told(&nobody()), give(&active)), (vec![(K::Active, requester())], vec![]));
    let ending = active.returned();
    let end = Happened::Recorded(ending.records.last().unwrap().clone());
    assert_eq!(ending.told(&nobody()), [(K::ByHand, hands.clone())]);
    let late = due(&ending.request, &Happened::Reminder(Reminder::NotRemoved), &nobody());
    assert_eq!((late[0].kind, late[0].people.clone()), (K::NotRemoved, [requester(), hands].concat()));
    let over = ending.then(Command::Taken { by, comment: None });
    assert_eq!(over.told(&nobody()), [(K::Ended, requester())]);
    assert_eq!(due(&over.request, &end, &nobody()), [], "told late, nothing is left to do");
}

#[test]
fn access_that_goes_on_under_another_grant_ends_silently() {
    let other = RequestId::first_at(at(9));
    let life = Life::begin(false).judged(&[]).provisioned().returned().then(Command::Close(Gone::KeptFor(other)));
    assert_eq!(life.told(&nobody()), [(K::Ended, vec![])]);
}
