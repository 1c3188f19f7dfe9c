//! The keys by which policies are found: the entities that their heads name.

use std::fmt::Write as _;

use cedar_policy::{ActionConstraint, EntityUid, Policy, PrincipalConstraint, ResourceConstraint};

/// The key of a head that names no entity: it may match anything.
pub(crate) const ANY: &str = "*";

/// Where a policy is found, and which flows it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) principal: String,
    pub(crate) resource: String,
    /// Flows and action groups; `None` for all.
    pub(crate) actions: Option<Vec<String>>,
}

/// The head of a policy. `is T` alone narrows by type only, and every principal is a user, every resource an entitlement:
/// such a policy is found for everybody, and Cedar decides whether the type fits.
pub(crate) fn head(policy: &Policy) -> Head {
    let principal = match policy.principal_constraint() {
        PrincipalConstraint::Any | PrincipalConstraint::Is(_) => ANY.to_owned(),
        PrincipalConstraint::In(uid) | PrincipalConstraint::Eq(uid) | PrincipalConstraint::IsIn(_, uid) => of(&uid),
    };
    let resource = match policy.resource_constraint() {
        ResourceConstraint::Any | ResourceConstraint::Is(_) => ANY.to_owned(),
        ResourceConstraint::In(uid) | ResourceConstraint::Eq(uid) | ResourceConstraint::IsIn(_, uid) => of(&uid),
    };
    let names = |uids: &[EntityUid]| uids.iter().map(|uid| uid.id().unescaped().to_owned()).collect();
    let actions = match policy.action_constraint() {
        ActionConstraint::Any => None,
        ActionConstraint::Eq(uid) => Some(names(&[uid])),
        ActionConstraint::In(uids) => Some(names(&uids)),
    };
    Head { principal, resource, actions }
}

fn of(uid: &EntityUid) -> String {
    key(uid.type_name().basename(), uid.id().unescaped())
}

/// The key of an entity: one line without tabs.
pub(crate) fn key(kind: &str, id: &str) -> String {
    let mut key = String::with_capacity(kind.len() + id.len() + 1);
    key.push_str(kind);
    key.push(' ');
    escape(id, &mut key);
    key
}

/// Adds a text as part of one line without tabs; different texts stay different.
pub(crate) fn escape(text: &str, to: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => to.push_str("\\\\"),
            c if c.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(to, "\\{:x};", u32::from(c));
            }
            c => to.push(c),
        }
    }
}
