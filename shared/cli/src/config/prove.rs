//! `curfew config prove`: the static checks, and proofs of invariants that administrators wrote down.
//!
//! An invariant is a Cedar policy in `invariants/*.cedar` that is not enforced but must hold of everything that could be
//! asked: a `forbid` says that nothing in its scope is ever allowed, a `permit` that everything in its scope always is.

#[cfg(feature = "prove")]
mod assumed;
#[cfg(feature = "prove")]
mod counterexample;
#[cfg(feature = "prove")]
mod solver;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use curfew_policy::problem::Problem;
use serde::Serialize;
use serde_json::json;

use super::sources::{self, Loaded};
use crate::answer::{Answer, Done, Failure, GREEN, PLAIN, RED};
use crate::arguments::Prove;
use crate::files::Folder;
use crate::problems;

/// What was found out about one invariant.
#[derive(Debug, Serialize)]
struct Proof {
    /// `@id`, or file and place.
    name: String,
    #[serde(flatten)]
    finding: Finding,
}

/// Whether an invariant holds.
#[derive(Debug, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
#[cfg_attr(not(feature = "prove"), expect(dead_code, reason = "only a solver finds most of them"))]
enum Finding {
    /// It holds for every person, entitlement and circumstance.
    Proven,
    /// It holds because nothing can ever be in its scope: most likely not what is meant.
    Vacuous,
    /// It does not hold.
    Violated {
        /// For each flow, an example for a person to read.
        examples: Vec<String>,
    },
    /// Nobody knows: counts as not holding.
    Unknown {
        /// Why.
        reason: String,
    },
}

/// Checks what needs no solver, and proves what does. What is not proven is a problem, whatever the reason.
pub(super) fn run(given: &Prove) -> Result<Answer, Failure> {
    let folder = Folder::read(&given.folder)?;
    let invariants = folder.invariants;
    let loaded = sources::load(folder.bundle)?;
    let organisation = sources::organisation(&given.known)?;
    let mut found = loaded.warnings.clone();
    if let Some(organisation) = &organisation {
        found.extend(loaded.configuration.check(&organisation.directory));
        found.sort();
        found.dedup();
    }
    let proofs = if invariants.is_empty() { Vec::new() } else { proofs(given.cvc5.as_deref(), &loaded, &invariants)? };
    Ok(report(&loaded, &found, organisation.is_some(), &proofs))
}

#[cfg(feature = "prove")]
fn proofs(named: Option<&Path>, loaded: &Loaded, invariants: &BTreeMap<String, String>) -> Result<Vec<Proof>, Failure> {
    match found(named) {
        Some(program) => solver::prove(&program, loaded, invariants),
        None => Ok(unproven(
            invariants,
            "no cvc5 solver was found; install one with `apt-get install cvc5` or `brew install cvc5/cvc5/cvc5`, or name it \
             in `CVC5`",
        )),
    }
}

#[cfg(not(feature = "prove"))]
#[expect(clippy::unnecessary_wraps, reason = "a solver can fail")]
fn proofs(_: Option<&Path>, _: &Loaded, invariants: &BTreeMap<String, String>) -> Result<Vec<Proof>, Failure> {
    let build =
        "this `curfew` was built without proofs; build it with `cargo install --path shared/cli --features prove`";
    Ok(unproven(invariants, build))
}

fn unproven(invariants: &BTreeMap<String, String>, reason: &str) -> Vec<Proof> {
    let one = |path: &String| Proof { name: path.clone(), finding: Finding::Unknown { reason: reason.to_owned() } };
    invariants.keys().map(one).collect()
}

/// The solver that was named, or that of the search path.
#[cfg(feature = "prove")]
fn found(named: Option<&Path>) -> Option<std::path::PathBuf> {
    let name = named.unwrap_or(Path::new("cvc5"));
    if name.components().count() > 1 {
        return name.is_file().then(|| name.to_owned());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn report(loaded: &Loaded, problems: &[Problem], organised: bool, proofs: &[Proof]) -> Answer {
    let mut text = problems::render(problems, loaded.bundle.files());
    if !organised {
        text.push_str("People, names and selections were not checked: give `--directory FILE` or `--url`.\n");
    }
    if proofs.is_empty() {
        text.push_str("No invariants: write them as Cedar policies into `invariants/<name>.cedar` in the folder.\n");
    }
    for Proof { name, finding } in proofs {
        // Writing to a String cannot fail.
        let _ = match finding {
            Finding::Proven => writeln!(text, "{GREEN}proven{PLAIN}    {name}"),
            Finding::Vacuous => {
                writeln!(text, "{RED}vacuous{PLAIN}   {name}: nothing can ever be in its scope; is it misspelt?")
            }
            Finding::Unknown { reason } => writeln!(text, "{RED}unproven{PLAIN}  {name}: {reason}"),
            Finding::Violated { examples } => {
                let lines = examples.iter().flat_map(|example| example.lines()).map(|line| format!("    {line}"));
                writeln!(text, "{RED}violated{PLAIN}  {name}\n{}", lines.collect::<Vec<_>>().join("\n"))
            }
        };
    }
    let wrong = problems.iter().any(Problem::is_error);
    let unproven = proofs.iter().filter(|proof| !matches!(proof.finding, Finding::Proven)).count();
    if !proofs.is_empty() {
        let _ = writeln!(text, "\n{} proven, {unproven} not", proofs.len() - unproven);
    }
    let json = json!({
        "version": loaded.configuration.version().as_str(),
        "problems": problems::json(problems),
        "invariants": proofs,
    });
    Answer::new(Done::found(wrong || unproven > 0), text, &json)
}
