//! Differences for people to read: in terminals, and as Markdown in pull requests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use curfew_domain::id::{GroupId, UserId};
use curfew_policy::directory::Directory;
use serde_json::{Value, json};
use similar::TextDiff;

use super::matrix::{Comparison, Difference, Fate, Situation};
use crate::names::{self, Which};
use crate::table;

/// Most names that are written out in one cell.
const MOST_SHOWN: usize = 5;

/// What a difference means, the most dangerous first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meaning {
    NewlyAutomatic,
    Gained,
    StepsDropped,
    Lost,
    NoLongerAutomatic,
    StepsAdded,
    OtherFlow,
}

impl Meaning {
    const ALL: [Self; 7] = [
        Self::NewlyAutomatic,
        Self::Gained,
        Self::StepsDropped,
        Self::Lost,
        Self::NoLongerAutomatic,
        Self::StepsAdded,
        Self::OtherFlow,
    ];

    /// What going from one to the other means.
    pub(super) fn of(before: &Fate, after: &Fate) -> Self {
        match (before.approvals(), after.approvals()) {
            (Some(1..) | None, Some(0)) => Self::NewlyAutomatic,
            (None, Some(_)) => Self::Gained,
            (Some(_), None) => Self::Lost,
            (Some(0), Some(1..)) => Self::NoLongerAutomatic,
            (Some(old), Some(new)) if new < old => Self::StepsDropped,
            (Some(old), Some(new)) if new > old => Self::StepsAdded,
            _ => Self::OtherFlow,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::NewlyAutomatic => "Newly approved automatically",
            Self::Gained => "Gained",
            Self::StepsDropped => "Fewer approvals",
            Self::Lost => "Lost",
            Self::NoLongerAutomatic => "No longer approved automatically",
            Self::StepsAdded => "More approvals",
            Self::OtherFlow => "Other flow or steps",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NewlyAutomatic => "newly_automatic",
            Self::Gained => "gained",
            Self::StepsDropped => "steps_dropped",
            Self::Lost => "lost",
            Self::NoLongerAutomatic => "no_longer_automatic",
            Self::StepsAdded => "steps_added",
            Self::OtherFlow => "other_flow",
        }
    }
}

/// Writes in one of two forms.
#[derive(Clone, Copy)]
pub(super) struct Page<'a> {
    pub(super) markdown: bool,
    pub(super) directory: &'a Directory,
}

impl Page<'_> {
    /// A heading.
    pub(super) fn heading(self, text: &str) -> String {
        if self.markdown {
            format!("\n### {}\n\n", table::escaped(text))
        } else {
            format!("\n{}{text}{}\n\n", crate::answer::BOLD, crate::answer::PLAIN)
        }
    }

    /// A table.
    pub(super) fn table(self, headings: &[&str], rows: &[Vec<String>]) -> String {
        if self.markdown { table::markdown(headings, rows) } else { table::columns(headings, rows) }
    }

    /// Everything that differs over people × entitlements: in all, by group, and one by one.
    pub(super) fn comparison(self, comparison: &Comparison) -> String {
        if comparison.differences.is_empty() {
            return "Nobody gains or loses anything, and nothing would be decided otherwise.\n".to_owned()
                + &looked(comparison);
        }
        let mut text = String::new();
        let mut by_meaning: BTreeMap<Meaning, Vec<&Difference>> = BTreeMap::new();
        for difference in &comparison.differences {
            by_meaning.entry(Meaning::of(&difference.before, &difference.after)).or_default().push(difference);
        }
        for meaning in Meaning::ALL {
            let differences = by_meaning.get(&meaning).into_iter().flatten().copied();
            let count = comparison.pairs(differences);
            if count > 0 {
                let list = if self.markdown { "- " } else { "  " };
                let what = if count == 1 { "person and entitlement" } else { "people × entitlements" };
                let _ = writeln!(text, "{list}{}: {count} {what}", meaning.title());
            }
        }
        text.push_str(&self.by_group(comparison));
        for (meaning, differences) in &by_meaning {
            text.push_str(&self.heading(meaning.title()));
            let row = |difference: &&Difference| {
                let (before, after) = (difference.before.to_string(), difference.after.to_string());
                let people = self.people(&comparison.people(difference));
                let entitlements = self.entitlements(&comparison.entitlements(difference));
                vec![people, entitlements, when(&difference.situations), before, after]
            };
            let rows: Vec<Vec<String>> = differences.iter().map(row).collect();
            text.push_str(&self.table(&["Who", "What", "When asked", "Before", "After"], &rows));
        }
        text + &looked(comparison)
    }

    /// What members of each group gain and lose.
    fn by_group(self, comparison: &Comparison) -> String {
        let mut groups: BTreeMap<&GroupId, (BTreeSet<&Which>, BTreeSet<&Which>)> = BTreeMap::new();
        for difference in &comparison.differences {
            let gained = difference.before == Fate::Denied;
            if !gained && difference.after != Fate::Denied {
                continue;
            }
            let entitlements = comparison.entitlements(difference);
            let members = comparison.people(difference);
            let of: BTreeSet<&GroupId> =
                members.iter().filter_map(|id| self.directory.users.get(*id)).flat_map(|user| &user.groups).collect();
            for group in of {
                let (gains, losses) = groups.entry(group).or_default();
                if gained { gains.extend(&entitlements) } else { losses.extend(&entitlements) }
            }
        }
        if groups.is_empty() {
            return String::new();
        }
        let row = |(group, (gains, losses)): (&&GroupId, &(BTreeSet<&Which>, BTreeSet<&Which>))| {
            let name = self.directory.groups.get(*group).map_or(group.as_str(), |group| group.name.as_str());
            vec![name.to_owned(), self.entitlements(gains), self.entitlements(losses)]
        };
        let rows: Vec<Vec<String>> = groups.iter().map(row).collect();
        self.heading("What members of groups gain and lose") + &self.table(&["Group", "Gained", "Lost"], &rows)
    }

    /// People, by group where they are just the members of one.
    pub(super) fn people(self, people: &BTreeSet<&UserId>) -> String {
        let users = &self.directory.users;
        let enabled = users.values().filter(|user| user.enabled).count();
        if people.len() > 1 && people.len() == enabled {
            return format!("everybody ({enabled})");
        }
        let exactly = |group: &GroupId| {
            let members = users.iter().filter(|(_, user)| user.enabled && user.groups.contains(group));
            people.len() > 1 && members.map(|(id, _)| id).collect::<BTreeSet<_>>() == *people
        };
        if let Some((_, group)) = self.directory.groups.iter().find(|(id, _)| exactly(id)) {
            return format!("group {} ({})", group.name, people.len());
        }
        let mut names: Vec<&str> = people.iter().map(|id| names::of_user(self.directory, id)).collect();
        names.sort_unstable();
        some(&names)
    }

    fn entitlements(self, entitlements: &BTreeSet<&Which>) -> String {
        let name = |(account, set): &&Which| names::of_entitlement(self.directory, (account, set));
        let names: Vec<String> = entitlements.iter().take(MOST_SHOWN + 1).map(name).collect();
        if names.is_empty() {
            return "–".to_owned();
        }
        let shown: Vec<&str> = names.iter().take(MOST_SHOWN).map(String::as_str).collect();
        let more = entitlements.len().saturating_sub(MOST_SHOWN);
        if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
    }
}

/// Differences for programs: all people and entitlements by id and name.
pub(super) fn json(comparison: &Comparison, directory: &Directory) -> Value {
    let one = |difference: &Difference| {
        let person = |id: &&UserId| json!({ "id": id.as_str(), "user": names::of_user(directory, id) });
        let entitlement = |(account, set): &&Which| {
            let name = names::of_entitlement(directory, (account, set));
            json!({ "account": account.as_str(), "permission_set": set.as_str(), "name": name })
        };
        let situation = |situation: &Situation| json!({ "duration": situation.duration.to_string(), "emergency": situation.emergency });
        json!({
            "meaning": Meaning::of(&difference.before, &difference.after).name(),
            "people": comparison.people(difference).iter().map(person).collect::<Vec<_>>(),
            "entitlements": comparison.entitlements(difference).iter().map(entitlement).collect::<Vec<_>>(),
            "situations": difference.situations.iter().map(situation).collect::<Vec<_>>(),
            "before": fate(&difference.before),
            "after": fate(&difference.after),
        })
    };
    json!({
        "kinds": comparison.kinds,
        "looked_at": comparison.looked_at,
        "differences": comparison.differences.iter().map(one).collect::<Vec<_>>(),
    })
}

/// A fate for programs.
pub(super) fn fate(fate: &Fate) -> Value {
    match fate {
        Fate::Denied => json!({ "outcome": "denied" }),
        Fate::Automatic(flow) => json!({ "outcome": "automatic", "flow": flow }),
        Fate::Approval(flow, steps) => {
            let step = |(name, quorum): &(String, u8)| json!({ "name": name, "quorum": quorum });
            json!({ "outcome": "approval", "flow": flow, "steps": steps.iter().map(step).collect::<Vec<_>>() })
        }
    }
}

fn looked(comparison: &Comparison) -> String {
    let Comparison { looked_at, kinds, .. } = comparison;
    if looked_at == kinds {
        format!(
            "\n{kinds} kinds of people and entitlements were compared; people and entitlements of one kind look alike to both.\n"
        )
    } else {
        format!(
            "\nA sample: {looked_at} of {kinds} kinds of people and entitlements; `--sample {kinds}` looks at all.\n"
        )
    }
}

fn when(situations: &BTreeSet<Situation>) -> String {
    let durations = |emergency: bool| -> Vec<String> {
        situations.iter().filter(|s| s.emergency == emergency).map(|s| s.duration.to_string()).collect()
    };
    let told = |durations: &[String]| some(&durations.iter().map(String::as_str).collect::<Vec<_>>());
    let (plain, emergency) = (durations(false), durations(true));
    match (plain.is_empty(), emergency.is_empty()) {
        (_, true) => format!("for {}", told(&plain)),
        (true, false) => format!("as an emergency for {}", told(&emergency)),
        (false, false) if plain == emergency => format!("for {}, as an emergency too", told(&plain)),
        (false, false) => format!("for {}, and as an emergency for {}", told(&plain), told(&emergency)),
    }
}

fn some(names: &[&str]) -> String {
    let shown: Vec<&str> = names.iter().take(MOST_SHOWN).copied().collect();
    let more = names.len().saturating_sub(MOST_SHOWN);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// How a file differs, as `diff -u` shows it; nothing where it does not.
pub(super) fn lines(path: &str, old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    diff.unified_diff().context_radius(3).header(&format!("a/{path}"), &format!("b/{path}")).to_string()
}
