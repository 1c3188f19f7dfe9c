//! The benchmark: processor time of this thread, so that busy neighbours do not count. Compare figures of one run only.

use std::hint::black_box;
use std::time::Duration;

use cedar_policy::{Entities, Request};
use cpu_time::ThreadTime;
use curfew_policy::cedar::Rules;
use curfew_policy::model::Entitlement;
use fastrand::Rng;

use crate::decision::{Whole, whole};
use crate::differential::{asking, person, plain};
use crate::full::{Failure, Full};
use crate::peers::Cel;
use crate::rule::Rule;
use crate::world::{Ask, FLOWS, Size, World};

/// Questions measured warm, cold, and people whose whole catalog is listed, by number of policies.
fn samples(policies: usize) -> (usize, usize, usize) {
    if policies > 2000 { (200, 6, 4) } else { (400, 40, 8) }
}

/// Times in microseconds of processor time.
#[derive(Debug, Default, Clone)]
pub struct Times(Vec<f64>);

impl Times {
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1e6);
    }

    /// Arithmetic mean; 0 of nothing.
    #[expect(clippy::cast_precision_loss, reason = "a count of samples")]
    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len().max(1) as f64
    }

    /// The time that this many of a hundred samples do not exceed.
    pub fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        sorted.get(at).copied().unwrap_or_default()
    }
}

/// What was measured at one number of policies.
#[derive(Debug, Default, Clone)]
pub struct Row {
    /// How many policies.
    pub policies: usize,
    /// Size of the index in bytes.
    pub index: usize,
    /// Parsing, validating and indexing everything, as `check` and `publish` do.
    pub compile: Times,
    /// Policies that took part, on average.
    pub candidates: f64,
    /// Verdicts that allow a flow, of those asked.
    pub allowed: usize,
    /// Answers that were not the same everywhere.
    pub mismatches: usize,
    /// Warm verdicts: sliced, full Cedar, CEL, plain loop.
    pub warm: [Times; 4],
    /// First verdict of a process: from the index, and by parsing everything.
    pub cold: [Times; 2],
    /// What may I request: entitlements judged, of them requestable, cold and warm.
    pub listed: usize,
    /// Of them, requestable, on average.
    pub offered: f64,
    /// Cold and warm.
    pub list: [Times; 2],
    /// The same by full Cedar, from a sample of the entitlements.
    pub list_full: Times,
    /// Whole decisions.
    pub whole: Whole,
}

pub(crate) fn timed<T>(times: &mut Times, work: impl FnOnce() -> T) -> T {
    let begin = ThreadTime::now();
    let done = black_box(work());
    times.add(begin.elapsed());
    done
}

/// The world of the benchmark.
fn world(policies: usize, rng: &mut Rng) -> World {
    let groups = (policies / 8).clamp(8, 1500);
    let size = Size { rules: policies, groups, users: 1600, units: 60, accounts: 500, sets: 200 };
    let rules = (0..policies).map(|n| Rule::usual(n, size, rng)).collect();
    World::new(size, rng, rules)
}

/// Measures at one number of policies.
///
/// # Errors
/// What Cedar or CEL refuses.
pub fn row(policies: usize, seed: u64) -> Result<Row, Failure> {
    let mut rng = Rng::with_seed(seed ^ u64::try_from(policies)?);
    let world = world(policies, &mut rng);
    let mut row = Row { policies, listed: world.entitlements.len(), ..Row::default() };
    let compiled = timed(&mut row.compile, || Rules::compile(&world.model, &world.cedar));
    let compiled = compiled.map_err(|problems| format!("{problems:?}"))?;
    row.index = compiled.index().len();
    let (warm, cold, lists) = samples(policies);
    let mut asks = Vec::new();
    while asks.len() < warm {
        let ask = world.ask(&mut rng);
        let enabled = world.directory.users.get(&ask.user).is_some_and(|user| user.enabled);
        if let (true, Some(of)) = (enabled, world.entitlements.get(ask.entitlement)) {
            asks.push((ask, of));
        }
    }
    let full = Full::parse(&world)?;
    verdicts(&world, &compiled, &full, &asks, &mut row)?;
    first_verdicts(&world, &compiled, &full, asks.get(..cold).unwrap_or(&asks), &mut row)?;
    for (ask, _) in asks.iter().take(lists) {
        list(&world, &compiled, &full, ask, &mut row)?;
    }
    row.whole = whole(policies, seed)?;
    row.mismatches += row.whole.mismatches;
    Ok(row)
}

fn verdict(rules: &Rules, world: &World, ask: &Ask, of: &Entitlement) -> Option<usize> {
    let question = rules.question(&asking(world, ask, of));
    (0..FLOWS.len()).find(|flow| question.flow(FLOWS[*flow]).allowed)
}

/// The requests about every flow, made before the clock starts: full Cedar is not to pay for their JSON.
fn requests(full: &Full, world: &World, ask: &Ask, of: &Entitlement) -> Result<Vec<Request>, Failure> {
    (0..FLOWS.len()).map(|flow| full.request(world, ask, of, flow)).collect()
}

fn full_verdict(full: &Full, requests: &[Request], store: &Entities) -> Option<usize> {
    requests.iter().position(|request| full.ask(request, store).allowed)
}

fn verdicts(
    world: &World,
    rules: &Rules,
    full: &Full,
    asks: &[(Ask, &Entitlement)],
    row: &mut Row,
) -> Result<(), Failure> {
    let cel = Cel::compile(world)?;
    let store = store(world, full, asks)?;
    let mut candidates = 0;
    for (ask, of) in asks {
        // Each once before, so that nothing is cold.
        verdict(rules, world, ask, of);
        let sliced = timed(&mut row.warm[0], || verdict(rules, world, ask, of));
        let requests = requests(full, world, ask, of)?;
        full_verdict(full, &requests, &store);
        let everything = timed(&mut row.warm[1], || full_verdict(full, &requests, &store));
        let by_cel =
            timed(&mut row.warm[2], || (0..FLOWS.len()).find(|flow| cel.ask(world, ask, of, *flow).unwrap_or(false)));
        let by_loop = timed(&mut row.warm[3], || (0..FLOWS.len()).find(|flow| plain(world, ask, of, *flow).allowed));
        row.mismatches += [everything, by_cel, by_loop].iter().filter(|other| **other != sliced).count();
        row.allowed += usize::from(sliced.is_some());
        candidates += rules.question(&asking(world, ask, of)).candidates().len();
    }
    row.candidates = ratio(candidates, asks.len());
    Ok(())
}

/// The store of all these questions. The usual rules look neither at owners nor at who is on call.
fn store(world: &World, full: &Full, asks: &[(Ask, &Entitlement)]) -> Result<Entities, Failure> {
    let (first, _) = asks.first().ok_or("nothing to ask")?;
    full.store(world, first, asks.iter().map(|(_, of)| *of))
}

#[expect(clippy::cast_precision_loss, reason = "counts of samples")]
fn ratio(of: usize, to: usize) -> f64 {
    of as f64 / to.max(1) as f64
}

fn first_verdicts(
    world: &World,
    rules: &Rules,
    full: &Full,
    asks: &[(Ask, &Entitlement)],
    row: &mut Row,
) -> Result<(), Failure> {
    let store = store(world, full, asks)?;
    for (ask, of) in asks {
        let (index, digest) = (rules.index().to_owned(), rules.digest());
        let sliced =
            timed(&mut row.cold[0], || Rules::open(index, &digest).map(|opened| verdict(&opened, world, ask, of)))?;
        let requests = requests(full, world, ask, of)?;
        let everything =
            timed(&mut row.cold[1], || Full::parse(world).map(|parsed| full_verdict(&parsed, &requests, &store)))?;
        row.mismatches += usize::from(everything != sliced);
    }
    Ok(())
}

fn list(world: &World, rules: &Rules, full: &Full, ask: &Ask, row: &mut Row) -> Result<(), Failure> {
    let all = |rules: &Rules| -> Vec<Option<usize>> {
        let mut listing = rules.listing(&person(world, ask));
        let mut first = |of| listing.first(FLOWS, of).and_then(|name| FLOWS.iter().position(|flow| *flow == name));
        world.entitlements.iter().map(&mut first).collect()
    };
    let (index, digest) = (rules.index().to_owned(), rules.digest());
    let opened = Rules::open(index, &digest)?;
    let answers = timed(&mut row.list[0], || all(&opened));
    let again = timed(&mut row.list[1], || all(&opened));
    row.mismatches += usize::from(answers != again);
    row.offered += ratio(answers.iter().flatten().count(), samples(row.policies).2);
    // Full Cedar takes too long for all: some of what is offered, and some of the rest.
    let offered = world.entitlements.iter().zip(&answers).filter(|(_, answer)| answer.is_some()).take(40);
    let rest = world.entitlements.iter().zip(&answers).step_by(world.entitlements.len() / 60 + 1);
    let sample: Vec<(&Entitlement, &Option<usize>)> = offered.chain(rest).collect();
    let store = full.store(world, ask, sample.iter().map(|(of, _)| *of))?;
    let mut times = Times::default();
    for (of, answer) in sample {
        let requests = requests(full, world, ask, of)?;
        let everything = timed(&mut times, || full_verdict(full, &requests, &store));
        let one = verdict(rules, world, ask, of);
        row.mismatches += usize::from(everything != *answer) + usize::from(one != *answer);
    }
    row.list_full.0.push(times.mean() * ratio(world.entitlements.len(), 1));
    Ok(())
}
