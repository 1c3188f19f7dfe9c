//! I16: assignments of permission sets that are Curfew's alone, which Curfew did not make, are reported and not touched.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use curfew_domain::id::Key;
use curfew_domain::request::Stage;
use curfew_domain::time::Timestamp;
use curfew_identity_center::{Assignment, PrincipalType};
use curfew_sim::scenario::Play;
use curfew_sim::scenario::cast::{Access, Person};
use curfew_sim::scenario::people::{mins, secs, wish};
use curfew_sim::{Function, Options, Outage, Service, What, parts};
use serde_json::{Value, json};

use crate::stage::{active, alarms, automatic, calls_of, play, play_with, stage_of};

const GROUP: &str = "11111111-2222-4333-8444-555555555555";

/// Makes these permission sets Curfew's alone, and Identity Center answer page by page.
fn own(options: &mut Options, sets: &[&str]) {
    let sets: Vec<String> = sets.iter().map(|set| format!("\"{set}\"")).collect();
    let sets = sets.join(", ");
    let _ = write!(options.organisation.configuration, "\n[ownership]\npermission_sets = [{sets}]\n");
    options.identity.page_limit = 1;
}

/// Who was reported, in which account.
fn strays(play: &Play) -> BTreeSet<(String, String)> {
    let word = |text: &str, name: &str| {
        let (_, rest) = text.split_once(name).unwrap_or_else(|| panic!("no {name} in {text}"));
        rest.split(" alarm=").next().unwrap().split(" permission_set=").next().unwrap().to_owned()
    };
    alarms(play, "stray_assignment").iter().map(|text| (word(text, "principal="), word(text, "account="))).collect()
}

/// What the health of all access tells of it.
async fn seen(play: &Play) -> Vec<Value> {
    let (status, health) = play.world.api("dan", "GET", "/v1/health/access", None).await;
    assert_eq!(status, 200, "{health}");
    health["strays"].as_array().unwrap().clone()
}

/// Has a group given something, or has it taken away.
fn administer_group(play: &Play, like: &Key, present: bool) {
    let assignment = Assignment {
        account: parts(like).account.to_string(),
        permission_set: parts(like).permission_set.to_string(),
        principal_type: PrincipalType::Group,
        principal_id: GROUP.to_owned(),
    };
    play.world.identity(|model, now| model.set_assignment(assignment, present, now));
}

#[test]
fn i16_what_curfew_did_not_make_is_reported_within_a_quarter_of_an_hour_and_stays() {
    play_with(
        |options| own(options, &["Admin"]),
        async |play| {
            let here = play.key(Person::Ben, Access::Approved);
            let there = play.world.key("cyn", Access::Elsewhere.account(), "Admin");
            let not_owned = play.key(Person::Ben, Access::Automatic);
            for key in [&here, &there, &not_owned] {
                play.administer(key, true);
            }
            administer_group(&play, &here, true);
            play.world.pass(mins(15)).await;
            let expected = [
                (format!("GROUP {GROUP}"), parts(&here).account.to_string()),
                (format!("USER {}", here.user()), parts(&here).account.to_string()),
                (format!("USER {}", there.user()), parts(&there).account.to_string()),
            ];
            assert_eq!(strays(&play), expected.into());
            assert!([&here, &there, &not_owned].iter().all(|key| play.world.key_is_assigned(key)));
            let changes = ["CreateAccountAssignment", "DeleteAccountAssignment"].map(|call| calls_of(&play, call));
            assert_eq!(changes, [0, 0]);
            // People see the same, with its beginning.
            let seen: Vec<Value> = self::seen(&play).await;
            assert_eq!(
                seen.iter().map(|stray| stray["principal"].as_str()).collect::<BTreeSet<_>>().len(),
                3,
                "{seen:#?}"
            );
            assert_eq!(seen.len(), 3, "{seen:#?}");
            let (_, _, page) = play.world.browse(&play.world.user("dan"), "/everyone", None).await;
            assert_eq!(page.matches("first seen").count(), 3, "{page}");
            // Once it is gone, it is reported no more.
            for key in [&here, &there] {
                play.administer(key, false);
            }
            administer_group(&play, &here, false);
            play.world.pass(mins(1)).await;
            let before = alarms(&play, "stray_assignment").len();
            play.world.pass(mins(15)).await;
            assert_eq!(alarms(&play, "stray_assignment").len(), before);
            assert_eq!(self::seen(&play).await, Vec::<Value>::new());
            assert_eq!(alarms(&play, "sweep_fault"), [""; 0]);
        },
    );
}

#[test]
fn i16_sweeps_that_fail_for_seven_minutes_delay_no_report_beyond_a_quarter_of_an_hour() {
    let outage = Outage { service: Service::SsoAdmin, from: Duration::ZERO, to: Duration::from_mins(7) };
    play_with(
        |options| {
            own(options, &["Admin"]);
            options.plan.outages.push(outage);
        },
        async |play| {
            play.administer(&play.key(Person::Ben, Access::Approved), true);
            play.world.pass(mins(15)).await;
            assert_eq!(strays(&play).len(), 1);
            assert!(!alarms(&play, "sweep_fault").is_empty());
        },
    );
}

/// When each sweep called Identity Center, the directory and the organisation.
fn calls_of_sweeps(play: &Play) -> Vec<Vec<Timestamp>> {
    let mut sweeps: BTreeMap<u64, Vec<Timestamp>> = BTreeMap::new();
    for step in play.world.log().steps() {
        let Some(by) = step.by.as_ref().filter(|by| by.function == Function::Sweep) else { continue };
        if let What::Call(call) = &step.what
            && matches!(call.service, Service::SsoAdmin | Service::IdentityStore | Service::Organizations)
        {
            sweeps.entry(by.number).or_default().push(step.at);
        }
    }
    sweeps.into_values().collect()
}

#[test]
fn a_sweep_makes_at_most_three_calls_a_second() {
    let accounts = || (0..30).map(|n| format!("4444555566{n:02}"));
    play_with(
        |options| {
            own(options, &["Admin"]);
            options.organisation.accounts.extend(accounts());
        },
        async |play| {
            for account in accounts() {
                play.administer(&play.world.key("ben", &account, "Admin"), true);
            }
            play.world.pass(mins(3)).await;
            let sweeps = calls_of_sweeps(&play);
            assert!(sweeps.iter().any(|calls| calls.len() > 30), "a page for each account");
            for calls in sweeps {
                let took = calls[calls.len() - 1].duration_since(calls[0]).as_secs();
                assert!(calls.len() <= 3 * usize::try_from(took).unwrap() + 3, "{} calls in {took} s", calls.len());
            }
        },
    );
}

#[test]
fn what_curfew_makes_and_removes_is_never_reported_at_whatever_moment_the_sweep_looks() {
    let accounts = || (0..12).map(|n| format!("4444555566{n:02}"));
    play_with(
        |options| {
            own(options, &["ReadOnly", "Admin"]);
            options.organisation.accounts.extend(accounts());
            // So many sweeps at once would use the quota up.
            options.identity.calls_per_second = 0;
        },
        async |play| {
            // So many places that a grant begins and is there between a sweep's list of requests and its look.
            for account in accounts() {
                play.administer(&play.world.key("ben", &account, "ReadOnly"), true);
            }
            // Somebody else made this one, and a grant now relies on it.
            let standing = play.key(Person::Cyn, Access::Automatic);
            play.administer(&standing, true);
            play.world.pass(secs(10)).await;
            let relying = play.ask(Person::Cyn, wish(Access::Automatic, mins(20))).await.unwrap();
            assert!(play.reaches(&relying, Stage::Active, secs(40)).await);
            let sweeps = play.clone();
            let sweeping = tokio::task::spawn_local(async move {
                loop {
                    sweeps.world.send(Function::Sweep, json!({}));
                    sweeps.world.pass(secs(2)).await;
                }
            });
            for _ in 0..7 {
                let id = automatic(&play, mins(1)).await;
                assert!(play.reaches(&id, Stage::Ended, mins(4)).await, "{}", stage_of(&play, &id));
                // At other seconds of the minute each time.
                play.world.pass(secs(23)).await;
            }
            sweeping.abort();
            let of_ben = |(who, _): &(String, String)| *who == format!("USER {}", play.world.user("ben"));
            let others = || strays(&play).into_iter().filter(|stray| !of_ben(stray)).collect::<Vec<_>>();
            assert_eq!((strays(&play).len(), others()), (12, Vec::new()));
            // Then it is nobody's.
            assert!(play.reaches(&relying, Stage::Ended, mins(20)).await);
            play.world.pass(mins(9)).await;
            assert_eq!(others(), [(format!("USER {}", standing.user()), parts(&standing).account.to_string())]);
        },
    );
}

#[test]
fn a_configuration_that_cannot_be_read_keeps_the_sweep_from_nothing_else() {
    play(async |play| {
        let id = active(&play, mins(5)).await;
        play.world.spoil_configuration();
        // What the sweep compares still ends the grant.
        play.administer(&play.key(Person::Ana, Access::Automatic), false);
        assert!(play.reaches(&id, Stage::Ended, mins(5)).await);
        let told = alarms(&play, "sweep_fault");
        assert!(!told.is_empty() && told.iter().all(|text| text.contains("subject=configuration")), "{told:?}");
        // Nothing begins meanwhile, either (I19).
        assert_eq!(play.ask(Person::Ana, wish(Access::Automatic, mins(5))).await, None);
    });
}
