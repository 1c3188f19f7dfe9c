//! Step Functions: executions of the real definition, and their tokens.

pub mod language;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use curfew_domain::time::Timestamp;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::aws::{AwsError, only, text};
use crate::log::{Execution, ExecutionStatus, FunctionError, Source, What};
use crate::template::machine_arn;
use crate::world::World;
use language::{Next, Work};

/// How long Step Functions takes from one state to the next, at most, in milliseconds.
const BETWEEN_STATES_MS: u64 = 40;

/// The service.
#[derive(Debug, Default)]
pub(crate) struct States {
    pub(crate) executions: BTreeMap<Rc<str>, Execution>,
    /// Names in the order of their starts.
    pub(crate) order: Vec<Rc<str>>,
    running: BTreeMap<Rc<str>, AbortHandle>,
    /// Who waits for a token; none: nobody any more.
    tokens: BTreeMap<String, Option<oneshot::Sender<Value>>>,
}

impl World {
    /// One call of the service at this moment.
    pub(crate) fn states_call(
        &self,
        operation: &str,
        request: &Value,
        stale: Option<Timestamp>,
    ) -> Result<Value, AwsError> {
        match operation {
            "StartExecution" => self.start_execution(request),
            "DescribeExecution" => self.describe_execution(request, stale),
            "SendTaskSuccess" => {
                only(request, &["taskToken", "output"]);
                let output: Value = serde_json::from_str(text(request, "output"))
                    .map_err(|error| AwsError::new("InvalidOutput", error.to_string()))?;
                let token = text(request, "taskToken");
                match self.0.states.borrow_mut().tokens.get_mut(token).map(Option::take) {
                    None => Err(AwsError::new("InvalidToken", "Invalid token")),
                    Some(None) => Err(AwsError::new("TaskTimedOut", "Task Timed Out")),
                    Some(Some(waiting)) => {
                        let heard = waiting.send(output).is_ok();
                        if heard { Ok(json!({})) } else { Err(AwsError::new("TaskTimedOut", "Task Timed Out")) }
                    }
                }
            }
            _ => panic!("the simulator does not know {operation}"),
        }
    }

    fn start_execution(&self, request: &Value) -> Result<Value, AwsError> {
        only(request, &["stateMachineArn", "name", "input"]);
        assert_eq!(text(request, "stateMachineArn"), machine_arn());
        let name: Rc<str> = text(request, "name").into();
        let input: Value = serde_json::from_str(text(request, "input"))
            .map_err(|error| AwsError::new("InvalidExecutionInput", error.to_string()))?;
        let mut states = self.0.states.borrow_mut();
        if let Some(there) = states.executions.get(&name) {
            // Closed executions keep their names for 90 days (API reference).
            if there.status == ExecutionStatus::Running && there.input == input {
                return Ok(json!({ "executionArn": arn(&name), "startDate": seconds(there.started) }));
            }
            return Err(AwsError::new("ExecutionAlreadyExists", format!("Execution Already Exists: '{name}'")));
        }
        let started = self.now();
        let execution = Execution {
            name: Rc::clone(&name),
            status: ExecutionStatus::Running,
            started,
            stopped: None,
            input: input.clone(),
            error: None,
            states: Vec::new(),
        };
        states.executions.insert(Rc::clone(&name), execution);
        states.order.push(Rc::clone(&name));
        let task = self.spawn(self.clone().execute(Rc::clone(&name), input));
        states.running.insert(Rc::clone(&name), task);
        Ok(json!({ "executionArn": arn(&name), "startDate": seconds(started) }))
    }

    fn describe_execution(&self, request: &Value, stale: Option<Timestamp>) -> Result<Value, AwsError> {
        only(request, &["executionArn"]);
        let wanted = text(request, "executionArn");
        let name = wanted.rsplit(':').next().unwrap_or_default();
        let states = self.0.states.borrow();
        let found = states.executions.get(name).filter(|found| stale.is_none_or(|at| found.started <= at));
        let found = found
            .ok_or_else(|| AwsError::new("ExecutionDoesNotExist", format!("Execution Does Not Exist: '{wanted}'")))?;
        let over = found.stopped.is_some_and(|stopped| stale.is_none_or(|at| stopped <= at));
        let shown = if over { found.status } else { ExecutionStatus::Running };
        Ok(json!({
            "executionArn": wanted,
            "stateMachineArn": machine_arn(),
            "name": name,
            "status": shown.name(),
            "startDate": seconds(found.started),
            "input": found.input.to_string(),
        }))
    }

    /// Stops an execution; false if it does not run.
    pub(crate) fn stop_execution(&self, name: &str) -> bool {
        let task = self.0.states.borrow_mut().running.remove(name);
        let Some(task) = task else { return false };
        task.abort();
        self.execution_ended(&name.into(), ExecutionStatus::Aborted, None);
        true
    }

    fn execution_ended(&self, name: &Rc<str>, status: ExecutionStatus, error: Option<String>) {
        let now = self.now();
        {
            let mut service = self.0.states.borrow_mut();
            service.running.remove(name);
            let execution = service.executions.get_mut(name).expect("it was started");
            (execution.status, execution.stopped, execution.error) = (status, Some(now), error);
        }
        self.step(None, What::ExecutionEnded { execution: Rc::clone(name), status });
    }

    /// Runs one execution to its end.
    async fn execute(self, name: Rc<str>, input: Value) {
        let mut data = input;
        let mut next = language::definition()["StartAt"].as_str().expect("a first state");
        loop {
            self.take_ms(1, BETWEEN_STATES_MS).await;
            let (entered, state) = language::state(next);
            self.enter(&name, entered);
            let done = match language::work(state, &data) {
                Work::Task => self.task(&name, entered, state, &data).await,
                Work::Until(at) => {
                    self.until(at).await;
                    Ok(data.clone())
                }
                Work::Nothing => Ok(data.clone()),
            };
            match language::next(state, data, done) {
                Next::State(following, with) => (next, data) = (following, with),
                Next::Succeeded => return self.execution_ended(&name, ExecutionStatus::Succeeded, None),
                Next::Failed(error) => return self.execution_ended(&name, ExecutionStatus::Failed, Some(error.name)),
            }
        }
    }

    fn enter(&self, name: &Rc<str>, state: &str) {
        let state: Rc<str> = state.into();
        self.0.counts.borrow_mut().states += 1;
        if let Some(execution) = self.0.states.borrow_mut().executions.get_mut(name) {
            execution.states.push((self.now(), Rc::clone(&state)));
        }
        self.step(None, What::State { execution: Rc::clone(name), state });
    }

    /// Runs a task with its retries.
    async fn task(&self, name: &Rc<str>, state: &str, task: &Value, data: &Value) -> Result<Value, FunctionError> {
        let mut tried = BTreeMap::new();
        loop {
            let error = match self.attempt(name, state, task, data).await {
                Ok(answer) => return Ok(language::result(task, answer)),
                Err(error) => error,
            };
            let Some((pause, full_jitter)) = language::retry(task, &error.name, &mut tried) else { return Err(error) };
            let pause = if full_jitter { self.random(0, pause) } else { pause };
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    }

    /// One attempt of a task: what its function, or its token, answered.
    async fn attempt(&self, name: &Rc<str>, state: &str, task: &Value, data: &Value) -> Result<Value, FunctionError> {
        let waits = language::waits(task);
        let (token, answer) = if waits { self.new_token() } else { (String::new(), oneshot::channel().1) };
        let payload = language::payload(task, data, &token);
        let source = Source::Execution(Rc::clone(name), state.into());
        let called = self.invoke(language::function(task), self.invocation_id(), Rc::new(payload), source);
        let work = async {
            if !waits {
                let answer = called.await.expect("an invocation ends")?;
                return Ok(Value::clone(&answer));
            }
            let mut answer = answer;
            tokio::select! {
                biased;
                output = &mut answer => return Ok(output.expect("the token is kept")),
                called = called => called.expect("an invocation ends")?,
            };
            Ok(answer.await.expect("the token is kept"))
        };
        let result = match tokio::time::timeout(language::timeout(task, data), work).await {
            Ok(result) => result,
            Err(_) => Err(FunctionError { name: "States.Timeout".to_owned(), message: String::new() }),
        };
        if waits && let Some(token) = self.0.states.borrow_mut().tokens.get_mut(&token) {
            *token = None;
        }
        result
    }

    fn new_token(&self) -> (String, oneshot::Receiver<Value>) {
        let (sender, receiver) = oneshot::channel();
        let token = format!("AQCEAAAAKgAAAAMAAAAA{:016x}{:016x}", self.random_u64(), self.random_u64());
        self.0.states.borrow_mut().tokens.insert(token.clone(), Some(sender));
        (token, receiver)
    }
}

fn arn(name: &str) -> String {
    format!("{}:{name}", machine_arn().replacen(":stateMachine:", ":execution:", 1))
}

fn seconds(at: Timestamp) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
    let ms = at.as_millisecond() as f64;
    ms / 1000.0
}
