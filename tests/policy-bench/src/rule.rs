//! A family of rules that is both Cedar text and a matcher of plain Rust, which shares no code with the product.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use curfew_policy::directory::User;
use curfew_policy::model::Entitlement;
use fastrand::Rng;

use crate::condition::{Condition, Truth};
use crate::world::{self, Ask, CATALOGS, FLOWS, ROTATIONS, Size, World};

/// A rule: a head, conditions of which all must hold, and perhaps one that must not.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `forbid` instead of `permit`.
    pub forbid: bool,
    /// Principal scope.
    pub who: Who,
    /// Action scope.
    pub flows: Flows,
    /// Resource scope.
    pub what: What,
    /// `when`.
    pub when: Vec<Condition>,
    /// `unless`.
    pub unless: Option<Condition>,
}

/// Principal scopes.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Who {
    Any,
    IsUser,
    User(usize),
    Group(usize),
    IsUserInGroup(usize),
    OnCall(usize),
}

/// Action scopes, by index of the flow.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Flows {
    Any,
    One(usize),
    Several(Vec<usize>),
    AnyFlow,
    Automatic,
    Approved,
}

/// Resource scopes.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names say it")]
pub enum What {
    Any,
    IsEntitlement,
    Entitlement(usize, usize),
    Account(usize),
    Set(usize),
    Unit(usize),
    IsEntitlementInUnit(usize),
    Catalog(usize),
}

impl Rule {
    /// Any rule of the family.
    pub fn random(size: Size, rng: &mut Rng) -> Self {
        let (group, unit) = (rng.usize(0..size.groups), rng.usize(0..=size.units));
        let who = match rng.u8(0..10) {
            0 => Who::Any,
            1 => Who::IsUser,
            2 => Who::User(rng.usize(0..size.users)),
            3 => Who::IsUserInGroup(group),
            4 => Who::OnCall(rng.usize(0..ROTATIONS.len())),
            _ => Who::Group(group),
        };
        let flows = match rng.u8(0..8) {
            0 => Flows::Any,
            1 => Flows::AnyFlow,
            2 => Flows::Automatic,
            3 => Flows::Approved,
            4 => Flows::Several(vec![rng.usize(0..4), rng.usize(0..4)]),
            _ => Flows::One(rng.usize(0..4)),
        };
        let what = match rng.u8(0..12) {
            0 => What::Any,
            1 => What::IsEntitlement,
            2 => What::Entitlement(rng.usize(0..size.accounts), rng.usize(0..size.sets)),
            3 => What::Account(rng.usize(0..size.accounts)),
            4..=5 => What::Set(rng.usize(0..size.sets)),
            6 => What::IsEntitlementInUnit(unit),
            7 => What::Catalog(rng.usize(0..CATALOGS.len())),
            _ => What::Unit(unit),
        };
        let forbid = rng.u8(0..4) == 0;
        // Forbids need more conditions, or they would hide every permit.
        let conditions = rng.usize(0..2) + usize::from(forbid);
        let when = (0..conditions).map(|_| Condition::random(size, rng)).collect();
        let unless = (rng.u8(0..5) == 0).then(|| Condition::random(size, rng));
        Self { forbid, who, flows, what, when, unless }
    }

    /// The rules that companies have most: this group, this OU, this permission set, so long; and guardrails.
    pub fn usual(n: usize, size: Size, rng: &mut Rng) -> Self {
        let guardrail = n % 50 == 49;
        let set = Condition::SetIs(rng.usize(0..size.sets));
        let longest = Condition::AtMost(3600 * rng.u32(1..13));
        Self {
            forbid: guardrail,
            who: if guardrail { Who::Any } else { Who::Group(rng.usize(0..size.groups)) },
            flows: if guardrail { Flows::Automatic } else { Flows::One(rng.usize(0..4)) },
            what: What::Unit(rng.usize(0..size.units)),
            when: if guardrail { vec![set] } else { vec![set, longest] },
            unless: guardrail.then_some(Condition::Ticket),
        }
    }

    /// Whether it is about one of these groups.
    pub fn is_for_group(&self, groups: &BTreeSet<&str>) -> bool {
        matches!(self.who, Who::Group(n) | Who::IsUserInGroup(n) if groups.contains(world::group(n).as_str()))
    }

    /// As Cedar.
    pub fn cedar(&self, n: usize) -> String {
        let of = |kind: &str, id: &str| format!("Curfew::{kind}::\"{}\"", id.escape_debug());
        let effect = if self.forbid { "forbid" } else { "permit" };
        let who = match &self.who {
            Who::Any => "principal".to_owned(),
            Who::IsUser => "principal is Curfew::User".to_owned(),
            Who::User(n) => format!("principal == {}", of("User", &world::user(*n))),
            Who::Group(n) => format!("principal in {}", of("Group", &world::group(*n))),
            Who::IsUserInGroup(n) => format!("principal is Curfew::User in {}", of("Group", &world::group(*n))),
            Who::OnCall(n) => format!("principal in {}", of("OnCall", ROTATIONS[*n % 2])),
        };
        let action = |name: &str| of("Action", name);
        let flows = match &self.flows {
            Flows::Any => "action".to_owned(),
            Flows::One(n) => format!("action == {}", action(FLOWS[*n % 4])),
            Flows::Several(all) => {
                let all: Vec<String> = all.iter().map(|n| action(FLOWS[*n % 4])).collect();
                format!("action in [{}]", all.join(", "))
            }
            Flows::AnyFlow => format!("action in {}", action("anyFlow")),
            Flows::Automatic => format!("action in {}", action("automaticFlow")),
            Flows::Approved => format!("action in [{}]", action("approvedFlow")),
        };
        let what = match &self.what {
            What::Any => "resource".to_owned(),
            What::IsEntitlement => "resource is Curfew::Entitlement".to_owned(),
            What::Entitlement(a, s) => {
                format!("resource == {}", of("Entitlement", &format!("{}/{}", world::account(*a), world::set(*s))))
            }
            What::Account(n) => format!("resource in {}", of("Account", &world::account(*n))),
            What::Set(n) => format!("resource in {}", of("PermissionSet", &world::set(*n))),
            What::Unit(n) => format!("resource in {}", of("OrgUnit", &world::unit(*n))),
            What::IsEntitlementInUnit(n) => {
                format!("resource is Curfew::Entitlement in {}", of("OrgUnit", &world::unit(*n)))
            }
            What::Catalog(n) => format!("resource in {}", of("Catalog", CATALOGS[*n % 3])),
        };
        let mut text = format!("@id(\"r{n}\") {effect} ({who}, {flows}, {what})");
        let when: Vec<String> = self.when.iter().map(Condition::cedar).collect();
        // Writing to a String cannot fail.
        if !when.is_empty() {
            let _ = write!(text, " when {{ {} }}", when.join(" && "));
        }
        if let Some(unless) = &self.unless {
            let _ = write!(text, " unless {{ {} }}", unless.cedar());
        }
        text + ";\n"
    }

    /// Whether it applies to a question about this flow, by plain Rust.
    #[expect(clippy::result_unit_err, reason = "an error has no content here: it denies")]
    pub fn applies(&self, world: &World, ask: &Ask, user: &User, of: &Entitlement, flow: usize) -> Truth {
        if !(self.flows.cover(flow) && self.who.is(world, ask, user) && self.what.covers(world, of)) {
            return Ok(false);
        }
        for condition in &self.when {
            if !condition.holds(world, ask, user, of)? {
                return Ok(false);
            }
        }
        match &self.unless {
            Some(unless) => Ok(!unless.holds(world, ask, user, of)?),
            None => Ok(true),
        }
    }
}

impl Flows {
    fn cover(&self, flow: usize) -> bool {
        match self {
            Self::Any | Self::AnyFlow => true,
            Self::One(n) => *n == flow,
            Self::Several(all) => all.contains(&flow),
            Self::Automatic => flow == 0,
            Self::Approved => flow > 0,
        }
    }
}

impl Who {
    fn is(&self, world: &World, ask: &Ask, user: &User) -> bool {
        match self {
            Self::Any | Self::IsUser => true,
            Self::User(n) => user.name == world::user(*n),
            Self::Group(n) | Self::IsUserInGroup(n) => in_group(world, user, *n),
            Self::OnCall(n) => on_call(world, ask, user, ROTATIONS[*n % 2]),
        }
    }
}

pub(crate) fn in_group(world: &World, user: &User, group: usize) -> bool {
    let name = world::group(group);
    user.groups.iter().any(|id| world.directory.groups.get(id).is_some_and(|group| group.name == name))
}

fn on_call(world: &World, ask: &Ask, user: &User, rotation: &str) -> bool {
    world.model.rotations.get(rotation).into_iter().flatten().any(|shift| {
        let begun = shift.from.is_none_or(|from| ask.now >= from);
        let over = shift.until.is_some_and(|until| ask.now >= until);
        begun && !over && shift.users.contains(&user.name)
    })
}

impl What {
    /// Whether the scope covers an entitlement.
    pub fn covers(&self, world: &World, of: &Entitlement) -> bool {
        match self {
            Self::Any | Self::IsEntitlement => true,
            Self::Entitlement(a, s) => {
                of.account.as_str() == world::account(*a) && of.permission_set_name == world::set(*s)
            }
            Self::Account(n) => of.account.as_str() == world::account(*n),
            Self::Set(n) => of.permission_set_name == world::set(*n),
            Self::Unit(n) | Self::IsEntitlementInUnit(n) => under(world, of, *n),
            Self::Catalog(n) => of.catalogs.contains(CATALOGS[*n % 3]),
        }
    }
}

/// Below an OU: its path is the beginning of the account's, up to a `/`.
pub(crate) fn under(world: &World, of: &Entitlement, unit: usize) -> bool {
    let Some(account) = world.directory.accounts.get(&of.account) else { return false };
    let (path, above) = (world.directory.path_of(&account.unit), world::unit(unit));
    above == "/" || path == above || path.starts_with(&format!("{above}/"))
}
