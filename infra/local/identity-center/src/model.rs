//! The model: one call at a time, at a given moment.

use crate::{
    Action, Assignment, Call, Fault, FaultKind, IDENTITY_STORE, Millis, Operation, SSO_ADMIN, ServiceError, Settings,
    Status, directory::Directory, ids::Ids, journal::Journal, operations::Operations, quota::Bucket, shape,
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// An instance of IAM Identity Center with its identity store.
///
/// Pure and deterministic: the same seed, settings and calls give the same answers. Time may stand still between calls
/// but must not run backwards.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) settings: Settings,
    pub(crate) ids: Ids,
    pub(crate) permission_sets: BTreeMap<String, Map<String, Value>>,
    /// Names of the permission sets: no two have the same.
    pub(crate) permission_set_names: BTreeSet<String>,
    pub(crate) operations: Operations,
    pub(crate) directory: Directory,
    bucket: Bucket,
    faults: Vec<Fault>,
    journal: Journal,
}

/// What a caller gets, and how much later than usual.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The reply; [`ServiceError::reply_lost`] when none may be sent.
    pub outcome: Result<Value, ServiceError>,
    /// How long to hold the reply back, because of [`FaultKind::LateReply`].
    pub delay_ms: u64,
}

impl Model {
    /// An organisation without people, permission sets and assignments. The seed decides every id.
    pub fn new(settings: Settings, seed: u64) -> Self {
        Self {
            settings,
            ids: Ids::new(seed),
            permission_sets: BTreeMap::new(),
            permission_set_names: BTreeSet::new(),
            operations: Operations::default(),
            directory: Directory::default(),
            bucket: Bucket::default(),
            faults: Vec::new(),
            journal: Journal::default(),
        }
    }

    /// Makes one call; `body` is the JSON of the request.
    pub fn call(&mut self, service: &str, operation: &str, body: &Value, now: Millis) -> Result<Value, ServiceError> {
        self.answer(service, operation, body, now).outcome
    }

    /// Like [`Model::call`], and also says how late the answer is.
    pub fn answer(&mut self, service: &str, operation: &str, body: &Value, now: Millis) -> Answer {
        self.settle(now);
        let answer = self.run(service, operation, body, now);
        let call = Call {
            at: now,
            service: service.into(),
            operation: operation.into(),
            parameters: body.clone(),
            outcome: answer.outcome.as_ref().map_or_else(|error| error.code, |_| "ok"),
        };
        self.journal.record(call, self.settings.history);
        // What was just accepted begins now.
        self.settle(now);
        answer
    }

    fn run(&mut self, service: &str, operation: &str, body: &Value, now: Millis) -> Answer {
        let at_once = |outcome| Answer { outcome, delay_ms: 0 };
        let Some(fields) = shape::fields(service, operation) else {
            return at_once(Err(ServiceError::unknown_operation()));
        };
        if service == SSO_ADMIN && !self.bucket.take(self.settings.calls_per_second, now) {
            return at_once(Err(ServiceError::throttled("Rate exceeded")));
        }
        let fault = self.faults.iter().find(|fault| fault.matches(operation)).map(|fault| fault.kind.clone());
        if let Some(refusal) = fault.as_ref().and_then(FaultKind::refusal) {
            self.use_up_fault(operation);
            return at_once(Err(refusal));
        }
        let mut outcome = shape::check(body, fields).and_then(|()| match service {
            IDENTITY_STORE => self.identity_store(operation, body, now),
            _ => self.sso_admin(operation, body, now),
        });
        let mut delay_ms = 0;
        // The other kinds need a call that took effect; until one comes they stay armed.
        if let (Some(fault), true) = (fault, outcome.is_ok()) {
            self.use_up_fault(operation);
            let newest = self.operations.open.last_mut();
            match (fault, newest) {
                (FaultKind::LostReply, _) => outcome = Err(ServiceError::reply_lost()),
                (FaultKind::LateReply { ms }, _) => delay_ms = ms,
                (FaultKind::Fail { reason }, Some(newest)) => newest.failure_reason = Some(reason),
                (FaultKind::Stuck, Some(newest)) => newest.work_ms = None,
                (FaultKind::Slow { ms }, Some(newest)) => newest.work_ms = Some(ms),
                _ => {}
            }
        }
        Answer { outcome, delay_ms }
    }

    fn use_up_fault(&mut self, operation: &str) {
        if let Some(fault) = self.faults.iter_mut().find(|fault| fault.matches(operation)) {
            fault.times = fault.times.saturating_sub(1);
        }
        self.faults.retain(|fault| fault.times > 0);
    }

    /// Accepts an assignment operation.
    pub(crate) fn begin(&mut self, action: Action, target: Assignment, now: Millis) -> Result<Value, ServiceError> {
        let operation = Operation {
            request_id: self.ids.uuid(),
            action,
            assignment: target,
            status: Status::InProgress,
            failure_reason: None,
            created: now,
            started: None,
            work_ms: Some(self.settings.latency_ms.saturating_add(self.ids.up_to(self.settings.latency_jitter_ms))),
        };
        self.operations.accept(operation, &self.settings)
    }

    /// Lets time pass until `now`: operations that are due end.
    pub fn settle(&mut self, now: Millis) {
        self.operations.settle(now, &self.settings, &self.directory);
    }

    /// When the next operation in progress ends, for a simulator that jumps from event to event.
    pub fn next_event(&self) -> Option<Millis> {
        self.operations.next_end()
    }

    /// Arms a fault. Faults apply in the order in which they were armed.
    pub fn inject(&mut self, fault: Fault) {
        if fault.times > 0 {
            self.faults.push(fault);
        }
    }

    /// Disarms every fault; what is stuck stays so.
    pub fn disarm(&mut self) {
        self.faults.clear();
    }

    /// Operations that ended since this was last asked, in the order of their ends. At most [`Settings::history`] are
    /// kept for it.
    pub fn take_ended(&mut self) -> Vec<Operation> {
        self.operations.ended.drain(..).collect()
    }

    /// Ends all trouble: disarms every fault, and operations that are stuck end now.
    pub fn heal(&mut self, now: Millis) {
        self.faults.clear();
        self.operations.heal(now);
        self.settle(now);
    }

    /// Adds or removes an assignment behind everybody's back, as an administrator in the AWS console does.
    /// False when that changes nothing.
    pub fn set_assignment(&mut self, assignment: Assignment, present: bool, now: Millis) -> bool {
        self.settle(now);
        let changed = self.operations.change(assignment, present, now);
        self.settle(now);
        changed
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The settings, to change.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// Assignments that really exist, as of the last call or [`Model::settle`]; listings may lag behind.
    pub fn assignments(&self) -> &BTreeSet<Assignment> {
        &self.operations.assignments
    }

    /// Operations in progress, in the order of acceptance, as of the last call or [`Model::settle`].
    pub fn operations_in_progress(&self) -> &[Operation] {
        &self.operations.open
    }

    /// Faults that are still armed.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The latest calls, oldest first.
    pub fn journal(&self) -> impl Iterator<Item = &Call> {
        self.journal.calls.iter()
    }

    /// How often each operation was called, by outcome (`ok` or the exception). Never forgets.
    pub fn counters(&self) -> &BTreeMap<String, BTreeMap<&'static str, u64>> {
        &self.journal.counters
    }

    /// How often `operation` was called, however it ended.
    pub fn calls(&self, operation: &str) -> u64 {
        self.journal.counters.get(operation).map_or(0, |outcomes| outcomes.values().sum())
    }

    /// Forgets the journal and its counters, so that a test can count from here.
    pub fn clear_journal(&mut self) {
        self.journal = Journal::default();
    }
}
