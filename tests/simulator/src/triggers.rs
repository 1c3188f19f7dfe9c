//! What ends a grant: one schedule per grant, or one per minute in which grants end? Lateness, invocations, cost.
//!
//! A model of EventBridge Scheduler and Lambda by their documentation, not of Curfew's code: it is what the choice in
//! `shared/engine/src/trigger.rs` rests on.

use serde::Serialize;

/// Per million invocations of a schedule, USD (EventBridge pricing page; us-east-1).
const SCHEDULE_PER_MILLION: f64 = 1.00;
/// Per million requests to Lambda, USD (Lambda pricing page; x86, us-east-1).
const REQUEST_PER_MILLION: f64 = 0.20;
/// Per GB-second of Lambda, USD.
const GB_SECOND: f64 = 0.000_016_666_7;
/// Memory of `revoke`, GB.
const MEMORY: f64 = 0.25;
/// The scheduler fires within so many seconds after the instant that it was given.
const PRECISION: f64 = 60.0;
/// What a removal itself takes, in seconds of the function's time.
const WORK: f64 = 3.0;
/// Invocations at once that a new AWS account may have (Lambda quotas; 1,000 after AWS raises it).
const CONCURRENCY: [usize; 2] = [10, 1_000];

/// A way to trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A schedule per grant at its end.
    GrantAtEnd,
    /// A schedule per grant a minute early; the function waits.
    GrantEarly,
    /// A schedule per minute, a minute before it begins; the function waits for each end.
    MinuteEarly,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::GrantAtEnd, Self::GrantEarly, Self::MinuteEarly];

    fn name(self) -> &'static str {
        match self {
            Self::GrantAtEnd => "per grant, at its end",
            Self::GrantEarly => "per grant, a minute early",
            Self::MinuteEarly => "per minute, a minute early",
        }
    }
}

/// What a way gives.
#[derive(Debug, Clone, Serialize)]
pub struct Triggered {
    /// Which way.
    pub way: &'static str,
    /// Grants that end.
    pub grants: usize,
    /// Minutes over which their ends are spread.
    pub minutes: usize,
    /// Half begin to end within so many seconds.
    pub late_p50: f64,
    /// 99 of 100.
    pub late_p99: f64,
    /// Invocations.
    pub invocations: usize,
    /// The most at once.
    pub at_once: usize,
    /// USD per thousand grants.
    pub usd_per_thousand: f64,
    /// Whether Lambda refuses some with 10, and with 1,000 invocations allowed at once: those come late.
    pub refused: [bool; 2],
    /// Grants that one lost trigger makes late, until the sweep finds them.
    pub lost_with_one: f64,
}

/// Simulates a way with grants whose ends are spread evenly over some minutes.
pub fn simulate(way: Way, grants: usize, minutes: usize, seed: u64) -> Triggered {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut ends: Vec<f64> = (0..grants).map(|_| (random.f64() * minutes as f64 * 60.0).floor()).collect();
    ends.sort_by(f64::total_cmp);
    let (mut lateness, mut runs) = (Vec::with_capacity(grants), Vec::new());
    match way {
        Way::GrantAtEnd | Way::GrantEarly => {
            for end in &ends {
                let given = if way == Way::GrantEarly { end - PRECISION } else { *end };
                let fires = given + random.f64() * PRECISION;
                lateness.push((fires - end).max(0.0));
                runs.push((fires, fires.max(*end) + WORK));
            }
        }
        Way::MinuteEarly => {
            for minute in 0..minutes {
                let begin = minute as f64 * 60.0;
                let fires = begin - PRECISION + random.f64() * PRECISION;
                let of_minute = ends.iter().filter(|end| (begin..begin + 60.0).contains(*end));
                let last = of_minute.clone().copied().fold(f64::NAN, f64::max);
                lateness.extend(of_minute.map(|end| (fires - end).max(0.0)));
                if !last.is_nan() {
                    runs.push((fires, last + WORK));
                }
            }
        }
    }
    lateness.sort_by(f64::total_cmp);
    let late = |share: usize| lateness.get(lateness.len() * share / 100).copied().unwrap_or_default();
    let at_once = most_at_once(&runs);
    let seconds: f64 = runs.iter().map(|(from, to)| to - from).sum();
    let invocations = runs.len() as f64;
    let usd = invocations * (SCHEDULE_PER_MILLION + REQUEST_PER_MILLION) / 1e6 + seconds * MEMORY * GB_SECOND;
    Triggered {
        way: way.name(),
        grants,
        minutes,
        late_p50: late(50),
        late_p99: late(99),
        invocations: runs.len(),
        at_once,
        usd_per_thousand: usd / grants as f64 * 1_000.0,
        refused: CONCURRENCY.map(|limit| at_once > limit),
        lost_with_one: grants as f64 / invocations,
    }
}

fn most_at_once(runs: &[(f64, f64)]) -> usize {
    let mut events: Vec<(f64, i64)> = runs.iter().flat_map(|(from, to)| [(*from, 1), (*to, -1)]).collect();
    events.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let (mut now, mut most) = (0, 0);
    for (_, change) in events {
        now += change;
        most = most.max(now);
    }
    usize::try_from(most).unwrap_or_default()
}
