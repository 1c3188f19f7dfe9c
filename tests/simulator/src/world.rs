//! The world of one run, as its story and its observers see it.

use std::cell::{Ref, RefMut};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use curfew_domain::assignment::Assignment;
use curfew_domain::audit::Record;
use curfew_domain::id::{AccountId, GroupId, Key, PermissionSetArn, RequestId, UserId};
use curfew_domain::request::Request;
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::ports::{CompiledRules, Configurations as _, Directories as _};
use curfew_engine::publish::Publication;
use curfew_identity_center::{IDENTITY_STORE, Millis, Model, SSO_ADMIN, Settings};
use curfew_policy::Configuration;
use curfew_policy::directory::Directory;
use serde_json::{Value, json};

use crate::fault::Plan;
use crate::functions::Function;
use crate::key::assignment;
use crate::log::{Counts, DeadLetter, Execution, Log, Schedule, Source, Step, Violation, What};
use crate::organisation::{self, AccountState, Organisation};
use crate::run::Core;
use crate::serve::millis;
use crate::template::function_of;

pub(crate) use crate::run::panic_text;

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
    /// Whether the stream of the table reaches `announce`. Its calls are counted and struck apart.
    pub announce: bool,
    /// How late a schedule may fire: uniformly in `[0, precision)`; AWS: 60 seconds.
    pub scheduler_precision: Duration,
    /// How long one way to AWS takes, at least and at most.
    pub latency: (Duration, Duration),
    /// Who is there.
    pub organisation: Organisation,
    /// The log keeps of calls only that they were made: a storm would fill gigabytes with what they said.
    pub brief: bool,
}

/// The world of one run. Clones are the same world.
#[derive(Clone)]
pub struct World(pub(crate) Rc<Core>);

impl World {
    /// True time, in whole milliseconds.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Lets time pass.
    pub async fn pass(&self, duration: SignedDuration) {
        tokio::time::sleep(Duration::try_from(duration).unwrap_or_default()).await;
    }

    /// Lets time pass until an instant; does nothing when it is over.
    pub async fn until(&self, at: Timestamp) {
        tokio::time::sleep_until(self.0.clock.instant(at)).await;
    }

    /// One HTTP call as API Gateway makes it after the token of `who` (a user name) was verified: status and JSON body.
    /// Never repeats a call.
    pub async fn api(&self, who: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        self.call_api(who, method, path, body, None).await
    }

    /// The same with the header `Idempotency-Key`.
    pub async fn api_once(&self, who: &str, method: &str, path: &str, body: Option<Value>, key: &str) -> (u16, Value) {
        self.call_api(who, method, path, body, Some(key)).await
    }

    /// Invokes a function asynchronously, as an event from nowhere.
    pub fn send(&self, function: Function, payload: Value) {
        self.accept_event(function, &Source::Story, &Rc::new(payload));
    }

    /// Identity Center itself, at this moment; also for administrators' hands.
    pub fn identity<R>(&self, f: impl FnOnce(&mut Model, Millis) -> R) -> R {
        self.settle();
        let now = millis(self.now());
        let mut identity = self.0.identity.borrow_mut();
        let result = f(&mut identity.model, now);
        identity.remember(now);
        drop(identity);
        self.settle();
        result
    }

    /// Whether the assignment or membership really exists at this moment, whatever listings show.
    pub fn key_is_assigned(&self, key: &Key) -> bool {
        let mut identity = self.0.identity.borrow_mut();
        identity.model.settle(millis(self.now()));
        match key {
            Key::Membership { user, group } => identity.model.is_member(group.as_str(), user.as_str()),
            Key::Assignment { .. } => {
                assignment(key).is_some_and(|found| identity.model.assignments().contains(&found))
            }
        }
    }

    /// Puts an assignment or a member there or takes it away behind Curfew's back.
    pub fn set_assignment(&self, key: &Key, present: bool) {
        self.identity(|model, now| match key {
            Key::Membership { user, group } => model.set_member(group.as_str(), user.as_str(), present),
            Key::Assignment { .. } => {
                let assignment = assignment(key).expect("an assignment");
                model.set_assignment(assignment, present, now);
            }
        });
        let verb = if present { "adds" } else { "removes" };
        self.note(format!("an administrator {verb} {key:?}"));
    }

    /// The request as it is stored.
    pub fn request(&self, id: &RequestId) -> Option<Rc<Request>> {
        self.0.decoded.borrow().requests.get(id).cloned()
    }

    /// All stored requests, by id.
    pub fn requests(&self) -> Vec<Rc<Request>> {
        self.0.decoded.borrow().requests.values().cloned().collect()
    }

    /// The audit records of a request, oldest first.
    pub fn history(&self, id: &RequestId) -> Vec<Rc<Record>> {
        let decoded = self.0.decoded.borrow();
        decoded.records.get(id).into_iter().flat_map(|records| records.values()).cloned().collect()
    }

    /// What the table knows about a key.
    pub fn assignment(&self, key: &Key) -> Rc<Assignment> {
        let known = self.0.decoded.borrow().assignments.get(key).cloned();
        known.unwrap_or_else(|| Rc::new(Assignment::unknown(key.clone())))
    }

    /// All keys that the table knows about.
    pub fn assignments(&self) -> Vec<Rc<Assignment>> {
        self.0.decoded.borrow().assignments.values().cloned().collect()
    }

    /// Items of a partition as they are stored, in DynamoDB's JSON, by sort key.
    pub fn items(&self, pk: &str) -> Vec<Rc<Value>> {
        self.0.dynamodb.borrow().partition(pk)
    }

    /// The execution of a request.
    pub fn execution(&self, id: &RequestId) -> Option<Execution> {
        self.0.states.borrow().executions.get(id.as_str()).cloned()
    }

    /// All executions, oldest first.
    pub fn executions(&self) -> Vec<Execution> {
        let states = self.0.states.borrow();
        states.order.iter().filter_map(|name| states.executions.get(name)).cloned().collect()
    }

    /// One-off schedules that have not fired, by name.
    pub fn schedules(&self) -> Vec<Schedule> {
        let scheduler = self.0.scheduler.borrow();
        let view = |(name, entry): (&String, &crate::aws::scheduler::Entry)| {
            let target = &entry.request["Target"];
            Schedule {
                name: name.as_str().into(),
                at: entry.at,
                fires: entry.fires,
                function: function_of(target["Arn"].as_str().expect("a target")),
                input: target["Input"].as_str().map_or(Value::Null, |text| serde_json::from_str(text).expect("JSON")),
            }
        };
        scheduler.entries.iter().map(view).collect()
    }

    /// What was given up.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.0.dead_letters.borrow().clone()
    }

    /// The snapshot of the directory that is in force.
    ///
    /// Panics when it cannot be read whole: whoever decides by it could not either.
    pub async fn directory(&self) -> Option<Arc<Directory>> {
        self.table().latest().await.expect("the snapshot in force is whole")
    }

    /// Everything that happened. Do not hold it across an `await`.
    pub fn log(&self) -> Ref<'_, Log> {
        self.0.log.borrow()
    }

    /// AWS calls that functions have made.
    pub fn calls(&self) -> usize {
        self.0.calls.get()
    }

    /// Events that were sent to functions.
    pub fn events(&self) -> usize {
        self.0.events.get()
    }

    /// How much was done so far.
    pub fn counts(&self) -> Counts {
        self.0.counts.borrow().clone()
    }

    /// Invocations that are at work.
    pub fn at_work(&self) -> usize {
        self.0.lambda.borrow().busy()
    }

    /// From now on no fault strikes, clocks are right, outages end, and what is stuck or will fail ends well.
    pub fn heal(&self) {
        self.0.healed.set(true);
        for function in Function::ALL {
            self.lambda().skew(*function).store(0, Ordering::Relaxed);
        }
        self.identity(Model::heal);
        self.note("everything heals");
    }

    /// Whether [`World::heal`] was called.
    pub fn healed(&self) -> bool {
        self.0.healed.get()
    }

    /// Calls `f` after every step.
    pub fn observe(&self, f: impl FnMut(&World, &Step) + 'static) {
        self.0.observers.borrow_mut().push(Box::new(f));
    }

    /// Notes that something happened that must not.
    pub fn violate(&self, what: String) {
        let step = self.log().steps().len().saturating_sub(1);
        self.0.violations.borrow_mut().push(Violation { at: self.now(), what, step });
    }

    /// What happened that must not.
    pub fn violations(&self) -> Vec<Violation> {
        self.0.violations.borrow().clone()
    }

    /// Puts a remark into the log.
    pub fn note(&self, what: impl Into<String>) {
        self.step(None, What::Note(what.into()));
    }

    /// Moves an account into the OU of a path such as `Workloads/Production`.
    pub fn place_account(&self, account: &str, path: &str) {
        self.0.organizations.borrow_mut().place(account, path);
    }

    /// Opens, suspends or closes an account, for Organizations and for Identity Center.
    pub fn set_account_state(&self, account: &AccountId, state: AccountState) {
        let id = account.to_string();
        self.0.organizations.borrow_mut().accounts.insert(id.clone(), state);
        self.identity(|model, _| {
            let settings = model.settings_mut();
            match state {
                AccountState::Active => drop(settings.suspended_accounts.remove(&id)),
                AccountState::Suspended | AccountState::Gone => drop(settings.suspended_accounts.insert(id)),
            }
        });
        self.note(format!("account {account} is {state:?} from now on"));
    }

    /// Disables or enables a user, by name.
    pub fn set_user_enabled(&self, name: &str, enabled: bool) {
        let status = if enabled { "ENABLED" } else { "DISABLED" };
        let operations = json!([{ "AttributePath": "userStatus", "AttributeValue": status }]);
        self.user_call("UpdateUser", name, Some(operations));
        self.note(format!("user {name} is {status} from now on"));
    }

    /// Deletes a user, by name.
    pub fn delete_user(&self, name: &str) {
        self.user_call("DeleteUser", name, None);
        self.note(format!("user {name} is deleted"));
    }

    fn user_call(&self, operation: &str, name: &str, operations: Option<Value>) {
        let id = self.user(name);
        self.identity(|model, now| {
            let mut body = json!({ "IdentityStoreId": model.settings().identity_store_id, "UserId": id.as_str() });
            if let Some(operations) = operations {
                body["Operations"] = operations;
            }
            model.call(IDENTITY_STORE, operation, &body, now).expect("the user is known");
        });
    }

    /// Deletes a permission set by name, and first whatever is assigned with it. False while an operation on it is in
    /// progress: Identity Center deletes none of those.
    pub fn delete_permission_set(&self, name: &str) -> bool {
        let arn = self.permission_set(name);
        let deleted = self.identity(|model, now| {
            let of_set = |it: &&curfew_identity_center::Assignment| it.permission_set == arn.as_str();
            let assigned: Vec<_> = model.assignments().iter().filter(of_set).cloned().collect();
            for assignment in assigned {
                model.set_assignment(assignment, false, now);
            }
            let body = json!({ "InstanceArn": model.settings().instance_arn, "PermissionSetArn": arn.as_str() });
            model.call(SSO_ADMIN, "DeletePermissionSet", &body, now).is_ok()
        });
        self.note(format!("permission set {name} is {}deleted", if deleted { "" } else { "not " }));
        deleted
    }

    /// The id of a user, by name.
    pub fn user(&self, name: &str) -> UserId {
        let found = self.0.names.users.get(name).cloned();
        found.unwrap_or_else(|| panic!("no user is called {name}"))
    }

    /// The id of a group.
    pub fn group(&self, name: &str) -> GroupId {
        self.0.names.groups[name].clone()
    }

    /// The ARN of a permission set, by name.
    pub fn permission_set(&self, name: &str) -> PermissionSetArn {
        let found = self.0.names.permission_sets.get(name).cloned();
        found.unwrap_or_else(|| panic!("no permission set is called {name}"))
    }

    /// The key of a user, an account and a permission set, by their names.
    pub fn key(&self, user: &str, account: &str, permission_set: &str) -> Key {
        let account = AccountId::parse(account).expect("an account id");
        Key::Assignment { user: self.user(user), account, permission_set: self.permission_set(permission_set) }
    }

    /// Publishes a configuration behind the API's back: one TOML file, as in [`crate::Organisation::configuration`].
    pub async fn publish(&self, configuration: &str) {
        let bundle = organisation::bundle(configuration);
        let (compiled, _) = Configuration::load(&bundle).unwrap_or_else(|problems| panic!("{problems:?}"));
        let rules = compiled.rules();
        let rules = CompiledRules { index: rules.index().to_owned(), digest: rules.digest().clone() };
        let (table, unharmed) = (self.table(), "no fault strikes the story's own calls");
        table.put_bundle(&bundle, &rules).await.expect(unharmed);
        let number = table.in_force().await.expect(unharmed).map_or(0, |publication| publication.number) + 1;
        let (version, by) = (bundle.version(), "curfew-sim".to_owned());
        let publication = Publication { number, version, by, seconded_by: None, at: self.now(), comment: None };
        table.put_in_force(&publication).await.expect(unharmed);
    }

    /// Stores the directory as `sync` would read it, had nothing changed since the run began.
    pub(crate) async fn put_directory(&self, directory: &Directory) {
        let unharmed = "no fault strikes the story's own calls";
        let head = self.table().head().await.expect(unharmed);
        self.table().put(directory, head.as_ref()).await.expect(unharmed);
    }

    /// A new release: warm sandboxes are gone, those at work finish and go.
    pub fn deploy(&self) {
        self.lambda().deploy();
        self.note("a new release is deployed");
    }

    /// Stops an execution, as an administrator in the console does. False if it does not run.
    pub fn kill_execution(&self, id: &RequestId) -> bool {
        self.stop_execution(id.as_str())
    }

    /// Switches the schedule of the sweep on or off.
    pub fn set_sweep(&self, on: bool) {
        self.0.sweeping.set(on);
        self.note(format!("the schedule of the sweep is {}", if on { "on" } else { "off" }));
    }

    fn lambda(&self) -> RefMut<'_, crate::functions::Lambda> {
        self.0.lambda.borrow_mut()
    }
}
