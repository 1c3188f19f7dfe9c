//! What configurations can tell people and places apart by, so that one of each kind stands for all of its kind.
//!
//! Twelve thousand people and ten thousand entitlements are far fewer kinds: a configuration sees a person by the groups,
//! attributes and names that its text mentions. A text that is mentioned by accident only makes more kinds than needed; what
//! is not mentioned cannot matter, since neither TOML nor Cedar can put a name together from parts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_domain::time::AccessDuration;
use curfew_policy::bundle::Bundle;
use curfew_policy::directory::{Account, Directory, PermissionSet, User};
use curfew_policy::model::{Model, Selector};

/// Longest chain of managers' managers that is followed.
const DEEPEST: usize = 4;

/// The texts of some configurations, and what they can see.
pub(super) struct Mentions<'a> {
    all: String,
    cedar: String,
    selectors: Vec<&'a Selector>,
    /// Cedar looks at names as texts, with `like`: every name may matter.
    names: bool,
    /// Cedar looks at tags whose key is not written out.
    tags: bool,
    /// How far the chain of managers matters.
    managers: usize,
    /// Something is written with escapes, so that searching for names could miss it.
    escaped: bool,
}

impl<'a> Mentions<'a> {
    /// What any of these configurations can see.
    pub(super) fn of(sides: &[(&'a Model, &Bundle)]) -> Self {
        let (mut all, mut cedar) = (String::new(), String::new());
        for (path, text) in sides.iter().flat_map(|(_, bundle)| bundle.files()) {
            all.push_str(text);
            all.push('\n');
            if is_cedar(path) {
                cedar.push_str(text);
                cedar.push('\n');
            }
        }
        let mut selectors = Vec::new();
        for (model, _) in sides {
            selectors.extend(model.catalogs.values().flat_map(|catalog| &catalog.entitlements));
            selectors.extend(model.access.iter().filter_map(|control| control.on.as_ref()));
        }
        // White space may stand between the parts of an expression.
        let tight: String = cedar.chars().filter(|c| !c.is_whitespace()).collect();
        let chain = |length: &usize| tight.contains(&".manager".repeat(*length));
        let managers = (1..DEEPEST).take_while(chain).count();
        Self {
            names: tight.contains(".name") || tight.contains("[\"name\"]"),
            tags: tight
                .match_indices("Tag(")
                .any(|(at, call)| !tight.get(at + call.len()..).is_some_and(|rest| rest.starts_with('"'))),
            managers: if all.contains("manager") { managers + 1 } else { 0 },
            escaped: ["\\u", "\\x", "\\U"].iter().any(|escape| all.contains(escape)),
            all,
            cedar,
            selectors,
        }
    }

    /// Enabled people by kind.
    pub(super) fn people(&self, directory: &Directory) -> Vec<Vec<UserId>> {
        let enabled = directory.users.iter().filter(|(_, user)| user.enabled);
        let groups = self.groups(directory);
        kinds(enabled.map(|(id, user)| (self.person(directory, &groups, id, user, self.managers), id.clone())))
    }

    /// Accounts by kind.
    pub(super) fn accounts(&self, directory: &Directory) -> Vec<Vec<AccountId>> {
        kinds(directory.accounts.iter().map(|(id, account)| (self.account(id, account), id.clone())))
    }

    /// Permission sets by kind.
    pub(super) fn permission_sets(&self, directory: &Directory) -> Vec<Vec<PermissionSetArn>> {
        kinds(directory.permission_sets.iter().map(|(arn, set)| (self.permission_set(arn, set), arn.clone())))
    }

    /// Durations of access at which Cedar's answers may change: those that it compares with, and just above. Between two
    /// neighbours nothing changes, since Cedar can only compare with what is written out.
    pub(super) fn durations(&self) -> BTreeSet<AccessDuration> {
        let tight: String = self.cedar.chars().filter(|c| !c.is_whitespace()).collect();
        let literals = tight.split("duration(\"").skip(1).filter_map(|rest| rest.split('"').next());
        let written = literals.filter_map(|text| crate::arguments::duration(text).ok());
        let above = |at: AccessDuration| AccessDuration::from_seconds(i64::from(at.seconds()) + 1).ok();
        written.flat_map(|at| [Some(at), above(at)]).flatten().collect()
    }

    /// Groups that are mentioned, by display name.
    pub(super) fn groups<'d>(&self, directory: &'d Directory) -> BTreeSet<&'d str> {
        directory.groups.values().map(|group| group.name.as_str()).filter(|name| self.says(&self.all, name)).collect()
    }

    fn person(
        &self,
        directory: &Directory,
        groups: &BTreeSet<&str>,
        id: &UserId,
        user: &User,
        managers: usize,
    ) -> String {
        if self.names || self.says(&self.all, &user.name) || self.says(&self.all, id.as_str()) {
            return format!("person {id}");
        }
        let group = |id| directory.groups.get(id).map(|group| group.name.as_str()).filter(|name| groups.contains(name));
        let in_groups: BTreeSet<&str> = user.groups.iter().filter_map(group).collect();
        let attributes: BTreeMap<&String, &String> =
            user.attributes.iter().filter(|(name, _)| self.says(&self.all, name)).collect();
        let manager = match (managers.checked_sub(1), &user.manager) {
            (None, _) | (_, None) => "-".to_owned(),
            (Some(further), Some(id)) => match directory.users.get(id) {
                Some(user) => self.person(directory, groups, id, user, further),
                None => "-".to_owned(),
            },
        };
        format!("{} {in_groups:?} {attributes:?} ({manager})", user.enabled)
    }

    fn account(&self, id: &AccountId, account: &Account) -> String {
        if self.names || self.says(&self.cedar, id.as_str()) || self.says(&self.cedar, &account.name) {
            return format!("account {id}");
        }
        let selected = |selector: &&Selector| {
            let named = selector.account.as_ref().map(|account_of| {
                (account_of.matches(&account.name), account_of.matches(id.as_str()), account_of.as_str() == id.as_str())
            });
            let tagged = selector.tags.iter().all(|(key, of)| account.tags.get(key).is_some_and(|tag| of.matches(tag)));
            (named, tagged)
        };
        let selected: Vec<_> = self.selectors.iter().map(selected).collect();
        let tags: BTreeMap<&String, &String> =
            account.tags.iter().filter(|(key, _)| self.tags || self.says(&self.cedar, key)).collect();
        format!("{} {} {} {selected:?} {tags:?}", account.unit, account.active, account.management)
    }

    fn permission_set(&self, arn: &PermissionSetArn, set: &PermissionSet) -> String {
        if self.names || self.says(&self.cedar, &set.name) || self.says(&self.cedar, arn.as_str()) {
            return format!("set {arn}");
        }
        let selected = |selector: &&Selector| {
            let of = selector.permission_set.as_ref();
            of.map(|of| (of.matches(&set.name), of.as_str() == arn.as_str()))
        };
        let selected: Vec<_> = self.selectors.iter().map(selected).collect();
        format!("{} {selected:?}", set.session)
    }

    fn says(&self, text: &str, name: &str) -> bool {
        self.escaped || name.contains(['"', '\\', '\'']) || text.contains(name)
    }
}

/// Whether a path of a bundle names Cedar policies.
pub(super) fn is_cedar(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "cedar")
}

fn kinds<T>(keyed: impl Iterator<Item = (String, T)>) -> Vec<Vec<T>> {
    let mut kinds: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for (key, one) in keyed {
        kinds.entry(key).or_default().push(one);
    }
    kinds.into_values().collect()
}
