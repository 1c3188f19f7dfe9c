//! The storm: many grants end in the same second. How many are lost, how long does it take, what does it cost?
//!
//! The real handlers over the simulated AWS, and, for comparison, the retry patterns of two peers over the same Identity
//! Center. Meanwhile somebody reads five times a second, as people's requests do.

mod peers;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use curfew_domain::ask::Ask;
use curfew_domain::assignment::Assignment;
use curfew_domain::id::{AccountId, Key, RequestId};
use curfew_domain::origin::Origin;
use curfew_domain::person::Person;
use curfew_domain::request::{Command, Context, Means, Request, Transition, apply, submit};
use curfew_domain::text::Justification;
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use curfew_domain::verdict::{Grounds, Outcome, Verdict};
use curfew_engine::ports::{Assignments as _, Requests as _};
use curfew_identity_center::{SSO_ADMIN, Settings};
use serde::Serialize;
use serde_json::json;
use tokio::task::JoinSet;

use crate::key::assignment;
use crate::{Function, Options, Plan, Service, World, parts, run};

pub use peers::Peer;

/// Calls that people make meanwhile, per second.
const READS_PER_SECOND: u64 = 5;
/// What removes access.
const CHANGE: &str = "DeleteAccountAssignment";
/// Grants that are stored beside each other: one after the other, it would take a quarter of an hour.
const LANES: usize = 100;
/// Nobody waits longer than this.
const HORIZON: SignedDuration = SignedDuration::from_hours(24);

/// How big a storm.
#[derive(Debug, Clone, Copy)]
pub struct Storm {
    /// Grants that end at once.
    pub grants: usize,
    /// Accounts among which they are spread.
    pub accounts: usize,
    /// How long Identity Center takes for one operation, in milliseconds, on average.
    pub operation_ms: u64,
    /// Decides every random choice.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Outcomes {
    /// Who removes.
    pub who: &'static str,
    /// Grants that ended at once.
    pub grants: usize,
    /// Access that was still there when nobody tried any more.
    pub lost: usize,
    /// From the end of the grants to the last removal.
    pub seconds: f64,
    /// The same if ten operations had always been in progress.
    pub best_seconds: f64,
    /// `seconds` over `best_seconds`; meaningless if some were lost.
    pub ratio_to_limit: f64,
    /// Half were removed by then, in seconds after their end.
    pub p50: f64,
    /// 99 of 100.
    pub p99: f64,
    /// Calls of Identity Center's `sso-admin` per removal.
    pub calls_per_removal: f64,
    /// Of them refused: throttled, or in conflict.
    pub refused_per_removal: f64,
    /// People's calls that were served, per second.
    pub reads_per_second: f64,
}

impl Storm {
    /// The world that it takes place in, without faults.
    pub fn options(&self) -> Options {
        let accounts: Vec<String> = (0..self.accounts).map(account).collect();
        let mut options = Options { seed: self.seed, plan: Plan::default(), brief: true, ..Options::default() };
        options.identity = Settings {
            latency_ms: self.operation_ms * 2 / 3,
            latency_jitter_ms: self.operation_ms * 2 / 3,
            history: usize::MAX,
            ..options.identity
        };
        options.organisation.accounts = accounts;
        self.populate(&mut options);
        options
    }

    /// Adds the people that `fill` gives access to.
    pub fn populate(&self, options: &mut Options) {
        options.organisation.people.extend((0..self.grants).map(person));
    }

    /// The best that the quota allows: ten operations in progress all the time.
    fn best(&self) -> f64 {
        let outstanding = Settings::default().outstanding_operations;
        (self.grants as u64 * self.operation_ms) as f64 / 1_000.0 / outstanding as f64
    }
}

/// Curfew in a storm: the handlers as they are deployed.
pub fn curfew(storm: Storm) -> Outcomes {
    run(storm.options(), async |world| {
        let end = world.now() + SignedDuration::from_mins(10);
        let end = Timestamp::from_second(end.as_second() / 60 * 60).expect("a minute");
        let keys = fill(&world, &storm, end).await;
        world.until(end - SignedDuration::from_secs(37)).await;
        world.send(Function::Revoke, json!({ "minute": end.to_string() }));
        world.until(end - SignedDuration::from_secs(1)).await;
        let before = world.counts();
        let reads = read_on(&world);
        world.until(end).await;
        let removed = watch(&world, &keys, end).await;
        // Its records are closed a moment after the last assignment has gone.
        let closing = world.now() + SignedDuration::from_mins(5);
        while world.now() < closing && world.requests().iter().any(|request| !request.state.stage().is_terminal()) {
            world.pass(SignedDuration::from_secs(1)).await;
        }
        let open = world.requests().iter().filter(|request| !request.state.stage().is_terminal()).count();
        assert_eq!(open, keys.len() - removed.len(), "a request is closed when its access is gone, and then only");
        let since = world.counts().since(&before);
        let calls = since.calls_of(Service::SsoAdmin);
        let refused = world.log().calls().filter(|(_, call)| call.operation == CHANGE && !call.applied()).count();
        outcomes("curfew", &storm, &removed, calls, refused as u64, &reads)
    })
}

/// A peer's pattern in the same storm.
pub fn peer(storm: Storm, peer: Peer) -> Outcomes {
    run(storm.options(), async |world| {
        world.set_sweep(false);
        let keys = keys(&world, &storm);
        for key in &keys {
            world.identity(|model, now| model.set_assignment(assignment(key).expect("an assignment"), true, now));
        }
        let end = world.now();
        let counted = Rc::new(peers::Counted::default());
        let reads = read_on(&world);
        for key in &keys {
            tokio::task::spawn_local(peers::remove(world.clone(), key.clone(), peer, Rc::clone(&counted)));
        }
        let removed = watch(&world, &keys, end).await;
        outcomes(peer.name(), &storm, &removed, counted.calls.get(), counted.refused.get(), &reads)
    })
}

/// People's calls: made and served.
#[derive(Default)]
struct Reads {
    served: Cell<u64>,
    made: Cell<u64>,
}

fn read_on(world: &World) -> Rc<Reads> {
    let (world, reads) = (world.clone(), Rc::new(Reads::default()));
    let counted = Rc::clone(&reads);
    tokio::task::spawn_local(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(1_000 / READS_PER_SECOND)).await;
            let served = world.identity(|model, now| {
                let body = json!({ "InstanceArn": model.settings().instance_arn });
                model.call(SSO_ADMIN, "ListPermissionSets", &body, now).is_ok()
            });
            counted.made.set(counted.made.get() + 1);
            counted.served.set(counted.served.get() + u64::from(served));
        }
    });
    reads
}

/// When each assignment went, in seconds after the end; until none is left or nothing has gone for long.
async fn watch(world: &World, keys: &[Key], end: Timestamp) -> Vec<f64> {
    let (mut gone, mut last) = (Vec::new(), world.now());
    while gone.len() < keys.len() && world.now().duration_since(last) < SignedDuration::from_mins(15) {
        world.pass(SignedDuration::from_millis(100)).await;
        let left = world.identity(|model, _| model.assignments().len());
        let now = world.now();
        if keys.len() - left > gone.len() {
            last = now;
            gone.resize(keys.len() - left, now.duration_since(end).as_secs_f64());
        }
        assert!(now.duration_since(end) < HORIZON, "it does not end");
    }
    gone
}

fn outcomes(who: &'static str, storm: &Storm, removed: &[f64], calls: u64, refused: u64, reads: &Reads) -> Outcomes {
    let at = |share: usize| removed.get(removed.len() * share / 100).or(removed.last()).copied().unwrap_or(f64::NAN);
    let (seconds, best) = (removed.last().copied().unwrap_or(f64::NAN), storm.best());
    let each = |count: u64| count as f64 / removed.len().max(1) as f64;
    Outcomes {
        who,
        grants: storm.grants,
        lost: storm.grants - removed.len(),
        seconds,
        best_seconds: best,
        ratio_to_limit: seconds / best,
        p50: at(50),
        p99: at(99),
        calls_per_removal: each(calls),
        refused_per_removal: each(refused),
        reads_per_second: reads.served.get() as f64 / reads.made.get().max(1) as f64 * READS_PER_SECOND as f64,
    }
}

fn account(n: usize) -> String {
    format!("{:012}", 100_000_000_000 + n as u64)
}

/// Different keys, spread over the accounts.
fn keys(world: &World, storm: &Storm) -> Vec<Key> {
    let set = world.permission_set("Reader");
    let key = |n| Key::Assignment {
        user: world.user(&person(n)),
        account: AccountId::parse(&account(n % storm.accounts)).expect("an account id"),
        permission_set: set.clone(),
    };
    (0..storm.grants).map(key).collect()
}

fn person(n: usize) -> String {
    format!("grantee{n}")
}

/// Stores active grants that all end at this instant, as `provision` leaves them.
pub async fn fill(world: &World, storm: &Storm, end: Timestamp) -> Vec<Key> {
    let keys = Rc::new(keys(world, storm));
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let (world, keys) = (world.clone(), Rc::clone(&keys));
        lanes.spawn_local(async move {
            for n in (lane..keys.len()).step_by(LANES) {
                store(&world, n, &keys[n], end).await;
            }
        });
    }
    while let Some(stored) = lanes.join_next().await {
        stored.expect("no fault strikes the story's own calls");
    }
    Rc::unwrap_or_clone(keys)
}

async fn store(world: &World, n: usize, key: &Key, end: Timestamp) {
    let request = store_request(world, n, key, end - SignedDuration::from_hours(1), end).await;
    let held = Assignment { ours: true, ..Assignment::unknown(key.clone()) }.held(&request.ask.id, end);
    world.table().put_assignment(&held).await.expect("no fault strikes the story's own calls");
    world.identity(|model, now| model.set_assignment(assignment(key).expect("an assignment"), true, now));
}

/// Stores requests that are over, from two days before this instant on: cancelled as soon as they were asked for.
pub async fn fill_history(world: &World, many: usize, until: Timestamp) {
    let key = world.key("ana", "111122223333", "Reader");
    let by = Person { id: key.user().clone(), administrator: false, auditor: false };
    let apart = SignedDuration::from_hours(48) / i32::try_from(many).expect("few");
    for n in 0..many {
        let at = until - apart * i32::try_from(many - n).expect("few");
        let first = submit(ask(n, &key, at, at + SignedDuration::from_hours(1)));
        let cancel = Command::Cancel { by: by.clone(), comment: None };
        let over = apply(&first.request, cancel, Context { now: at }).expect("a legal move");
        world.table().insert(&first, None).await.expect("no fault strikes the story's own calls");
        world.table().commit(&over).await.expect("no fault strikes the story's own calls");
        world.table().retire(&over.request.ask.id).await.expect("no fault strikes the story's own calls");
    }
}

/// What somebody asked for at `began`, until `end`.
fn ask(n: usize, key: &Key, began: Timestamp, end: Timestamp) -> Ask {
    let id = uuid::Builder::from_unix_timestamp_millis(began.as_millisecond().unsigned_abs(), &random(n)).into_uuid();
    Ask {
        id: RequestId::parse(&id.to_string()).expect("a request id"),
        requester: parts(key).user.clone(),
        account: parts(key).account.clone(),
        permission_set: parts(key).permission_set.clone(),
        duration: AccessDuration::from_seconds(end.duration_since(began).as_secs()).expect("an hour"),
        justification: Justification::parse("storm").expect("a word"),
        ticket: None,
        start: None,
        emergency: false,
        submitted_at: began,
        extends: None,
        escalates: None,
        origin: Origin::default(),
    }
}

async fn store_request(world: &World, n: usize, key: &Key, began: Timestamp, end: Timestamp) -> Request {
    let ask = ask(n, key, began, end);
    let verdict = Verdict {
        outcome: Outcome::Allowed { flow: "automatic".to_owned(), steps: Vec::new() },
        digest: ask.digest(),
        configuration: "storm".to_owned(),
        explanation: Vec::new(),
        grounds: Grounds::default(),
    };
    let (table, first) = (world.table(), submit(ask));
    table.insert(&first, None).await.expect("no fault strikes the story's own calls");
    let mut request = first.request;
    for command in [
        Command::Evaluate(verdict),
        Command::Provision { session: SignedDuration::from_hours(1), means: Means::Assignment, extended: None },
        Command::Activate { standing: false },
    ] {
        let transition: Transition = apply(&request, command, Context { now: began }).expect("a legal move");
        table.commit(&transition).await.expect("no fault strikes the story's own calls");
        request = transition.request;
    }
    table.put_due(&request.ask.id, end).await.expect("no fault strikes the story's own calls");
    request
}

fn random(n: usize) -> [u8; 10] {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&(n as u64).to_be_bytes());
    random
}
