//! Who sees what, and on which terms.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::bundle::Bundle;
use crate::directory::{Group, OrgUnit};
use crate::fixture::{account, example_with, group, organization, permission_set, unit, user};
use crate::model::Risk;
use crate::pattern::Pattern;

fn of_name(directory: &Directory, account: &str, set: &str) -> Which {
    let account = directory.accounts.iter().find(|(_, entry)| entry.name == account).unwrap().0;
    let set = directory.permission_sets.iter().find(|(_, entry)| entry.name == set).unwrap().0;
    (account.clone(), set.clone())
}

/// The terms that the example with these access controls gives to administrators of payments in production.
fn terms_with(more: &str) -> Terms {
    let directory = organization();
    let (account, set) = of_name(&directory, "payments-production", "Administrator");
    entitlement(&example_with(more), &directory, &account, &set).unwrap().terms.as_ref().clone()
}

#[test]
fn each_setting_is_inherited_on_its_own_and_says_where_it_comes_from() {
    let terms = terms_with("");
    let line = |origin: &Origin| (origin.file.clone(), origin.line);
    assert_eq!(terms.policy.value, "production");
    assert_eq!(terms.max_duration.value.to_string(), "PT1H");
    assert_eq!(terms.risk.value, Risk::Critical);
    assert_eq!(terms.emergency_policy.as_ref().unwrap().value, "break-glass");
    assert_ne!(line(&terms.policy.origin), line(&terms.risk.origin));
    assert_eq!(line(&terms.strategy.origin), ("access.toml".to_owned(), 5), "from the default");
    assert!(terms.ambiguous.is_empty());
}

#[test]
fn entitlement_is_over_account_over_near_unit_over_far_unit_over_permission_set_over_default() {
    // From the least specific to the most; each is added before the others, since order must not matter.
    let ladder = [
        "permission_set = \"Admin*\"",
        "permission_set = \"Administrator\"",
        "unit = \"/**\"",
        "unit = \"/**\", permission_set = \"Administrator\"",
        "unit = \"/Workloads/**\"",
        "unit = \"/*/*/**\"",
        "unit = \"/Workloads/Production/**\"",
        "unit = \"/Workloads/*\"",
        "unit = \"/Workloads/Production\"",
        "unit = \"/Workloads/Production\", permission_set = \"Administrator\"",
        "account = \"payments-*\"",
        "tags = { team = \"payments\" }, permission_set = \"Administrator\"",
        "tags = { team = \"payments\" }, unit = \"/Workloads/**\"",
        "account = \"payments-production\"",
        "account = \"000000000000\", permission_set = \"Admin*\"",
        "account = \"000000000000\", permission_set = \"Administrator\"",
    ];
    let mut text = String::new();
    for (n, on) in ladder.iter().enumerate() {
        let minutes = n + 10;
        text.insert_str(0, &format!("[[access]]\non = {{ {on} }}\nmax_duration = \"PT{minutes}M\"\n"));
        // The example has equally specific controls of its own, which these replace.
        let mut model = example_with(&text);
        model.access.retain(|control| control.on.is_none() || control.origin.file == "more.toml");
        let directory = organization();
        let (account, set) = of_name(&directory, "payments-production", "Administrator");
        let terms = terms(&model, &directory, &account, &set).unwrap();
        assert_eq!(terms.max_duration.value.to_string(), format!("PT{minutes}M"), "{on}");
        assert!(terms.ambiguous.is_empty());
    }
}

#[test]
fn emergency_access_can_be_switched_off_and_two_equals_never_win() {
    assert!(
        terms_with("[[access]]\non = { account = \"payments-production\" }\nemergency = false")
            .emergency_policy
            .is_none()
    );
    let two = "[[access]]\non = { account = \"payments-production\" }\nrisk = \"low\"\n\
               [[access]]\non = { account = \"000000000000\" }\nrisk = \"high\"";
    let ambiguous = terms_with(two).ambiguous;
    assert_eq!((ambiguous.len(), ambiguous[0].setting, ambiguous[0].origins.len()), (1, "risk", 2));
    let more_specific = "\n[[access]]\non = { account = \"000000000000\", permission_set = \"*\" }\nrisk = \"medium\"";
    assert!(terms_with(&(two.to_owned() + more_specific)).ambiguous.is_empty(), "something above both settles it");
}

#[test]
fn people_see_what_their_catalogs_select_and_nobody_else_does() {
    let (model, mut directory) = (example_with(""), organization());
    let named = |directory: &Directory, name| directory.user_named(name).unwrap().0.clone();
    let femi = named(&directory, "femi");
    let prod = of_name(&directory, "payments-production", "Administrator");
    let data = of_name(&directory, "data-production", "DatabaseOperator");
    let sees = |directory: &Directory, user: &UserId, which: &Which| {
        let one = entitlement(&model, directory, &which.0, &which.1).unwrap();
        let seen = super::sees(&model, directory, user, &one);
        assert_eq!(
            entitlements_seen(&model, directory, user, Part { from: Some(&which.0), most: 1, words: &[] })
                .contains_key(which),
            seen
        );
        seen
    };
    assert!(sees(&directory, &femi, &prod) && !sees(&directory, &femi, &data));
    assert!(sees(&directory, &named(&directory, "ines"), &data));
    let stranger = user(999);
    let sandbox = of_name(&directory, "sandbox", "Administrator");
    assert!(sees(&directory, &femi, &sandbox) && !sees(&directory, &stranger, &sandbox), "everybody is who is known");
    directory.users.get_mut(&femi).unwrap().enabled = false;
    assert!(!sees(&directory, &femi, &prod) && !sees(&directory, &femi, &sandbox));
    let (account, billing) = of_name(&directory, "sandbox", "Billing");
    assert!(entitlement(&model, &directory, &account, &billing).is_none(), "in no catalog");
}

#[test]
fn a_new_account_brings_its_entitlements_by_rule() {
    let (model, mut directory) = (example_with(""), organization());
    let mut new = directory.accounts.values().find(|account| account.name == "data-development").unwrap().clone();
    new.name = "data-development-2".to_owned();
    let before = entitlements(&model, &directory).len();
    directory.accounts.insert(account(500), new);
    assert_eq!(entitlements(&model, &directory).len(), before + 3, "ReadOnly, Developer, Administrator");
}

/// An organisation of this size: 10 OUs below 10 OUs.
fn large(accounts: usize, sets: usize) -> Directory {
    let mut directory = organization();
    let (any_account, any_set) = (
        directory.accounts.values().next().unwrap().clone(),
        directory.permission_sets.values().next().unwrap().clone(),
    );
    for n in 0..110 {
        let parent = if n < 10 { directory.units.keys().last().unwrap().clone() } else { unit(1_000 + n % 10) };
        directory.units.insert(unit(1_000 + n), OrgUnit { name: format!("u{n}"), parent: Some(parent) });
    }
    for n in 1_000..1_000 + accounts {
        let mut new = any_account.clone();
        (new.name, new.unit) = (format!("account-{n}"), unit(1_010 + n % 100));
        new.tags.insert("team".to_owned(), format!("t{}", n % 50));
        directory.accounts.insert(account(n), new);
    }
    for n in 100..100 + sets {
        let mut new = any_set.clone();
        new.name = format!("set-{n}");
        directory.permission_sets.insert(permission_set(n), new);
    }
    directory.groups.insert(group(900), Group { name: "staff".to_owned() });
    directory
}

#[test]
fn a_hundred_thousand_entitlements_are_found_and_share_their_terms() {
    let mut more = "[catalog.large]\ndescription = \"x\"\nvisible_to = { everybody = true }\nentitlements = [{ unit = \"/**\" }]\n".to_owned();
    for n in 0..300 {
        let team = n % 50;
        let _ = write!(
            more,
            "[[access]]\non = {{ tags = {{ team = \"t{team}\" }}, permission_set = \"set-{}\" }}\nrisk = \"high\"\n",
            100 + n / 2
        );
    }
    let (model, directory) = (example_with(&more), large(492, 194));
    let started = std::time::Instant::now();
    let found = entitlements(&model, &directory);
    assert_eq!(found.len(), 100_000);
    let terms: BTreeSet<_> = found.values().map(|entitlement| Arc::as_ptr(&entitlement.terms)).collect();
    assert!(terms.len() < 1_000, "{} different terms", terms.len());
    println!("100,000 entitlements, 300 access controls: {:?}", started.elapsed());
}

proptest! {
    /// The fast way over everything finds what asking one by one finds.
    #[test]
    fn all_at_once_is_one_by_one(selectors in proptest::collection::vec(selector(), 1..6), rules in proptest::collection::vec((selector(), 1u8..60), 0..6)) {
        let mut model = example_with("");
        let any = model.catalogs.values().next().unwrap().clone();
        for (n, selector) in selectors.into_iter().enumerate() {
            let catalog = crate::model::Catalog { entitlements: vec![selector], ..any.clone() };
            model.catalogs.insert(format!("c{n}"), catalog);
        }
        for (n, (on, minutes)) in rules.into_iter().enumerate() {
            let mut control = model.access[0].clone();
            control.max_duration = curfew_domain::time::AccessDuration::from_seconds(i64::from(minutes) * 60).ok();
            (control.on, control.origin.line) = (Some(on), 1_000 + n);
            model.access.push(control);
        }
        let directory = organization();
        let all = entitlements(&model, &directory);
        for account in directory.accounts.keys() {
            for set in directory.permission_sets.keys() {
                let one = entitlement(&model, &directory, account, set);
                let key = (account.clone(), set.clone());
                prop_assert_eq!(format!("{:?}", all.get(&key)), format!("{:?}", one.as_ref()));
            }
        }
    }
}

fn selector() -> impl Strategy<Value = Selector> {
    let pattern = |texts: &'static [&'static str]| proptest::option::of(proptest::sample::select(texts));
    let parts = (
        pattern(&["/**", "/Workloads/**", "/Workloads/*", "/Security", "/*/Production/**"]),
        pattern(&["sandbox", "payments-*", "000000000003", "*"]),
        pattern(&["payments", "dat*", "security"]),
        pattern(&["ReadOnly", "*Admin*", "D*", "*"]),
    );
    parts.prop_map(|(unit, account, team, set)| {
        let pattern = |text: Option<&str>| text.map(|text| Pattern::parse(text).unwrap());
        let origin = Origin { file: "x".to_owned(), line: 1, column: 1 };
        let tags = pattern(team).map(|team| ("team".to_owned(), team)).into_iter().collect();
        Selector { unit: pattern(unit), account: pattern(account), tags, permission_set: pattern(set), origin }
    })
}

#[test]
fn a_bundle_of_the_example_has_one_version() {
    let bundle = Bundle::new(crate::fixture::example()).unwrap();
    assert_eq!(Bundle::from_json(&bundle.to_json()).unwrap().version(), bundle.version());
}
