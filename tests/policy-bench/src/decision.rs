//! A whole decision, as a function makes it: the published configuration is opened, the snapshot of 12,000 people
//! unpacked, and a request judged, with catalogs, terms, flows and approvers.

use std::sync::Arc;

use curfew_domain::ask::Ask as Wanted;
use curfew_domain::id::RequestId;
use curfew_domain::origin::Origin;
use curfew_domain::text::{Justification, Ticket};
use curfew_domain::time::{AccessDuration, Timestamp};
use curfew_domain::verdict::Outcome;
use curfew_policy::directory::{Directory, pack, unpack};
use curfew_policy::{Bundle, Configuration, Facts};
use fastrand::Rng;

use crate::condition::Condition;
use crate::differential::plain;
use crate::full::Failure;
use crate::measure::{Times, timed};
use crate::rule::{Rule, What, Who};
use crate::world::{Ask, FLOWS, NOW, Size, World, group};

/// People in the organisation.
const PEOPLE: usize = 12_000;
/// Their groups.
const GROUPS: usize = 1_500;
/// Decisions that are measured warm, and cold.
const SAMPLES: (usize, usize) = (200, 6);

const SETTINGS: &str = r#"
session_limit = "PT12H"
time_zone = "Europe/Berlin"
facts_max_age = "PT1H"
employment = ["employee", "contractor", "intern"]

[roles]
administrators = { groups = ["team-1"] }

[catalog.everything]
description = "Everything"
visible_to = { everybody = true }
entitlements = [{ unit = "/**", permission_set = "*" }]

[default]
policy = "all"
max_duration = "PT10H"
risk = "medium"
account_owner = ["group:team-2"]

[policy.all]
description = "From one's own word to the board's"
flows = ["auto", "one-person", "two-persons", "board"]

[flow.auto]
description = "At once"

[flow.one-person]
description = "One person"
[[flow.one-person.step]]
name = "one"
approvers = ["group:team-1"]
timeout = "PT2H"
on_timeout = "lapse"

[flow.two-persons]
description = "Two persons"
[[flow.two-persons.step]]
name = "first"
approvers = ["manager", "account-owner"]
timeout = "PT2H"
on_timeout = "lapse"
[[flow.two-persons.step]]
name = "second"
approvers = ["group:team-1", "group:team-4"]
timeout = "PT2H"
on_timeout = "lapse"

[flow.board]
description = "The board"
[[flow.board.step]]
name = "board"
approvers = ["user:u1@example.com", "user:u2@example.com", "user:u3@example.com", "group:team-5"]
quorum = 2
timeout = "PT2H"
on_timeout = "lapse"
"#;

/// What whole decisions took.
#[derive(Debug, Default, Clone)]
pub struct Whole {
    /// People in the directory.
    pub people: usize,
    /// Requests that a flow was open to, of those asked.
    pub allowed: usize,
    /// Decisions that were another one than the plain loop's.
    pub mismatches: usize,
    /// Opening the configuration: its settings are read, its rules are not.
    pub open: Times,
    /// Unpacking the snapshot.
    pub unpack: Times,
    /// The first decision with that snapshot.
    pub first: Times,
    /// A decision with a snapshot that others were made with.
    pub warm: Times,
}

/// Measures at one number of policies.
///
/// # Errors
/// The made-up configuration is not valid.
pub fn whole(policies: usize, seed: u64) -> Result<Whole, Failure> {
    let mut rng = Rng::with_seed(seed ^ 0x12_000 ^ u64::try_from(policies)?);
    let size = Size { rules: policies, groups: GROUPS, users: PEOPLE, units: 60, accounts: 500, sets: 200 };
    let rules = (0..policies).map(|n| Rule::usual(n, size, &mut rng)).collect();
    let world = World::new(size, &mut rng, rules);
    let mut files = vec![("curfew.toml".to_owned(), SETTINGS.to_owned())];
    files.extend(world.cedar.iter().map(|file| (file.path.clone(), file.text.clone())));
    let bundle = Bundle::new(files.into_iter().collect())?;
    let (configuration, _) = Configuration::load(&bundle).map_err(|problems| format!("{problems:?}"))?;
    let (index, digest) = (configuration.rules().index().to_owned(), configuration.rules().digest());
    let packed = pack(&world.directory)?;
    let mut asks = Vec::new();
    while asks.len() < SAMPLES.0 {
        asks.extend(aimed(&world, &mut rng));
        asks.push(world.ask(&mut rng));
    }
    let mut whole = Whole { people: world.directory.users.len(), ..Whole::default() };
    for ask in asks.iter().take(SAMPLES.1) {
        let index = index.clone();
        let opened = timed(&mut whole.open, || Configuration::open(&bundle, index, &digest))?;
        let directory = timed(&mut whole.unpack, || unpack(&packed, world.directory.taken_at))?;
        let (wanted, facts) = question(&world, &directory, ask)?;
        timed(&mut whole.first, || opened.decide(&facts, &wanted));
    }
    let opened = Configuration::open(&bundle, index, &digest)?;
    let directory = Arc::new(unpack(&packed, world.directory.taken_at)?);
    for ask in &asks {
        let (wanted, facts) = question(&world, &directory, ask)?;
        // Once before, so that nothing is cold.
        opened.decide(&facts, &wanted);
        let verdict = timed(&mut whole.warm, || opened.decide(&facts, &wanted));
        let decided = match verdict.outcome {
            Outcome::Allowed { flow, .. } => FLOWS.iter().position(|name| **name == flow),
            Outcome::Denied => None,
        };
        let of = world.entitlements.get(ask.entitlement).ok_or("no such entitlement")?;
        let enabled = world.directory.users.get(&ask.user).is_some_and(|user| user.enabled);
        let expected = (0..FLOWS.len()).find(|flow| enabled && plain(&world, ask, of, *flow).allowed);
        whole.mismatches += usize::from(decided != expected);
        whole.allowed += usize::from(decided.is_some());
    }
    Ok(whole)
}

/// A request that some rule permits, as far as it is asked about its first group member.
fn aimed(world: &World, rng: &mut Rng) -> Option<Ask> {
    let rule = rng.choice(&world.rules)?;
    let (Who::Group(team), What::Unit(_), Some(Condition::SetIs(set))) = (&rule.who, &rule.what, rule.when.first())
    else {
        return None;
    };
    let (team, _) = world.directory.group_named(&group(*team))?;
    let (user, _) = world.directory.users.iter().find(|(_, user)| user.enabled && user.groups.contains(team))?;
    let place = (0..world.size.accounts).map(|account| account * world.size.sets + set);
    let mut fitting =
        place.filter(|n| world.entitlements.get(*n).is_some_and(|entitlement| rule.what.covers(world, entitlement)));
    let duration = AccessDuration::from_seconds(3600).ok()?;
    Some(Ask { user: user.clone(), entitlement: fitting.next()?, duration, ..world.ask(rng) })
}

/// The same question as a function gets it: nothing is an emergency, and the directory is fresh.
fn question<'a>(world: &World, directory: &'a Directory, ask: &'a Ask) -> Result<(Wanted, Facts<'a>), Failure> {
    let of = world.entitlements.get(ask.entitlement).ok_or("no such entitlement")?;
    let now = Timestamp::from_second(NOW)?;
    let wanted = Wanted {
        id: RequestId::first_at(now),
        requester: ask.user.clone(),
        account: of.account.clone(),
        permission_set: of.permission_set.clone(),
        duration: ask.duration,
        justification: Justification::parse("the benchmark asks")?,
        ticket: ask.ticket.as_deref().map(Ticket::parse).transpose()?,
        start: None,
        emergency: false,
        submitted_at: now,
        extends: None,
        escalates: None,
        origin: Origin::default(),
    };
    Ok((wanted, Facts { directory, circumstances: &ask.circumstances, now }))
}
