//! Longer searches: two faults at a time, and several at random.

use fastrand::Rng;

use super::points::{Baseline, later, singles};
use super::pool::Work;
use super::run::Ran;
use super::schedule::{Fault, Schedule};
use crate::scenario::Scenario;
use crate::{CallFault, EventFault, Function, Service, What};

/// Which pairs.
#[derive(Debug, Clone, Copy)]
pub struct Pairs {
    /// Calls between the two faults, at most.
    pub distance: Option<usize>,
    /// How many of each scenario; all, without it.
    pub sample: Option<usize>,
    /// Seed of the draw.
    pub seed: u64,
}

/// Pairs of faults. The second one's places depend on what the first one did, so that each first fault is run alone.
pub struct PairWork {
    firsts: Vec<Schedule>,
    /// Seconds of each first, at most.
    seconds: usize,
    pairs: Pairs,
}

/// All pairs, or a sample of them, whose first fault is a single fault of these runs.
pub fn pairs(baselines: &[(Scenario, Baseline)], pairs: Pairs) -> PairWork {
    let mut random = Rng::with_seed(pairs.seed);
    let mut firsts = Vec::new();
    let mut seconds = usize::MAX;
    for (scenario, baseline) in baselines {
        let mut faults = singles(baseline, pairs.sample.is_some());
        if let Some(sample) = pairs.sample {
            random.shuffle(&mut faults);
            // A first fault costs a run of its own: some seconds for each of them.
            faults.truncate(sample.div_ceil(8));
            seconds = 8;
        }
        let schedule =
            |fault| Schedule { scenario: scenario.name.to_owned(), faults: vec![fault], seed: baseline.seed };
        firsts.extend(faults.into_iter().map(schedule));
    }
    PairWork { firsts, seconds, pairs }
}

impl Work for PairWork {
    fn items(&self) -> usize {
        self.firsts.len()
    }

    fn planned(&self) -> u64 {
        let each = if self.seconds == usize::MAX { 1 } else { self.seconds + 1 };
        (self.firsts.len() * each) as u64
    }

    fn each(&self, item: usize, tried: &mut dyn FnMut(&Schedule) -> Option<Ran>) {
        let Some(first) = self.firsts.get(item) else { return };
        let Some(ran) = tried(first) else { return };
        let strike = |what: &What| match what {
            What::Call(call) => call.strike.is_some(),
            What::Event(event) => event.strike.is_some(),
            _ => false,
        };
        let from = ran.steps.iter().position(|step| strike(&step.what)).map_or(0, |at| at + 1);
        let near = |number: usize| match (first.faults.first(), self.pairs.distance) {
            (Some(Fault::Call(at, _)), Some(distance)) => number <= at + distance,
            _ => true,
        };
        let mut seconds = later(&ran.steps, from, ran.calls, ran.events);
        seconds.retain(|fault| match fault {
            Fault::Call(number, _) | Fault::Deploy(number) => near(*number),
            _ => true,
        });
        if self.pairs.sample.is_some() {
            Rng::with_seed(self.pairs.seed ^ item as u64).shuffle(&mut seconds);
            seconds.truncate(self.seconds);
        }
        for second in seconds {
            let faults = first.faults.iter().copied().chain([second]).collect();
            if tried(&Schedule { faults, ..first.clone() }).is_none() {
                return;
            }
        }
    }
}

/// Most faults of a random schedule.
const MOST: usize = 6;

/// One random schedule per seed; half of them of the scenario `chaos`, where it is among these.
pub fn random(baselines: &[(Scenario, Baseline)], seeds: std::ops::Range<u64>) -> Vec<Schedule> {
    let chaos = baselines.iter().find(|(scenario, _)| scenario.name == "chaos");
    seeds
        .filter_map(|seed| {
            let mut random = Rng::with_seed(seed ^ 0x5eed);
            let any = baselines.get(random.usize(0..baselines.len().max(1)))?;
            let (scenario, baseline) = chaos.filter(|_| random.bool()).unwrap_or(any);
            let faults = (0..random.usize(1..=MOST)).map(|_| fault(&mut random, &baseline.ran)).collect();
            Some(Schedule { scenario: scenario.name.to_owned(), faults, seed })
        })
        .collect()
}

fn fault(random: &mut Rng, ran: &Ran) -> Fault {
    // Faults make runs longer.
    let call = random.usize(1..=ran.calls.max(1) * 5 / 4);
    let event = random.usize(1..=ran.events.max(1) * 5 / 4);
    match random.u8(0..20) {
        0 => Fault::Deploy(call),
        1 => Fault::Skew(Function::ALL[random.usize(0..Function::ALL.len())], random.i64(-300..=300)),
        2 => {
            let from = random.u64(0..ran.seconds.max(1));
            let to = from + random.u64(10..600);
            Fault::Outage(Service::ALL[random.usize(0..Service::ALL.len())], from, to)
        }
        3..=6 => Fault::Event(event, EventFault::ALL[random.usize(0..EventFault::ALL.len())]),
        _ => Fault::Call(call, CallFault::ALL[random.usize(0..CallFault::ALL.len())]),
    }
}
