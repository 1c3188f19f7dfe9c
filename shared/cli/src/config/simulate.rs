//! `curfew config simulate`: past requests, and people × entitlements, under a folder.

mod recorded;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use curfew_policy::directory::Directory;
use curfew_policy::evaluator::Configuration;
use curfew_policy::explain::Explanation;
use curfew_policy::judge::{Facts, Wish};
use serde_json::{Value, json};

use self::recorded::{Past, Recorded};
use super::compare::{self, Meaning, Page};
use super::explain::nothing_special;
use super::matrix::Fate;
use super::plan;
use super::sources::{self, Loaded};
use crate::answer::{Answer, Failure, progress};
use crate::arguments::Simulate;
use crate::files::Folder;
use crate::names;

/// Between two words on progress.
const TELL_EVERY: usize = 100;

/// Runs a folder over past requests, and over people × entitlements against what it is compared with.
pub(super) fn run(given: &Simulate) -> Result<Answer, Failure> {
    let after = sources::load(Folder::read(&given.folder)?.bundle)?;
    let mut organisation = sources::required(&given.known)?;
    let look = &given.look;
    let recorded = given.requests.as_ref().map(|source| recorded::read(source, &given.known.server)).transpose()?;
    // Past requests alone can be compared with what was decided then.
    let alone = recorded.is_some() && look.against.is_none() && given.known.server.url.is_none();
    let before = if alone { None } else { sources::compared(look.against.as_deref(), &given.known.server)? };
    let (mut text, mut json) = (String::new(), json!({}));
    if !alone {
        let report = plan::report(before.as_ref(), &after, &mut organisation, look);
        (text, json) = (report.text, report.json);
    }
    if let Some(recorded) = recorded {
        let replayed = replay(before.as_ref(), &after, &mut organisation.directory, &recorded);
        let page = Page { markdown: look.markdown, directory: &organisation.directory };
        text.push_str(&shown(page, &replayed));
        if let Value::Object(fields) = &mut json {
            fields.insert("requests".to_owned(), told(&organisation.directory, &replayed));
        }
    }
    Ok(Answer::fine(text.trim_start_matches('\n'), &json))
}

/// A past request under both configurations.
struct Replayed<'a> {
    request: &'a Recorded,
    before: Decided,
    after: Decided,
}

/// What was, or would be, decided.
#[derive(PartialEq, Eq)]
struct Decided {
    fate: Fate,
    /// User names of those who decide any step; `None` where that is not known.
    approvers: Option<BTreeSet<String>>,
}

impl Decided {
    fn of(explanation: &Explanation) -> Self {
        let approvers = explanation.steps.iter().flat_map(|step| step.approvers.iter().cloned()).collect();
        Self { fate: Fate::of(explanation), approvers: Some(approvers) }
    }

    fn differs(&self, other: &Self) -> bool {
        match (&self.approvers, &other.approvers) {
            (Some(old), Some(new)) => self.fate != other.fate || old != new,
            // Records say which flow, and nothing about steps.
            _ => kind(&self.fate) != kind(&other.fate),
        }
    }

    fn shown(&self, other: &Self) -> String {
        let names = |approvers: &BTreeSet<String>| approvers.iter().cloned().collect::<Vec<_>>().join(", ");
        match (&self.approvers, self.fate == other.fate) {
            (Some(approvers), true) => format!("{} by {}", self.fate, names(approvers)),
            _ => self.fate.to_string(),
        }
    }
}

fn kind(fate: &Fate) -> (u8, &str) {
    match fate {
        Fate::Denied => (0, ""),
        Fate::Automatic(flow) => (1, flow),
        Fate::Approval(flow, _) => (2, flow),
    }
}

/// Judges past requests at their time, by the facts of today.
fn replay<'a>(
    before: Option<&Loaded>,
    after: &Loaded,
    directory: &mut Directory,
    recorded: &'a [Recorded],
) -> Vec<Replayed<'a>> {
    let saved = directory.taken_at;
    let mut replayed = Vec::new();
    for (at, request) in recorded.iter().enumerate() {
        if at.is_multiple_of(TELL_EVERY) {
            progress(at, recorded.len(), "past requests");
        }
        // Fresh then: that the directory is of today is not what is asked about.
        directory.taken_at = request.submitted_at;
        let old = match before {
            Some(side) => Decided::of(&explained(&side.configuration, directory, request)),
            None => Decided { fate: past(&request.past), approvers: None },
        };
        let new = Decided::of(&explained(&after.configuration, directory, request));
        replayed.push(Replayed { request, before: old, after: new });
    }
    progress(recorded.len(), recorded.len(), "");
    directory.taken_at = saved;
    replayed
}

fn past(past: &Past) -> Fate {
    match past {
        Past::Denied => Fate::Denied,
        Past::Automatic(flow) => Fate::Automatic(flow.clone()),
        Past::Approval(flow) => Fate::Approval(flow.clone(), vec![("approval".to_owned(), 1)]),
    }
}

fn explained(configuration: &Configuration, directory: &Directory, request: &Recorded) -> Explanation {
    let circumstances = nothing_special();
    let facts = Facts { directory, circumstances: &circumstances, now: request.submitted_at };
    let wish = Wish {
        requester: &request.requester,
        account: &request.account,
        permission_set: &request.permission_set,
        duration: request.duration,
        justification: Some(&request.justification),
        ticket: request.ticket.as_deref(),
        emergency: request.emergency,
    };
    configuration.explain(&facts, &wish)
}

fn shown(page: Page<'_>, replayed: &[Replayed<'_>]) -> String {
    let changed: Vec<&Replayed<'_>> = replayed.iter().filter(|one| one.before.differs(&one.after)).collect();
    let mut text = page.heading("Past requests");
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{} of {} past requests would be decided otherwise.", changed.len(), replayed.len());
    if changed.is_empty() {
        return text;
    }
    let row = |one: &&Replayed<'_>| {
        let request = one.request;
        let emergency = if request.emergency { ", emergency" } else { "" };
        vec![
            request.id.clone(),
            names::of_user(page.directory, &request.requester).to_owned(),
            names::of_entitlement(page.directory, (&request.account, &request.permission_set)),
            format!("{}{emergency}", request.duration),
            one.before.shown(&one.after),
            one.after.shown(&one.before),
        ]
    };
    let rows: Vec<Vec<String>> = changed.iter().map(row).collect();
    text.push('\n');
    text.push_str(&page.table(&["Request", "Who", "What", "For", "Before", "After"], &rows));
    text.push_str(
        "\nJudged at the time of each request by the directory of today; channel, address, second factor and other \
                   access of that time are not known.\n",
    );
    text
}

fn told(directory: &Directory, replayed: &[Replayed<'_>]) -> Value {
    let decided = |decided: &Decided| {
        let mut value = compare::fate(&decided.fate);
        if let (Value::Object(fields), Some(approvers)) = (&mut value, &decided.approvers) {
            fields.insert("approvers".to_owned(), json!(approvers));
        }
        value
    };
    let one = |one: &Replayed<'_>| {
        let request = one.request;
        json!({
            "id": request.id,
            "user": names::of_user(directory, &request.requester),
            "entitlement": names::of_entitlement(directory, (&request.account, &request.permission_set)),
            "otherwise": one.before.differs(&one.after),
            "meaning": one.before.differs(&one.after).then(|| Meaning::of(&one.before.fate, &one.after.fate).name()),
            "before": decided(&one.before),
            "after": decided(&one.after),
        })
    };
    replayed.iter().map(one).collect()
}
