//! Finds operations whose ids were lost. Identity Center's list names no keys, so that each candidate is asked about, once
//! per holder: one that died in a crowd leaves many keys, and all of them have the same candidates.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use curfew_domain::assignment::{Operation, OperationKind};
use curfew_domain::id::Key;
use curfew_domain::time::{SignedDuration, Timestamp};
use futures_util::lock::Mutex as Turn;

use super::{SETTLING, Tools};
use crate::error::Error;
use crate::ports::Begin;

/// How far Identity Center's clock may be behind ours when operations are matched by time.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// What this holder has learned about operations.
#[derive(Default)]
pub(super) struct Finder {
    known: Mutex<State>,
    /// Whoever asks, asks for all: the others wait, and find the answer.
    turn: Turn<()>,
}

#[derive(Default)]
struct State {
    /// What an operation is about never changes.
    targets: BTreeMap<String, Key>,
    /// The latest lists, with when each was read.
    lists: Vec<(OperationKind, Timestamp, Vec<Begin>)>,
}

impl Finder {
    fn state(&self) -> MutexGuard<'_, State> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Operations that may be this one of this key: accepted since, and about it.
    ///
    /// # Errors
    /// Identity Center could not be asked.
    pub(super) async fn find(&self, tools: &Tools, operation: &Operation, key: &Key) -> Result<Vec<String>, Error> {
        // A membership has no operations.
        if matches!(key, Key::Membership { .. }) {
            return Ok(Vec::new());
        }
        let since = operation.since.checked_sub(SKEW).unwrap_or(Timestamp::MIN);
        let mut found = Vec::new();
        for begin in self.list(tools, operation).await? {
            let is_late_enough = begin.at.is_none_or(|at| at.as_second() >= since.as_second());
            if is_late_enough && self.is_about(tools, operation.kind, &begin.id, key).await? {
                found.push(begin.id);
            }
        }
        Ok(found)
    }

    /// Whether an operation is about this key; one that Identity Center does not know is about none.
    ///
    /// # Errors
    /// Identity Center could not be asked.
    pub(super) async fn is_about(
        &self,
        tools: &Tools,
        kind: OperationKind,
        id: &str,
        key: &Key,
    ) -> Result<bool, Error> {
        let _turn = self.turn.lock().await;
        if let Some(target) = self.state().targets.get(id) {
            return Ok(target == key);
        }
        tools.quota.pace(tools.clock.as_ref()).await;
        let target = tools.access.target(kind, id).await?;
        let is_about = target.as_ref() == Some(key);
        self.state().targets.extend(target.map(|target| (id.to_owned(), target)));
        Ok(is_about)
    }

    /// A list that has this operation, if there is such an operation and it can be listed by now.
    async fn list(&self, tools: &Tools, operation: &Operation) -> Result<Vec<Begin>, Error> {
        let _turn = self.turn.lock().await;
        let has_it = |read: Timestamp| read.duration_since(operation.since) >= SETTLING;
        let known = {
            let state = self.state();
            let list = state.lists.iter().find(|(kind, read, _)| *kind == operation.kind && has_it(*read));
            list.map(|(.., list)| list.clone())
        };
        if let Some(list) = known {
            return Ok(list);
        }
        tools.quota.pace(tools.clock.as_ref()).await;
        let read = tools.clock.now();
        let list = tools.access.operations(operation.kind).await?;
        let mut state = self.state();
        state.lists.retain(|(kind, ..)| *kind != operation.kind);
        state.lists.push((operation.kind, read, list.clone()));
        Ok(list)
    }
}
