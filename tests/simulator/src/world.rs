//! The world of one run, as its story and its observers see it.

use std::cell::Ref;
use std::rc::Rc;
use std::time::Duration;

use curfew_domain::assignment::Assignment;
use curfew_domain::audit::Record;
use curfew_domain::id::{AccountId, Key, PermissionSetArn, RequestId, UserId};
use curfew_domain::request::Request;
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_identity_center::{Millis, Model, Settings};
use serde_json::Value;

use crate::fault::Plan;
use crate::functions::Function;
use crate::log::{Counts, DeadLetter, Execution, Log, Schedule, Step, Violation};
use crate::organisation::{AccountState, Organisation};

/// How a run goes.
#[derive(Debug, Clone)]
pub struct Options {
    /// Decides every random choice.
    pub seed: u64,
    /// What goes wrong.
    pub plan: Plan,
    /// How Identity Center behaves.
    pub identity: Settings,
    /// Whether the template's schedule of the sweep runs.
    pub sweep: bool,
    /// How late a schedule may fire: uniformly in `[0, precision)`; AWS: 60 seconds.
    pub scheduler_precision: Duration,
    /// How long one way to AWS takes, at least and at most.
    pub latency: (Duration, Duration),
    /// Who is there.
    pub organisation: Organisation,
}

/// The world of one run. Clones are the same world.
#[derive(Clone)]
pub struct World(Rc<()>);

/// Runs a story in a new world, on this thread, in simulated time.
pub fn run<T>(options: Options, story: impl AsyncFnOnce(World) -> T) -> T {
    let _ = (options, story);
    todo!()
}

#[allow(unused_variables, reason = "a skeleton")]
impl World {
    /// True time, in whole milliseconds.
    pub fn now(&self) -> Timestamp {
        todo!()
    }

    /// Lets time pass.
    pub async fn pass(&self, duration: SignedDuration) {
        todo!()
    }

    /// Lets time pass until an instant; does nothing when it is over.
    pub async fn until(&self, at: Timestamp) {
        todo!()
    }

    /// One HTTP call as API Gateway makes it after the token of `who` (a user name) was verified: status and JSON body.
    /// Never repeats a call.
    pub async fn api(&self, who: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        todo!()
    }

    /// The same with the header `Idempotency-Key`.
    pub async fn api_once(&self, who: &str, method: &str, path: &str, body: Option<Value>, key: &str) -> (u16, Value) {
        todo!()
    }

    /// Invokes a function asynchronously, as an event from nowhere.
    pub fn send(&self, function: Function, payload: Value) {
        todo!()
    }

    /// Identity Center itself, at this moment; also for administrators' hands.
    pub fn identity<R>(&self, f: impl FnOnce(&mut Model, Millis) -> R) -> R {
        todo!()
    }

    /// Whether the assignment really exists at this moment, whatever listings show.
    pub fn key_is_assigned(&self, key: &Key) -> bool {
        todo!()
    }

    /// Puts an assignment there or takes it away behind Curfew's back.
    pub fn set_assignment(&self, key: &Key, present: bool) {
        todo!()
    }

    /// The request as it is stored.
    pub fn request(&self, id: &RequestId) -> Option<Rc<Request>> {
        todo!()
    }

    /// All stored requests, by id.
    pub fn requests(&self) -> Vec<Rc<Request>> {
        todo!()
    }

    /// The audit records of a request, oldest first.
    pub fn history(&self, id: &RequestId) -> Vec<Rc<Record>> {
        todo!()
    }

    /// What the table knows about a key.
    pub fn assignment(&self, key: &Key) -> Rc<Assignment> {
        todo!()
    }

    /// All keys that the table knows about.
    pub fn assignments(&self) -> Vec<Rc<Assignment>> {
        todo!()
    }

    /// Items of a partition as they are stored, in DynamoDB's JSON, by sort key.
    pub fn items(&self, pk: &str) -> Vec<Rc<Value>> {
        todo!()
    }

    /// The execution of a request.
    pub fn execution(&self, id: &RequestId) -> Option<Execution> {
        todo!()
    }

    /// All executions, oldest first.
    pub fn executions(&self) -> Vec<Execution> {
        todo!()
    }

    /// One-off schedules that have not fired, by name.
    pub fn schedules(&self) -> Vec<Schedule> {
        todo!()
    }

    /// What was given up.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        todo!()
    }

    /// Everything that happened. Do not hold it across an `await`.
    pub fn log(&self) -> Ref<'_, Log> {
        todo!()
    }

    /// AWS calls that functions have made.
    pub fn calls(&self) -> usize {
        todo!()
    }

    /// Events that were sent to functions.
    pub fn events(&self) -> usize {
        todo!()
    }

    /// How much was done so far.
    pub fn counts(&self) -> Counts {
        todo!()
    }

    /// Invocations that are at work.
    pub fn at_work(&self) -> usize {
        todo!()
    }

    /// From now on no fault strikes, clocks are right, outages end, and what is stuck or will fail ends well.
    pub fn heal(&self) {
        todo!()
    }

    /// Whether faults still can strike.
    pub fn healed(&self) -> bool {
        todo!()
    }

    /// Calls `f` after every step.
    pub fn observe(&self, f: impl FnMut(&World, &Step) + 'static) {
        todo!()
    }

    /// Notes that something happened that must not.
    pub fn violate(&self, what: String) {
        todo!()
    }

    /// What happened that must not.
    pub fn violations(&self) -> Vec<Violation> {
        todo!()
    }

    /// Puts a remark into the log.
    pub fn note(&self, what: impl Into<String>) {
        todo!()
    }

    /// Opens, suspends or closes an account, for Organizations and for Identity Center.
    pub fn set_account_state(&self, account: &AccountId, state: AccountState) {
        todo!()
    }

    /// Disables or enables a user, by name.
    pub fn set_user_enabled(&self, name: &str, enabled: bool) {
        todo!()
    }

    /// Deletes a user, by name.
    pub fn delete_user(&self, name: &str) {
        todo!()
    }

    /// Deletes a permission set by name, and first whatever is assigned with it.
    pub fn delete_permission_set(&self, name: &str) {
        todo!()
    }

    /// The id of a user, by name.
    pub fn user(&self, name: &str) -> UserId {
        todo!()
    }

    /// The ARN of a permission set, by name.
    pub fn permission_set(&self, name: &str) -> PermissionSetArn {
        todo!()
    }

    /// The key of a user, an account and a permission set, by their names.
    pub fn key(&self, user: &str, account: &str, permission_set: &str) -> Key {
        todo!()
    }

    /// Publishes a configuration behind the API's back; placeholders as in [`Organisation::configuration`].
    pub async fn publish(&self, configuration: &str) {
        todo!()
    }

    /// A new release: warm sandboxes are gone, those at work finish and go.
    pub fn deploy(&self) {
        todo!()
    }

    /// Stops an execution, as an administrator in the console does. False if it does not run.
    pub fn kill_execution(&self, id: &RequestId) -> bool {
        todo!()
    }

    /// Switches the schedule of the sweep on or off.
    pub fn set_sweep(&self, on: bool) {
        todo!()
    }
}
