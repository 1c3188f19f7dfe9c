//! Made-up organisations with rules, from a seed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use curfew_domain::id::{AccountId, GroupId, PermissionSetArn, UnitId, UserId};
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use curfew_policy::directory::{Account, Directory, Group, OrgUnit, PermissionSet, User};
use curfew_policy::folder::CedarFile;
use curfew_policy::model::{
    Approver, Circumstances, Entitlement, Flow, FlowStep, Model, Origin, Ownership, Risk, Roles, Settings, Shift,
    Sourced, Strategy, Terms, TimeoutRule,
};
use fastrand::Rng;

use crate::rule::Rule;

/// Flows, weakest first; the first is automatic.
pub const FLOWS: [&str; 4] = ["auto", "one-person", "two-persons", "board"];
/// Values of `employment`.
pub const EMPLOYMENT: [&str; 3] = ["employee", "contractor", "intern"];
/// Values of `department`.
pub const DEPARTMENTS: [&str; 4] = ["payments", "platform", "Data \"lake\"", "security"];
/// Rotations.
pub const ROTATIONS: [&str; 2] = ["primary", "database"];
/// Catalogs.
pub const CATALOGS: [&str; 3] = ["everyday", "sensitive", "break-glass"];
/// Values of the account tag `env`.
pub const ENVIRONMENTS: [&str; 3] = ["production", "staging", "test"];
/// The instant around which everything happens: a Sunday.
pub const NOW: i64 = 1_795_348_800;

/// How large a world is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Rules.
    pub rules: usize,
    /// Groups.
    pub groups: usize,
    /// People.
    pub users: usize,
    /// OUs below the root.
    pub units: usize,
    /// Accounts.
    pub accounts: usize,
    /// Permission sets.
    pub sets: usize,
}

/// An organisation with rules.
#[derive(Debug)]
pub struct World {
    /// The organisation.
    pub directory: Directory,
    /// The settings.
    pub model: Model,
    /// Every permission set in every account: account by account.
    pub entitlements: Vec<Entitlement>,
    /// The rules, of which `cedar` is the text.
    pub rules: Vec<Rule>,
    /// The rules as Cedar policies.
    pub cedar: Vec<CedarFile>,
    /// How large it is.
    pub size: Size,
}

/// One question.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Who.
    pub user: UserId,
    /// Index of the entitlement.
    pub entitlement: usize,
    /// How long.
    pub duration: AccessDuration,
    /// Which ticket.
    pub ticket: Option<String>,
    /// Whether it is an emergency.
    pub emergency: bool,
    /// When.
    pub now: Timestamp,
    /// What else is known.
    pub circumstances: Circumstances,
}

/// Name of a group. Some have characters that need escapes.
pub fn group(n: usize) -> String {
    if n % 7 == 3 { format!("Team \"{n}\"\tä\\") } else { format!("team-{n}") }
}

/// Name of a user.
pub fn user(n: usize) -> String {
    format!("u{n}@example.com")
}

/// Id of an account.
pub fn account(n: usize) -> String {
    format!("{:012}", 100_000_000_000 + n)
}

/// Name of a permission set.
pub fn set(n: usize) -> String {
    format!("Set{n}")
}

/// Path of an OU; 0 is the root, and each has up to three below it.
pub fn unit(n: usize) -> String {
    if n == 0 {
        return "/".to_owned();
    }
    let parent = unit((n - 1) / 3);
    format!("{}/ou{n}", parent.trim_end_matches('/'))
}

/// Id of the n-th user.
pub fn user_id(n: usize) -> UserId {
    parsed(UserId::parse(&format!("00000000-0000-4000-8000-{n:012x}")))
}

fn group_id(n: usize) -> GroupId {
    parsed(GroupId::parse(&format!("11111111-0000-4000-8000-{n:012x}")))
}

fn unit_id(n: usize) -> UnitId {
    parsed(UnitId::parse(&if n == 0 { "r-ab12".to_owned() } else { format!("ou-ab12-{n:08}") }))
}

fn account_id(n: usize) -> AccountId {
    parsed(AccountId::parse(&account(n)))
}

fn set_arn(n: usize) -> PermissionSetArn {
    parsed(PermissionSetArn::parse(&format!("arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-{n:016}")))
}

/// What this program makes up is well-formed, or the program is wrong and ends.
#[expect(clippy::panic, reason = "a benchmark whose world is not well-formed must not go on")]
fn parsed<T, E: std::fmt::Debug>(made: Result<T, E>) -> T {
    made.unwrap_or_else(|error| panic!("a made-up value is not well-formed: {error:?}"))
}

impl World {
    /// The world of this size and seed, with these rules.
    pub fn new(size: Size, rng: &mut Rng, rules: Vec<Rule>) -> Self {
        let directory = directory(size, rng);
        let entitlements = (0..size.accounts).flat_map(|a| (0..size.sets).map(move |s| (a, s)));
        let entitlements = entitlements.map(|(a, s)| entitlement(a, s, size)).collect();
        let mut text = String::from("// Made by curfew-policy-bench.\n");
        rules.iter().enumerate().for_each(|(n, rule)| text.push_str(&rule.cedar(n)));
        let cedar = vec![CedarFile { path: "rules.cedar".to_owned(), text }];
        Self { directory, model: model(size), entitlements, rules, cedar, size }
    }

    /// A question, half of the time about something that a rule names.
    pub fn ask(&self, rng: &mut Rng) -> Ask {
        let size = self.size;
        let mut ask = Ask {
            user: user_id(rng.usize(0..size.users)),
            entitlement: rng.usize(0..self.entitlements.len()),
            duration: parsed(AccessDuration::from_seconds(1800 * rng.i64(1..17))),
            ticket: rng.bool().then(|| "INC-1".to_owned()),
            emergency: rng.u8(0..4) == 0,
            now: parsed(Timestamp::from_second(NOW + rng.i64(0..14 * 86_400))),
            circumstances: circumstances(size, rng),
        };
        if rng.bool() {
            self.aim(&mut ask, rng);
        }
        ask
    }

    /// Moves a question towards a rule about a group that the person is in, so that answers are not all alike.
    fn aim(&self, ask: &mut Ask, rng: &mut Rng) {
        let Some(person) = self.directory.users.get(&ask.user) else { return };
        let groups: BTreeSet<&str> = person
            .groups
            .iter()
            .filter_map(|id| self.directory.groups.get(id))
            .map(|group| group.name.as_str())
            .collect();
        let theirs: Vec<&Rule> = self.rules.iter().filter(|rule| rule.is_for_group(&groups)).take(8).collect();
        let Some(rule) = rng.choice(theirs) else { return };
        let fits = |entitlement: &Entitlement| rule.what.covers(self, entitlement);
        let begin = rng.usize(0..self.entitlements.len());
        let found = (0..self.entitlements.len().min(2000)).map(|n| (begin + n) % self.entitlements.len());
        let found = found.filter(|n| self.entitlements.get(*n).is_some_and(fits)).nth(rng.usize(0..3));
        ask.entitlement = found.unwrap_or(ask.entitlement);
    }
}

fn circumstances(size: Size, rng: &mut Rng) -> Circumstances {
    let active =
        (0..rng.usize(0..4)).map(|_| (account_id(rng.usize(0..size.accounts)), set_arn(rng.usize(0..size.sets))));
    Circumstances {
        active: active.collect(),
        channel: (*rng.choice(&["api", "cli", "console", "slack"]).unwrap_or(&"api")).to_owned(),
        source_address: rng.bool().then(|| format!("10.{}.0.1", rng.u8(..))),
        mfa: [None, Some(true), Some(false)].get(rng.usize(0..3)).copied().flatten(),
        review_overdue: BTreeSet::new(),
    }
}

fn directory(size: Size, rng: &mut Rng) -> Directory {
    let person = |n: usize, rng: &mut Rng| {
        let mut attributes = BTreeMap::new();
        if rng.u8(0..8) > 0 {
            attributes.insert("department".to_owned(), pick(&DEPARTMENTS, rng));
        }
        if rng.u8(0..8) > 0 {
            attributes.insert("employment".to_owned(), pick(&EMPLOYMENT, rng));
        }
        User {
            name: user(n),
            display_name: format!("Person {n}"),
            email: None,
            enabled: rng.u8(0..16) > 0,
            // Circles and chains, and some without.
            manager: (rng.u8(0..4) > 0).then(|| user_id(rng.usize(0..size.users))),
            attributes,
            groups: (0..8).map(|_| group_id(rng.usize(0..size.groups))).collect(),
        }
    };
    let place = |n: usize, rng: &mut Rng| Account {
        name: format!("account-{}", n % 5),
        unit: unit_id(rng.usize(0..=size.units)),
        tags: if n % 4 == 3 { BTreeMap::new() } else { BTreeMap::from([("env".to_owned(), pick(&ENVIRONMENTS, rng))]) },
        active: true,
        management: false,
    };
    let units = (0..=size.units).map(|n| {
        let name = if n == 0 { "Root".to_owned() } else { format!("ou{n}") };
        (unit_id(n), OrgUnit { name, parent: (n > 0).then(|| unit_id((n - 1) / 3)) })
    });
    let set = |n: usize| PermissionSet {
        name: set(n),
        description: String::new(),
        session: SignedDuration::from_hours(i64::try_from(n % 12 + 1).unwrap_or(1)),
        provisioned_in: BTreeSet::new(),
    };
    Directory {
        taken_at: parsed(Timestamp::from_second(NOW)),
        units: units.collect(),
        accounts: (0..size.accounts).map(|n| (account_id(n), place(n, rng))).collect(),
        permission_sets: (0..size.sets).map(|n| (set_arn(n), set(n))).collect(),
        users: (0..size.users).map(|n| (user_id(n), person(n, rng))).collect(),
        groups: (0..size.groups).map(|n| (group_id(n), Group { name: group(n) })).collect(),
    }
}

fn pick(from: &[&str], rng: &mut Rng) -> String {
    rng.choice(from).copied().unwrap_or_default().to_owned()
}

fn entitlement(a: usize, s: usize, size: Size) -> Entitlement {
    let risk = match (a + s) % 4 {
        0 => Risk::Low,
        1 => Risk::Medium,
        2 => Risk::High,
        _ => Risk::Critical,
    };
    let owner = match s % 3 {
        0 => None,
        1 => Some(vec![Approver::User(user(s % size.users))]),
        _ => Some(vec![Approver::Group(group(s % size.groups)), Approver::Manager]),
    };
    let terms = Terms {
        policy: sourced("all".to_owned()),
        emergency_policy: None,
        max_duration: sourced(parsed(AccessDuration::from_seconds(36_000))),
        strategy: sourced(Strategy::Connector),
        entitlement_owner: owner.map(sourced),
        account_owner: None,
        risk: sourced(risk),
        ambiguous: Vec::new(),
    };
    let catalogs = CATALOGS.iter().enumerate().filter(|(n, _)| (a + s).is_multiple_of(n + 2));
    Entitlement {
        account: account_id(a),
        account_name: format!("account-{}", a % 5),
        permission_set: set_arn(s),
        permission_set_name: set(s),
        catalogs: Arc::new(catalogs.map(|(_, name)| (*name).to_owned()).collect()),
        terms: Arc::new(terms),
    }
}

fn origin() -> Origin {
    Origin { file: "made-up.toml".to_owned(), line: 1, column: 1 }
}

fn sourced<T>(value: T) -> Sourced<T> {
    Sourced { value, origin: origin() }
}

fn flow(automatic: bool) -> Flow {
    let step = FlowStep {
        name: "approval".to_owned(),
        approvers: vec![Approver::Manager],
        fallback: Vec::new(),
        quorum: 1,
        timeout: parsed(AccessDuration::from_seconds(3600)),
        on_timeout: TimeoutRule::Lapse,
        distinct: false,
        comment_on_denial: false,
        self_approval: false,
        origin: origin(),
    };
    Flow {
        description: String::new(),
        steps: if automatic { Vec::new() } else { vec![step] },
        justification_pattern: None,
        ticket_required: false,
        origin: origin(),
    }
}

fn model(size: Size) -> Model {
    let shift = |users: Vec<usize>, from: i64, until: i64| Shift {
        users: users.into_iter().map(|n| user(n % size.users)).collect(),
        from: Timestamp::from_second(NOW + from).ok(),
        until: Timestamp::from_second(NOW + until).ok(),
    };
    let rotations = [
        (ROTATIONS[0].to_owned(), vec![shift(vec![0, 1, 2], 0, 400_000), shift(vec![3, 4], 400_000, 900_000)]),
        (ROTATIONS[1].to_owned(), vec![shift(vec![1, 5, 6], -1000, 2_000_000)]),
    ];
    let catalog = || curfew_policy::model::Catalog {
        description: String::new(),
        visible_to: curfew_policy::model::Subjects { everybody: true, ..Default::default() },
        entitlements: Vec::new(),
        origin: origin(),
    };
    Model {
        settings: Settings {
            session_limit: SignedDuration::from_hours(12),
            time_zone: "Europe/Berlin".to_owned(),
            facts_max_age: SignedDuration::from_hours(1),
            attributes: BTreeMap::new(),
            employment: EMPLOYMENT.map(str::to_owned).to_vec(),
            review_within: SignedDuration::from_hours(24),
            reviewers: Vec::new(),
            ticket_pattern: None,
            publish_needs_second: false,
            reminders: curfew_policy::model::Reminders::default(),
        },
        roles: Roles::default(),
        catalogs: CATALOGS.iter().map(|name| ((*name).to_owned(), catalog())).collect(),
        access: Vec::new(),
        flows: FLOWS.iter().enumerate().map(|(n, name)| ((*name).to_owned(), flow(n == 0))).collect(),
        policies: BTreeMap::new(),
        approver_groups: BTreeMap::new(),
        rotations: rotations.into(),
        ownership: Ownership::default(),
        notices: BTreeMap::new(),
        mentions: Vec::new(),
    }
}
