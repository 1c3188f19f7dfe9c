//! `curfew config test`: expectations of verdicts, with a report like a test runner's.

mod expectation;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_policy::directory::Directory;
use curfew_policy::evaluator::Configuration;
use curfew_policy::explain::{Explanation, StepShown};
use curfew_policy::judge::{Facts, Wish};
use curfew_policy::model::Circumstances;
use curfew_policy::offers::Prospect;
use serde_json::{Value, json};

use self::expectation::{Case, Expected, File, StepExpected};
use super::sources;
use crate::answer::{Answer, Done, Failure, GREEN, PLAIN, RED};
use crate::arguments::Check;
use crate::files::Folder;
use crate::{names, problems};

/// Tries every expectation of `tests/*.toml`.
pub(super) fn run(given: &Check) -> Result<Answer, Failure> {
    let folder = Folder::read(&given.folder)?;
    if folder.expectations.is_empty() {
        let hint = "write what you expect into `tests/<name>.toml` below it";
        return Err(Failure::usage(format!("`{}` has no expectations; {hint}", given.folder.display())));
    }
    let files =
        expectation::read(&folder.expectations).map_err(|wrong| problems::invalid(wrong, &folder.expectations))?;
    let loaded = sources::load(folder.bundle)?;
    let organisation = sources::required(&given.known)?;
    let mut runner = Runner { configuration: &loaded.configuration, directory: organisation.directory };
    let tried: Vec<Tried> = files.iter().flat_map(|file| runner.file(file)).collect();
    Ok(report(&loaded.configuration, &tried))
}

/// One person, one entitlement, one expectation.
struct Tried {
    file: String,
    line: usize,
    name: String,
    asked: String,
    /// What departs from the expectation; nothing where it is met.
    wrong: Vec<String>,
    /// What the configuration says, and why.
    found: Vec<String>,
}

struct Runner<'a> {
    configuration: &'a Configuration,
    directory: Directory,
}

impl Runner<'_> {
    fn file(&mut self, file: &File) -> Vec<Tried> {
        let mut tried = Vec::new();
        for case in &file.cases {
            for user in &case.users {
                for entitlement in &case.entitlements {
                    tried.push(self.case(file, case, user, entitlement));
                }
            }
        }
        tried
    }

    fn case(&mut self, file: &File, case: &Case, user: &str, entitlement: &str) -> Tried {
        let at = case.at.or(file.at).unwrap_or(self.directory.taken_at);
        let emergency = if case.emergency { ", as an emergency" } else { "" };
        let asked = format!("{user} asks for {entitlement} for {} at {at}{emergency}", case.duration);
        let (wrong, found) = match self.explanation(case, user, entitlement, at) {
            Ok(explanation) => (departures(&case.expected, &explanation), told(&explanation)),
            Err(Failure::Usage(why)) => (vec![why], Vec::new()),
            Err(_) => (vec!["it could not be tried".to_owned()], Vec::new()),
        };
        Tried { file: file.path.clone(), line: case.line, name: case.name.clone(), asked, wrong, found }
    }

    fn explanation(
        &mut self,
        case: &Case,
        user: &str,
        entitlement: &str,
        at: Timestamp,
    ) -> Result<Explanation, Failure> {
        let requester = names::user(&self.directory, user)?;
        let (account, permission_set) = names::entitlement(&self.directory, entitlement)?;
        let active = case.active.iter().map(|written| names::entitlement(&self.directory, written));
        let circumstances = Circumstances {
            channel: case.channel.clone(),
            source_address: case.source_address.clone(),
            mfa: case.mfa,
            active: active.collect::<Result<_, _>>()?,
            review_overdue: if case.review_overdue { [requester.clone()].into() } else { BTreeSet::new() },
        };
        // Expectations are about what is in the directory, not about its age, unless they say so.
        let age = case.directory_age.unwrap_or(SignedDuration::ZERO);
        let taken_at = at.checked_sub(age).map_err(|error| Failure::usage(format!("`directory_age`: {error}")))?;
        let saved = std::mem::replace(&mut self.directory.taken_at, taken_at);
        let facts = Facts { directory: &self.directory, circumstances: &circumstances, now: at };
        let wish = Wish {
            requester: &requester,
            account: &account,
            permission_set: &permission_set,
            duration: case.duration,
            justification: Some(&case.justification),
            ticket: case.ticket.as_deref(),
            emergency: case.emergency,
        };
        let explanation = self.configuration.explain(&facts, &wish);
        self.directory.taken_at = saved;
        Ok(explanation)
    }
}

fn told(explanation: &Explanation) -> Vec<String> {
    std::iter::once(explanation.prospect.to_string()).chain(explanation.why.iter().cloned()).collect()
}

/// Everything that is not as expected.
fn departures(expected: &Expected, found: &Explanation) -> Vec<String> {
    let mut wrong = Vec::new();
    let (outcome, flow) = match &found.prospect {
        Prospect::Denied { .. } => ("denied", None),
        Prospect::Automatic { flow, .. } => ("automatic", Some(flow)),
        Prospect::Approval { flow, .. } => ("approval", Some(flow)),
    };
    if outcome != expected.outcome.name() {
        wrong.push(format!("expected {}, found {outcome}", expected.outcome.name()));
    }
    if let Some(wanted) = expected.flow.as_ref().filter(|wanted| flow != Some(*wanted)) {
        let found = flow.map_or("none", String::as_str);
        wrong.push(format!("expected flow {wanted}, found {found}"));
    }
    if let Some(wanted) = &expected.because
        && !found.why.iter().any(|why| why.contains(wanted))
    {
        wrong.push(format!("expected a reason with `{wanted}`"));
    }
    if let Some(wanted) = &expected.steps {
        wrong.extend(step_departures(wanted, &way(&found.steps)));
    }
    wrong
}

/// The steps that follow one another when everybody answers in time.
fn way(steps: &[StepShown]) -> Vec<&StepShown> {
    std::iter::successors(steps.first(), |step| steps.get(step.then?.checked_sub(1)?)).collect()
}

fn step_departures(wanted: &[StepExpected], found: &[&StepShown]) -> Vec<String> {
    let mut wrong = Vec::new();
    if wanted.len() != found.len() {
        wrong.push(format!("steps: expected {}, found {}", wanted.len(), found.len()));
    }
    for (at, (wanted, found)) in wanted.iter().zip(found).enumerate() {
        let step = at + 1;
        if let Some(name) = wanted.name.as_ref().filter(|name| **name != found.name) {
            wrong.push(format!("step {step}: expected `{name}`, found `{}`", found.name));
        }
        if let Some(quorum) = wanted.quorum.filter(|quorum| *quorum != found.quorum) {
            wrong.push(format!("step {step}: expected {quorum} approvals, found {}", found.quorum));
        }
        let people: BTreeSet<&String> = found.approvers.iter().collect();
        if let Some(approvers) =
            wanted.approvers.as_ref().filter(|wanted| wanted.iter().collect::<BTreeSet<_>>() != people)
        {
            let list = |people: &mut dyn Iterator<Item = &String>| people.cloned().collect::<Vec<_>>().join(", ");
            wrong.push(format!(
                "step {step}: expected approvers {}, found {}",
                list(&mut approvers.iter()),
                list(&mut people.into_iter())
            ));
        }
    }
    wrong
}

fn report(configuration: &Configuration, tried: &[Tried]) -> Answer {
    let mut by_file: BTreeMap<&str, BTreeMap<(usize, &str), Vec<&Tried>>> = BTreeMap::new();
    for one in tried {
        by_file.entry(&one.file).or_default().entry((one.line, &one.name)).or_default().push(one);
    }
    let mut text = String::new();
    for (file, cases) in &by_file {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{file}");
        for ((line, name), tried) in cases {
            let failed: Vec<&&Tried> = tried.iter().filter(|one| !one.wrong.is_empty()).collect();
            let many = if tried.len() == 1 { String::new() } else { format!(" ({})", tried.len()) };
            if failed.is_empty() {
                let _ = writeln!(text, "  {GREEN}ok{PLAIN}    {name}{many}");
                continue;
            }
            let _ = writeln!(text, "  {RED}FAIL{PLAIN}  {name}{many}");
            for one in failed {
                let _ = writeln!(text, "        {file}:{line}: {}", one.asked);
                one.wrong.iter().for_each(|wrong| {
                    let _ = writeln!(text, "          {wrong}");
                });
                one.found.iter().for_each(|found| {
                    let _ = writeln!(text, "          | {found}");
                });
            }
        }
    }
    let failed = tried.iter().filter(|one| !one.wrong.is_empty()).count();
    let version = configuration.version();
    let _ = writeln!(text, "\nConfiguration {version}: {} as expected, {failed} not", tried.len() - failed);
    let one = |one: &Tried| -> Value {
        json!({
            "file": one.file,
            "line": one.line,
            "name": one.name,
            "asked": one.asked,
            "passed": one.wrong.is_empty(),
            "departures": one.wrong,
            "found": one.found,
        })
    };
    let json = json!({
        "configuration": version.as_str(),
        "passed": tried.len() - failed,
        "failed": failed,
        "expectations": tried.iter().map(one).collect::<Vec<_>>(),
    });
    Answer::new(Done::found(failed > 0), text, &json)
}
