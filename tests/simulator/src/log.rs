//! What happened, in order. Nothing is formatted until somebody prints it.

use std::collections::BTreeMap;
use std::rc::Rc;

use curfew_domain::assignment::Assignment;
use curfew_domain::audit::Record;
use curfew_domain::request::Request;
use curfew_domain::time::Timestamp;
use serde_json::Value;

use crate::fault::{CallFault, EventFault, named};
use crate::functions::Function;

named!(
    /// A service of AWS, as far as it is simulated.
    Service {
        /// State.
        DynamoDb = "dynamodb",
        /// Assignments (`SWBExternalService`).
        SsoAdmin = "sso-admin",
        /// People.
        IdentityStore = "identity-store",
        /// Accounts.
        Organizations = "organizations",
        /// One-off and periodic schedules.
        Scheduler = "scheduler",
        /// Executions.
        StepFunctions = "step-functions",
        /// Asynchronous invocations.
        Lambda = "lambda",
        /// The bus.
        EventBridge = "eventbridge",
        /// Mail.
        Mail = "ses",
    }
);

/// One thing that happened. Observers see each one right after it took effect.
#[derive(Debug, Clone)]
pub struct Step {
    /// True time.
    pub at: Timestamp,
    /// The invocation that did it; none: AWS itself, the story, or an administrator.
    pub by: Option<Invoked>,
    /// What.
    pub what: What,
}

/// An invocation of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoked {
    /// Of this function.
    pub function: Function,
    /// As Lambda names it; an event that is tried again keeps its id.
    pub id: Rc<str>,
    /// Running number of the attempt over all functions, from 1: unlike the id it is never repeated.
    pub number: u64,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// A call of AWS reached its end, on the side of AWS.
    Call(Call),
    /// An assignment operation of Identity Center ended.
    Operation(curfew_identity_center::Operation),
    /// An event for a function was accepted by Lambda.
    Event(Event),
    /// A function began to work.
    Began {
        /// Who called it.
        source: Source,
        /// Its input.
        input: Rc<Value>,
    },
    /// A function returned, failed or was killed.
    Over {
        /// Its output, or why not.
        result: Result<Rc<Value>, FunctionError>,
    },
    /// An execution entered a state.
    State {
        /// Name of the execution: the request id.
        execution: Rc<str>,
        /// Name of the state.
        state: Rc<str>,
    },
    /// An execution ended.
    ExecutionEnded {
        /// Name of the execution: the request id.
        execution: Rc<str>,
        /// How.
        status: ExecutionStatus,
    },
    /// Something was given up and put into a queue for dead letters.
    DeadLetter(DeadLetter),
    /// A function logged something.
    Said {
        /// Its level.
        level: tracing::Level,
        /// Message and fields.
        text: String,
        /// The field `alarm`, which the template's metric filters look for.
        alarm: Option<String>,
    },
    /// Hands of an administrator, faults that strike no call, remarks of the story.
    Note(String),
}

/// A call of AWS.
#[derive(Debug, Clone)]
pub struct Call {
    /// Running number over all functions but `announce`, from 1; 0 if none of them made it.
    pub number: usize,
    /// Running number over the calls of `announce`, from 1; 0 if another made it. They are counted apart: nothing in the
    /// life of a request depends on them.
    pub notice: usize,
    /// Which service.
    pub service: Service,
    /// Which operation, such as `PutItem`.
    pub operation: &'static str,
    /// The request; REST parameters are members of it.
    pub request: Rc<Value>,
    /// What AWS answered, whether or not the answer arrived: the reply, or the name of the error.
    pub answer: Result<Rc<Value>, &'static str>,
    /// The fault that struck it.
    pub strike: Option<CallFault>,
    /// What it changed in the table.
    pub changes: Vec<Change>,
    /// Write units as AWS bills them.
    pub write_units: u64,
    /// Read units, in halves.
    pub half_read_units: u64,
}

impl Call {
    /// Whether AWS did what was asked.
    pub fn applied(&self) -> bool {
        self.answer.is_ok()
    }

    /// Whether a fault of this kind would make any difference to this call.
    pub fn admits(&self, fault: CallFault) -> bool {
        crate::aws::admits(self.service, self.operation, &self.request, fault)
    }

    /// What it is about, in a few words, such as `REQ#019a…/R`.
    pub fn subject(&self) -> String {
        crate::aws::subject(self.service, self.operation, &self.request)
    }
}

/// An item that came, changed or went.
#[derive(Debug, Clone)]
pub struct Change {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
    /// What it is.
    pub item: Changed,
}

/// What an item was and is.
#[derive(Debug, Clone)]
pub enum Changed {
    /// A request.
    Request {
        /// Before.
        before: Option<Rc<Request>>,
        /// After.
        after: Option<Rc<Request>>,
    },
    /// An audit record.
    Record {
        /// Before: `Some` means that an audit record was changed or deleted.
        before: Option<Rc<Record>>,
        /// After.
        after: Option<Rc<Record>>,
    },
    /// What is known about a key.
    Assignment {
        /// Before.
        before: Option<Rc<Assignment>>,
        /// After.
        after: Option<Rc<Assignment>>,
    },
    /// Anything else, in DynamoDB's JSON.
    Other {
        /// Before.
        before: Option<Rc<Value>>,
        /// After.
        after: Option<Rc<Value>>,
    },
}

/// An event for a function.
#[derive(Debug, Clone)]
pub struct Event {
    /// Running number, from 1.
    pub number: usize,
    /// For this function.
    pub function: Function,
    /// Who sent it.
    pub source: Source,
    /// The payload.
    pub payload: Rc<Value>,
    /// The fault that struck it.
    pub strike: Option<EventFault>,
}

/// Who calls a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A person, through API Gateway: method and path.
    Api(Rc<str>),
    /// An execution: its name and the state.
    Execution(Rc<str>, Rc<str>),
    /// A one-off schedule, by name.
    Schedule(Rc<str>),
    /// The schedule of the sweep.
    Periodic,
    /// Another function.
    Function(Function),
    /// The stream of the table.
    Stream,
    /// The story itself.
    Story,
}

/// Why a function gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// The name that state machines match, such as `Transient` or `Sandbox.Timedout`.
    pub name: String,
    /// Text for people.
    pub message: String,
}

named!(
    /// How far an execution is.
    ExecutionStatus {
        /// It runs.
        Running = "RUNNING",
        /// It came to its end.
        Succeeded = "SUCCEEDED",
        /// An error was caught by nothing.
        Failed = "FAILED",
        /// Somebody stopped it.
        Aborted = "ABORTED",
    }
);

/// An execution of the state machine.
#[derive(Debug, Clone)]
pub struct Execution {
    /// Its name: the request id.
    pub name: Rc<str>,
    /// How far it is.
    pub status: ExecutionStatus,
    /// When it was started.
    pub started: Timestamp,
    /// When it ended.
    pub stopped: Option<Timestamp>,
    /// Its input.
    pub input: Value,
    /// The error that nothing caught.
    pub error: Option<String>,
    /// States that it entered.
    pub states: Vec<(Timestamp, Rc<str>)>,
}

/// A one-off schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Its name.
    pub name: Rc<str>,
    /// When it is due; it fires within the scheduler's precision after that.
    pub at: Timestamp,
    /// When it fires this time.
    pub fires: Timestamp,
    /// Whom it calls.
    pub function: Function,
    /// With which payload.
    pub input: Value,
}

/// Something that was given up.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// When.
    pub at: Timestamp,
    /// Which queue: the template's logical id.
    pub queue: &'static str,
    /// For which function.
    pub function: Function,
    /// The payload.
    pub payload: Rc<Value>,
    /// Why.
    pub error: String,
}

/// Something that must not happen, and happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// When.
    pub at: Timestamp,
    /// What, beginning with the invariant's name.
    pub what: String,
    /// Index in the log of the step after which it was seen.
    pub step: usize,
}

/// How much was done. Only what functions did, not the story or administrators.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls by service and operation, the SDK's repetitions included.
    pub calls: BTreeMap<(Service, &'static str), u64>,
    /// Write units.
    pub write_units: u64,
    /// Read units, in halves.
    pub half_read_units: u64,
    /// States that executions entered.
    pub states: u64,
    /// Invocations by function.
    pub invocations: BTreeMap<Function, u64>,
}

impl Counts {
    /// All calls.
    pub fn all_calls(&self) -> u64 {
        self.calls.values().sum()
    }

    /// Calls of one service.
    pub fn calls_of(&self, service: Service) -> u64 {
        self.calls.iter().filter(|((of, _), _)| *of == service).map(|(_, count)| count).sum()
    }

    /// What came since `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        fn less<K: Ord + Clone>(now: &BTreeMap<K, u64>, before: &BTreeMap<K, u64>) -> BTreeMap<K, u64> {
            let left = |(key, count): (&K, &u64)| (key.clone(), count - before.get(key).copied().unwrap_or_default());
            now.iter().map(left).filter(|(_, count)| *count > 0).collect()
        }
        Self {
            calls: less(&self.calls, &before.calls),
            write_units: self.write_units - before.write_units,
            half_read_units: self.half_read_units - before.half_read_units,
            states: self.states - before.states,
            invocations: less(&self.invocations, &before.invocations),
        }
    }
}

/// Everything that happened.
#[derive(Debug, Default)]
pub struct Log {
    steps: Vec<Rc<Step>>,
}

impl Log {
    /// All steps, oldest first.
    pub fn steps(&self) -> &[Rc<Step>] {
        &self.steps
    }

    /// Calls of functions, by running number.
    pub fn calls(&self) -> impl Iterator<Item = (&Step, &Call)> {
        self.steps.iter().filter_map(|step| match &step.what {
            What::Call(call) if call.number > 0 => Some((step.as_ref(), call)),
            _ => None,
        })
    }

    /// Events, by running number.
    pub fn events(&self) -> impl Iterator<Item = (&Step, &Event)> {
        self.steps.iter().filter_map(|step| match &step.what {
            What::Event(event) => Some((step.as_ref(), event)),
            _ => None,
        })
    }

    pub(crate) fn push(&mut self, step: Rc<Step>) {
        self.steps.push(step);
    }
}
