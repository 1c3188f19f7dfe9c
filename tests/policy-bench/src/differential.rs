//! Three ways to one answer, over random organisations: the product (sliced), full Cedar over everything, and a matcher
//! in plain Rust that knows nothing of Cedar.

use curfew_policy::cedar::{Answer, Asking, Person, Rules};
use curfew_policy::model::Entitlement;
use fastrand::Rng;

use crate::full::{Failure, Full, Said};
use crate::rule::Rule;
use crate::world::{Ask, FLOWS, Size, World};

/// Questions that are put to one world.
const ASKS: usize = 100;

/// Entitlements that the listing is asked about before the one that is compared.
const OTHERS: usize = 6;

/// What was compared.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    /// Flows asked about, each of all three.
    pub cases: u64,
    /// Of them, allowed.
    pub allowed: u64,
    /// Of them, with a policy that failed.
    pub failed: u64,
    /// Policies that took part in the product's answers, of all that there were.
    pub candidates: u64,
    /// All that there were.
    pub policies: u64,
}

/// Compares until at least this many cases are done. A world's seed is the first seed plus its number.
///
/// # Errors
/// The first difference, with the seed that shows it again.
pub fn run(seed: u64, cases: u64, mut progress: impl FnMut(&Tally)) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for world in 0.. {
        if tally.cases >= cases {
            break;
        }
        let seed = seed.wrapping_add(world);
        one_world(seed, &mut tally).map_err(|error| format!("--seed {seed} --cases 1: {error}"))?;
        progress(&tally);
    }
    Ok(tally)
}

fn one_world(seed: u64, tally: &mut Tally) -> Result<(), Failure> {
    let mut rng = Rng::with_seed(seed);
    let small = |rng: &mut Rng, most: usize| rng.usize(1..=most);
    let size = Size {
        rules: small(&mut rng, 30),
        groups: small(&mut rng, 6) + 3,
        users: small(&mut rng, 10) + 2,
        units: small(&mut rng, 9),
        accounts: small(&mut rng, 6),
        sets: small(&mut rng, 5),
    };
    let rules = (0..size.rules).map(|_| Rule::random(size, &mut rng)).collect();
    let world = World::new(size, &mut rng, rules);
    let compiled = Rules::compile(&world.model, &world.cedar).map_err(|problems| format!("{problems:?}"))?;
    // What is stored is what is asked.
    let opened = Rules::open(compiled.index().to_owned(), &compiled.digest())?;
    let full = Full::parse(&world)?;
    for _ in 0..ASKS {
        let ask = world.ask(&mut rng);
        let of = world.entitlements.get(ask.entitlement).ok_or("no such entitlement")?;
        let others = (0..OTHERS).filter_map(|_| rng.choice(&world.entitlements)).collect();
        compare(&world, &opened, &full, &ask, of, others, tally)?;
    }
    Ok(())
}

/// Asks about every flow, all ways.
fn compare(
    world: &World,
    rules: &Rules,
    full: &Full,
    ask: &Ask,
    of: &Entitlement,
    others: Vec<&Entitlement>,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let question = rules.question(&asking(world, ask, of));
    let mut listing = rules.listing(&person(world, ask));
    // It then answers from memory, where it takes another entitlement for alike.
    for other in others {
        listing.first(FLOWS, other);
    }
    let store = full.store(world, ask, [of])?;
    for (n, flow) in FLOWS.iter().enumerate() {
        let sliced = question.flow(flow);
        let listed = listing.allows(flow, of);
        let said = full.ask(&full.request(world, ask, of, n)?, &store);
        let plain = plain(world, ask, of, n);
        let expected = if enabled(world, ask) { plain.clone() } else { Said { allowed: false, failed: true } };
        let same = sliced.allowed == expected.allowed && sliced.errors.is_empty() != expected.failed;
        if !same || said != plain || listed != sliced.allowed {
            return Err(difference(ask, of, flow, &sliced, listed, &said, &plain));
        }
        tally.cases += 1;
        tally.allowed += u64::from(sliced.allowed);
        tally.failed += u64::from(plain.failed);
        tally.candidates += u64::try_from(question.candidates().len())?;
        tally.policies += u64::try_from(world.rules.len())?;
    }
    Ok(())
}

fn difference(
    ask: &Ask,
    of: &Entitlement,
    flow: &str,
    sliced: &Answer,
    listed: bool,
    full: &Said,
    plain: &Said,
) -> Failure {
    let of = format!("{}/{}", of.account, of.permission_set_name);
    format!("{flow} to {of}: sliced {sliced:?}, listed {listed}, full Cedar {full:?}, plain {plain:?}; asked {ask:?}")
        .into()
}

/// Disabled people are refused before Cedar is asked.
fn enabled(world: &World, ask: &Ask) -> bool {
    world.directory.users.get(&ask.user).is_some_and(|user| user.enabled)
}

/// The question as the product takes it.
pub fn asking<'a>(world: &'a World, ask: &'a Ask, of: &'a Entitlement) -> Asking<'a> {
    Asking {
        directory: &world.directory,
        model: &world.model,
        user: &ask.user,
        entitlement: of,
        circumstances: &ask.circumstances,
        duration: ask.duration,
        now: ask.now,
        ticket: ask.ticket.as_deref(),
        emergency: ask.emergency,
    }
}

/// The same person without an entitlement.
pub fn person<'a>(world: &'a World, ask: &'a Ask) -> Person<'a> {
    Person {
        directory: &world.directory,
        model: &world.model,
        user: &ask.user,
        circumstances: &ask.circumstances,
        duration: ask.duration,
        now: ask.now,
        ticket: ask.ticket.as_deref(),
        emergency: ask.emergency,
    }
}

/// A plain loop over the rules.
pub fn plain(world: &World, ask: &Ask, of: &Entitlement, flow: usize) -> Said {
    let Some(user) = world.directory.users.get(&ask.user) else { return Said { allowed: false, failed: true } };
    let (mut permitted, mut forbidden, mut failed) = (false, false, false);
    for rule in &world.rules {
        match rule.applies(world, ask, user, of, flow) {
            Ok(true) if rule.forbid => forbidden = true,
            Ok(true) => permitted = true,
            Ok(false) => {}
            Err(()) => failed = true,
        }
    }
    Said { allowed: permitted && !forbidden && !failed, failed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sliced_full_and_plain_answers_are_the_same() {
        let tally = run(5, 1_600, |_| {}).unwrap();
        assert!(tally.allowed * 20 > tally.cases, "too few are allowed to mean anything: {tally:?}");
        assert!(tally.failed * 100 > tally.cases, "too few fail to mean anything: {tally:?}");
        assert!(tally.candidates * 2 < tally.policies, "nothing was sliced: {tally:?}");
    }
}
