//! Follows all operations in flight together: one call tells about all of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use curfew_domain::assignment::OperationKind;
use curfew_domain::time::{SignedDuration, Timestamp};

use super::Tools;
use crate::error::{Error, Fault};
use crate::ports::Progress;

/// The first look at an operation.
const FIRST: SignedDuration = SignedDuration::from_secs(1);
/// From one look to the next: with few operations; and with many, at the least and at the most.
const PERIOD: SignedDuration = SignedDuration::from_millis(700);
const CROWDED: [SignedDuration; 2] = [SignedDuration::from_millis(100), SignedDuration::from_secs(2)];
/// So many operations of a kind are asked about one by one, which also tells how they ended.
const FEW: usize = 2;
/// An operation that was never seen in progress counts as ended only after this long: it may not be visible yet.
const VISIBLE: SignedDuration = SignedDuration::from_secs(3);
/// How often it is checked whether somebody else has looked.
const STEP: SignedDuration = SignedDuration::from_millis(20);

/// How an operation left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Over {
    /// Identity Center said how it ended.
    Said(Progress),
    /// It is in progress no more; the listing of assignments will show how it ended.
    NotInProgress,
    /// Identity Center does not know of it.
    Unknown,
}

/// Operations in flight.
#[derive(Default)]
pub(super) struct Watch(Mutex<State>);

#[derive(Default)]
struct State {
    flying: BTreeMap<String, Flying>,
    next_look: Option<Timestamp>,
    last_look: Option<Timestamp>,
    looking: bool,
}

struct Flying {
    kind: OperationKind,
    since: Timestamp,
    seen: bool,
    over: Option<Over>,
}

impl Watch {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until an operation is over. Whoever's turn it is to look, looks for all.
    ///
    /// # Errors
    /// `Busy` if there is no time left to wait.
    pub(super) async fn over(&self, tools: &Tools, kind: OperationKind, id: &str) -> Result<Over, Error> {
        let since = tools.clock.now();
        {
            let mut state = self.state();
            state.flying.insert(id.to_owned(), Flying { kind, since, seen: false, over: None });
            let first = since.checked_add(FIRST).unwrap_or(since);
            state.next_look = Some(state.next_look.map_or(first, |at| if at <= since { first } else { at.min(first) }));
        }
        loop {
            if let Some(over) = self.taken(id) {
                return Ok(over);
            }
            if let Err(error) = tools.time_left("waiting for the operation in flight") {
                self.state().flying.remove(id);
                return Err(error);
            }
            match self.turn(tools) {
                None => {
                    if let Err(error) = self.look(tools).await {
                        tracing::info!(%error, "operations in flight could not be looked at; trying again");
                    }
                    self.looked(tools);
                }
                Some(wait) => tools.clock.sleep(wait.min(STEP)).await,
            }
        }
    }

    /// Whether this operation is one of ours that is being followed.
    pub(super) fn follows(&self, id: &str) -> bool {
        self.state().flying.contains_key(id)
    }

    fn taken(&self, id: &str) -> Option<Over> {
        let mut state = self.state();
        let over = state.flying.get(id)?.over.clone()?;
        state.flying.remove(id);
        Some(over)
    }

    /// How long to wait for the next look; `None` makes it the caller's to look.
    fn turn(&self, tools: &Tools) -> Option<SignedDuration> {
        let now = tools.clock.now();
        let mut state = self.state();
        let wait = state.next_look.map_or(SignedDuration::ZERO, |at| at.duration_since(now));
        if state.looking {
            return Some(STEP);
        }
        let long_ago = state.last_look.is_none_or(|at| now.duration_since(at) >= CROWDED[0]);
        let worth_it = tools.quota.is_crowded() && long_ago && tools.quota.is_worth_a_look(now);
        if wait > SignedDuration::ZERO && !worth_it {
            return Some(wait);
        }
        state.looking = true;
        None
    }

    fn looked(&self, tools: &Tools) {
        let now = tools.clock.now();
        let mut state = self.state();
        state.looking = false;
        let period = if tools.quota.is_crowded() { CROWDED[1] } else { PERIOD };
        state.next_look = now.checked_add(period).ok();
        state.last_look = Some(now);
    }

    async fn look(&self, tools: &Tools) -> Result<(), Fault> {
        for kind in [OperationKind::Unassign, OperationKind::Assign] {
            let open = self.open(kind);
            if open.len() > FEW {
                tools.quota.pace(tools.clock.as_ref()).await;
                let listed = tools.access.in_progress(kind).await?;
                self.compare(kind, &listed, tools.clock.now());
                continue;
            }
            for id in open {
                tools.quota.pace(tools.clock.as_ref()).await;
                let progress = tools.access.progress(kind, &id).await?;
                if let Some(flying) = self.state().flying.get_mut(&id) {
                    flying.over = match progress {
                        Some(Progress::InProgress) => None,
                        Some(said) => Some(Over::Said(said)),
                        None if tools.has_settled(flying.since) => Some(Over::Unknown),
                        // An operation may be unknown for a moment after it was accepted.
                        None => None,
                    };
                }
            }
        }
        tools.quota.looked(&self.over_by_now(), tools.clock.now());
        Ok(())
    }

    fn over_by_now(&self) -> Vec<String> {
        let state = self.state();
        state.flying.iter().filter(|(_, flying)| flying.over.is_some()).map(|(id, _)| id.clone()).collect()
    }

    fn open(&self, kind: OperationKind) -> Vec<String> {
        let state = self.state();
        let open = state.flying.iter().filter(|(_, f)| f.kind == kind && f.over.is_none());
        open.map(|(id, _)| id.clone()).collect()
    }

    fn compare(&self, kind: OperationKind, listed: &[String], now: Timestamp) {
        for (id, flying) in &mut self.state().flying {
            if flying.kind != kind || flying.over.is_some() {
                continue;
            }
            if listed.contains(id) {
                flying.seen = true;
            } else if flying.seen || now.duration_since(flying.since) >= VISIBLE {
                flying.over = Some(Over::NotInProgress);
            }
        }
    }
}
