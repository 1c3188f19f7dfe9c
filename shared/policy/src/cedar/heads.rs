//! What the heads of policies alone tell: flows that nothing permits, permits that a forbid always overrides, policies that
//! apply to nobody or nothing. Sound, not complete: what is told here is so, and conditions are never weighed; `prove` does
//! that.

use std::collections::BTreeSet;

use cedar_policy::{Effect, Policy, PrincipalConstraint, ResourceConstraint};
use curfew_domain::id::AccountId;

use super::entities::entitlement_id;
use super::head::{ANY, Head, head, key};
use super::schema::{ANY_FLOW, group_of};
use super::source::{Piece, pieces};
use crate::directory::Directory;
use crate::folder::CedarFile;
use crate::model::{Entitlement, Model, Name};
use crate::problem::{Problem, Severity};

/// Policies that are valid, each with its head and place. What is not valid, `Rules::compile` has told.
pub(crate) struct Heads<'f> {
    policies: Vec<Placed<'f>>,
}

struct Placed<'f> {
    piece: Piece<'f>,
    policy: Policy,
    head: Head,
}

impl<'f> Heads<'f> {
    pub(crate) fn of(cedar: &'f [CedarFile]) -> Self {
        let placed = |piece: Piece<'f>| {
            let policy = Policy::parse(None, piece.text).ok()?;
            Some(Placed { head: head(&policy), piece, policy })
        };
        Self { policies: cedar.iter().flat_map(pieces).filter_map(placed).collect() }
    }

    /// Whether any permit is about this flow and is not always overridden.
    pub(crate) fn permit(&self, model: &Model, flow: &str) -> bool {
        self.permits().any(|permit| permit.is_about(model, flow) && !self.overridden(model, permit, flow))
    }

    /// Whether this flow is open to everybody for everything, always.
    pub(crate) fn always_open(&self, model: &Model, flow: &str) -> bool {
        let for_all = |permit: &Placed<'_>| {
            permit.is_unconditional() && permit.head.principal == ANY && permit.head.resource == ANY
        };
        self.permits().any(|permit| permit.is_about(model, flow) && for_all(permit))
            && !self.forbids().any(|forbid| forbid.is_about(model, flow))
    }

    /// Permits that never take effect, because a forbid without conditions covers all that they are about.
    pub(crate) fn without_effect(&self, model: &Model) -> Vec<Problem> {
        let dead = |permit: &&Placed<'_>| {
            let mut flows = model.flows.keys().filter(|flow| permit.is_about(model, flow)).peekable();
            flows.peek().is_some() && flows.all(|flow| self.overridden(model, permit, flow))
        };
        let told = |permit: &Placed<'_>| {
            let message = "this permit never takes effect: a forbid without conditions covers all of it".to_owned();
            permit.piece.problem(
                0,
                Severity::Warning,
                message,
                Some("take one of them out, or narrow the forbid".into()),
            )
        };
        self.permits().filter(dead).map(told).collect()
    }

    /// Policies whose heads name people or resources that the directory knows, and among which there is nobody who could
    /// ask, or nothing that could be asked for. Names that it does not know are told by `unknown_names`.
    pub(crate) fn idle<'e>(
        &self,
        directory: &Directory,
        entitlements: impl Iterator<Item = &'e Entitlement>,
    ) -> Vec<Problem> {
        let (people, resources) = (people(directory), resources(directory, entitlements));
        let known = known(directory);
        let mut problems = Vec::new();
        for placed in &self.policies {
            let what = if placed.policy.effect() == Effect::Forbid { "guardrail" } else { "permit" };
            let mut tell = |message: String, hint: &str| {
                problems.push(placed.piece.problem(0, Severity::Warning, message, Some(hint.to_owned())));
            };
            let idle = |key: &String, used: &BTreeSet<String>| known.contains(key) && !used.contains(key);
            if idle(&placed.head.principal, &people) {
                tell(
                    format!("this {what} applies to nobody: no enabled user is in {}", placed.head.principal),
                    "look at the group in the directory, or take the policy out",
                );
            }
            if idle(&placed.head.resource, &resources) {
                tell(
                    format!("this {what} applies to nothing: no catalog offers anything in {}", placed.head.resource),
                    "put it in a catalog, or take the policy out",
                );
            }
        }
        problems
    }

    fn permits(&self) -> impl Iterator<Item = &Placed<'f>> {
        self.policies.iter().filter(|placed| placed.policy.effect() == Effect::Permit)
    }

    fn forbids(&self) -> impl Iterator<Item = &Placed<'f>> {
        self.policies.iter().filter(|placed| placed.policy.effect() == Effect::Forbid)
    }

    /// Whether one forbid without conditions covers the people and resources of this permit for this flow.
    fn overridden(&self, model: &Model, permit: &Placed<'_>, flow: &str) -> bool {
        self.forbids().any(|forbid| {
            let (people, resources) = (forbid.policy.principal_constraint(), forbid.policy.resource_constraint());
            forbid.is_unconditional()
                && forbid.is_about(model, flow)
                && (people == PrincipalConstraint::Any || people == permit.policy.principal_constraint())
                && (resources == ResourceConstraint::Any || resources == permit.policy.resource_constraint())
        })
    }
}

impl Placed<'_> {
    fn is_about(&self, model: &Model, flow: &str) -> bool {
        let automatic = model.flows.get(flow).is_some_and(|flow| flow.steps.is_empty());
        let named = |actions: &Vec<Name>| {
            actions.iter().any(|action| [flow, ANY_FLOW, group_of(automatic)].contains(&action.as_str()))
        };
        self.head.actions.as_ref().is_none_or(named)
    }

    fn is_unconditional(&self) -> bool {
        !self.policy.has_non_scope_constraint()
    }
}

/// Keys of everybody who could ask, and of their groups.
fn people(directory: &Directory) -> BTreeSet<String> {
    let enabled = || directory.users.values().filter(|user| user.enabled);
    let groups = enabled().flat_map(|user| &user.groups).collect::<BTreeSet<_>>();
    let groups = groups.into_iter().filter_map(|id| directory.groups.get(id));
    enabled().map(|user| key("User", &user.name)).chain(groups.map(|group| key("Group", &group.name))).collect()
}

/// Keys of everything that could be asked for, and of what that is in.
fn resources<'e>(directory: &Directory, entitlements: impl Iterator<Item = &'e Entitlement>) -> BTreeSet<String> {
    let (mut keys, mut accounts) = (BTreeSet::new(), BTreeSet::<&AccountId>::new());
    for entitlement in entitlements {
        keys.insert(key("PermissionSet", &entitlement.permission_set_name));
        keys.insert(key("Entitlement", &entitlement_id(entitlement)));
        keys.extend(entitlement.catalogs.iter().map(|name| key("Catalog", name)));
        if accounts.insert(&entitlement.account)
            && let Some(account) = directory.accounts.get(&entitlement.account)
        {
            keys.insert(key("Account", entitlement.account.as_str()));
            keys.extend(directory.units_of(account).into_iter().map(|unit| key("OrgUnit", &directory.path_of(unit))));
        }
    }
    keys
}

/// Keys of all that the directory knows, and that could be idle.
fn known(directory: &Directory) -> BTreeSet<String> {
    let users = directory.users.values().map(|user| key("User", &user.name));
    let groups = directory.groups.values().map(|group| key("Group", &group.name));
    let accounts = directory.accounts.keys().map(|id| key("Account", id.as_str()));
    let sets = directory.permission_sets.values().map(|set| key("PermissionSet", &set.name));
    let units = directory.units.keys().map(|unit| key("OrgUnit", &directory.path_of(unit)));
    users.chain(groups).chain(accounts).chain(sets).chain(units).collect()
}
