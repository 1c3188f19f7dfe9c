//! Conditions of rules, as Cedar text and as plain Rust.

use std::collections::BTreeSet;

use curfew_policy::directory::User;
use curfew_policy::model::{Approver, Entitlement, Risk};
use fastrand::Rng;

use crate::rule::{in_group, under};
use crate::world::{self, Ask, CATALOGS, DEPARTMENTS, EMPLOYMENT, ENVIRONMENTS, Size, World};

/// Conditions.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the texts of `cedar` say it")]
pub enum Condition {
    SetIs(usize),
    SetIsNot(usize),
    SetAmong(usize, usize),
    /// Its name has an escape in it.
    InSet(usize),
    AtMost(u32),
    SessionAtMost(i64),
    Ticket,
    Emergency,
    Mfa,
    Department(usize),
    Employment(usize),
    Env(usize),
    AccountName(usize),
    UnderUnit(usize),
    AccountUnderUnit(usize),
    InCatalog(usize),
    RiskIs(usize),
    InGroup(usize),
    ManagerInGroup(usize),
    ManagersManagerInDepartment(usize),
    OwnedByMe,
    OwnedByMyManager,
    ActiveBelow(i64),
    NoActiveSet(usize),
    NotActiveItself,
    Weekend,
    /// Fails with an overflow when there are two or more active grants.
    Overflow,
}

const RISKS: [&str; 4] = ["low", "medium", "high", "critical"];

/// What a condition comes to in Cedar: an error stops the policy.
pub type Truth = Result<bool, ()>;

impl Condition {
    /// Any condition.
    pub fn random(size: Size, rng: &mut Rng) -> Self {
        let (set, unit, group) = (rng.usize(0..size.sets), rng.usize(0..=size.units), rng.usize(0..size.groups));
        match rng.u8(0..28) {
            0 | 1 => Self::SetIs(set),
            2 => Self::AtMost(3600 * rng.u32(1..9)),
            3 => Self::SessionAtMost(rng.i64(1..13)),
            4 => Self::Ticket,
            5 => Self::Emergency,
            6 => Self::Mfa,
            7 => Self::Department(rng.usize(0..4)),
            8 => Self::Employment(rng.usize(0..3)),
            9 => Self::Env(rng.usize(0..3)),
            10 => Self::AccountName(rng.usize(0..5)),
            11 => Self::UnderUnit(unit),
            12 => Self::AccountUnderUnit(unit),
            13 => Self::InCatalog(rng.usize(0..3)),
            14 => Self::RiskIs(rng.usize(0..4)),
            15 => Self::InGroup(group),
            16 => Self::ManagerInGroup(group),
            17 => Self::ManagersManagerInDepartment(rng.usize(0..4)),
            18 => Self::OwnedByMe,
            19 => Self::OwnedByMyManager,
            20 => Self::ActiveBelow(rng.i64(0..4)),
            21 => Self::NoActiveSet(set),
            22 => Self::NotActiveItself,
            23 => Self::Weekend,
            24 => Self::SetIsNot(set),
            25 => Self::SetAmong(set, rng.usize(0..size.sets)),
            26 => Self::InSet(set),
            _ => Self::Overflow,
        }
    }

    /// As Cedar.
    pub fn cedar(&self) -> String {
        let of = |kind: &str, id: &str| format!("Curfew::{kind}::\"{}\"", id.escape_debug());
        let text = |text: &str| format!("\"{}\"", text.escape_debug());
        match self {
            Self::SetIs(n) => format!("resource.permissionSet == {}", of("PermissionSet", &world::set(*n))),
            Self::SetIsNot(n) => format!("resource.permissionSet != {}", of("PermissionSet", &world::set(*n))),
            Self::SetAmong(a, b) => {
                let [a, b] = [a, b].map(|n| of("PermissionSet", &world::set(*n)));
                format!("[{a}, {b}].contains(resource.permissionSet)")
            }
            Self::InSet(n) => {
                format!("resource in Curfew::PermissionSet::\"{}\"", world::set(*n).replace('S', "\\u{53}"))
            }
            Self::AtMost(seconds) => format!("context.duration <= duration(\"{seconds}s\")"),
            Self::SessionAtMost(hours) => format!("resource.permissionSet.session <= duration(\"{hours}h\")"),
            Self::Ticket => "context has ticket".to_owned(),
            Self::Emergency => "context.emergency".to_owned(),
            Self::Mfa => "(context has mfa && context.mfa)".to_owned(),
            Self::Department(n) => {
                format!("(principal has department && principal.department == {})", text(DEPARTMENTS[*n % 4]))
            }
            Self::Employment(n) => {
                let value = of("Employment", EMPLOYMENT[*n % 3]);
                format!("(principal has employment && principal.employment == {value})")
            }
            Self::Env(n) => {
                let value = text(ENVIRONMENTS[*n % 3]);
                format!("(resource.account.hasTag(\"env\") && resource.account.getTag(\"env\") == {value})")
            }
            Self::AccountName(n) => format!("resource.account.name like \"*-{n}\""),
            Self::UnderUnit(n) => format!("resource in {}", of("OrgUnit", &world::unit(*n))),
            Self::AccountUnderUnit(n) => format!("resource.account in {}", of("OrgUnit", &world::unit(*n))),
            Self::InCatalog(n) => format!("resource in [{}]", of("Catalog", CATALOGS[*n % 3])),
            Self::RiskIs(n) => format!("resource.risk == {}", of("Risk", RISKS[*n % 4])),
            Self::InGroup(n) => format!("principal in {}", of("Group", &world::group(*n))),
            Self::ManagerInGroup(n) => {
                format!("(principal has manager && principal.manager in {})", of("Group", &world::group(*n)))
            }
            Self::ManagersManagerInDepartment(n) => format!(
                "(principal has manager.manager.department && principal.manager.manager.department == {})",
                text(DEPARTMENTS[*n % 4])
            ),
            Self::OwnedByMe => "resource.owners.contains(principal)".to_owned(),
            Self::OwnedByMyManager => {
                "(principal has manager && resource.owners.contains(principal.manager))".to_owned()
            }
            Self::ActiveBelow(n) => format!("context.activeCount < {n}"),
            Self::NoActiveSet(n) => {
                format!("!context.activePermissionSets.contains({})", of("PermissionSet", &world::set(*n)))
            }
            Self::NotActiveItself => "!context.active.contains(resource)".to_owned(),
            Self::Weekend => {
                let day = |name| format!("context.weekday == {}", of("Weekday", name));
                format!("({} || {})", day("saturday"), day("sunday"))
            }
            Self::Overflow => "context.activeCount * 9223372036854775807 >= 0".to_owned(),
        }
    }

    /// Whether it holds, by plain Rust.
    #[expect(clippy::result_unit_err, reason = "an error has no content here: it denies")]
    pub fn holds(&self, world: &World, ask: &Ask, user: &User, of: &Entitlement) -> Truth {
        let directory = &world.directory;
        let account = directory.accounts.get(&of.account);
        let manager = |user: &User| user.manager.as_ref().and_then(|id| directory.users.get(id));
        let is = |user: &User, attribute: &str, value: &str| user.attributes.get(attribute).is_some_and(|v| v == value);
        let active = &ask.circumstances.active;
        let session = || directory.permission_sets.get(&of.permission_set).map(|set| set.session.as_hours());
        Ok(match self {
            Self::SetIs(n) | Self::InSet(n) => of.permission_set_name == world::set(*n),
            Self::SetIsNot(n) => of.permission_set_name != world::set(*n),
            Self::SetAmong(a, b) => [a, b].iter().any(|n| of.permission_set_name == world::set(**n)),
            Self::AtMost(seconds) => ask.duration.seconds() <= *seconds,
            Self::SessionAtMost(hours) => session().is_some_and(|session| session <= *hours),
            Self::Ticket => ask.ticket.is_some(),
            Self::Emergency => ask.emergency,
            Self::Mfa => ask.circumstances.mfa == Some(true),
            Self::Department(n) => is(user, "department", DEPARTMENTS[*n % 4]),
            Self::Employment(n) => is(user, "employment", EMPLOYMENT[*n % 3]),
            Self::Env(n) => account.is_some_and(|a| a.tags.get("env").is_some_and(|v| v == ENVIRONMENTS[*n % 3])),
            Self::AccountName(n) => account.is_some_and(|a| a.name.ends_with(&format!("-{n}"))),
            Self::UnderUnit(n) | Self::AccountUnderUnit(n) => under(world, of, *n),
            Self::InCatalog(n) => of.catalogs.contains(CATALOGS[*n % 3]),
            Self::RiskIs(n) => {
                let risks = [Risk::Low, Risk::Medium, Risk::High, Risk::Critical];
                of.terms.risk.value == risks[*n % 4]
            }
            Self::InGroup(n) => in_group(world, user, *n),
            Self::ManagerInGroup(n) => manager(user).is_some_and(|manager| in_group(world, manager, *n)),
            Self::ManagersManagerInDepartment(n) => {
                manager(user).and_then(manager).is_some_and(|above| is(above, "department", DEPARTMENTS[*n % 4]))
            }
            Self::OwnedByMe => owners(world, user, of).contains(&user.name),
            Self::OwnedByMyManager => manager(user).is_some_and(|above| owners(world, user, of).contains(&above.name)),
            Self::ActiveBelow(n) => i64::try_from(active.len()).is_ok_and(|count| count < *n),
            Self::NoActiveSet(n) => {
                let name = |arn| directory.permission_sets.get(arn).map(|set| set.name.clone());
                !active.iter().any(|(_, arn)| name(arn) == Some(world::set(*n)))
            }
            Self::NotActiveItself => !active.contains(&(of.account.clone(), of.permission_set.clone())),
            // By counting hours, without a library: in November and December, Berlin is one hour ahead of UTC, and
            // 1970-01-01 was a Thursday.
            Self::Weekend => matches!(((ask.now.as_second() + 3600).div_euclid(86_400) + 3) % 7, 5 | 6),
            Self::Overflow if active.len() > 1 => return Err(()),
            Self::Overflow => true,
        })
    }
}

/// User names of the owners of an entitlement.
pub(crate) fn owners(world: &World, requester: &User, of: &Entitlement) -> BTreeSet<String> {
    let users = &world.directory.users;
    let mut owners = BTreeSet::new();
    for owner in of.terms.entitlement_owner.iter().flat_map(|owner| &owner.value) {
        match owner {
            Approver::User(name) => owners.extend(users.values().map(|u| &u.name).filter(|n| *n == name).cloned()),
            Approver::Group(name) => {
                let member =
                    |u: &&User| u.groups.iter().any(|g| world.directory.groups.get(g).is_some_and(|g| g.name == *name));
                owners.extend(users.values().filter(member).map(|u| u.name.clone()));
            }
            Approver::Manager => {
                owners.extend(requester.manager.as_ref().and_then(|id| users.get(id)).map(|u| u.name.clone()));
            }
            // Not made up here.
            _ => {}
        }
    }
    owners
}
