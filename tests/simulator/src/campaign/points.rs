//! Where faults can strike: every AWS call and every event of a run without faults.

use std::rc::Rc;

use super::run::{Ran, run};
use super::schedule::{Fault, Schedule};
use crate::scenario::Scenario;
use crate::{CallFault, EventFault, Function, Service, Step, What};

/// How far clocks are off, in seconds.
const SKEW: i64 = 300;
/// How long a service is down, in seconds.
const OUTAGE: u64 = 240;
/// A run with more calls than this mostly waits: it is struck at every second, third, … of them only.
const DENSE: usize = 400;
/// Outages begin this many seconds apart.
const OUTAGES_APART: u64 = 60;

/// A run without faults.
pub struct Baseline {
    /// What came of it.
    pub ran: Ran,
    /// The seed.
    pub seed: u64,
}

/// Runs a scenario without faults.
pub fn baseline(scenario: &Scenario, seed: u64) -> Baseline {
    let schedule = Schedule { scenario: scenario.name.to_owned(), faults: Vec::new(), seed };
    Baseline { ran: run(scenario, &schedule), seed }
}

/// Every single fault: all kinds at all calls and events, a deployment before each call, each clock off both ways,
/// each service down from each minute. `thin`: of runs with very many calls, which wait for something again and again,
/// not every call.
pub fn singles(baseline: &Baseline, thin: bool) -> Vec<Fault> {
    let ran = &baseline.ran;
    let mut faults = later(&ran.steps, 0, ran.calls, ran.events);
    let every = if thin { ran.calls.div_ceil(DENSE) } else { 1 };
    faults.retain(|fault| match fault {
        Fault::Call(number, _) | Fault::Deploy(number) => number % every.max(1) == 0,
        _ => true,
    });
    faults.extend(Function::ALL.iter().flat_map(|f| [-SKEW, SKEW].map(|skew| Fault::Skew(*f, skew))));
    for from in (0..ran.seconds).step_by(usize::try_from(OUTAGES_APART).unwrap_or(1)) {
        let to = from + OUTAGE;
        let used = |service: &&Service| ran.counts.calls.keys().any(|(of, _)| of == *service);
        faults.extend(Service::ALL.iter().filter(used).map(|service| Fault::Outage(*service, from, to)));
    }
    faults
}

/// Every fault that can strike at a step of this index or later, up to these numbers of calls and events.
pub(super) fn later(steps: &[Rc<Step>], from: usize, calls: usize, events: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    for step in steps.iter().skip(from) {
        match &step.what {
            What::Call(call) if (1..=calls).contains(&call.number) => {
                let admitted = CallFault::ALL.iter().filter(|kind| call.admits(**kind));
                faults.extend(admitted.map(|kind| Fault::Call(call.number, *kind)));
                faults.push(Fault::Deploy(call.number));
            }
            What::Event(event) if event.number <= events => {
                faults.extend(EventFault::ALL.iter().map(|kind| Fault::Event(event.number, *kind)));
            }
            _ => {}
        }
    }
    faults
}
