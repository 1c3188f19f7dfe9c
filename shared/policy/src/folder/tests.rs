//! What an administrator can do wrong, and what is told about it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::*;
use crate::evaluator::Configuration;
use crate::fixture::example;
use crate::model::{Approver, Risk, TimeoutRule};
use crate::problem::Severity;

fn loaded(files: BTreeMap<String, String>) -> Result<Loaded, Vec<Problem>> {
    load(&Bundle::new(files).unwrap())
}

/// A small good folder in two files, with one of everything that refers to something.
const SETTINGS: &str = r#"[roles]
administrators = { users = ["ben"] }
[emergency]
reviewers = ["group:security"]
[default]
policy = "standard"
max_duration = "PT4H"
risk = "low"
[[access]]
on = { unit = "/Prod/**", permission_set = "Admin" }
policy = "strict"
emergency_policy = "standard"
[catalog.all]
description = "All"
visible_to = { groups = ["staff"] }
entitlements = [{ unit = "/**" }]
"#;
const FLOWS: &str = r#"[flow.automatic]
description = "At once"
[flow.one]
description = "One"
[[flow.one.step]]
name = "manager"
approvers = ["manager"]
fallback = ["approvers:leads"]
timeout = "PT4H"
on_timeout = { flow = "two" }
[flow.two]
description = "Two"
[[flow.two.step]]
name = "leads"
approvers = ["approvers:leads", "on-call:night"]
quorum = 2
timeout = "PT4H"
[policy.standard]
description = "Standard"
flows = ["automatic", "one"]
[policy.strict]
description = "Strict"
flows = ["two"]
[approvers.leads]
members = ["user:ada", "user:ben"]
[on-call.night]
shifts = [{ users = ["kim"], from = 2026-11-01T00:00:00Z }]
"#;

fn small(edit: impl Fn(&mut BTreeMap<String, String>)) -> Result<Loaded, Vec<Problem>> {
    let files =
        [("curfew.toml", SETTINGS), ("flows.toml", FLOWS), ("rules.cedar", "permit(principal, action, resource);")];
    let mut files = files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    edit(&mut files);
    loaded(files)
}

/// What is told when one text of the small folder is replaced by another.
fn told(file: &str, from: &str, to: &str) -> Vec<String> {
    let result = small(|files| {
        let text = files.get_mut(file).unwrap();
        assert!(text.contains(from), "{from}");
        *text = text.replacen(from, to, 1);
    });
    let problems = match result {
        Ok(loaded) => loaded.warnings,
        Err(problems) => problems,
    };
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn the_example_is_valid_and_fits_the_sample_organisation_without_any_doubt() {
    let bundle = Bundle::new(example()).unwrap();
    let (configuration, warnings) =
        Configuration::load(&bundle).unwrap_or_else(|problems| panic!("{}", shown(&problems)));
    assert_eq!(shown(&warnings), "");
    assert_eq!(shown(&configuration.check(&crate::fixture::organization())), "");
    assert_eq!(configuration.model().access[0].risk, Some(Risk::Medium));
}

fn shown(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_written_is_what_is_read() {
    let loaded = small(|_| ()).unwrap_or_else(|problems| panic!("{}", shown(&problems)));
    assert_eq!(shown(&loaded.warnings), "");
    let model = loaded.model;
    let step = &model.flows["one"].steps[0];
    assert_eq!(step.fallback, [Approver::Named("leads".to_owned())]);
    assert_eq!((step.quorum, step.distinct, step.self_approval), (1, true, false));
    assert_eq!(step.on_timeout, TimeoutRule::Flow("two".to_owned()));
    assert_eq!(model.flows["two"].steps[0].on_timeout, TimeoutRule::Lapse);
    assert_eq!((model.settings.time_zone.as_str(), model.settings.session_limit.as_hours()), ("UTC", 1));
    assert_eq!(model.settings.review_within.as_hours(), 48);
    assert_eq!(model.access[1].emergency_policy, Some(Some("standard".to_owned())));
    assert_eq!((model.access[1].origin.file.as_str(), model.access[1].origin.line), ("curfew.toml", 9));
    assert!(model.mentions.iter().any(|mention| mention.name == "staff" && mention.origin.column == 26));
}

/// What is replaced by what in `curfew.toml`, and what is told then.
const SETTINGS_MISTAKES: &[(&str, &str, &str)] = &[
    (
        "administrators",
        "administrator",
        "curfew.toml:2:1: error: [roles] has no key `administrator`\n  hint: did you mean `administrators`?",
    ),
    ("{ users = [\"ben\"] }", "{}", "curfew.toml:2:18: error: name at least one administrator"),
    (
        "[\"ben\"]",
        "\"ben\"",
        "curfew.toml:2:28: error: expected a list in brackets, found text\n  hint: write it in brackets",
    ),
    ("[\"ben\"]", "[7]", "curfew.toml:2:29: error: expected text, found a number\n  hint: write it in quotes"),
    (
        "[roles]",
        "[rolls]",
        "curfew.toml:1:2: error: a configuration file has no key `rolls`\n  hint: did you mean `roles`?",
    ),
    (
        "[roles]",
        "time_zone = \"Europe/Berlni\"\n[roles]",
        "curfew.toml:1:13: error: `Europe/Berlni` is no IANA time zone\n  hint: did you mean `Europe/Berlin`?",
    ),
    ("[roles]", "session_limit = \"1h\"\n[roles]", "curfew.toml:1:17: error: `1h` is not an ISO 8601 duration"),
    ("[roles]", "ticket_pattern = \"(INC\"\n[roles]", "curfew.toml:1:18: error: no regular expression"),
    ("[roles]", "ticket_pattern = \"((a{99}){99}){99}\"\n[roles]", "curfew.toml:1:18: error: no regular expression"),
    (
        "[default]",
        "[attributes]\nmanager = \"x\"\n[default]",
        "curfew.toml:6:1: error: Cedar has the attribute `manager` already",
    ),
    (
        "[default]",
        "[attributes]\n\"cost center\" = \"x\"\n[default]",
        "curfew.toml:6:1: error: `cost center` is no name",
    ),
    (
        "[default]",
        "[notices.x]\nto = \"slak:#a\"\n[default]",
        "curfew.toml:6:6: error: `slak:#a` is no target of notices",
    ),
    (
        "[default]",
        "[notices.x]\nto = \"slack:#access\"\n[default]",
        "curfew.toml:6:6: error: nothing would be delivered to `slack:#access`: notices go out by mail only",
    ),
    (
        "[default]",
        "[notices.x]\nto = \"sns:arn:aws:sns:eu-central-1:111122223333:access\"\n[default]",
        "make a rule on the stack's event bus (output `BusName`)",
    ),
    ("[default]", "[notices.x]\nto = \"mail:nobody\"\n[default]", "`mail:nobody` is no target of notices"),
    ("[default]", "[notices.x]\non = [\"ended\"]\n[default]", "curfew.toml:5:10: error: the notices `x` go nowhere"),
    ("[default]", "[notices.x]\non = [\"endet\"]\nto = \"mail:a@b.de\"\n[default]", "did you mean `ended`?"),
    (
        "[default]",
        "[ownership]\npermission_sets = [\"A*\"]\n[default]",
        "curfew.toml:6:20: error: name permission sets here one by one",
    ),
    ("[default]", "[ownership]\nmode = \"exclusive\"\n[default]", "error: this names nothing that is Curfew's alone"),
    (
        "risk = \"low\"",
        "risk = \"low\"\nstrategy = { group = \"helpers\" }",
        "error: group `helpers` gives access, and is not Curfew's alone",
    ),
    ("group:security", "security", "curfew.toml:4:14: error: `security` is no approver"),
    ("group:security", "grup:security", "hint: did you mean `group`?"),
    ("reviewers = [\"group:security\"]", "", "[emergency] needs the key `reviewers`"),
    (
        "[emergency]\nreviewers = [\"group:security\"]\n",
        "",
        "curfew.toml:7:1: error: emergency access must be reviewed",
    ),
    (
        "[default]\npolicy = \"standard\"\nmax_duration = \"PT4H\"\nrisk = \"low\"",
        "",
        "error: no file of this folder has [default]",
    ),
    (
        "policy = \"standard\"",
        "policy = \"standart\"",
        "curfew.toml:6:10: error: no policy is named `standart`\n  hint: did you mean `standard`?",
    ),
    (
        "max_duration = \"PT4H\"",
        "max_duration = \"P1D\"",
        "curfew.toml:7:16: error: `P1D` is not an ISO 8601 duration in hours, minutes and seconds; write for example `PT1H` or `PT1H30M`\n  hint: write days as hours",
    ),
    ("max_duration = \"PT4H\"", "", "curfew.toml:5:1: error: [default] needs the key `max_duration`"),
    ("risk = \"low\"", "risk = \"hihg\"", "curfew.toml:8:8: error: `hihg` is not known here"),
    ("/Prod/**", "Prod/**", "curfew.toml:10:15: error: `Prod/**` is no OU path\n  hint: begin at the root: `/Prod/**`"),
    ("/Prod/**", "/Prod/**/a", "curfew.toml:10:15: error: `**` may stand only at the end"),
    ("permission_set = \"Admin\"", "permission_set = \"arn:aws:x\"", "expected a permission set ARN"),
    (
        "unit = \"/Prod/**\"",
        "account = \"1111-2222-3333\"",
        "curfew.toml:10:18: error: `1111-2222-3333` is no account id",
    ),
    (
        "unit = \"/Prod/**\"",
        "account = 111122223333",
        "curfew.toml:10:18: error: expected a text, with `*` for any run of characters, found a number",
    ),
    (
        "on = { unit = \"/Prod/**\", permission_set = \"Admin\" }",
        "on = {}",
        "curfew.toml:10:6: error: this selects nothing",
    ),
    (
        "on = { unit = \"/Prod/**\", permission_set = \"Admin\" }\n",
        "",
        "curfew.toml:9:1: error: [[access]] needs the key `on`",
    ),
    (
        "policy = \"strict\"\nemergency_policy = \"standard\"",
        "",
        "curfew.toml:9:1: error: this [[access]] sets nothing",
    ),
    ("emergency_policy = \"standard\"", "emergency = true", "error: emergency access needs a policy"),
    (
        "emergency_policy = \"standard\"",
        "emergency_policy = \"standard\"\nemergency = false",
        "switched off and given a policy",
    ),
    ("emergency_policy = \"standard\"", "strategy = \"conector\"", "did you mean `connector`?"),
    ("emergency_policy = \"standard\"", "strategy = {}", "write either { group"),
    (
        "emergency_policy = \"standard\"",
        "entitlement_owner = [\"account-owner\"]",
        "entitlement_owner must not be an owner again",
    ),
    ("{ groups = [\"staff\"] }", "{}", "curfew.toml:15:14: error: nobody sees the catalog `all`"),
    ("{ groups = [\"staff\"] }", "{ everybody = true, groups = [\"staff\"] }", "everybody includes"),
    ("[{ unit = \"/**\" }]", "[]", "curfew.toml:16:16: error: this list must not be empty"),
    ("catalog.all", "catalog.All", "curfew.toml:13:10: error: `All` is no name"),
    ("description = \"All\"", "description = \"a\\u202eb\"", "control character U+202E"),
    ("[roles]", "x = \n[roles]", "curfew.toml:1:5: error: no TOML"),
];

#[test]
fn each_mistake_in_the_settings_is_told_with_place_and_hint() {
    for (from, to, expected) in SETTINGS_MISTAKES {
        let found = told("curfew.toml", from, to);
        assert!(found.iter().any(|problem| problem.contains(expected)), "{expected}\nfound: {found:#?}");
    }
}

/// What is replaced by what in `flows.toml`, and what is told then.
const FLOWS_MISTAKES: &[(&str, &str, &str)] = &[
    ("approvers = [\"manager\"]", "approvers = []", "flows.toml:7:13: error: this list must not be empty"),
    (
        "approvers = [\"manager\"]",
        "approvers = [\"manger\"]",
        "flows.toml:7:14: error: `manger` is no approver\n  hint: did you mean `manager`?",
    ),
    ("approvers = [\"manager\"]", "approvers = [\"user:\"]", "write the name directly after the `:`"),
    (
        "approvers = [\"manager\"]",
        "approvers = [\"manager\", \"manager\"]",
        "flows.toml:7:25: error: this approver is named twice",
    ),
    (
        "\"approvers:leads\"]",
        "\"approvers:leeds\"]",
        "flows.toml:8:13: error: no approver group is named `leeds`\n  hint: did you mean `leads`?",
    ),
    ("on-call:night", "on-call:knight", "error: no on-call rotation is named `knight`\n  hint: did you mean `night`?"),
    ("{ flow = \"two\" }", "{ flow = \"tow\" }", "flows.toml:10:23: error: no flow is named `tow`"),
    (
        "{ flow = \"two\" }",
        "{ flow = \"one\" }",
        "flows.toml:3:7: error: flows take over from each other in a circle: one -> one",
    ),
    (
        "{ flow = \"two\" }",
        "{ flow = \"automatic\" }",
        "flows.toml:5:1: error: step `manager` would approve what nobody answered",
    ),
    ("{ flow = \"two\" }", "{ flow = \"two\", ask = [\"manager\"] }", "this does not say who decides"),
    ("{ flow = \"two\" }", "\"lapsed\"", "hint: did you mean `lapse`?"),
    ("{ flow = \"two\" }", "7", "expected \"lapse\" or \"deny\" or a table (on_timeout), found a number"),
    (
        "timeout = \"PT4H\"\non_timeout",
        "timeout = \"PT0S\"\non_timeout",
        "flows.toml:9:11: error: a duration must be longer than zero",
    ),
    ("timeout = \"PT4H\"\non_timeout", "on_timeout", "flows.toml:5:1: error: a step needs the key `timeout`"),
    ("quorum = 2", "quorum = 0", "flows.toml:16:10: error: write a whole number from 1 to 100"),
    ("quorum = 2", "quorum = 99999999999999999999", "flows.toml:16:10: error: write a whole number"),
    (
        "[\"approvers:leads\", \"on-call:night\"]\nquorum = 2",
        "[\"approvers:leads\"]\nquorum = 3",
        "flows.toml:13:1: error: step `leads` needs 3 approvals, and `approvers` names 2 people",
    ),
    ("[\"user:ada\", \"user:ben\"]", "[\"approvers:leads\"]", "approver groups contain each other: leads -> leads"),
    (
        "[\"automatic\", \"one\"]",
        "[\"automatic\", \"automatic\"]",
        "flows.toml:20:23: error: `automatic` is named twice",
    ),
    (
        "[\"automatic\", \"one\"]",
        "[\"one\", \"automatic\"]",
        "flows.toml:18:9: warning: flow `automatic` approves automatically",
    ),
    ("[\"automatic\", \"one\"]", "[\"one\"]", "flows.toml:1:7: warning: no policy names the flow `automatic`"),
    ("2026-11-01T00:00:00Z", "2026-11-01", "flows.toml:27:37: error: from: `2026-11-01` is no instant"),
    (
        "from = 2026-11-01T00:00:00Z",
        "from = 2026-11-01T00:00:00Z, until = \"2026-10-01T00:00:00Z\"",
        "this shift ends before it begins",
    ),
    ("[policy.standard]", "[policy.standard]\n[policy.standard]", "error: no TOML: duplicate key"),
];

#[test]
fn each_mistake_in_the_flows_is_told_with_place_and_hint() {
    for (from, to, expected) in FLOWS_MISTAKES {
        let found = told("flows.toml", from, to);
        assert!(found.iter().any(|problem| problem.contains(expected)), "{expected}\nfound: {found:#?}");
    }
}

#[test]
fn everything_is_told_at_once_and_a_broken_file_hides_no_other() {
    let problems = small(|files| {
        files.insert("broken.toml".to_owned(), "[policy.more]\nflows = [\n= 3\n".to_owned());
        files.insert("rules.cedar".to_owned(), "permit(principal, action, resource);\npermit(principal;".to_owned());
        let flows = files.get_mut("flows.toml").unwrap();
        *flows = flows.replace("quorum = 2", "quorum = 0").replace("PT4H", "4 hours");
    })
    .unwrap_err();
    let at: Vec<(&str, usize)> = problems.iter().map(|problem| (problem.file.as_str(), problem.line)).collect();
    assert!(shown(&problems).contains("rules.cedar:2:17: error"), "{}", shown(&problems));
    for place in [("broken.toml", 3), ("flows.toml", 9), ("flows.toml", 16), ("flows.toml", 17)] {
        assert!(at.contains(&place), "{place:?}\n{}", shown(&problems));
    }
    assert!(problems.is_sorted());
}

#[test]
fn a_name_declared_in_two_files_is_told_at_both_places() {
    let problems = small(|files| {
        files.insert(
            "more.toml".to_owned(),
            "[policy.strict]\ndescription = \"x\"\nflows = [\"two\"]\n[default]\n".to_owned(),
        );
    })
    .unwrap_err();
    let found = shown(&problems);
    for expected in [
        "more.toml:1:9: error: `policy.strict` is declared more than once, also at flows.toml:21",
        "flows.toml:21:9: error: `policy.strict` is declared more than once, also at more.toml:1",
        "more.toml:4:2: error: `default` is declared more than once, also at curfew.toml:5",
    ] {
        assert!(found.contains(expected), "{expected}\n{found}");
    }
}

#[test]
fn flows_that_multiply_are_refused_in_bounded_time() {
    let mut text = String::new();
    for n in 0..5_000 {
        let next = if n == 4_999 { "\"lapse\"".to_owned() } else { format!("{{ flow = \"f{}\" }}", n + 1) };
        let step = format!("{{ name = \"s\", approvers = [\"manager\"], timeout = \"PT1H\", on_timeout = {next} }}");
        let _ = writeln!(text, "[flow.f{n}]\ndescription = \"x\"\nstep = [{step}, {step}]");
    }
    let problems = small(|files| drop(files.insert("many.toml".to_owned(), text.clone()))).unwrap_err();
    let found = shown(&problems);
    assert!(found.contains("flow `f0` has more than 64 steps"), "{}", found.lines().take(9).collect::<String>());
    assert!(problems.len() <= 1_001);
}

#[test]
fn files_of_other_kinds_are_told_and_expectations_are_not_read() {
    let warnings = |path: &str| small(|files| drop(files.insert(path.to_owned(), "x".to_owned()))).unwrap().warnings;
    assert!(warnings("guardrails.cedr")[0].message.contains("not read"));
    assert!(warnings("README.md").is_empty() && warnings("tests/a.toml").is_empty());
    let nothing = small(|files| drop(files.remove("rules.cedar"))).unwrap().warnings;
    assert_eq!((nothing[0].severity, nothing.len()), (Severity::Warning, 1));
}
