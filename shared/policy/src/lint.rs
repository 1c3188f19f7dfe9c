//! What a configuration says that the organisation does not know, or does not need.
//!
//! A folder can be valid and still mean nothing: a misspelt group contains nobody, and no parser sees that. Errors here are
//! what can only be a mistake; warnings are what may become true later, such as a selector for accounts yet to be made.

use std::collections::{BTreeMap, BTreeSet};

use curfew_domain::id::{PermissionSetArn, UserId};
use curfew_domain::time::SignedDuration;

use crate::catalog::{self, Place, Set, Which};
use crate::directory::Directory;
use crate::model::{Ambiguity, Entitlement, Mention, Mentioned, Model, Origin, Selector};
use crate::pattern::Pattern;
use crate::problem::Problem;

/// Everything that this directory shows to be wrong or doubtful, sorted by place.
pub fn lint(model: &Model, directory: &Directory) -> Vec<Problem> {
    let mut problems = names(&model.mentions, directory);
    administrators(model, directory, &mut problems);
    employment(model, directory, &mut problems);
    let world = World::of(directory);
    let offered = catalog::entitlements(model, directory);
    for selector in model.catalogs.values().flat_map(|catalog| &catalog.entitlements) {
        world.selector(selector, &mut problems);
        sessions(model, directory, selector, &mut problems);
    }
    for selector in model.access.iter().filter_map(|control| control.on.as_ref()) {
        world.selector(selector, &mut problems);
        world.offered(selector, &offered, &mut problems);
    }
    outliving(directory, &offered, &mut problems);
    ambiguities(&offered, &mut problems);
    problems.sort();
    problems.dedup();
    problems
}

/// Names that the directory does not know, each with the one that may be meant.
fn names(mentions: &[Mention], directory: &Directory) -> Vec<Problem> {
    let known = Known::of(directory);
    let mut problems = Vec::new();
    for mention in mentions {
        let name = mention.name.as_str();
        let (what, names) = known.names(mention.kind);
        if names.contains(name) {
            if mention.kind == Mentioned::User && known.disabled.contains(name) {
                let message = format!("user `{name}` is disabled: nobody asks them, and they are given nothing");
                problems.push(Problem::warning(&mention.origin, message));
            }
            continue;
        }
        let shown: String = name.chars().take(128).collect();
        let problem = Problem::error(&mention.origin, format!("the directory knows no {what} `{shown}`"));
        problems.push(problem.did_you_mean(name, names.iter().copied()));
    }
    problems
}

/// Every name of the directory, by kind.
struct Known<'a> {
    users: BTreeSet<&'a str>,
    disabled: BTreeSet<&'a str>,
    groups: BTreeSet<&'a str>,
    permission_sets: BTreeSet<&'a str>,
}

impl<'a> Known<'a> {
    fn of(directory: &'a Directory) -> Self {
        let both = |(id, user): (&'a UserId, &'a crate::directory::User)| [id.as_str(), user.name.as_str()];
        Self {
            users: directory.users.iter().flat_map(both).collect(),
            disabled: directory.users.iter().filter(|(_, user)| !user.enabled).flat_map(both).collect(),
            groups: directory.groups.values().map(|group| group.name.as_str()).collect(),
            permission_sets: directory
                .permission_sets
                .iter()
                .flat_map(|(arn, set)| [arn.as_str(), set.name.as_str()])
                .collect(),
        }
    }

    fn names(&self, kind: Mentioned) -> (&'static str, &BTreeSet<&'a str>) {
        match kind {
            Mentioned::User => ("user", &self.users),
            Mentioned::Group => ("group", &self.groups),
            Mentioned::PermissionSet => ("permission set", &self.permission_sets),
        }
    }
}

fn administrators(model: &Model, directory: &Directory, problems: &mut Vec<Problem>) {
    let is_administrator = |user| catalog::subjects_contain(&model.roles.administrators, directory, user);
    if !directory.users.keys().any(is_administrator) {
        let problem = Problem::error(&folder(), "no administrator is an enabled user of the directory");
        problems.push(problem.hint("with this configuration, nobody could publish again"));
    }
}

/// Cedar knows the listed values only.
fn employment(model: &Model, directory: &Directory, problems: &mut Vec<Problem>) {
    let listed = &model.settings.employment;
    let mut unknown: BTreeMap<&String, usize> = BTreeMap::new();
    for value in directory.users.values().filter_map(|user| user.attributes.get("employment")) {
        if !listed.is_empty() && !listed.contains(value) {
            *unknown.entry(value).or_default() += 1;
        }
    }
    for (value, people) in unknown {
        let message = format!("`employment` does not list `{value}`, which {people} users of the directory have");
        problems.push(Problem::warning(&folder(), message).did_you_mean(value, listed.iter().map(String::as_str)));
    }
}

/// The accounts and permission sets as selectors see them.
struct World<'a> {
    places: Vec<Place<'a>>,
    sets: Vec<Set<'a>>,
}

impl<'a> World<'a> {
    fn of(directory: &'a Directory) -> Self {
        Self {
            places: directory.accounts.keys().filter_map(|account| Place::of(directory, account)).collect(),
            sets: directory.permission_sets.keys().filter_map(|set| Set::of(directory, set)).collect(),
        }
    }

    /// A selector that selects no account, or no permission set; and an account name that means several.
    fn selector(&self, selector: &Selector, problems: &mut Vec<Problem>) {
        let places: Vec<&Place<'_>> = self.places.iter().filter(|place| place.is_selected(selector)).collect();
        if places.is_empty() {
            let problem = Problem::warning(&selector.origin, "this selects no account of the organisation");
            problems.push(match self.account_hint(selector) {
                Some(hint) => problem.hint(hint),
                None => problem,
            });
        }
        if let Some(name) = selector.account.as_ref().filter(|name| name.is_literal())
            && places.len() > 1
        {
            let message = format!("{} accounts are named `{name}`, and all are selected", places.len());
            problems.push(Problem::warning(&selector.origin, message).hint("name one by its id"));
        }
        // A literal name that does not exist is told as such, by `names`.
        if let Some(name) = selector.permission_set.as_ref().filter(|name| !name.is_literal())
            && !self.sets.iter().any(|set| set.is_selected(selector))
        {
            let message = format!("no permission set is named like `{name}`");
            problems.push(Problem::warning(&selector.origin, message));
        }
    }

    /// Which part of a selector matches nothing, and what may be meant.
    fn account_hint(&self, selector: &Selector) -> Option<String> {
        let names = || self.places.iter().map(|place| place.account.name.as_str());
        let paths = || self.places.iter().map(|place| place.path.as_str());
        if let Some(unit) = selector.unit.as_ref().filter(|unit| !paths().any(|path| unit.matches(path))) {
            let below = Pattern::parse(&format!("{}/**", unit.as_str().trim_end_matches('/'))).ok();
            if below.is_some_and(|below| !unit.as_str().ends_with("/**") && paths().any(|path| below.matches(path))) {
                return Some(format!("`{unit}` has accounts only in OUs below it: write `{unit}/**`"));
            }
            let place = unit.as_str().trim_end_matches("/**");
            let close = crate::problem::closest(place, paths());
            return close.map(|path| format!("did you mean `{path}`?"));
        }
        if let Some(account) = &selector.account
            && !self.places.iter().any(|p| account.matches(p.id.as_str()) || account.matches(&p.account.name))
        {
            return crate::problem::closest(account.as_str(), names()).map(|name| format!("did you mean `{name}`?"));
        }
        let (tag, value) =
            selector.tags.iter().find(|(tag, value)| !self.tagged(tag).any(|text| value.matches(text)))?;
        if self.tagged(tag).next().is_none() {
            let tags = self.places.iter().flat_map(|place| place.account.tags.keys()).map(String::as_str);
            let close = crate::problem::closest(tag, tags);
            return Some(
                close.map_or(format!("no account has the tag `{tag}`"), |tag| format!("did you mean `{tag}`?")),
            );
        }
        let close = crate::problem::closest(value.as_str(), self.tagged(tag));
        close.map(|value| format!("did you mean `{value}`?"))
    }

    /// The values that accounts have for a tag.
    fn tagged(&self, tag: &str) -> impl Iterator<Item = &str> {
        self.places.iter().filter_map(move |place| place.account.tags.get(tag)).map(String::as_str)
    }

    /// An access control for what nobody can ask for.
    fn offered(&self, selector: &Selector, offered: &BTreeMap<Which, Entitlement>, problems: &mut Vec<Problem>) {
        let mut places = self.places.iter().filter(|place| place.is_selected(selector)).peekable();
        let sets: Vec<&Set<'_>> = self.sets.iter().filter(|set| set.is_selected(selector)).collect();
        // Nothing selected has been told.
        if places.peek().is_none() || sets.is_empty() {
            return;
        }
        let in_a_catalog =
            |place: &Place<'_>| sets.iter().any(|set| offered.contains_key(&(place.id.clone(), set.arn.clone())));
        if !places.any(in_a_catalog) {
            let problem = Problem::warning(&selector.origin, "no catalog has anything of what this selects");
            problems.push(problem.hint("add it to a catalog, or take this out"));
        }
    }
}

/// Permission sets in a catalog whose sessions are longer than may be granted: every request would be denied.
fn sessions(model: &Model, directory: &Directory, selector: &Selector, problems: &mut Vec<Problem>) {
    let limit = model.settings.session_limit;
    for (arn, set) in &directory.permission_sets {
        let selected = Set::of(directory, arn).is_some_and(|set| set.is_selected(selector));
        // A glob over everything includes sets that nobody thinks of; only what is named is told.
        let named = selector.permission_set.as_ref().is_some_and(|name| name.as_str() != "*");
        if selected && named && set.session > limit {
            let (name, session) = (&set.name, shown(set.session));
            let message =
                format!("permission set `{name}` has sessions of {session}; `session_limit` is {}", shown(limit));
            let problem = Problem::warning(&selector.origin, message);
            problems
                .push(problem.hint("every request for it is denied; shorten its session duration in Identity Center"));
        }
    }
}

/// Entitlements whose longest grant is shorter than a session: every session could outlive its grant.
fn outliving(directory: &Directory, offered: &BTreeMap<Which, Entitlement>, problems: &mut Vec<Problem>) {
    let mut told: BTreeSet<(&Origin, &PermissionSetArn)> = BTreeSet::new();
    for entitlement in offered.values() {
        let longest = &entitlement.terms.max_duration;
        let Some(set) = directory.permission_sets.get(&entitlement.permission_set) else { continue };
        let longer = set.session > SignedDuration::from_secs(i64::from(longest.value.seconds()));
        if longer && told.insert((&longest.origin, &entitlement.permission_set)) {
            let (name, session) = (&set.name, shown(set.session));
            let message = format!(
                "sessions of permission set `{name}` last {session}, longer than the longest grant here, {}",
                longest.value
            );
            let hint =
                "whoever signs in late keeps the session beyond the end; shorten the session, or allow longer grants";
            problems.push(Problem::warning(&longest.origin, message).hint(hint));
        }
    }
}

/// Settings that two access controls set differently, neither of them more specific.
fn ambiguities(offered: &BTreeMap<Which, Entitlement>, problems: &mut Vec<Problem>) {
    let mut told: BTreeSet<(&str, &[Origin])> = BTreeSet::new();
    for entitlement in offered.values() {
        for Ambiguity { setting, origins } in &entitlement.terms.ambiguous {
            if !told.insert((setting, origins)) {
                continue;
            }
            let what = format!("{} in {}", entitlement.permission_set_name, entitlement.account_name);
            for origin in origins {
                let others: Vec<String> = origins
                    .iter()
                    .filter(|other| *other != origin)
                    .map(|other| format!("{}:{}", other.file, other.line))
                    .collect();
                let message =
                    format!("`{setting}` of {what} is set differently at {}, just as specific", others.join(", "));
                let hint = "make one of them more specific, or write an [[access]] for what is in both; until then nothing \
                            of it is granted";
                problems.push(Problem::error(origin, message).hint(hint));
            }
        }
    }
}

/// ISO 8601, as it is written in configurations.
fn shown(duration: SignedDuration) -> String {
    format!("{duration}")
}

/// The folder as a whole.
fn folder() -> Origin {
    Origin { file: String::new(), line: 0, column: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{example_with, organization, permission_set, user};

    fn told(more: &str, directory: &Directory) -> Vec<String> {
        lint(&example_with(more), directory).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_example_fits_the_sample_organisation() {
        assert_eq!(told("", &organization()), Vec::<String>::new());
    }

    #[test]
    fn what_the_directory_does_not_know_is_told_with_what_may_be_meant() {
        let catalog = |selector: &str| {
            format!(
                "[catalog.x]\ndescription = \"x\"\nvisible_to = {{ everybody = true }}\nentitlements = [{{ {selector} }}]"
            )
        };
        let access = |selector: &str| format!("[[access]]\non = {{ {selector} }}\nrisk = \"low\"");
        let cases = [
            (
                "[approvers.x]\nmembers = [\"user:bne\"]".to_owned(),
                "more.toml:2:12: error: the directory knows no user `bne`\n  hint: did you mean `ben`?",
            ),
            (
                "[approvers.x]\nmembers = [\"group:platfrom\"]".to_owned(),
                "no group `platfrom`\n  hint: did you mean `platform`?",
            ),
            (
                catalog("permission_set = \"Readonly\""),
                "more.toml:4:36: error: the directory knows no permission set `Readonly`\n  hint: did you mean `ReadOnly`?",
            ),
            (catalog("permission_set = \"Reed*\""), "more.toml:4:17: warning: no permission set is named like `Reed*`"),
            (catalog("unit = \"/Workloads\""), "has accounts only in OUs below it: write `/Workloads/**`"),
            (
                catalog("unit = \"/Securty/**\""),
                "more.toml:4:17: warning: this selects no account of the organisation\n  hint: did you mean `/Security`?",
            ),
            (catalog("account = \"sandboxx\""), "hint: did you mean `sandbox`?"),
            (catalog("tags = { teem = \"data\" }"), "hint: did you mean `team`?"),
            (catalog("tags = { team = \"date\" }"), "hint: did you mean `data`?"),
            (
                catalog("unit = \"/Sandbox\", permission_set = \"Billing\""),
                "permission set `Billing` has sessions of PT12H; `session_limit` is PT1H",
            ),
            (
                access("permission_set = \"Billing\""),
                "more.toml:2:6: warning: no catalog has anything of what this selects",
            ),
        ];
        for (more, expected) in cases {
            let found = told(&more, &organization());
            assert!(found.iter().any(|problem| problem.contains(expected)), "{expected}\nfound: {found:#?}");
        }
    }

    #[test]
    fn two_equally_specific_settings_that_differ_are_an_error_at_both() {
        let control = |tag, value| {
            format!(
                "[[access]]\non = {{ tags = {{ {tag} = \"{value}\" }} }}\nmax_duration = \"{}\"\n",
                if tag == "team" { "PT1H" } else { "PT3H" }
            )
        };
        let found = told(&(control("team", "payments") + &control("environment", "production")), &organization());
        let expected =
            "more.toml:1:1: error: `max_duration` of ReadOnly in payments-production is set differently at more.toml:4";
        assert!(found.iter().any(|problem| problem.starts_with(expected)), "{found:#?}");
        assert!(found.iter().any(|problem| problem.starts_with("more.toml:4:1: error: ")), "{found:#?}");
        let same = control("team", "payments").replace("team", "environment").replace("payments", "production");
        assert_eq!(
            told(&(control("team", "payments") + &same), &organization()),
            Vec::<String>::new(),
            "no difference"
        );
    }

    #[test]
    fn a_changed_organisation_shows_what_no_longer_fits() {
        let mut directory = organization();
        directory.users.get_mut(&user(1)).unwrap().enabled = false;
        let twin = directory.accounts.values().next().unwrap().clone();
        directory.accounts.insert(crate::fixture::account(99), twin);
        directory.permission_sets.get_mut(&permission_set(4)).unwrap().session = SignedDuration::from_hours(8);
        let found = told("[[access]]\non = { account = \"payments-production\" }\nrisk = \"low\"", &directory);
        for expected in [
            "error: no administrator is an enabled user",
            "curfew.toml:14:29: warning: user `ben` is disabled",
            "2 accounts are named `payments-production`",
            "longer than the longest grant here, PT1H",
            "permission set `Administrator` has sessions of PT8H",
        ] {
            assert!(found.iter().any(|problem| problem.contains(expected)), "{expected}\nfound: {found:#?}");
        }
    }
}
