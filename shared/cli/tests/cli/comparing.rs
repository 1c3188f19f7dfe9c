//! `plan`, `simulate`, `diff`: what a change means.

use std::time::{Duration, Instant};

use serde_json::json;

use super::tools::{Temporary, changed, golden, run, set_ups};

fn base(name: &str) -> (String, String) {
    let folder = set_ups().join(name);
    (folder.to_str().unwrap().to_owned(), folder.join("directory.json").to_str().unwrap().to_owned())
}

#[test]
fn a_plan_tells_who_gains_who_loses_and_who_no_longer_waits() {
    let (old, directory) = base("company");
    let new = changed(
        "company",
        &[
            (
                "catalogs.toml",
                "visible_to = { groups = [\"auditors\", \"ledger\"] }",
                "visible_to = { groups = [\"auditors\", \"security\"] }",
            ),
            (
                "permits.cedar",
                "resource in Curfew::OrgUnit::\"/Workloads/Development\"",
                "resource in Curfew::OrgUnit::\"/Workloads\"",
            ),
            (
                "guardrails.cedar",
                "@id(\"contractors-never-at-once\")\nforbid (principal, action in Curfew::Action::\"automaticFlow\", resource)",
                "@id(\"contractors-never-at-once\")\nforbid (principal, action == Curfew::Action::\"on-call\", resource)",
            ),
            ("flows.toml", "flows = [\"manager\", \"two-people\"]", "flows = [\"two-people\"]"),
        ],
    );
    let plan = ["config", "plan", new.path(), "--against", &old, "--directory", &directory];
    golden("plan.txt", &run(&plan).ended(0).out);
    golden("plan.md", &run(&[&plan[..], &["--markdown"]].concat()).ended(0).out);
    let told = run(&[&plan[..], &["--json"]].concat()).ended(0).json();
    let meanings: Vec<&str> =
        told["comparison"]["differences"].as_array().unwrap().iter().map(|d| d["meaning"].as_str().unwrap()).collect();
    for meaning in ["gained", "lost", "newly_automatic", "steps_added"] {
        assert!(meanings.contains(&meaning), "{meaning}: {meanings:?}");
    }
    let same = run(&["config", "plan", &old, "--against", &old, "--directory", &directory]).ended(0);
    assert!(same.out.contains("Nobody gains or loses anything"), "{}", same.out);
}

fn request(id: usize, user: usize, account: &str, set: usize, verdict: &serde_json::Value) -> String {
    json!({
        "id": format!("019ab2c3-0000-7000-8000-{id:012}"),
        "requester": format!("00000000-0000-4000-8000-{user:012}"),
        "account": account,
        "permission_set": format!("arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-{set:016}"),
        "duration": "PT1H",
        "justification": "as before",
        "emergency": false,
        "submitted_at": "2026-11-20T10:00:00Z",
        "verdict": verdict,
    })
    .to_string()
}

#[test]
fn past_requests_are_judged_again() {
    let (old, directory) = base("start-up");
    let new = changed(
        "start-up",
        &[("rules.cedar", "context.duration <= duration(\"2h\")", "context.duration <= duration(\"30m\")")],
    );
    let lines = [
        request(1, 3, "100000000112", 3, &json!({ "outcome": "needs_approval", "flow": "colleague" })),
        request(2, 3, "100000000334", 3, &json!({ "outcome": "approved", "flow": "automatic" })),
    ];
    let requests = Temporary::new();
    let file = requests.write("requests.jsonl", &lines.join("\n"));
    let simulate = ["config", "simulate", new.path(), "--requests", &file, "--directory", &directory];
    golden("simulate.md", &run(&[&simulate[..], &["--against", &old, "--markdown"]].concat()).ended(0).out);
    // Without another configuration, with what was decided then.
    let told = run(&[&simulate[..], &["--json"]].concat()).ended(0).json();
    let otherwise: Vec<bool> =
        told["requests"].as_array().unwrap().iter().map(|r| r["otherwise"].as_bool().unwrap()).collect();
    assert_eq!(otherwise, [true, false], "{told}");
    let broken = requests.write("broken.jsonl", "{}\nnot json\n");
    let ran = run(&["config", "simulate", new.path(), "--requests", &broken, "--directory", &directory]).ended(2);
    assert!(ran.err.contains("broken.jsonl:1:") && ran.err.contains("broken.jsonl:2:"), "{}", ran.err);
}

/// 12,000 people × 10,000 entitlements, by kinds: all pairs one by one would take hours.
#[test]
fn a_large_organisation_is_compared_by_kinds() {
    let large = changed("start-up", &[]);
    let text = std::fs::read_to_string(large.0.join("directory.json")).unwrap();
    let mut directory: serde_json::Value = serde_json::from_str(&text).unwrap();
    for n in 100..12_100 {
        directory["users"].as_array_mut().unwrap().push(json!({
            "id": format!("00000000-0000-4000-8000-{n:012}"), "name": format!("person-{n}@example.com"),
            "display_name": "Somebody", "enabled": true, "manager": 0, "groups": [n % 2],
        }));
    }
    for n in 0..2_500 {
        directory["accounts"].as_array_mut().unwrap().push(json!({
            "id": format!("2{n:011}"), "name": format!("account-{n}"), "unit": "r-ab12", "active": true,
        }));
    }
    let file = large.write("directory.json", &directory.to_string());
    let (old, _) = base("start-up");
    let begun = Instant::now();
    std::fs::write(
        large.0.join("more.cedar"),
        "permit (principal, action == Curfew::Action::\"automatic\", resource);",
    )
    .unwrap();
    let told =
        run(&["config", "plan", large.path(), "--against", &old, "--directory", &file, "--json"]).ended(0).json();
    assert!(begun.elapsed() < Duration::from_mins(4), "{:?}", begun.elapsed());
    let kinds = told["comparison"]["kinds"].as_u64().unwrap();
    assert!((1..500).contains(&kinds), "{kinds} kinds");
}

#[test]
fn folders_are_compared_line_by_line() {
    let (old, _) = base("start-up");
    let new = changed("start-up", &[("curfew.toml", "facts_max_age = \"PT1H\"", "facts_max_age = \"PT2H\"")]);
    let ran = run(&["config", "diff", &old, new.path()]).ended(0);
    assert!(ran.out.contains("-facts_max_age = \"PT1H\"\n+facts_max_age = \"PT2H\""), "{}", ran.out);
}
