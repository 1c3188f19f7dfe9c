//! A run: the runtime with its paused clock, everything that lives in it, and what all parts of it use.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use curfew_aws::table::Table;
use curfew_identity_center::{Millis, Settings};
use curfew_lambda::{Clients, Environment};
use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, LocalSet};

use crate::aws::dynamodb::DynamoDb;
use crate::aws::identity::Identity;
use crate::aws::organizations::Organizations;
use crate::aws::outside::Outside;
use crate::aws::scheduler::Scheduler;
use crate::clock::{FunctionClock, SeededIds, TrueClock};
use crate::connector::{Connector, Wire};
use crate::decoded::Decoded;
use crate::fault::{CallFault, Plan};
use crate::functions::{Function, Lambda, Stream, listen};
use crate::log::{Counts, DeadLetter, Invoked, Log, Service, Step, Violation, What};
use crate::organisation::{Names, Organisation};
use crate::serve::millis;
use crate::states::States;
use crate::template::{SESSIONS, TABLE, environment};
use crate::world::{Options, World};

type Observer = Box<dyn FnMut(&World, &Step)>;

/// Everything in a run.
pub(crate) struct Core {
    pub(crate) plan: Plan,
    pub(crate) healed: Cell<bool>,
    pub(crate) clock: TrueClock,
    pub(crate) precision: Duration,
    pub(crate) brief: bool,
    pub(crate) latency_ms: (u64, u64),
    random: RefCell<fastrand::Rng>,
    pub(crate) ids: Arc<SeededIds>,
    pub(crate) wire: mpsc::UnboundedSender<Wire>,
    pub(crate) identity_settings: Settings,
    pub(crate) names: Names,
    pub(crate) dynamodb: RefCell<DynamoDb>,
    /// The console's own table: none of what invariants are about.
    pub(crate) sessions: RefCell<DynamoDb>,
    pub(crate) identity: RefCell<Identity>,
    /// When the world looks at Identity Center again by itself.
    looks: Cell<Option<Millis>>,
    pub(crate) organizations: RefCell<Organizations>,
    pub(crate) scheduler: RefCell<Scheduler>,
    pub(crate) states: RefCell<States>,
    pub(crate) lambda: RefCell<Lambda>,
    pub(crate) sweeping: Cell<bool>,
    /// Whether the stream of the table reaches `announce`.
    pub(crate) announcing: bool,
    pub(crate) stream: RefCell<Stream>,
    pub(crate) outside: RefCell<Outside>,
    /// Calls of `announce`.
    pub(crate) notices: Cell<usize>,
    pub(crate) decoded: RefCell<Decoded>,
    pub(crate) dead_letters: RefCell<Vec<DeadLetter>>,
    pub(crate) calls: Cell<usize>,
    pub(crate) events: Cell<usize>,
    pub(crate) counts: RefCell<Counts>,
    pub(crate) log: RefCell<Log>,
    pub(crate) observers: RefCell<Vec<Observer>>,
    pub(crate) violations: RefCell<Vec<Violation>>,
    /// The story's own way to the table.
    table: OnceCell<Table>,
    panic: RefCell<Option<Box<dyn Any + Send>>>,
    panicked: Notify,
}

/// Runs a story in a new world, on this thread, in simulated time.
///
/// Panics when the story does, and when the simulator meets something that it does not know.
pub fn run<T>(options: Options, story: impl AsyncFnOnce(World) -> T) -> T {
    // The SDK draws the jitter of its retries from this thread's generator.
    fastrand::seed(options.seed);
    let _listening = listen();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let world = World::begin(options).await;
        let told = story(world.clone());
        tokio::select! {
            biased;
            () = world.0.panicked.notified() => {
                let panic = world.0.panic.take().expect("what panicked");
                std::panic::resume_unwind(panic)
            }
            result = told => result,
        }
    })
}

fn accounts_of(organisation: &Organisation) -> Organizations {
    let accounts = organisation.accounts.iter().chain([&organisation.management]).cloned();
    let mut organizations = Organizations::new(&organisation.management, accounts);
    for (account, path) in &organisation.places {
        organizations.place(account, path);
    }
    organizations.tags = organisation.tags.clone();
    organizations
}

fn ms_of(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).expect("a short time")
}

fn skewed(plan: &Plan) -> Lambda {
    let mut lambda = Lambda::default();
    for (function, skew) in &plan.skew {
        let ms = i64::try_from(skew.as_millis()).expect("a small skew");
        lambda.skew(*function).store(ms, Ordering::Relaxed);
    }
    lambda
}

impl World {
    async fn begin(options: Options) -> Self {
        let Options {
            seed,
            plan,
            identity: settings,
            sweep,
            announce,
            scheduler_precision,
            latency,
            organisation,
            brief,
        } = options;
        let clock = TrueClock::begin();
        let (wire, mut wires) = mpsc::unbounded_channel();
        let mut random = fastrand::Rng::with_seed(seed);
        let now = millis(clock.now());
        let (model, names) = organisation.settle_in(&settings, random.u64(..), now);
        let remember = plan.calls.values().any(|fault| *fault == CallFault::StaleRead);
        let core = Core {
            healed: Cell::new(false),
            clock,
            precision: scheduler_precision,
            brief,
            latency_ms: (ms_of(latency.0), ms_of(latency.1)),
            ids: Arc::new(SeededIds::new(random.u64(..))),
            random: RefCell::new(random),
            wire,
            identity_settings: settings,
            names,
            dynamodb: RefCell::new(DynamoDb::new(TABLE.to_owned())),
            sessions: RefCell::new(DynamoDb::new(SESSIONS.to_owned())),
            identity: RefCell::new(Identity::new(model, remember)),
            looks: Cell::new(None),
            organizations: RefCell::new(accounts_of(&organisation)),
            scheduler: RefCell::default(),
            states: RefCell::default(),
            lambda: RefCell::new(skewed(&plan)),
            sweeping: Cell::new(sweep),
            announcing: announce,
            stream: RefCell::default(),
            outside: RefCell::default(),
            notices: Cell::new(0),
            decoded: RefCell::default(),
            dead_letters: RefCell::default(),
            calls: Cell::new(0),
            events: Cell::new(0),
            counts: RefCell::default(),
            log: RefCell::default(),
            observers: RefCell::default(),
            violations: RefCell::default(),
            table: OnceCell::new(),
            panic: RefCell::new(None),
            panicked: Notify::new(),
            plan,
        };
        let world = Self(Rc::new(core));
        world.0.identity.borrow_mut().remember(now);
        let taker = world.clone();
        world.spawn(async move {
            while let Some(wire) = wires.recv().await {
                taker.take_in(wire);
            }
        });
        if !organisation.configuration.is_empty() {
            world.put_directory(&organisation.directory(&world.0.names, world.now())).await;
            world.publish(&organisation.configuration).await;
        }
        world.spawn(world.clone().sweep_every_minute());
        world
    }

    /// Spawns a part of the world; when it panics, the run does.
    pub(crate) fn spawn(&self, part: impl Future<Output = ()> + 'static) -> AbortHandle {
        let world = self.clone();
        let part = Caught(Box::pin(part));
        let task = tokio::task::spawn_local(async move {
            if let Err(panic) = part.await {
                world.0.panic.replace(Some(panic));
                world.0.panicked.notify_one();
            }
        });
        task.abort_handle()
    }

    /// Puts a step into the log and shows it to the observers.
    pub(crate) fn step(&self, by: Option<Invoked>, what: What) {
        let step = Rc::new(Step { at: self.now(), by, what });
        self.0.log.borrow_mut().push(Rc::clone(&step));
        // Taken out, because an observer may add another one, or make a step.
        let mut observers = self.0.observers.take();
        for observer in &mut observers {
            observer(self, &step);
        }
        observers.append(&mut self.0.observers.borrow_mut());
        self.0.observers.replace(observers);
    }

    /// A random number from `least` to `most`.
    pub(crate) fn random(&self, least: u64, most: u64) -> u64 {
        self.0.random.borrow_mut().u64(least..=most.max(least))
    }

    /// Any random number.
    pub(crate) fn random_u64(&self) -> u64 {
        self.0.random.borrow_mut().u64(..)
    }

    /// Waits for a random time, in milliseconds.
    pub(crate) async fn take_ms(&self, least: u64, most: u64) {
        tokio::time::sleep(Duration::from_millis(self.random(least, most))).await;
    }

    /// Whether a service is down at this moment.
    pub(crate) fn is_down(&self, service: Service) -> bool {
        let elapsed = Duration::from_millis(u64::try_from(self.0.clock.elapsed_ms()).expect("time goes forward"));
        let down = |outage: &crate::Outage| outage.service == service && outage.from <= elapsed && elapsed < outage.to;
        !self.healed() && self.0.plan.outages.iter().any(down)
    }

    /// Assignment operations that are due end; the next one is waited for.
    pub(crate) fn settle(&self) {
        let (ended, next) = {
            let mut identity = self.0.identity.borrow_mut();
            let now = millis(self.now());
            let ended = identity.ended(now);
            if !ended.is_empty() {
                identity.remember(now);
            }
            (ended, identity.model.next_event())
        };
        for operation in ended {
            self.step(None, What::Operation(operation));
        }
        let Some(next) = next.filter(|next| self.0.looks.get().is_none_or(|looks| *next < looks)) else { return };
        self.0.looks.set(Some(next));
        let world = self.clone();
        let now = millis(self.now());
        self.spawn(async move {
            tokio::time::sleep(Duration::from_millis(next.since(now))).await;
            if world.0.looks.get() == Some(next) {
                world.0.looks.set(None);
            }
            world.settle();
        });
    }

    /// SDK clients of nobody's function: their calls are not counted and not struck.
    pub fn clients(&self) -> Clients {
        let variables: Environment = environment(Function::Intake, &self.0.identity_settings).into_iter().collect();
        let clock = FunctionClock { base: self.0.clock, skew_ms: Arc::default() };
        let http = SharedHttpClient::new(Connector { sandbox: 0, world: self.0.wire.clone() });
        Clients::over(&variables, http, SharedTimeSource::new(clock)).expect("the environment")
    }

    /// The table, through them.
    pub(crate) fn table(&self) -> &Table {
        self.0.table.get_or_init(|| Table::new(self.clients().dynamodb(), TABLE.to_owned()))
    }
}

/// A future whose panic is a result.
struct Caught(Pin<Box<dyn Future<Output = ()>>>);

impl Future for Caught {
    type Output = Result<(), Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match std::panic::catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

/// The message of a panic.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}
