//! Identity Center and its Identity Store: the model of `infra/local/identity-center`, with a memory for stale reads.

use std::collections::VecDeque;

use curfew_identity_center::{Fault, FaultKind, IDENTITY_STORE, Millis, Model, Operation, SSO_ADMIN};
use serde_json::Value;

use super::AwsError;
use crate::log::Service;

/// How many milliseconds of the past are kept.
const REMEMBERED_MS: u64 = 30_000;

/// The service.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) model: Model,
    /// Earlier states, oldest first; only kept when some read will be stale.
    snapshots: Option<VecDeque<(Millis, Model)>>,
}

impl Identity {
    pub(crate) fn new(model: Model, remember: bool) -> Self {
        Self { model, snapshots: remember.then(VecDeque::new) }
    }

    /// Makes one call. A stale read shows the state of `stale`; `fails` makes the accepted operation end FAILED.
    pub(crate) fn call(
        &mut self,
        service: Service,
        operation: &str,
        request: &Value,
        now: Millis,
        (stale, fails): (Option<Millis>, bool),
    ) -> Result<Value, AwsError> {
        let service = if service == Service::IdentityStore { IDENTITY_STORE } else { SSO_ADMIN };
        if fails {
            let kind = FaultKind::Fail { reason: "The operation failed, by order".to_owned() };
            self.model.inject(Fault { operation: operation.to_owned(), times: 1, kind });
        }
        let answer = self.model.call(service, operation, request, now);
        // What the story has armed stays armed.
        if fails && answer.is_err() {
            self.model.disarm();
        }
        self.model.clear_journal();
        self.remember(now);
        let answer = match stale.and_then(|at| Some((at, self.at(at)?))) {
            Some((at, mut earlier))
                if answer.is_ok() || answer.as_ref().is_err_and(|e| e.code == "ResourceNotFoundException") =>
            {
                earlier.call(service, operation, request, at)
            }
            _ => answer,
        };
        answer.map_err(|error| {
            let code = error.code;
            assert!(code != "UnknownOperationException", "the model does not know {operation}");
            assert!(!error.message.starts_with("Unknown member"), "{operation}: {}", error.message);
            let more = error.reason.map(|reason| ("Reason", reason.into()));
            AwsError { more, ..AwsError::status(error.status, code, error.message) }
        })
    }

    /// Keeps the present state for later stale reads.
    pub(crate) fn remember(&mut self, now: Millis) {
        let Some(snapshots) = &mut self.snapshots else { return };
        snapshots.push_back((now, self.model.clone()));
        let kept = snapshots.iter().rposition(|(at, _)| now.since(*at) >= REMEMBERED_MS).unwrap_or(0);
        snapshots.drain(..kept);
    }

    /// The state at an earlier instant.
    fn at(&self, at: Millis) -> Option<Model> {
        let snapshots = self.snapshots.as_ref()?;
        let (_, found) = snapshots.iter().rev().find(|(since, _)| *since <= at).or(snapshots.front())?;
        let mut model = found.clone();
        // What was called since then does not use the quota of the past.
        model.settings_mut().calls_per_second = 0;
        Some(model)
    }

    /// Operations that ended since this was last asked.
    pub(crate) fn ended(&mut self, now: Millis) -> Vec<Operation> {
        self.model.settle(now);
        self.model.take_ended()
    }
}
