//! By which means access would be given: what the strategy of an entitlement comes to in this organisation, now.

use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_domain::request::Means;
use curfew_domain::time::Timestamp;

use crate::approvers::{Resolver, Roll};
use crate::evaluator::Configuration;
use crate::judge::Facts;
use crate::model::{Model, Strategy, Terms};
use crate::steps::MOST_APPROVERS;

impl Configuration {
    /// By which means this person would be given this access now; `None` where nobody offers it, or nothing is granted.
    pub fn means_of(
        &self,
        facts: &Facts<'_>,
        requester: &UserId,
        account: &AccountId,
        permission_set: &PermissionSetArn,
    ) -> Option<Means> {
        let entitlement = self.entitlement(facts.directory, account, permission_set)?;
        means(self.model(), &Roll::new(facts.directory), requester, &entitlement.terms, facts.now).ok()
    }
}

/// The means.
///
/// # Errors
/// Why there are none, in a sentence for people: then nothing is granted.
pub(crate) fn means(
    model: &Model,
    roll: &Roll<'_>,
    requester: &UserId,
    terms: &Terms,
    now: Timestamp,
) -> Result<Means, String> {
    match &terms.strategy.value {
        Strategy::Connector => Ok(Means::Assignment),
        Strategy::Group(name) => membership(model, roll, name),
        Strategy::Manual(people) => {
            let resolver = Resolver { model, roll, requester, terms, now };
            let mut hands = resolver.people(people);
            // Nobody says of their own access that it was taken.
            hands.remove(requester);
            match hands.len() {
                0 => Err("this access is given by hand, and nobody is there who does it".to_owned()),
                n if n > MOST_APPROVERS => Err(format!(
                    "this access is given by hand, and {n} people would be asked, more than {MOST_APPROVERS}"
                )),
                _ => Ok(Means::Hands(hands.into_iter().collect())),
            }
        }
    }
}

/// Only a group that is Curfew's alone: of any other, nobody could tell which members are standing ones.
fn membership(model: &Model, roll: &Roll<'_>, name: &str) -> Result<Means, String> {
    if !model.ownership.groups.contains(name) {
        return Err(format!("this access is given by membership of the group `{name}`, which is not Curfew's alone"));
    }
    let mut found = roll.directory.groups.iter().filter(|(_, group)| group.name == *name);
    match (found.next(), found.next()) {
        (Some((id, _)), None) => Ok(Means::Membership(id.clone())),
        (None, _) => Err(format!("this access is given by membership of the group `{name}`, which does not exist")),
        (Some(_), Some(_)) => Err(format!("several groups are named `{name}`, by which this access is given")),
    }
}
