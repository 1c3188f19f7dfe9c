//! Three set-ups as their owners expect them, and changes to them that their expectations find.

use super::tools::{changed, run, set_ups};

const SET_UPS: [&str; 3] = ["start-up", "company", "bank"];

#[test]
fn each_set_up_is_valid_and_meets_its_expectations() {
    for name in SET_UPS {
        let folder = set_ups().join(name);
        let (folder, directory) = (folder.to_str().unwrap(), folder.join("directory.json"));
        let directory = ["--directory", directory.to_str().unwrap()];
        let checked = run(&[&["config", "check", folder, "--json"], &directory[..]].concat()).ended(0).json();
        let problems = checked["problems"].as_array().unwrap();
        assert_eq!(checked["valid"], true, "{name}");
        // The bank forbids what none of its flows does, for those that will be written: Cedar warns of that, twice.
        let expected = if name == "bank" { 2 } else { 0 };
        assert_eq!(problems.len(), expected, "{name}: {problems:?}");
        let tested = run(&[&["config", "test", folder], &directory[..]].concat()).ended(0);
        assert!(tested.out.contains(" 0 not"), "{name}: {}", tested.out);
    }
}

/// Set-up, file, what is there, what is put instead, and the expectation that is no longer met.
const CHANGES: [(&str, &str, &str, &str, &str); 14] = [
    (
        "start-up",
        "rules.cedar",
        r#"action == Curfew::Action::"colleague", resource)"#,
        "action, resource)",
        "in production a colleague agrees, never the requester",
    ),
    (
        "start-up",
        "rules.cedar",
        "context.duration <= duration(\"2h\")",
        "true",
        "nobody is in production for longer than two hours, except to read",
    ),
    (
        "start-up",
        "curfew.toml",
        "justification_pattern = \"(?s)INC-[0-9]+ .*\"",
        "",
        "an incident without a number is none",
    ),
    (
        "start-up",
        "curfew.toml",
        "emergency = false\nmax_duration = \"PT8H\"\nrisk = \"medium\"",
        "max_duration = \"PT8H\"\nrisk = \"medium\"",
        "there are no emergencies below production",
    ),
    (
        "start-up",
        "curfew.toml",
        "facts_max_age = \"PT1H\"",
        "facts_max_age = \"PT2H\"",
        "when the directory is too old, nothing is given",
    ),
    (
        "company",
        "guardrails.cedar",
        "@id(\"contractors-never-at-once\")\nforbid (principal, action in Curfew::Action::\"automaticFlow\"",
        "@id(\"contractors-never-at-once\")\nforbid (principal, action == Curfew::Action::\"on-call\"",
        "contractors ask their manager, even in development",
    ),
    (
        "company",
        "access.toml",
        "on = { unit = \"/Workloads/Production/EU/**\" }",
        "on = { unit = \"/Workloads/Production/US/**\" }",
        "in Europe for two hours at most: the nearer OU wins",
    ),
    (
        "company",
        "guardrails.cedar",
        "resource.account.getTag(\"data\") == \"personal\"",
        "resource.account.getTag(\"data\") == \"Personal\"",
        "personal data takes an owner and somebody of security, and a ticket",
    ),
    (
        "company",
        "guardrails.cedar",
        "context.activePermissionSets.contains(Curfew::PermissionSet::\"Deployer\")",
        "context.activeCount > 5",
        "who releases does not audit",
    ),
    (
        "company",
        "flows.toml",
        "until = 2026-12-01T08:00:00Z",
        "until = 2026-11-01T08:00:00Z",
        "who is on call does not wait",
    ),
    (
        "company",
        "settings.toml",
        "time_zone = \"Europe/Madrid\"",
        "time_zone = \"America/New_York\"",
        "night begins at eight in Madrid",
    ),
    ("bank", "rules.cedar", "10.0.0.0/8", "0.0.0.0/0", "not from outside"),
    ("bank", "settings.toml", "quorum = 2", "quorum = 1", "changes of the core take six eyes"),
    (
        "bank",
        "rules.cedar",
        "forbid (principal, action == Curfew::Action::\"four-eyes\", resource)",
        "forbid (principal, action == Curfew::Action::\"emergency-eyes\", resource)",
        "changes of the core take six eyes",
    ),
];

#[test]
fn a_change_that_matters_breaks_the_expectation_that_names_it() {
    for (set_up, file, from, to, expectation) in CHANGES {
        let folder = changed(set_up, &[(file, from, to)]);
        let directory = folder.0.join("directory.json");
        let ran = run(&["config", "test", folder.path(), "--json", "--directory", directory.to_str().unwrap()]);
        let tested = ran.ended(1).json();
        let failed: Vec<&str> = tested["expectations"]
            .as_array()
            .unwrap_or_else(|| panic!("{set_up} {to}: {tested}"))
            .iter()
            .filter(|one| one["passed"] == false)
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        assert!(failed.contains(&expectation), "{set_up} {file} {to}: {failed:?}");
    }
}
