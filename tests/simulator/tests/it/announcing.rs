//! Notices: whatever is due goes out, whatever goes wrong on the way; and no life is disturbed by any of it (I20).
//!
//! Calls of `announce` and batches of the stream are struck here, and only here: in every run the story must go as it goes
//! without faults, and the bounds of lateness are those of a run without any.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use curfew_domain::id::UserId;
use curfew_domain::notice::Preferences;
use curfew_domain::request::{Answer, Stage};
use curfew_domain::time::SignedDuration;
use curfew_engine::announce::{Circle, Happened, due};
use curfew_sim::campaign::{Ran, stage};
use curfew_sim::scenario::cast::Person;
use curfew_sim::scenario::people::{mins, secs};
use curfew_sim::scenario::{Play, named};
use curfew_sim::{CallFault, EventFault, Mailed, Outage, Plan, Published, Service, World};
use serde_json::json;

use crate::stage::{active, approved, play_with, well};

/// Scenarios with every kind of turn.
const SCENARIOS: [&str; 5] = ["automatic", "approved", "denied-by-approver", "returned", "extended"];
/// What can happen to a call of `announce`.
const FAULTS: [CallFault; 9] = [
    CallFault::CrashBefore,
    CallFault::CrashAfter,
    CallFault::ReplyLost,
    CallFault::NeverArrived,
    CallFault::Throttle,
    CallFault::InternalError,
    CallFault::Timeout,
    CallFault::FrozenApplied,
    CallFault::FrozenNever,
];
/// Of the calls of a run, every so many-th is struck by each fault.
const EVERY: usize = 11;

/// What came of a run.
struct Told {
    ran: Ran,
    world: World,
}

fn tell(scenario: &str, plan: Plan) -> Told {
    let scenario = named(scenario).unwrap();
    let mut options = scenario.options(1, plan);
    options.announce = true;
    let (world, ran) = stage(options, true, async |play: Play| {
        let world = play.world.clone();
        (scenario.story)(play).await;
        world
    });
    Told { ran, world }
}

impl Told {
    /// Notices on the bus, each as often as it came.
    fn published(&self) -> BTreeMap<String, usize> {
        count(self.world.published().iter().map(|event: &Published| event.detail["id"].as_str().unwrap().to_owned()))
    }

    /// Notices in mails, each with its receiver, as often as they came.
    fn mailed(&self) -> BTreeMap<(String, String), usize> {
        count(self.world.mails().into_iter().map(|mail: Mailed| (mail.notice, mail.to)))
    }

    /// Fails if something is wrong with the run, or if a notice that is due whenever it comes was not told.
    fn well(&self, how: &str) {
        assert!(self.ran.violations.is_empty(), "{how}");
        well(&self.ran);
        assert!(self.world.is_told() && self.world.dead_letters().is_empty(), "{how}: {:?}", self.world.dead_letters());
        let (published, mailed) = (self.published(), self.mailed());
        for request in self.world.requests() {
            for record in self.world.history(&request.ask.id) {
                let happened = Happened::Recorded(record.as_ref().clone());
                for notice in due(&request, &happened, &Circle::default()) {
                    let id = format!("{}/{}/{}", request.ask.id, notice.occasion, notice.kind.name());
                    assert!(published.contains_key(&id), "{how}: {id} is not on the bus");
                    for (who, _) in notice.people.iter().filter(|_| Preferences::default().want(notice.kind)) {
                        let mail = (id.clone(), self.address(who));
                        assert!(mailed.contains_key(&mail), "{how}: {mail:?} was not sent");
                    }
                }
            }
        }
    }

    fn address(&self, who: &UserId) -> String {
        let people = [Person::Ana, Person::Ben, Person::Cyn, Person::Dan];
        let person = people.into_iter().find(|person| self.world.user(person.name()) == *who).unwrap();
        format!("{}@example.com", person.name())
    }
}

fn count<T: Ord>(all: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    counts
}

#[test]
fn without_faults_everything_is_told_once() {
    for scenario in SCENARIOS {
        let told = tell(scenario, Plan::default());
        told.well(scenario);
        assert!(told.published().values().all(|times| *times == 1), "{scenario}: {:#?}", told.published());
        assert!(told.mailed().values().all(|times| *times == 1), "{scenario}: {:#?}", told.mailed());
        assert!(!told.mailed().is_empty(), "{scenario}");
    }
}

#[test]
fn i20_whatever_happens_to_announce_no_life_is_disturbed_and_everything_is_told() {
    let mut doubled = BTreeSet::new();
    for scenario in ["approved", "returned"] {
        let calls = tell(scenario, Plan::default()).world.notice_calls();
        assert!(calls > 30, "{scenario} has {calls} calls");
        for (index, fault) in FAULTS.into_iter().enumerate() {
            for call in (1 + index % EVERY..=calls).step_by(EVERY) {
                let plan = Plan { notices: [(call, fault)].into(), ..Plan::default() };
                let told = tell(scenario, plan);
                told.well(&format!("{scenario}, {fault} at call {call} of announce"));
                let most = told.mailed().values().copied().max().unwrap();
                assert!(most <= 2, "{scenario}, {fault} at call {call}: a mail came {most} times");
                if most > 1 {
                    doubled.insert(fault);
                }
            }
        }
    }
    // What can still double: a mail whose sender never heard that it went out, or died before it could say so. What AWS
    // only refuses doubles nothing.
    let refused = [CallFault::Throttle, CallFault::InternalError, CallFault::NeverArrived];
    assert!(!refused.iter().any(|fault| doubled.contains(fault)), "{doubled:?}");
}

#[test]
fn i20_a_stream_that_comes_late_or_thrice_disturbs_no_life_and_doubles_no_mail() {
    for scenario in ["approved", "denied-by-approver"] {
        let batches = tell(scenario, Plan::default()).world.batches();
        for batch in 1..=batches {
            for fault in [EventFault::Triple, EventFault::Reorder, EventFault::Delay] {
                let told = tell(scenario, Plan { batches: [(batch, fault)].into(), ..Plan::default() });
                told.well(&format!("{scenario}, {fault} of batch {batch}"));
                assert!(told.mailed().values().all(|times| *times == 1), "{scenario}, {fault} of batch {batch}");
            }
        }
    }
}

#[test]
fn i20_while_bus_or_mail_is_down_lives_go_on_and_afterwards_everything_is_told() {
    for (service, scenario) in
        [(Service::Mail, "approved"), (Service::EventBridge, "approved"), (Service::Mail, "returned")]
    {
        // For longer than all of the story.
        let outage = Outage { service, from: Duration::ZERO, to: Duration::from_hours(5) };
        let told = tell(scenario, Plan { outages: vec![outage], ..Plan::default() });
        told.well(&format!("{scenario} without {service}"));
    }
}

#[test]
fn an_approver_is_mailed_the_way_to_decide_and_nobody_else_can_take_it() {
    let (mails, statuses) = play_with(
        |options| options.announce = true,
        async |play| {
            let id = approved(&play, mins(20)).await;
            play.world.pass(secs(10)).await;
            let mails: Vec<Mailed> = play.world.mails();
            let link = |to: &str| -> String {
                let mail = mails.iter().find(|mail| mail.to == to).unwrap();
                let (_, rest) = mail.text.split_once("/a/").unwrap();
                rest.chars().take_while(char::is_ascii_hexdigit).collect()
            };
            let (ben, cyn) = (link("ben@example.com"), link("cyn@example.com"));
            let mut statuses = Vec::new();
            for (who, link) in [("ben", &ben), ("cyn", &cyn), ("cyn", &ben), ("ana", &ben)] {
                statuses.push(play.world.api(who, "GET", &format!("/v1/links/{link}"), None).await.0);
            }
            // The link of the mail is the one that the API shows.
            let (_, waiting) = play.world.api("ben", "GET", "/v1/approvals", None).await;
            assert!(waiting["items"][0]["link"].as_str().unwrap().ends_with(&ben), "{waiting:#}");
            play.answer(Person::Ben, &id, Answer::Approve).await;
            assert!(play.reaches(&id, Stage::Active, secs(60)).await);
            (mails, statuses)
        },
    );
    assert_eq!((statuses[0], statuses[1]), (200, 200));
    assert!(statuses[2] >= 400 && statuses[3] >= 400, "{statuses:?}");
    let subjects: BTreeSet<&str> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(subjects, BTreeSet::from(["Approve? ana asks for Admin in account 111122223333"]));
}

#[test]
fn people_are_reminded_once_while_there_is_something_to_do() {
    let (mails, began) = play_with(
        |options| options.announce = true,
        async |play| {
            let began = play.world.now();
            let id = active(&play, mins(60)).await;
            let asked = approved(&play, mins(20)).await;
            play.world.pass(mins(9)).await;
            play.answer(Person::Cyn, &asked, Answer::Deny).await;
            play.world.pass(mins(45)).await;
            let _ = id;
            (play.world.mails(), began)
        },
    );
    let of = |kind: &str| -> Vec<&Mailed> {
        mails.iter().filter(|mail| mail.notice.ends_with(&format!("/{kind}"))).collect()
    };
    let reminded: Vec<&str> = of("reminded").iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(count(reminded.into_iter()), BTreeMap::from([("ben@example.com", 1), ("cyn@example.com", 1)]));
    let soon = of("ends_soon");
    assert_eq!(soon.len(), 1, "{mails:#?}");
    let after = soon[0].at.duration_since(began);
    assert!((mins(47)..=mins(51)).contains(&after), "{after:?}: a fifth of an hour before its end");
    assert_eq!(soon[0].to, "ana@example.com");
    assert!(soon[0].subject.starts_with("Ends at "), "{}", soon[0].subject);
}

#[test]
fn nobody_is_reminded_where_the_administrator_does_not_want_it() {
    let off = |options: &mut curfew_sim::Options| {
        options.announce = true;
        options.organisation.configuration += "\n[reminders]\nends_soon = false\ndecisions = false\n";
    };
    let mails = play_with(off, async |play| {
        active(&play, mins(60)).await;
        approved(&play, mins(20)).await;
        play.world.pass(mins(55)).await;
        play.world.mails()
    });
    assert!(!mails.iter().any(|mail| mail.notice.ends_with("/reminded") || mail.notice.ends_with("/ends_soon")));
}

#[test]
fn people_choose_what_comes_by_mail_and_the_bus_has_it_all_the_same() {
    let (mails, kinds) = play_with(
        |options| options.announce = true,
        async |play| {
            let choice = json!({ "mail": { "received": true, "active": false } });
            let (status, chosen) = play.world.api("ana", "PUT", "/v1/preferences", Some(choice)).await;
            assert_eq!((status, &chosen["mail"]["active"]), (200, &json!(false)), "{chosen:#}");
            let (status, refused) =
                play.world.api("ana", "PUT", "/v1/preferences", Some(json!({ "mail": { "emergency": false } }))).await;
            assert_eq!((status, &refused["field"]), (400, &json!("mail.emergency")));
            let (_, kept) = play.world.api("ana", "GET", "/v1/preferences", None).await;
            assert_eq!(kept, chosen);
            active(&play, SignedDuration::from_mins(15)).await;
            play.world.pass(secs(10)).await;
            let kinds: Vec<String> = play.world.published().into_iter().map(|event| event.kind).collect();
            (play.world.mails(), kinds)
        },
    );
    let subjects: Vec<&str> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(subjects, ["Received: ReadOnly in account 111122223333"]);
    assert_eq!(kinds, ["received", "decided", "active"]);
}
