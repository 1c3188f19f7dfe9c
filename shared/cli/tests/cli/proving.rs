//! `prove`: invariants, with the solver and without.

use super::tools::{Ran, run, set_ups};
#[cfg(feature = "prove")]
use super::tools::{changed, curfew};

/// A folder, proven against its own directory.
fn prove(folder: &str, directory_of: &str) -> Ran {
    let directory = set_ups().join(directory_of).join("directory.json");
    run(&["config", "prove", folder, "--directory", directory.to_str().unwrap()])
}

#[test]
#[cfg(not(feature = "prove"))]
fn without_proofs_a_line_says_how_to_get_them_and_nothing_counts_as_proven() {
    let company = set_ups().join("company");
    let ran = prove(company.to_str().unwrap(), "company").ended(1);
    let how = "build it with `cargo install --path shared/cli --features prove`";
    assert!(ran.out.contains(how) && ran.out.contains("0 proven, 1 not"), "{}", ran.out);
}

/// Whether cvc5 can be found; says so where it cannot.
#[cfg(feature = "prove")]
fn solver() -> bool {
    let found = std::process::Command::new("cvc5").arg("--version").output().is_ok_and(|it| it.status.success());
    if !found {
        eprintln!("skipped: no cvc5 on the search path (`apt-get install cvc5`)");
    }
    found
}

#[test]
#[cfg(feature = "prove")]
fn the_invariants_of_each_set_up_are_proven() {
    if !solver() {
        return;
    }
    for name in ["start-up", "company", "bank"] {
        let ran = prove(set_ups().join(name).to_str().unwrap(), name).ended(0);
        assert!(ran.out.contains("\n2 proven, 0 not"), "{name}: {}", ran.out);
    }
}

#[test]
#[cfg(feature = "prove")]
fn an_invariant_that_does_not_hold_is_shown_with_somebody_who_breaks_it() {
    if !solver() {
        return;
    }
    // Only on call is closed to contractors now.
    let guardrail = "forbid (principal, action in Curfew::Action::\"automaticFlow\"";
    let changes = [("guardrails.cedar", guardrail, "forbid (principal, action == Curfew::Action::\"on-call\"")];
    let ran = prove(changed("company", &changes).path(), "company").ended(1);
    let violated = ran.out.find("violated  no contractor is ever approved at once in production");
    let shown = &ran.out[violated.unwrap_or_else(|| panic!("{}", ran.out))..];
    for part in [
        "flow automatic is open to some user",
        "employment = Employment \"contractor\"",
        "tags environment = \"production\"",
        "permitted by ",
    ] {
        assert!(shown.contains(part), "no `{part}`: {shown}");
    }
    // What nothing can ever be in the scope of is no proof.
    let never = ("invariants/contractors.cedar", "principal.employment == Curfew::Employment::\"contractor\"", "false");
    let ran = prove(changed("company", &[never]).path(), "company").ended(1);
    assert!(ran.out.contains("vacuous   no contractor"), "{}", ran.out);
}

#[test]
#[cfg(feature = "prove")]
fn without_a_solver_a_line_says_how_to_install_one() {
    let company = set_ups().join("company");
    let mut command = curfew(&["config", "prove", company.to_str().unwrap()]);
    let ran = Ran::from(command.env("PATH", "/nowhere").output().unwrap()).ended(1);
    assert!(ran.out.contains("install one with `apt-get install cvc5`"), "{}", ran.out);
}
