//! Who is told: people in charge of an entitlement, administrators, and whomever the configuration names. Decides nothing.

use curfew_domain::ask::Ask;
use curfew_domain::id::UserId;

use crate::approvers::{Resolver, Roll};
use crate::catalog;
use crate::directory::Directory;
use crate::evaluator::Configuration;
use crate::judge::Facts;
use crate::model::{Approver, Subjects, Told};

/// Who answers for access in the company, whether or not they are asked to decide.
const IN_CHARGE: [Approver; 3] = [Approver::Manager, Approver::EntitlementOwner, Approver::AccountOwner];

impl Configuration {
    /// The requester's manager and the owners of entitlement and account, sorted; never the requester. Nobody where the
    /// entitlement is not offered any more.
    pub fn in_charge(&self, facts: &Facts<'_>, ask: &Ask) -> Vec<UserId> {
        let entitlement = self.entitlement(facts.directory, &ask.account, &ask.permission_set);
        let Some(entitlement) = entitlement else { return Vec::new() };
        let roll = Roll::new(facts.directory);
        let resolver = Resolver {
            model: self.model(),
            roll: &roll,
            requester: &ask.requester,
            terms: &entitlement.terms,
            now: facts.now,
        };
        resolver.people(&IN_CHARGE).into_iter().filter(|person| *person != ask.requester).collect()
    }

    /// Everybody who may publish configurations and end any access, sorted.
    pub fn administrators(&self, directory: &Directory) -> Vec<UserId> {
        people(&self.model().roles.administrators, directory)
    }

    /// Whom `[notices]` names for requests of this entitlement.
    pub fn told(&self, directory: &Directory, ask: &Ask) -> Vec<Told> {
        let about = |selectors: &[_]| {
            selectors.is_empty() || catalog::selects(selectors, directory, &ask.account, &ask.permission_set)
        };
        let targets = self.model().notices.values().filter(|target| about(&target.entitlements));
        let told = targets.map(|target| Told {
            on: target.on.clone(),
            people: people(&target.people, directory),
            address: target.address.clone(),
        });
        told.collect()
    }
}

fn people(subjects: &Subjects, directory: &Directory) -> Vec<UserId> {
    if *subjects == Subjects::default() {
        return Vec::new();
    }
    let among = |id: &&UserId| catalog::subjects_contain(subjects, directory, id);
    directory.users.keys().filter(among).cloned().collect()
}
