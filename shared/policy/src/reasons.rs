//! A judgement in sentences for people, and as grounds for programs.

use curfew_domain::verdict::Grounds;

use crate::judge::{Facts, Judgement, Tried, Wish};
use crate::model::{Entitlement, Model};

/// Most names of groups, tags or grants that are kept as one fact.
const MOST_NAMES: usize = 100;

/// Why, the deciding rule first.
pub(crate) fn sentences(judgement: &Judgement, version: &str) -> Vec<String> {
    let (mut lines, last) = (judgement.objections.clone(), judgement.tried.last());
    let of_policy = judgement.policy.as_ref().map_or_else(String::new, |policy| format!(" of policy `{policy}`"));
    match (judgement.flow(), last) {
        (Some((tried, laid)), _) => {
            lines.push(format!(
                "flow `{}`{of_policy} in configuration `{version}` applies: {}",
                tried.flow,
                permitted(tried)
            ));
            lines.push(walk(laid.steps.is_empty()));
            lines.extend(laid.notes.iter().cloned());
        }
        (None, Some(tried)) if tried.dead_end.is_some() || !tried.answer.errors.is_empty() => {
            let why = tried.why_not();
            lines.push(format!(
                "flow `{}`{of_policy} in configuration `{version}` decides, and denies: {why}",
                tried.flow
            ));
        }
        _ if lines.is_empty() => {
            lines.push(format!("no flow{of_policy} in configuration `{version}` is open to this request"));
        }
        _ => lines.push(format!("configuration `{version}` decided this before any flow was tried")),
    }
    lines.extend(
        passed_over(judgement).map(|tried| format!("flow `{}` was passed over: {}", tried.flow, tried.why_not())),
    );
    lines
}

fn walk(automatic: bool) -> String {
    if automatic { "it has no steps: approved automatically" } else { "access begins once its steps are approved" }
        .to_owned()
}

fn permitted(tried: &Tried) -> String {
    let ids: Vec<String> = tried.answer.permitted_by.iter().map(|id| format!("`{id}`")).collect();
    match ids.as_slice() {
        [one] => format!("{one} permits it and nothing forbids it"),
        _ => format!("{} permit it and nothing forbids it", ids.join(", ")),
    }
}

/// Flows that were tried and left, in order: all but the one that decided.
fn passed_over(judgement: &Judgement) -> impl Iterator<Item = &Tried> {
    judgement.tried.iter().filter(|tried| !tried.decides())
}

/// The same for programs.
pub(crate) fn grounds(judgement: &Judgement, facts: Vec<(String, String)>) -> Grounds {
    let flow = judgement.flow();
    Grounds {
        policy: judgement.policy.clone().unwrap_or_default(),
        permitted_by: flow.map_or_else(Vec::new, |(tried, _)| tried.answer.permitted_by.clone()),
        passed_over: passed_over(judgement)
            .map(|tried| (tried.flow.clone(), tried.answer.forbidden_by.clone()))
            .collect(),
        escalations: flow.map_or_else(Vec::new, |(_, laid)| laid.escalations.clone()),
        facts,
    }
}

/// What was known when it was judged, sorted by name. Long lists are cut: the verdict is stored with the request.
pub(crate) fn facts(
    model: &Model,
    facts: &Facts<'_>,
    wish: &Wish<'_>,
    entitlement: Option<&Entitlement>,
) -> Vec<(String, String)> {
    let (directory, circumstances) = (facts.directory, facts.circumstances);
    let mut known: Vec<(&str, String)> = vec![
        ("now", facts.now.to_string()),
        ("directory taken at", directory.taken_at.to_string()),
        ("time zone", model.settings.time_zone.clone()),
        ("duration", wish.duration.to_string()),
        ("emergency", wish.emergency.to_string()),
        ("channel", circumstances.channel.clone()),
        ("requester", wish.requester.to_string()),
        ("account", wish.account.to_string()),
        ("permission set", wish.permission_set.to_string()),
        ("active", named(circumstances.active.iter().map(|(account, set)| format!("{account}/{set}")))),
    ];
    let optional = [
        ("ticket", wish.ticket.map(str::to_owned)),
        ("source address", circumstances.source_address.clone()),
        ("mfa", circumstances.mfa.map(|mfa| mfa.to_string())),
    ];
    known.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    if let Some(user) = directory.users.get(wish.requester) {
        let groups = user.groups.iter().filter_map(|id| directory.groups.get(id)).map(|group| group.name.clone());
        known.push(("requester name", user.name.clone()));
        known.push(("requester groups", named(groups)));
        known.push((
            "requester attributes",
            named(user.attributes.iter().map(|(name, value)| format!("{name}={value}"))),
        ));
        known.extend(user.manager.as_ref().map(|manager| ("requester manager", manager.to_string())));
    }
    if let Some(account) = directory.accounts.get(wish.account) {
        known.push(("account name", account.name.clone()));
        known.push(("account path", directory.path_of(&account.unit)));
        known.push(("account tags", named(account.tags.iter().map(|(name, value)| format!("{name}={value}")))));
    }
    if let Some(set) = directory.permission_sets.get(wish.permission_set) {
        known.push(("permission set name", set.name.clone()));
        known.push(("session", set.session.to_string()));
    }
    if let Some(entitlement) = entitlement {
        known.push(("catalogs", named(entitlement.catalogs.iter().cloned())));
        known.push(("risk", entitlement.terms.risk.value.name().to_owned()));
    }
    let mut known: Vec<(String, String)> = known.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    known.sort();
    known
}

fn named(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    names.sort();
    let more = names.len().saturating_sub(MOST_NAMES);
    names.truncate(MOST_NAMES);
    let text = names.join(", ");
    if more == 0 { text } else { format!("{text} and {more} more") }
}
