//! The Lambda functions: their sandboxes and their invocations.

mod api;
mod events;
mod handler;
mod said;
mod stream;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use curfew_domain::time::SignedDuration;
use curfew_lambda::{Clients, Environment, Host, Invocation};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::clock::FunctionClock;
use crate::connector::Connector;
use crate::fault::named;
use crate::log::{FunctionError, Invoked, Source, What};
use crate::template::{environment, template};
use crate::world::World;
use handler::{Handler, Work};

pub(crate) use said::listen;
pub(crate) use stream::Stream;

named!(
    /// A Lambda function.
    Function {
        /// Takes requests in.
        Intake = "intake",
        /// Takes decisions in.
        Approval = "approval",
        /// Shows pages and carries out forms.
        Console = "console",
        /// Asks policy.
        Evaluate = "evaluate",
        /// Asks approvers.
        Notify = "notify",
        /// Creates access.
        Provision = "provision",
        /// Removes access.
        Revoke = "revoke",
        /// Repairs.
        Sweep = "sweep",
        /// Reads the directory.
        Sync = "sync",
        /// Tells people and programs.
        Announce = "announce",
    }
);

/// The service.
#[derive(Default)]
pub(crate) struct Lambda {
    /// Sandboxes that wait for work, the one that worked last at the end.
    warm: BTreeMap<Function, Vec<Sandbox>>,
    /// Invocations at work, by sandbox.
    at_work: BTreeMap<u64, AtWork>,
    /// Clocks, by function.
    skews: BTreeMap<Function, Arc<AtomicI64>>,
    /// Which release is deployed.
    release: u64,
    sandboxes: u64,
    invocations: u64,
}

/// A process that has started a function.
struct Sandbox {
    number: u64,
    release: u64,
    handler: Handler,
}

struct AtWork {
    invoked: Invoked,
    /// Ends it at once.
    die: oneshot::Sender<()>,
    frozen: Rc<Cell<bool>>,
}

impl Lambda {
    /// The invocation in a sandbox.
    pub(crate) fn invoked(&self, sandbox: u64) -> Option<Invoked> {
        self.at_work.get(&sandbox).map(|work| work.invoked.clone())
    }

    /// Invocations that are at work.
    pub(crate) fn busy(&self) -> usize {
        self.at_work.len()
    }

    /// The process of a sandbox dies, if this invocation is still at work in it.
    pub(crate) fn kill(&mut self, sandbox: u64, invoked: &Invoked) {
        if self.at_work.get(&sandbox).is_some_and(|work| work.invoked == *invoked)
            && let Some(work) = self.at_work.remove(&sandbox)
        {
            // Nobody listens when it ended just now.
            let _ = work.die.send(());
        }
    }

    /// The process of a sandbox stops to run until Lambda kills it.
    pub(crate) fn freeze(&mut self, sandbox: u64) {
        if let Some(work) = self.at_work.get(&sandbox) {
            work.frozen.set(true);
        }
    }

    /// A new release: what is warm goes.
    pub(crate) fn deploy(&mut self) {
        self.release += 1;
        self.warm.clear();
    }

    /// By how much a function's clock is ahead, in milliseconds; changes take effect at once.
    pub(crate) fn skew(&mut self, function: Function) -> Arc<AtomicI64> {
        Arc::clone(self.skews.entry(function).or_default())
    }
}

impl World {
    /// A new id for an invocation.
    pub(crate) fn invocation_id(&self) -> Rc<str> {
        let (high, low) = (self.random_u64(), self.random_u64());
        uuid::Builder::from_random_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes())
            .into_uuid()
            .to_string()
            .into()
    }

    /// Begins an invocation, which goes on whether or not anybody waits for it.
    pub(crate) fn invoke(
        &self,
        function: Function,
        id: Rc<str>,
        input: Rc<Value>,
        source: Source,
    ) -> oneshot::Receiver<Result<Rc<Value>, FunctionError>> {
        let (done, result) = oneshot::channel();
        let world = self.clone();
        self.spawn(async move {
            let result = world.run_invocation(function, id, input, source).await;
            let _ = done.send(result);
        });
        result
    }

    async fn run_invocation(
        self,
        function: Function,
        id: Rc<str>,
        input: Rc<Value>,
        source: Source,
    ) -> Result<Rc<Value>, FunctionError> {
        let sandbox = self.sandbox(function);
        let timeout = Duration::from_secs(template().functions[&function].timeout);
        let (die, death) = oneshot::channel();
        let frozen = Rc::new(Cell::new(false));
        let invoked = {
            let mut lambda = self.0.lambda.borrow_mut();
            lambda.invocations += 1;
            let invoked = Invoked { function, id: Rc::clone(&id), number: lambda.invocations };
            let work = AtWork { invoked: invoked.clone(), die, frozen: Rc::clone(&frozen) };
            lambda.at_work.insert(sandbox.number, work);
            invoked
        };
        *self.0.counts.borrow_mut().invocations.entry(function).or_default() += 1;
        self.step(Some(invoked.clone()), What::Began { source, input: Rc::clone(&input) });
        // Lambda tells the deadline by its own clock, whatever the clock of the sandbox says.
        let deadline = self.now() + SignedDuration::try_from(timeout).expect("a short time");
        let work = Process {
            world: self.clone(),
            invoked: invoked.clone(),
            frozen,
            work: (sandbox.handler)(&input, Invocation { id: id.to_string(), deadline }),
        };
        let error = |name: &str| FunctionError { name: name.to_owned(), message: String::new() };
        let (result, dead) = tokio::select! {
            biased;
            _ = death => (Err(error("Runtime.ExitError")), true),
            () = tokio::time::sleep(timeout) => (Err(error("Sandbox.Timedout")), true),
            ended = work => match ended {
                Ok(result) => (result.map(Rc::new), false),
                Err(panic) => {
                    self.violate(format!("{function} panicked: {panic}"));
                    (Err(error("Runtime.ExitError")), true)
                }
            },
        };
        self.leave(function, sandbox, dead);
        self.step(Some(invoked), What::Over { result: result.clone() });
        result
    }

    /// A warm sandbox, or a new one.
    fn sandbox(&self, function: Function) -> Sandbox {
        let mut lambda = self.0.lambda.borrow_mut();
        if let Some(warm) = lambda.warm.get_mut(&function).and_then(Vec::pop) {
            return warm;
        }
        lambda.sandboxes += 1;
        let (number, release, skew_ms) = (lambda.sandboxes, lambda.release, lambda.skew(function));
        drop(lambda);
        let variables: Environment = environment(function, &self.0.identity_settings).into_iter().collect();
        let clock = FunctionClock { base: self.0.clock, skew_ms };
        let http = SharedHttpClient::new(Connector { sandbox: number, world: self.0.wire.clone() });
        let clients = Clients::over(&variables, http, SharedTimeSource::new(clock.clone())).expect("the environment");
        let host = Host::new(variables, clients, Arc::new(clock), Arc::clone(&self.0.ids) as _);
        Sandbox { number, release, handler: handler::start(function, host) }
    }

    /// The end of an invocation: its sandbox is kept warm, unless it is dead or of an old release.
    fn leave(&self, function: Function, sandbox: Sandbox, dead: bool) {
        let mut lambda = self.0.lambda.borrow_mut();
        lambda.at_work.remove(&sandbox.number);
        if !dead && sandbox.release == lambda.release {
            lambda.warm.entry(function).or_default().push(sandbox);
        }
    }
}

/// The process while it works: stands still when frozen, and does not take the simulator with it when it panics.
struct Process {
    world: World,
    invoked: Invoked,
    frozen: Rc<Cell<bool>>,
    work: Work,
}

impl Future for Process {
    type Output = Result<Result<Value, FunctionError>, String>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.frozen.get() {
            return Poll::Pending;
        }
        let _listening = said::speaking(&self.world, &self.invoked);
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| self.work.as_mut().poll(context)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
            Err(panic) => Poll::Ready(Err(crate::world::panic_text(panic.as_ref()))),
        }
    }
}
