//! What administrators and the evaluator may count on. Sliced answers against everything: `tests/policy-bench`.

use std::collections::BTreeSet;

use curfew_domain::time::{AccessDuration, Timestamp};

use super::{Answer, Asking, Rules, unknown_names};
use crate::directory::Directory;
use crate::fixture::{example, example_with, organization, user};
use crate::folder::CedarFile;
use crate::model::{Circumstances, Entitlement, Model};
use crate::problem::Problem;

fn file(text: &str) -> Vec<CedarFile> {
    vec![CedarFile { path: "rules.cedar".to_owned(), text: text.to_owned() }]
}

fn model() -> Model {
    example_with("")
}

fn refused(text: &str) -> Vec<String> {
    Rules::compile(&model(), &file(text)).unwrap_err().iter().map(Problem::to_string).collect()
}

fn circumstances() -> Circumstances {
    Circumstances {
        channel: "cli".to_owned(),
        source_address: None,
        mfa: None,
        active: Vec::new(),
        review_overdue: BTreeSet::new(),
    }
}

/// Asks for the flow `manager` to any entitlement, on a Sunday at noon in Berlin.
fn ask(model: &Model, directory: &Directory, rules: &Rules, change: impl FnOnce(&mut Circumstances)) -> Answer {
    let entitlement = any_entitlement(model, directory);
    let mut circumstances = circumstances();
    change(&mut circumstances);
    rules.flow_allowed("manager", &asking(model, directory, &entitlement, &circumstances))
}

fn any_entitlement(model: &Model, directory: &Directory) -> Entitlement {
    crate::catalog::entitlements(model, directory).into_values().next().unwrap()
}

fn asking<'a>(
    model: &'a Model,
    directory: &'a Directory,
    entitlement: &'a Entitlement,
    circumstances: &'a Circumstances,
) -> Asking<'a> {
    let first = directory.users.keys().next().unwrap();
    Asking {
        directory,
        model,
        user: first,
        entitlement,
        circumstances,
        duration: AccessDuration::parse("PT1H").unwrap(),
        now: "2026-11-22T11:00:00Z".parse::<Timestamp>().unwrap(),
        ticket: None,
        emergency: false,
    }
}

fn compiled(text: &str) -> Rules {
    Rules::compile(&model(), &file(text)).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn answers(text: &str) -> Answer {
    ask(&model(), &organization(), &compiled(text), |_| {})
}

#[test]
fn the_example_folder_compiles_without_a_warning_and_names_nobody_unknown() {
    let cedar: Vec<CedarFile> = example()
        .into_iter()
        .filter(|(path, _)| std::path::Path::new(path).extension().is_some_and(|kind| kind == "cedar"))
        .map(|(path, text)| CedarFile { path, text })
        .collect();
    let rules = Rules::compile(&model(), &cedar).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(rules.warnings(), []);
    assert_eq!(unknown_names(&organization(), &cedar), []);
}

#[test]
fn every_mistake_is_told_at_its_place_with_a_hint() {
    let text = r#"// A comment; with a semicolon.
permit (principal, action == Curfew::Action::"manger", resource);
permit (principal, action, resource) when { principal.departmnt == "x" };
permit (principal, action, resource) when { context.ticket == "x" };
permit (principal, action, resource) when { context.duration < 3600 };
permit (principal, action, resource) when { resource.risk == Curfew::Risk::"hgih" };
permit (principal in ?principal, action, resource);
permit (principal, action, resource) when { ";" == };
permit (principal, action, resource in Curfew::Catalog::"nowhere");
@id("twice") permit (principal, action, resource);
@id("twice") forbid (principal, action, resource);
permit (principal, action, resource) when { Curfew::Account::"000000000001" in Curfew::OrgUnit::"/" };
permit (principal, action, resource)"#;
    let told = refused(text);
    for (line, message) in [
        (2, "did you mean `Curfew::Action::\"manager\"`"),
        (3, "did you mean `department`?"),
        (4, "context has ticket"),
        (5, "expected"),
        (6, "hgih"),
        (7, "Curfew has no templates"),
        (8, "unexpected token `}`"),
        (9, "no catalog is named `nowhere`"),
        (10, "2 policies are named `twice`: rules.cedar:10, rules.cedar:11"),
        (11, "2 policies are named `twice`"),
        (12, "looks into Curfew::Account::\"000000000001\""),
        (13, "unexpected end of input"),
    ] {
        let at = format!("rules.cedar:{line}:");
        let found = told.iter().any(|problem| problem.starts_with(&at) && problem.contains(message));
        assert!(found, "line {line} should say {message}: {told:#?}");
    }
    assert!(told.iter().any(|problem| problem.starts_with("rules.cedar:3:45:")), "columns too: {told:#?}");
    assert_eq!(told.len(), 12, "each once, not once for each flow: {told:#?}");
}

#[test]
fn names_that_the_directory_does_not_know_are_found_where_cedar_accepts_them() {
    let directory = organization();
    let known = directory.groups.values().next().unwrap().name.clone();
    let text = format!(
        "permit (principal in Curfew::Group::\"{known}x\", action, resource);
permit (principal, action, resource) unless {{ principal in Curfew::Group::\"{known}x\" }};
forbid (principal, action, resource in Curfew::OrgUnit::\"/Nowhere\");
// Curfew::Group::\"in a comment\"
permit (principal in Curfew::Group::\"{known}\", action, resource) when {{ \"Curfew::Group\" == \"x\" }};"
    );
    let told: Vec<String> = unknown_names(&directory, &file(&text)).iter().map(Problem::to_string).collect();
    assert_eq!(told.len(), 3, "{told:#?}");
    let hint = format!("did you mean `{known}`?");
    assert!(told[0].starts_with("rules.cedar:1:37: warning") && told[0].contains(&hint), "gives less: {}", told[0]);
    assert!(told[1].starts_with("rules.cedar:2:75: error") && told[1].contains(&hint), "may give more: {}", told[1]);
    assert!(told[2].starts_with("rules.cedar:3:57: error"), "guards nothing: {}", told[2]);
}

#[test]
fn a_forbid_wins_an_error_denies_and_silence_denies() {
    let permit = "@id(\"p\") permit (principal, action, resource);\n";
    let allowed = answers(permit);
    assert_eq!((allowed.allowed, allowed.permitted_by), (true, vec!["p".to_owned()]));
    assert_eq!(answers(""), Answer::default());
    let forbidden = answers(&format!("{permit}@id(\"f\") forbid (principal is Curfew::User, action, resource);"));
    assert_eq!((forbidden.allowed, forbidden.forbidden_by), (false, vec!["f".to_owned()]));
    let overflow = "forbid (principal, action, resource) when { 9223372036854775807 + context.activeCount + 1 < 0 };";
    let failed = answers(&format!("{permit}{overflow}"));
    assert!(!failed.allowed && failed.errors[0].contains("rules.cedar:2"), "{failed:?}");
}

#[test]
fn facts_that_are_unclear_deny_and_say_so() {
    let (model, rules) = (model(), compiled("permit (principal, action, resource);"));
    let directory = organization();
    let sane = ask(&model, &directory, &rules, |_| {});
    assert!(sane.allowed, "{sane:?}");
    let mut strange = directory.clone();
    strange.users.values_mut().for_each(|user| user.enabled = false);
    let answer = ask(&model, &strange, &rules, |_| {});
    assert!(!answer.allowed && answer.errors[0].contains("disabled"), "{answer:?}");
    let mut endless = directory.clone();
    endless.permission_sets.values_mut().for_each(|set| set.session = jiff::SignedDuration::from_hours(9_999_999));
    let answer = ask(&model, &endless, &rules, |_| {});
    assert!(!answer.allowed && answer.errors[0].contains("cannot be"), "{answer:?}");
    let answer = ask(&model, &directory, &rules, |of| of.channel = "telex".to_owned());
    assert!(!answer.allowed && answer.errors[0].contains("telex"), "{answer:?}");
    let answer = ask(&model, &directory, &rules, |of| of.source_address = Some("10.0.0.256".to_owned()));
    assert!(!answer.allowed && answer.errors[0].contains("10.0.0.256"), "{answer:?}");
    let entitlement = any_entitlement(&model, &directory);
    let (circumstances, nobody) = (circumstances(), user(999));
    let mut asking = asking(&model, &directory, &entitlement, &circumstances);
    assert!(!rules.flow_allowed("undeclared", &asking).errors.is_empty());
    asking.user = &nobody;
    assert!(rules.flow_allowed("manager", &asking).errors[0].contains("not in the directory"));
}

#[test]
fn time_is_told_by_the_clock_on_the_wall() {
    for (condition, allowed) in [
        ("context.weekday == Curfew::Weekday::\"sunday\"", true),
        ("context.localTime == duration(\"12h\")", true),
        ("context.now == datetime(\"2026-11-22T11:00:00Z\")", true),
        ("context.now.toTime() == duration(\"12h\")", false),
        ("context.duration == duration(\"1h\") && !context.emergency && !(context has ticket)", true),
    ] {
        let answer = answers(&format!("permit (principal, action, resource) when {{ {condition} }};"));
        assert_eq!((answer.allowed, answer.errors), (allowed, vec![]), "{condition}");
    }
}

#[test]
fn managers_are_followed_and_a_circle_of_them_ends() {
    let rules = compiled(
        "permit (principal, action, resource) when { principal has manager.manager.manager && \
         principal.manager.manager.manager.name like \"*\" };",
    );
    let mut directory = organization();
    let ids: Vec<_> = directory.users.keys().cloned().collect();
    directory.users.get_mut(&ids[0]).unwrap().manager = Some(ids[1].clone());
    directory.users.get_mut(&ids[1]).unwrap().manager = Some(ids[0].clone());
    let answer = ask(&model(), &directory, &rules, |_| {});
    assert!(answer.allowed, "{answer:?}");
}

#[test]
fn an_index_that_was_not_published_is_not_used() {
    let (model, directory) = (model(), organization());
    let rules = compiled("@id(\"p\") permit (principal, action, resource);");
    let (index, digest) = (rules.index().to_owned(), rules.digest());
    let opened = Rules::open(index.clone(), &digest).unwrap();
    assert!(ask(&model, &directory, &opened, |_| {}).allowed);
    assert!(Rules::open(index.clone(), "").is_err() && Rules::open(String::new(), &digest).is_err());
    // Whatever byte is changed: not opened, or denied. Never another answer, never a panic.
    for at in 0..index.len() {
        let mut bytes = index.clone().into_bytes();
        bytes[at] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        if let Ok(opened) = Rules::open(changed, &digest) {
            let answer = ask(&model, &directory, &opened, |_| {});
            assert!(
                !answer.allowed && answer.errors[0].contains("publish the configuration again"),
                "{at}: {answer:?}"
            );
        }
    }
    for length in 0..index.len() {
        let opened = index.get(..length).map(|cut| Rules::open(cut.to_owned(), &digest));
        if let Some(Ok(opened)) = opened {
            assert!(!ask(&model, &directory, &opened, |_| {}).allowed, "cut at {length}");
        }
    }
}
