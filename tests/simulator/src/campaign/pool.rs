//! Many runs on several threads: until the first violation, the end of the list, or the end of the time.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::run::{Ran, run};
use super::schedule::Schedule;
use crate::scenario::named;

/// How often progress is told.
const TELL: Duration = Duration::from_millis(500);

/// How a campaign is run.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Threads; each runs one schedule at a time.
    pub threads: usize,
    /// When to stop.
    pub time_limit: Option<Duration>,
    /// Whether to go on after a violation.
    pub keep_going: bool,
}

/// A violation, and how to see it again.
#[derive(Debug, Clone, Serialize)]
pub struct Found {
    /// The schedule.
    pub schedule: String,
    /// The invariant.
    pub invariant: String,
    /// What is wrong.
    pub what: String,
    /// When, in the run.
    pub at: String,
}

/// What a campaign came to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Schedules that there are.
    pub planned: u64,
    /// Schedules that were run.
    pub schedules: u64,
    /// Faults that struck.
    pub strikes: u64,
    /// Schedules of which no fault struck, although it should: the run went another way.
    pub missed: u64,
    /// Different situations in which a fault struck: stages of all requests, function, operation, kind.
    pub states_covered: usize,
    /// Simulated AWS calls in all runs.
    pub calls: u64,
    /// The schedule with most calls, and how many: what makes a campaign slow.
    pub longest: (u64, String),
    /// Seconds that it took.
    pub seconds: f64,
    /// Schedules per second.
    pub per_second: f64,
    /// Whether it ended before all schedules were run.
    pub cut_short: bool,
    /// Schedules by scenario.
    pub by_scenario: BTreeMap<String, u64>,
    /// What was found; without `keep_going`, the first.
    pub violations: Vec<Found>,
}

/// How far a campaign is.
#[derive(Debug, Clone)]
pub struct Told {
    /// Schedules that were run.
    pub done: u64,
    /// Of how many.
    pub of: u64,
    /// Schedules per second.
    pub per_second: f64,
    /// Situations covered.
    pub covered: usize,
    /// Violations found.
    pub violations: usize,
    /// Those of them that were not told of before.
    pub new: Vec<Found>,
}

/// Gives work out: each item makes schedules, one after the other, which may depend on what came of those before.
pub trait Work: Sync {
    /// How many items there are.
    fn items(&self) -> usize;
    /// How many schedules, as far as is known.
    fn planned(&self) -> u64;
    /// Does one item. `tried` runs a schedule and says whether to go on.
    fn each(&self, item: usize, tried: &mut dyn FnMut(&Schedule) -> Option<Ran>);
}

impl Work for Vec<Schedule> {
    fn items(&self) -> usize {
        self.len()
    }

    fn planned(&self) -> u64 {
        self.len() as u64
    }

    fn each(&self, item: usize, tried: &mut dyn FnMut(&Schedule) -> Option<Ran>) {
        if let Some(schedule) = self.get(item) {
            tried(schedule);
        }
    }
}

#[derive(Default)]
struct Shared {
    covered: BTreeSet<u64>,
    report: Report,
}

/// Does all the work. `tell` hears of the progress, on the calling thread.
pub fn run_all(work: &dyn Work, bounds: &Bounds, mut tell: impl FnMut(Told)) -> Report {
    let since = Instant::now();
    let shared = Mutex::new(Shared::default());
    let (next, stop, done) = (AtomicUsize::new(0), AtomicBool::new(false), AtomicU64::new(0));
    let late = || bounds.time_limit.is_some_and(|limit| since.elapsed() >= limit);
    let worker = || {
        let mut tried = |schedule: &Schedule| {
            if stop.load(Ordering::Relaxed) || late() {
                stop.store(true, Ordering::Relaxed);
                return None;
            }
            let (ran, found) = caught(schedule);
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.take(schedule, ran.as_ref());
            done.fetch_add(1, Ordering::Relaxed);
            if let Some(found) = found {
                shared.report.violations.push(found);
                stop.fetch_or(!bounds.keep_going, Ordering::Relaxed);
            }
            ran
        };
        loop {
            let item = next.fetch_add(1, Ordering::Relaxed);
            if item >= work.items() || stop.load(Ordering::Relaxed) {
                break;
            }
            work.each(item, &mut tried);
        }
    };
    let mut known = 0;
    let mut told = |shared: &Shared| {
        let done = done.load(Ordering::Relaxed);
        #[expect(clippy::cast_precision_loss, reason = "schedules are far below 2^53")]
        let per_second = done as f64 / since.elapsed().as_secs_f64().max(0.001);
        let (covered, violations) = (shared.covered.len(), shared.report.violations.len());
        let new = shared.report.violations.get(known..).unwrap_or_default().to_vec();
        known = violations;
        Told { done, of: work.planned().max(done), per_second, covered, violations, new }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..bounds.threads.max(1)).map(|_| scope.spawn(worker)).collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            std::thread::sleep(TELL.min(Duration::from_millis(50)));
            if since.elapsed().subsec_millis() % 500 < 60 {
                tell(told(&shared.lock().unwrap_or_else(PoisonError::into_inner)));
            }
        }
    });
    let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    let last = told(&shared);
    let (planned, schedules, per_second) = (last.of, last.done, last.per_second);
    tell(last);
    Report {
        planned,
        schedules,
        states_covered: shared.covered.len(),
        seconds: since.elapsed().as_secs_f64(),
        per_second,
        cut_short: stop.into_inner(),
        ..shared.report
    }
}

impl Shared {
    fn take(&mut self, schedule: &Schedule, ran: Option<&Ran>) {
        *self.report.by_scenario.entry(schedule.scenario.clone()).or_default() += 1;
        let Some(ran) = ran else { return };
        self.report.strikes += ran.strikes as u64;
        self.report.missed += u64::from(ran.strikes == 0 && schedule.strikes());
        let calls = ran.counts.all_calls();
        self.report.calls += calls;
        if calls > self.report.longest.0 {
            self.report.longest = (calls, schedule.to_string());
        }
        self.covered.extend(&ran.covered);
    }
}

/// Runs a schedule; a panic of a handler, or of the simulator, is a violation, too.
fn caught(schedule: &Schedule) -> (Option<Ran>, Option<Found>) {
    let found = |invariant: &str, what: &str, at: String| Found {
        schedule: schedule.to_string(),
        invariant: invariant.to_owned(),
        what: what.to_owned(),
        at,
    };
    let Some(scenario) = named(&schedule.scenario) else {
        return (None, Some(found("schedule", "there is no such scenario", String::new())));
    };
    match catch_unwind(AssertUnwindSafe(|| run(&scenario, schedule))) {
        Ok(ran) => {
            let first = ran.violations.first().map(|violation| {
                let (invariant, what) = violation.what.split_once(": ").unwrap_or(("?", &violation.what));
                found(invariant, what, violation.at.to_string())
            });
            (Some(ran), first)
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            (None, Some(found("panic", &text.unwrap_or_default(), String::new())))
        }
    }
}

impl Schedule {
    /// Whether a fault of it must show in the log as a strike.
    fn strikes(&self) -> bool {
        use super::schedule::Fault::{Call, Event};
        self.faults.iter().any(|fault| matches!(fault, Call(..) | Event(..)))
    }
}
