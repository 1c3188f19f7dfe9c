use curfew_domain::ask::Ask;
use curfew_domain::request::Means;
use curfew_domain::text::{Justification, Ticket};
use curfew_domain::time::{AccessDuration, SignedDuration};
use curfew_domain::verdict::{Outcome, Verdict};

use super::world::*;
use crate::decide::Approved;
use crate::directory::Directory;
use crate::evaluator::Configuration;
use crate::model::Circumstances;

const FLOWS: &str = r#"
[flow.automatic]
description = "at once"
[flow.ticketed]
description = "at once with a ticket"
ticket_required = true
justification_pattern = "the .*"
[flow.owner]
description = "owner"
[[flow.owner.step]]
name = "owner"
approvers = ["entitlement-owner"]
timeout = "PT1H"
on_timeout = { flow = "leads" }
[flow.leads]
description = "security"
[[flow.leads.step]]
name = "leads"
approvers = ["group:security"]
timeout = "PT1H"
[policy.standard]
description = "standard"
flows = ["automatic", "ticketed", "owner"]
[policy.break-glass]
description = "emergencies"
flows = ["automatic"]
"#;

const PERMITS: &str = r#"
@id("automatic-short")
permit (principal, action == Curfew::Action::"automatic", resource) when { context.duration <= duration("30m") };
@id("emergencies")
permit (principal, action == Curfew::Action::"automatic", resource) when { context.emergency };
@id("anything-approved")
permit (principal, action in Curfew::Action::"approvedFlow", resource);
@id("not-on-production")
forbid (principal, action == Curfew::Action::"automatic", resource in Curfew::OrgUnit::"/Production")
unless { context.emergency };
"#;

const TICKETED: &str = r#"
@id("ticketed")
permit (principal, action == Curfew::Action::"ticketed", resource);
"#;

fn standard() -> Configuration {
    configuration(FLOWS, PERMITS)
}

fn decide(configuration: &Configuration, directory: &Directory, circumstances: &Circumstances, ask: &Ask) -> Verdict {
    configuration.decide(&facts(directory, circumstances), ask)
}

#[test]
fn the_first_open_flow_decides_and_the_verdict_names_every_rule_that_took_part() {
    let configuration = standard();
    let verdict = decide(&configuration, &directory(), &circumstances(), &ask());
    let Outcome::Allowed { flow, steps } = &verdict.outcome else { panic!("{:?}", verdict.explanation) };
    assert_eq!((flow.as_str(), steps.len()), ("owner", 2));
    assert_eq!(steps[0].approvers, [user(DORA)]);
    assert_eq!(verdict.grounds.policy, "standard");
    assert_eq!(verdict.grounds.permitted_by, ["anything-approved"]);
    assert_eq!(
        verdict.grounds.passed_over,
        [("automatic".to_owned(), vec!["not-on-production".to_owned()]), ("ticketed".to_owned(), vec![])]
    );
    assert_eq!(verdict.grounds.escalations, [(1, "leads".to_owned())]);
    let version = configuration.version().as_str();
    assert_eq!(verdict.configuration, version);
    assert_eq!(
        verdict.explanation,
        [
            format!(
                "flow `owner` of policy `standard` in configuration `{version}` applies: `anything-approved` permits it and nothing forbids it"
            ),
            "access begins once its steps are approved".to_owned(),
            "flow `automatic` was passed over: forbidden by `not-on-production`".to_owned(),
            "flow `ticketed` was passed over: nothing permits it".to_owned(),
        ]
    );
    let fact =
        |name: &str| verdict.grounds.facts.iter().find(|(fact, _)| fact == name).map(|(_, value)| value.as_str());
    assert_eq!(fact("requester groups"), Some("builders"));
    assert_eq!(fact("account path"), Some("/Production"));
}

/// I19: whatever is unknown, stale or out of bounds denies and says so, all of it at once.
#[test]
fn each_doubt_denies_and_says_why() {
    let (good, fine) = (directory(), circumstances());
    let with = |change: &dyn Fn(&mut Directory)| {
        let mut directory = good.clone();
        change(&mut directory);
        directory
    };
    let at = |id: &str| Ask { account: account(id), ..ask() };
    let set_to = |n| Ask { permission_set: set(n), ..ask() };
    let long = Ask { duration: AccessDuration::parse("PT5H").unwrap(), ..ask() };
    let emergency = Ask { emergency: true, ..ask() };
    let overdue = Circumstances { review_overdue: [user(ANA)].into(), ..fine.clone() };
    let strange = Circumstances { channel: "fax".into(), ..fine.clone() };
    let cases: Vec<(Directory, Circumstances, Ask, &str)> = vec![
        (
            with(&|d| d.taken_at -= SignedDuration::from_hours(1)),
            fine.clone(),
            ask(),
            "the directory was last read 1 h 10 min ago",
        ),
        (with(&|d| d.taken_at = now() + SignedDuration::from_hours(1)), fine.clone(), ask(), "dated later than now"),
        (
            with(&|d| {
                d.users.remove(&user(ANA));
            }),
            fine.clone(),
            ask(),
            "the requester is not in the directory",
        ),
        (
            with(&|d| d.users.get_mut(&user(ANA)).unwrap().enabled = false),
            fine.clone(),
            ask(),
            "the requester is disabled",
        ),
        (
            with(&|d| {
                d.accounts.remove(&account(PROD));
            }),
            fine.clone(),
            ask(),
            "the account is not in the organisation",
        ),
        (good.clone(), fine.clone(), at(CLOSED), "the account is suspended or closed"),
        (good.clone(), fine.clone(), at(ROOT), "management account"),
        (good.clone(), fine.clone(), set_to(9), "the permission set does not exist"),
        (good.clone(), fine.clone(), set_to(LONG), "last 12 h, longer than the bound of 1 h"),
        (good.clone(), fine.clone(), Ask { requester: user(CLEO), ..ask() }, "no catalog that the requester may use"),
        (good.clone(), fine.clone(), long.clone(), "PT5H is longer than the maximum of PT4H"),
        (good.clone(), fine.clone(), Ask { account: account(DEV), ..emergency.clone() }, "emergency access is off"),
        (good.clone(), overdue, emergency, "owes the review"),
        (good.clone(), strange, ask(), "a rule could not be evaluated"),
    ];
    let configuration = standard();
    for (directory, circumstances, ask, reason) in cases {
        let verdict = decide(&configuration, &directory, &circumstances, &ask);
        assert_eq!(verdict.outcome, Outcome::Denied, "{reason}");
        assert!(verdict.explanation.iter().any(|why| why.contains(reason)), "{reason}: {:?}", verdict.explanation);
        assert!(verdict.explanation.iter().any(|why| why.contains(configuration.version().as_str())), "{reason}");
    }
    let worst = Ask { account: account(CLOSED), permission_set: set(LONG), ..long };
    assert_eq!(decide(&configuration, &good, &fine, &worst).explanation.len(), 4, "all objections at once");
}

/// A rule that fails is no rule that is silent: it may have been a forbid.
#[test]
fn a_rule_that_fails_denies_even_where_another_flow_is_open() {
    let failing = format!(
        "{PERMITS}\n@id(\"overflow\")\nforbid (principal, action == Curfew::Action::\"automatic\", resource)\n\
         when {{ context.activeCount + 9223372036854775807 > 0 }};"
    );
    let configuration = configuration(FLOWS, &failing);
    let busy = Circumstances { active: vec![(account(DEV), set(READ))], ..circumstances() };
    let verdict = decide(&configuration, &directory(), &busy, &ask());
    assert_eq!(verdict.outcome, Outcome::Denied);
    assert!(verdict.explanation[0].contains("flow `automatic` of policy `standard`"), "{:?}", verdict.explanation);
    assert!(verdict.explanation[0].contains("a rule could not be evaluated"), "{:?}", verdict.explanation);
}

#[test]
fn demands_on_words_pass_a_flow_over_with_the_reason() {
    let configuration = configuration(FLOWS, &format!("{PERMITS}{TICKETED}"));
    let flow = |ticket: Option<&str>, justification: &str| {
        let ticket = ticket.map(|text| Ticket::parse(text).unwrap());
        let ask = Ask { ticket, justification: Justification::parse(justification).unwrap(), ..ask() };
        let verdict = decide(&configuration, &directory(), &circumstances(), &ask);
        let Outcome::Allowed { flow, .. } = verdict.outcome else { panic!("{:?}", verdict.explanation) };
        (flow, verdict.explanation.last().unwrap().clone())
    };
    assert_eq!(flow(Some("OPS-1"), "the disk").0, "ticketed");
    for (ticket, justification, reason) in [
        (None, "the disk", "it demands a ticket of the form `OPS-[0-9]+`"),
        (Some("OPS-1x"), "the disk", "it demands a ticket of the form"),
        (Some("OPS-1"), "a disk, the disk", "it demands a justification of the form `the .*`"),
    ] {
        let (flow, why) = flow(ticket, justification);
        assert_eq!(flow, "owner", "{reason}");
        assert!(why.contains("flow `ticketed` was passed over") && why.contains(reason), "{why}");
    }
}

/// Never skipped to a stronger or weaker flow.
#[test]
fn an_open_flow_without_approvers_denies() {
    let mut directory = directory();
    directory.users.get_mut(&user(DORA)).unwrap().enabled = false;
    let verdict = decide(&standard(), &directory, &circumstances(), &ask());
    assert_eq!(verdict.outcome, Outcome::Denied);
    assert!(
        verdict.explanation[0].contains("step `owner` cannot be approved: it has no approver"),
        "{:?}",
        verdict.explanation
    );
}

/// I1: time running out opens nothing that Cedar forbids.
#[test]
fn a_flow_takes_over_on_time_out_only_if_it_is_open_to_this_request_too() {
    let forbidden =
        format!("{PERMITS}\n@id(\"no-leads\")\nforbid (principal, action == Curfew::Action::\"leads\", resource);");
    let verdict = decide(&configuration(FLOWS, &forbidden), &directory(), &circumstances(), &ask());
    assert_eq!(verdict.steps().len(), 1);
    assert_eq!(verdict.steps()[0].on_timeout, curfew_domain::verdict::OnTimeout::Lapse);
    let why = "if nobody answers step `owner` in time, the request lapses: flow `leads` cannot take over, forbidden by `no-leads`";
    assert!(verdict.explanation.iter().any(|line| line == why), "{:?}", verdict.explanation);
}

/// I4: what was approved is judged again before access begins, by the configuration and the facts of then.
#[test]
fn approved_access_needs_its_flow_or_a_weaker_one_when_it_begins() {
    let (old, fine, ask) = (standard(), circumstances(), ask());
    let verdict = decide(&old, &directory(), &fine, &ask);
    let still = |configuration: &Configuration, directory: &Directory, steps: &[usize]| {
        let approved = Approved { ask: &ask, verdict: &verdict, steps };
        configuration
            .still_allowed(&facts(directory, &fine), &approved)
            .map(|means| assert_eq!(means, Means::Assignment))
    };
    assert_eq!(still(&old, &directory(), &[0]), Ok(()));
    assert_eq!(still(&old, &directory(), &[1]), Ok(()), "approved by the flow that took over");

    let forbid = |flow: &str| {
        format!("{PERMITS}\n@id(\"new\")\nforbid (principal, action == Curfew::Action::\"{flow}\", resource);")
    };
    let reason = |result: Result<(), Vec<String>>| result.unwrap_err().join("\n");
    let no_leads = configuration(FLOWS, &forbid("leads"));
    assert_eq!(still(&no_leads, &directory(), &[0]), Ok(()));
    assert!(
        reason(still(&no_leads, &directory(), &[1])).contains("flow `leads`, which took over, is not open any more")
    );
    let no_owner = configuration(FLOWS, &forbid("owner"));
    assert!(
        reason(still(&no_owner, &directory(), &[0])).contains("flow `owner` is not open any more: forbidden by `new`")
    );
    let weaker = configuration(FLOWS, &format!("{}{TICKETED}", forbid("owner")));
    assert_eq!(still(&weaker, &directory(), &[0]), Ok(()), "a weaker flow of the policy is open");

    let renamed =
        FLOWS.replace("owner]", "owners]").replace("flow.owner.", "flow.owners.").replace("\"owner\"]", "\"owners\"]");
    assert!(
        reason(still(&configuration(&renamed, PERMITS), &directory(), &[0])).contains("not in the policy any more")
    );
    let mut gone = directory();
    gone.users.get_mut(&user(ANA)).unwrap().enabled = false;
    assert!(reason(still(&old, &gone, &[0])).contains("the requester is disabled"));
    let other = Ask { duration: AccessDuration::parse("PT2H").unwrap(), ..ask.clone() };
    let moved = Approved { ask: &other, verdict: &verdict, steps: &[0] };
    let moved = old.still_allowed(&facts(&directory(), &fine), &moved);
    assert!(reason(moved.map(drop)).contains("another request"));
}

#[test]
fn roles_and_reviewers_are_enabled_people_and_never_the_requester() {
    let (configuration, directory, fine) = (standard(), directory(), circumstances());
    let roles = |n| {
        let person = configuration.person(&directory, user(n));
        (person.administrator, person.auditor)
    };
    assert_eq!([ANA, CLEO, DORA, EMIL].map(roles), [(false, false), (true, true), (false, true), (false, false)]);
    let reviewers = |n| configuration.reviewers(&facts(&directory, &fine), &Ask { requester: user(n), ..ask() });
    assert_eq!(reviewers(ANA), [user(CLEO), user(DORA)]);
    assert_eq!(reviewers(CLEO), [user(DORA)]);
    let verdict = decide(&configuration, &directory, &fine, &ask());
    let may = |n| configuration.may_approve(&directory, &verdict.steps()[1], &user(n));
    assert_eq!([CLEO, DORA, EMIL, ANA].map(may), [true, true, false, false]);
}
