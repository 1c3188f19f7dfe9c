//! Who decides: approvers, as the configuration names them, resolved to people of the directory.
//!
//! Only enabled users of the directory count. A name that nobody has, a manager whom the directory does not tell and a
//! rotation with nobody on call are no error here: they are nobody, and a step with nobody is never skipped (`steps`).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use curfew_domain::id::UserId;
use curfew_domain::time::Timestamp;

use crate::directory::{Directory, User};
use crate::model::{Approver, Model, Terms};

/// Resolves the approvers of one request.
pub(crate) struct Resolver<'a> {
    pub(crate) model: &'a Model,
    pub(crate) roll: &'a Roll<'a>,
    /// Whose manager `manager` is.
    pub(crate) requester: &'a UserId,
    /// Whose owners `entitlement-owner` and `account-owner` are.
    pub(crate) terms: &'a Terms,
    /// Decides who is on call.
    pub(crate) now: Timestamp,
}

/// Finds people by name and group, each question once: the steps of a flow ask for the same groups again and again.
pub(crate) struct Roll<'a> {
    pub(crate) directory: &'a Directory,
    found: RefCell<BTreeMap<Named, Rc<BTreeSet<UserId>>>>,
}

/// People as configurations name them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    /// Names or ids.
    users: BTreeSet<String>,
    /// Display names.
    groups: BTreeSet<String>,
}

impl<'a> Resolver<'a> {
    /// Everybody whom any of these approvers means, the requester too.
    pub(crate) fn people(&self, approvers: &'a [Approver]) -> BTreeSet<UserId> {
        let mut named = Named::default();
        let mut seen = BTreeSet::new();
        self.collect(approvers, &mut named, &mut seen);
        let mut people: BTreeSet<UserId> = self.roll.enabled(named).iter().cloned().collect();
        if seen.contains(&Approver::Manager) {
            people.extend(self.manager().cloned());
        }
        people
    }

    /// These approvers with all whom lists among them name, lists too.
    pub(crate) fn meant(&self, approvers: &'a [Approver]) -> BTreeSet<&'a Approver> {
        let mut seen = BTreeSet::new();
        self.collect(approvers, &mut Named::default(), &mut seen);
        seen
    }

    /// The requester's manager, if enabled.
    fn manager(&self) -> Option<&'a UserId> {
        let users = &self.roll.directory.users;
        let manager = users.get(self.requester)?.manager.as_ref()?;
        users.get(manager)?.enabled.then_some(manager)
    }

    /// `seen` ends lists that name each other; what they mean together does not depend on the order.
    fn collect(&self, approvers: &'a [Approver], named: &mut Named, seen: &mut BTreeSet<&'a Approver>) {
        for approver in approvers {
            if !seen.insert(approver) {
                continue;
            }
            let list = match approver {
                Approver::Named(name) => self.model.approver_groups.get(name),
                Approver::EntitlementOwner => self.terms.entitlement_owner.as_ref().map(|owner| &owner.value),
                Approver::AccountOwner => self.terms.account_owner.as_ref().map(|owner| &owner.value),
                Approver::User(name) => {
                    named.users.insert(name.clone());
                    None
                }
                Approver::Group(name) => {
                    named.groups.insert(name.clone());
                    None
                }
                Approver::OnCall(rotation) => {
                    named.users.extend(on_call(self.model, rotation, self.now).map(str::to_owned));
                    None
                }
                // Not a name: looked up by whoever asked (`people`).
                Approver::Manager => None,
            };
            if let Some(list) = list {
                self.collect(list, named, seen);
            }
        }
    }
}

/// Who is on call at an instant: user names or ids, as the shifts write them.
pub(crate) fn on_call<'a>(model: &'a Model, rotation: &str, now: Timestamp) -> impl Iterator<Item = &'a str> {
    let shifts = model.rotations.get(rotation).map_or(&[][..], Vec::as_slice);
    let running = move |from: Option<Timestamp>, until: Option<Timestamp>| {
        from.is_none_or(|from| from <= now) && until.is_none_or(|until| now < until)
    };
    shifts
        .iter()
        .filter(move |shift| running(shift.from, shift.until))
        .flat_map(|shift| &shift.users)
        .map(String::as_str)
}

impl<'a> Roll<'a> {
    pub(crate) fn new(directory: &'a Directory) -> Self {
        Self { directory, found: RefCell::default() }
    }

    /// The enabled users of these names and groups.
    fn enabled(&self, named: Named) -> Rc<BTreeSet<UserId>> {
        let mut found = self.found.borrow_mut();
        found.entry(named).or_insert_with_key(|named| Rc::new(enabled(self.directory, named))).clone()
    }
}

fn enabled(directory: &Directory, named: &Named) -> BTreeSet<UserId> {
    let people = &directory.users;
    let mut found: BTreeMap<&UserId, &User> = BTreeMap::new();
    for text in &named.users {
        // An id means its user even where another user has that text as name.
        match UserId::parse(text).ok().and_then(|id| people.get_key_value(&id)) {
            Some((id, user)) => found.extend([(id, user)]),
            None => found.extend(people.named(text)),
        }
    }
    if !named.groups.is_empty() {
        let groups = directory.groups.iter().filter(|(_, group)| named.groups.contains(group.name.as_str()));
        found.extend(groups.flat_map(|(id, _)| people.members(id)));
    }
    found.into_iter().filter(|(_, user)| user.enabled).map(|(id, _)| id.clone()).collect()
}
