//! A small organisation and a folder to go with it.

use std::collections::{BTreeMap, BTreeSet};

use curfew_domain::ask::Ask;
use curfew_domain::id::{AccountId, GroupId, PermissionSetArn, RequestId, UnitId, UserId};
use curfew_domain::text::{Justification, Ticket};
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};

use crate::bundle::Bundle;
use crate::directory::{Account, Directory, Group, OrgUnit, People, PermissionSet, User};
use crate::evaluator::Configuration;
use crate::judge::Facts;
use crate::model::{Circumstances, Model};

pub(super) const PROD: &str = "111111111111";
pub(super) const DEV: &str = "222222222222";
pub(super) const CLOSED: &str = "333333333333";
pub(super) const ROOT: &str = "444444444444";

/// A Monday, half past nine in Berlin.
pub(super) fn now() -> Timestamp {
    "2026-11-23T08:30:00Z".parse().unwrap()
}

pub(super) fn user(n: u32) -> UserId {
    UserId::parse(&format!("00000000-0000-4000-8000-{n:012}")).unwrap()
}

pub(super) fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

pub(super) fn set(n: u32) -> PermissionSetArn {
    PermissionSetArn::parse(&format!("arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-{n:016}")).unwrap()
}

pub(super) const ADMIN: u32 = 1;
pub(super) const READ: u32 = 2;
pub(super) const LONG: u32 = 3;

pub(super) const ANA: u32 = 1;
pub(super) const BEN: u32 = 2;
pub(super) const CLEO: u32 = 3;
pub(super) const DORA: u32 = 4;
pub(super) const EMIL: u32 = 5;

/// Ana and Ben build, Ben is Ana's manager; Cleo and Dora are security; Emil has left.
pub(super) fn directory() -> Directory {
    let group = |n: u32| GroupId::parse(&format!("10000000-0000-4000-8000-{n:012}")).unwrap();
    let unit = |text: &str| UnitId::parse(text).unwrap();
    let person = |name: &str, enabled, manager, groups: &[u32]| User {
        name: name.to_owned(),
        display_name: name.to_owned(),
        email: None,
        enabled,
        manager,
        attributes: BTreeMap::new(),
        groups: groups.iter().map(|n| group(*n)).collect(),
    };
    let place = |name: &str, at: &str, active, management| Account {
        name: name.to_owned(),
        unit: unit(at),
        tags: BTreeMap::new(),
        active,
        management,
    };
    let set_of = |name: &str, hours| PermissionSet {
        name: name.to_owned(),
        description: String::new(),
        session: SignedDuration::from_hours(hours),
        provisioned_in: BTreeSet::new(),
    };
    Directory {
        taken_at: now() - SignedDuration::from_mins(10),
        units: BTreeMap::from([
            (unit("r-ab12"), OrgUnit { name: "Root".into(), parent: None }),
            (unit("ou-ab12-production"), OrgUnit { name: "Production".into(), parent: Some(unit("r-ab12")) }),
            (unit("ou-ab12-development"), OrgUnit { name: "Development".into(), parent: Some(unit("r-ab12")) }),
        ]),
        accounts: BTreeMap::from([
            (account(PROD), place("prod", "ou-ab12-production", true, false)),
            (account(DEV), place("dev", "ou-ab12-development", true, false)),
            (account(CLOSED), place("old", "ou-ab12-development", false, false)),
            (account(ROOT), place("root", "r-ab12", true, true)),
        ]),
        permission_sets: BTreeMap::from([
            (set(ADMIN), set_of("Admin", 1)),
            (set(READ), set_of("Read", 1)),
            (set(LONG), set_of("Long", 12)),
        ]),
        users: People::from(BTreeMap::from([
            (user(ANA), person("ana", true, Some(user(BEN)), &[1])),
            (user(BEN), person("ben", true, None, &[1])),
            (user(CLEO), person("cleo", true, None, &[2])),
            (user(DORA), person("dora", true, None, &[2])),
            (user(EMIL), person("emil", false, None, &[1, 2])),
        ])),
        groups: BTreeMap::from([
            (group(1), Group { name: "builders".into() }),
            (group(2), Group { name: "security".into() }),
        ]),
    }
}

/// Settings that no test is about.
pub(super) const SETTINGS: &str = "session_limit = \"PT1H\"\ntime_zone = \"Europe/Berlin\"\nfacts_max_age = \"PT1H\"\n\
    ticket_pattern = \"OPS-[0-9]+\"\n[roles]\nadministrators = { users = [\"cleo\"] }\nauditors = { groups = [\"security\"] }\n\
    [emergency]\nreview_within = \"P2D\"\nreviewers = [\"group:security\"]\n";

/// Builders may ask for anything, with Dora as owner.
pub(super) const ACCESS: &str = "[catalog.all]\ndescription = \"all\"\nvisible_to = { groups = [\"builders\"] }\n\
    entitlements = [{ unit = \"/**\" }]\n[default]\npolicy = \"standard\"\nmax_duration = \"PT4H\"\nstrategy = \"connector\"\n\
    risk = \"low\"\nentitlement_owner = [\"user:dora\"]\n[[access]]\non = { unit = \"/Production/**\" }\n\
    emergency_policy = \"break-glass\"\n";

pub(super) fn bundle(files: &[(&str, &str)]) -> Bundle {
    Bundle::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()).unwrap()
}

pub(super) fn problems(problems: &[crate::problem::Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A configuration of these flows and policies.
pub(super) fn configuration(flows: &str, cedar: &str) -> Configuration {
    let files = [("curfew.toml", SETTINGS), ("access.toml", ACCESS), ("flows.toml", flows), ("rules.cedar", cedar)];
    match Configuration::load(&bundle(&files)) {
        Ok((configuration, _)) => configuration,
        Err(wrong) => panic!("{}", problems(&wrong)),
    }
}

pub(super) fn model(flows: &str) -> Model {
    configuration(flows, "").model().clone()
}

pub(super) fn circumstances() -> Circumstances {
    Circumstances {
        channel: "cli".into(),
        source_address: None,
        mfa: Some(true),
        active: Vec::new(),
        review_overdue: BTreeSet::new(),
    }
}

pub(super) fn facts<'a>(directory: &'a Directory, circumstances: &'a Circumstances) -> Facts<'a> {
    Facts { directory, circumstances, now: now() }
}

/// Ana asks for Admin in prod for an hour.
pub(super) fn ask() -> Ask {
    Ask {
        id: RequestId::parse("019ab2c3-0000-7000-8000-000000000001").unwrap(),
        requester: user(ANA),
        account: account(PROD),
        permission_set: set(ADMIN),
        duration: AccessDuration::parse("PT1H").unwrap(),
        justification: Justification::parse("the disk is full").unwrap(),
        ticket: Ticket::parse("OPS-1").ok(),
        start: None,
        emergency: false,
        submitted_at: now(),
        extends: None,
        escalates: None,
        origin: curfew_domain::origin::Origin::default(),
    }
}
