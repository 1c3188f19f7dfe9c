//! When something was last wrong: the bounds of lateness count from there.

use std::collections::BTreeSet;

use curfew_domain::time::{SignedDuration, Timestamp};

use crate::{CallFault, EventFault, Plan, Service, Step, What};

/// I12 without faults.
const USUAL: SignedDuration = SignedDuration::from_mins(2);
/// I12 after the last fault.
const AFTER_FAULTS: SignedDuration = SignedDuration::from_mins(10);
/// How late an event comes that is reordered.
const REORDERED: SignedDuration = SignedDuration::from_secs(90);

/// What has gone wrong so far.
pub(super) struct Trouble {
    /// How far clocks are off, at most.
    pub(super) skew: SignedDuration,
    /// The end of the last fault.
    healed: Option<Timestamp>,
    /// Attempts that are frozen now: the fault lasts until they are killed.
    frozen: BTreeSet<u64>,
}

impl Trouble {
    /// Before anything has happened, at this instant.
    pub(super) fn of(plan: &Plan, began: Timestamp) -> Self {
        let skew = plan.skew.values().map(|skew| skew.abs()).max().unwrap_or_default();
        // Who is told, and when, excuses nothing (I20).
        let outages = plan.outages.iter().filter(|it| !matches!(it.service, Service::EventBridge | Service::Mail));
        let outages = outages.filter_map(|outage| began.checked_add(outage.to).ok());
        Self { skew, healed: outages.max(), frozen: BTreeSet::new() }
    }

    /// Learns from a step.
    pub(super) fn look(&mut self, step: &Step) {
        let attempt = step.by.as_ref().map_or(0, |by| by.number);
        match &step.what {
            What::Call(call) if call.strike.is_some() && call.notice == 0 => {
                if matches!(call.strike, Some(CallFault::FrozenApplied | CallFault::FrozenNever)) {
                    self.frozen.insert(attempt);
                }
                self.last(step.at);
            }
            What::Event(event) => match event.strike {
                Some(EventFault::Reorder) => self.last(step.at + REORDERED),
                Some(_) => self.last(step.at),
                None => {}
            },
            What::Over { .. } if self.frozen.remove(&attempt) => self.last(step.at),
            _ => {}
        }
    }

    fn last(&mut self, at: Timestamp) {
        self.healed = self.healed.max(Some(at));
    }

    /// Whether something that was due at an instant, and usually takes this much longer at most, is overdue now.
    pub(super) fn is_overdue(&self, due: Timestamp, usual: SignedDuration, now: Timestamp) -> bool {
        if !self.frozen.is_empty() {
            return false;
        }
        let after_faults = self.healed.map_or(due, |healed| healed.max(due) + AFTER_FAULTS);
        now > (due + usual).max(after_faults) + self.skew
    }

    /// Whether a removal that was due at an instant is overdue now (I12).
    pub(super) fn is_left_over(&self, due: Timestamp, patience: SignedDuration, now: Timestamp) -> bool {
        self.is_overdue(due, USUAL + patience, now)
    }
}
