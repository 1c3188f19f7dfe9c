//! `curfew config plan`: what a folder would change.

use std::collections::{BTreeMap, BTreeSet};

use curfew_policy::model::{Flow, FlowStep, Model, TimeoutRule};
use serde_json::{Value, json};

use super::compare::{self, Page};
use super::matrix::{self, Question, Sides};
use super::sources::{self, Loaded, Organisation};
use crate::answer::{Answer, Failure};
use crate::arguments::{Look, Plan};
use crate::files::Folder;

/// Compares a folder with the published version, or with another folder.
pub(super) fn run(given: &Plan) -> Result<Answer, Failure> {
    let after = sources::load(Folder::read(&given.folder)?.bundle)?;
    let mut organisation = sources::required(&given.known)?;
    let before = sources::compared(given.look.against.as_deref(), &given.known.server)?;
    let report = report(before.as_ref(), &after, &mut organisation, &given.look);
    Ok(Answer::fine(report.text, &report.json))
}

/// What changes, for people and for programs.
pub(super) struct Report {
    pub(super) text: String,
    pub(super) json: Value,
}

/// What goes from one configuration to the other.
pub(super) fn report(before: Option<&Loaded>, after: &Loaded, organisation: &mut Organisation, look: &Look) -> Report {
    let now = organisation.ask_at(look.at);
    let directory = &organisation.directory;
    let question = Question { directory, now, duration: look.duration, sample: look.sample };
    let comparison = matrix::compare(&Sides { before, after }, &question);
    let page = Page { markdown: look.markdown, directory };
    let (old, new) =
        (before.map_or("nothing", |side| side.configuration.version().as_str()), after.configuration.version());
    let mut text = page.heading(&format!("From {old} to {new}")).trim_start().to_owned();
    text.push_str(&page.comparison(&comparison));
    let declared = declarations(before.map(|side| side.configuration.model()), after.configuration.model());
    if !declared.is_empty() {
        text.push_str(&page.heading("Flows, policies, roles and settings"));
        text.push_str(&fenced(&declared.join("\n"), look.markdown));
    }
    let files = files(before, after);
    if !files.is_empty() {
        text.push_str(&page.heading("Files"));
        let rows: Vec<Vec<String>> = files.iter().map(|(path, what)| vec![path.clone(), (*what).to_owned()]).collect();
        text.push_str(&page.table(&["File", "Change"], &rows));
    }
    let json = json!({
        "from": before.map(|side| side.configuration.version().as_str()),
        "to": new.as_str(),
        "at": now.to_string(),
        "comparison": compare::json(&comparison, directory),
        "declarations": declared,
        "files": files.iter().map(|(path, what)| json!({ "file": path, "change": what })).collect::<Vec<_>>(),
    });
    Report { text, json }
}

fn fenced(text: &str, markdown: bool) -> String {
    // Longer than any run of back quotes inside, so that nothing ends the block early.
    let fence = "`".repeat(text.split(|c| c != '`').map(str::len).max().unwrap_or(0).max(2) + 1);
    if markdown { format!("{fence}diff\n{text}\n{fence}\n") } else { format!("{text}\n") }
}

fn files(before: Option<&Loaded>, after: &Loaded) -> Vec<(String, &'static str)> {
    let new = after.bundle.files();
    let empty = BTreeMap::new();
    let old = before.map_or(&empty, |side| side.bundle.files());
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let change = |path: &String| match (old.get(path), new.get(path)) {
        (None, _) => Some("added"),
        (_, None) => Some("removed"),
        (old, new) => (old != new).then_some("changed"),
    };
    paths.into_iter().filter_map(|path| Some((path.clone(), change(path)?))).collect()
}

/// Lines that were added or dropped in what the configurations declare: flows step by step, policies, roles, settings.
fn declarations(before: Option<&Model>, after: &Model) -> Vec<String> {
    let old: Vec<String> = before.map(declared).unwrap_or_default();
    let new = declared(after);
    let dropped = old.iter().filter(|line| !new.contains(line)).map(|line| format!("- {line}"));
    let added = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+ {line}"));
    let mut lines: Vec<String> = dropped.chain(added).collect();
    // What belongs together stands together, old before new.
    lines.sort_by(|a, b| a.get(2..).cmp(&b.get(2..)));
    lines
}

fn declared(model: &Model) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, flow) in &model.flows {
        lines.push(format!("flow {name}: {}", demands(flow)));
        let step = |(at, step): (usize, &FlowStep)| format!("flow {name}, step {}: {}", at + 1, described(step));
        lines.extend(flow.steps.iter().enumerate().map(step));
    }
    lines
        .extend(model.policies.iter().map(|(name, policy)| format!("policy {name}: {}", policy.flows.join(", then "))));
    for (name, group) in &model.approver_groups {
        lines.push(format!("approvers {name}: {}", people(group)));
    }
    for (role, subjects) in [("administrators", &model.roles.administrators), ("auditors", &model.roles.auditors)] {
        let users = subjects.users.iter().map(|user| format!("user {user}"));
        let named = users.chain(subjects.groups.iter().map(|group| format!("group {group}")));
        lines.extend(named.map(|one| format!("{role}: {one}")));
    }
    let settings = &model.settings;
    lines.push(format!("setting session_limit: {}", settings.session_limit));
    lines.push(format!("setting facts_max_age: {}", settings.facts_max_age));
    lines.push(format!("setting time_zone: {}", settings.time_zone));
    lines.push(format!("setting publish_needs_second: {}", settings.publish_needs_second));
    lines.push(format!("setting review_within: {} by {}", settings.review_within, people(&settings.reviewers)));
    lines.extend(settings.ticket_pattern.iter().map(|pattern| format!("setting ticket_pattern: {pattern}")));
    lines
}

fn demands(flow: &Flow) -> String {
    let mut parts = vec![match flow.steps.len() {
        0 => "automatic approval".to_owned(),
        1 => "1 step".to_owned(),
        count => format!("{count} steps"),
    }];
    parts.extend(flow.ticket_required.then(|| "ticket required".to_owned()));
    parts.extend(flow.justification_pattern.iter().map(|pattern| format!("justification like {pattern}")));
    parts.join(", ")
}

fn described(step: &FlowStep) -> String {
    let mut parts = vec![format!("{}: {} of {}", step.name, step.quorum, people(&step.approvers))];
    if !step.fallback.is_empty() {
        parts.push(format!("or else {}", people(&step.fallback)));
    }
    let then = match &step.on_timeout {
        TimeoutRule::Lapse => "lapse".to_owned(),
        TimeoutRule::Deny => "denial".to_owned(),
        TimeoutRule::Ask { approvers, timeout } => format!("{} for {timeout}", people(approvers)),
        TimeoutRule::Flow(flow) => format!("flow {flow}"),
    };
    parts.push(format!("after {} {then}", step.timeout));
    parts.extend(step.distinct.then(|| "distinct".to_owned()));
    parts.extend(step.self_approval.then(|| "self-approval".to_owned()));
    parts.extend(step.comment_on_denial.then(|| "comment on denial".to_owned()));
    parts.join("; ")
}

fn people(approvers: &[curfew_policy::model::Approver]) -> String {
    curfew_policy::explain::approvers(approvers)
}
