//! Who decides: approvers, as the configuration names them, resolved to people of the directory.
//!
//! Only enabled users of the directory count. A name that nobody has, a manager whom the directory does not tell and a
//! rotation with nobody on call are no error here: they are nobody, and a step with nobody is never skipped (`steps`).

use std::collections::BTreeSet;

use curfew_domain::id::{GroupId, UserId};
use curfew_domain::time::Timestamp;

use crate::directory::{Directory, Group, User};
use crate::model::{Approver, Model, Terms};

/// Resolves the approvers of one request.
pub(crate) struct Resolver<'a> {
    pub(crate) model: &'a Model,
    pub(crate) directory: &'a Directory,
    /// Whose manager `manager` is.
    pub(crate) requester: &'a UserId,
    /// Whose owners `entitlement-owner` and `account-owner` are.
    pub(crate) terms: &'a Terms,
    /// Decides who is on call.
    pub(crate) now: Timestamp,
}

/// What to look for in the directory.
#[derive(Default)]
struct Wanted<'a> {
    /// Names or ids.
    users: BTreeSet<&'a str>,
    groups: BTreeSet<&'a str>,
    ids: BTreeSet<&'a UserId>,
}

impl<'a> Resolver<'a> {
    /// Everybody whom any of these approvers means, the requester too.
    pub(crate) fn people(&self, approvers: &'a [Approver]) -> BTreeSet<UserId> {
        let mut wanted = Wanted::default();
        self.collect(approvers, &mut wanted, &mut BTreeSet::new());
        found(self.directory, &wanted)
    }

    /// `seen` ends lists that name each other; what they mean together does not depend on the order.
    fn collect(&self, approvers: &'a [Approver], wanted: &mut Wanted<'a>, seen: &mut BTreeSet<&'a Approver>) {
        for approver in approvers {
            if !seen.insert(approver) {
                continue;
            }
            let list = match approver {
                Approver::User(name) => {
                    wanted.users.insert(name);
                    None
                }
                Approver::Group(name) => {
                    wanted.groups.insert(name);
                    None
                }
                Approver::OnCall(rotation) => {
                    wanted.users.extend(on_call(self.model, rotation, self.now));
                    None
                }
                Approver::Manager => {
                    let requester = self.directory.users.get(self.requester);
                    wanted.ids.extend(requester.and_then(|user| user.manager.as_ref()));
                    None
                }
                Approver::Named(name) => self.model.approver_groups.get(name),
                Approver::EntitlementOwner => self.terms.entitlement_owner.as_ref().map(|owner| &owner.value),
                Approver::AccountOwner => self.terms.account_owner.as_ref().map(|owner| &owner.value),
            };
            if let Some(list) = list {
                self.collect(list, wanted, seen);
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
    shifts.iter().filter(move |shift| running(shift.from, shift.until)).flat_map(|shift| &shift.users).map(String::as_str)
}

/// The user that a configuration names by id or, failing that, by user name; not whether enabled.
pub(crate) fn user_by_name_or_id<'d>(directory: &'d Directory, text: &str) -> Option<(&'d UserId, &'d User)> {
    let by_id = UserId::parse(text).ok().and_then(|id| directory.users.get_key_value(&id));
    by_id.or_else(|| directory.user_named(text))
}

/// At most one pass over the people, whatever is wanted: there are far more people than approvers.
fn found(directory: &Directory, wanted: &Wanted<'_>) -> BTreeSet<UserId> {
    let mut ids: BTreeSet<&UserId> = wanted.ids.clone();
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for text in &wanted.users {
        // An id means its user even where another user has that text as name.
        match UserId::parse(text).ok().and_then(|id| directory.users.get_key_value(&id)) {
            Some((id, _)) => ids.insert(id),
            None => names.insert(text),
        };
    }
    let meant = |group: &Group| wanted.groups.contains(group.name.as_str());
    let groups: BTreeSet<&GroupId> = directory.groups.iter().filter(|(_, group)| meant(group)).map(|(id, _)| id).collect();
    if !names.is_empty() || !groups.is_empty() {
        let means = |user: &User| names.contains(user.name.as_str()) || user.groups.iter().any(|id| groups.contains(id));
        ids.extend(directory.users.iter().filter(|(_, user)| means(user)).map(|(id, _)| id));
    }
    let enabled = |id: &UserId| directory.users.get(id).is_some_and(|user| user.enabled);
    ids.into_iter().filter(|id| enabled(id)).cloned().collect()
}
