//! The ways through a list of steps: which escalations can still be approved to the end, and which steps can be reached.

use std::collections::{BTreeMap, BTreeSet};

use curfew_domain::verdict::{OnTimeout, Step};

use crate::distinct;
use crate::steps::{Flattened, lapses};

/// Most ways through the steps that are looked at to see whether distinct approvers can be found.
const MOST_WAYS: usize = 4_096;

/// Takes away every escalation after which, on some way that leads there, distinct approvers cannot be found any more;
/// tells of each. Without `distinct` steps there is nothing to look at: each step has enough people by itself.
pub(crate) fn without_dead_ends(laid: Flattened) -> Flattened {
    if !laid.steps.iter().any(|step| step.distinct) {
        return laid;
    }
    let mut walk = Walk { steps: laid.steps, notes: laid.notes, ways: 0 };
    walk.from(0, &[]);
    Flattened { steps: walk.steps, notes: walk.notes, ..laid }
}

struct Walk {
    steps: Vec<Step>,
    notes: Vec<String>,
    ways: usize,
}

impl Walk {
    /// Walks on from a step after these have been approved. Every way ends, since it leads only to higher indexes.
    fn from(&mut self, first: usize, approved: &[usize]) {
        let mut approved = approved.to_vec();
        let mut next = Some(first);
        while let Some(here) = next {
            let Some(step) = self.steps.get(here) else { return };
            next = step.then;
            if let OnTimeout::Escalate(target) = step.on_timeout {
                self.ways += 1;
                let refusal = if self.ways > MOST_WAYS {
                    Some("there are too many ways to it to see whether distinct approvers could be found")
                } else if self.reachable(&approved, target) {
                    None
                } else {
                    Some("everybody who could approve then is needed by the steps before")
                };
                match refusal {
                    None => self.from(target, &approved),
                    Some(reason) => self.take_away(here, reason),
                }
            }
            approved.push(here);
        }
    }

    /// Whether the steps that were approved and those that follow from here can have enough distinct people together.
    fn reachable(&self, approved: &[usize], first: usize) -> bool {
        let mut way: Vec<&Step> = approved.iter().filter_map(|at| self.steps.get(*at)).collect();
        let mut next = self.steps.get(first);
        while let Some(step) = next {
            way.push(step);
            next = step.then.and_then(|then| self.steps.get(then));
        }
        distinct::reachable(&way)
    }

    fn take_away(&mut self, here: usize, reason: &str) {
        if let Some(step) = self.steps.get_mut(here) {
            step.on_timeout = OnTimeout::Lapse;
            self.notes.push(lapses(&step.name, reason));
        }
    }
}

/// Drops the steps that nothing leads to, so that nobody is named as approver who can never decide.
pub(crate) fn only_reachable(laid: Flattened) -> Flattened {
    let mut reached: BTreeSet<usize> = BTreeSet::new();
    for (index, step) in laid.steps.iter().enumerate() {
        // All that lead to a step come before it.
        if index == 0 || reached.contains(&index) {
            reached.insert(index);
            reached.extend(step.then);
            reached.extend(if let OnTimeout::Escalate(target) = step.on_timeout { Some(target) } else { None });
        }
    }
    let renumbered: BTreeMap<usize, usize> = reached.into_iter().enumerate().map(|(new, old)| (old, new)).collect();
    let new = |old: usize| renumbered.get(&old).copied();
    let mut steps = Vec::new();
    for (_, step) in laid.steps.into_iter().enumerate().filter(|(index, _)| renumbered.contains_key(index)) {
        let on_timeout = match step.on_timeout {
            OnTimeout::Escalate(target) => new(target).map_or(OnTimeout::Lapse, OnTimeout::Escalate),
            other => other,
        };
        steps.push(Step { then: step.then.and_then(new), on_timeout, ..step });
    }
    let escalations = laid.escalations.into_iter().filter_map(|(first, flow)| Some((new(first)?, flow))).collect();
    Flattened { steps, escalations, notes: laid.notes }
}
