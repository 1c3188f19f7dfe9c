//! What people call things: by the directory, and by their ids where it does not know them.

use curfew_domain::id::{AccountId, GroupId, PermissionSetArn, UserId};
use curfew_domain::request;
use curfew_engine::known::Known;
use curfew_policy::catalog;
use curfew_web::views::{Access, Means, Named, Person};

/// Names for one reader.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    known: Option<&'a Known>,
    you: &'a UserId,
}

impl<'a> Names<'a> {
    pub(crate) fn new(known: Option<&'a Known>, you: &'a UserId) -> Self {
        Self { known, you }
    }

    /// The rules in force, if they are known.
    pub(crate) fn known(&self) -> Option<&'a Known> {
        self.known
    }

    pub(crate) fn person(&self, id: &UserId) -> Person {
        let user = self.known.and_then(|known| known.directory.users.get(id));
        let user_name = user.map_or_else(|| id.to_string(), |user| user.name.clone());
        let called = user.map(|user| user.display_name.clone()).filter(|name| !name.is_empty());
        Person { id: id.to_string(), name: called.unwrap_or_else(|| user_name.clone()), user_name, you: id == self.you }
    }

    /// What people call somebody with this user name.
    pub(crate) fn called(&self, user_name: &str) -> String {
        let user = self.known.and_then(|known| known.directory.user_named(user_name));
        let called = user.map(|(_, user)| user.display_name.clone()).filter(|name| !name.is_empty());
        called.unwrap_or_else(|| user_name.to_owned())
    }

    pub(crate) fn people<'i>(&self, ids: impl IntoIterator<Item = &'i UserId>) -> Vec<Person> {
        ids.into_iter().map(|id| self.person(id)).collect()
    }

    pub(crate) fn account(&self, id: &AccountId) -> Named {
        let account = self.known.and_then(|known| known.directory.accounts.get(id));
        Named { id: id.to_string(), name: account.map_or_else(|| id.to_string(), |account| account.name.clone()) }
    }

    pub(crate) fn permission_set(&self, arn: &PermissionSetArn) -> Named {
        let set = self.known.and_then(|known| known.directory.permission_sets.get(arn));
        Named { id: arn.to_string(), name: set.map_or_else(|| arn.to_string(), |set| set.name.clone()) }
    }

    pub(crate) fn access(&self, account: &AccountId, set: &PermissionSetArn) -> Access {
        let unit = self.known.and_then(|known| {
            let account = known.directory.accounts.get(account)?;
            Some(known.directory.path_of(&account.unit))
        });
        let terms =
            self.known.and_then(|known| catalog::terms(known.configuration.model(), &known.directory, account, set));
        Access {
            account: self.account(account),
            permission_set: self.permission_set(set),
            unit: unit.unwrap_or_default(),
            risk: terms.map(|terms| terms.risk.value.name().to_owned()),
        }
    }

    pub(crate) fn group(&self, id: &GroupId) -> String {
        let group = self.known.and_then(|known| known.directory.groups.get(id));
        group.map_or_else(|| id.to_string(), |group| group.name.clone())
    }

    pub(crate) fn means(&self, means: &request::Means) -> Means {
        match means {
            request::Means::Assignment => Means::Assignment,
            request::Means::Membership(group) => Means::Membership(self.group(group)),
            request::Means::Hands(people) => Means::Hands(self.people(people)),
        }
    }

    /// On whose behalf something happened: `user:<id>`, `curfew`, or the ARN of an AWS identity.
    pub(crate) fn actor(&self, label: &str) -> String {
        match label.strip_prefix("user:").and_then(|id| UserId::parse(id).ok()) {
            Some(id) => self.person(&id).name,
            None if label == "curfew" => "Curfew".to_owned(),
            None => label.to_owned(),
        }
    }
}
