//! What reading a large organisation costs: calls, time, what DynamoDB bills, and memory.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use curfew_identity_center::{Assignment, IDENTITY_STORE, PrincipalType};
use serde::Serialize;
use serde_json::{Value, json};

use crate::functions::Function;
use crate::log::What;
use crate::organisation::Organisation;
use crate::world::{Options, World};

/// How large the organisation is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// People.
    pub users: usize,
    /// Groups; each person is in five of them.
    pub groups: usize,
    /// Accounts, eight or nine to an OU, each with two tags.
    pub accounts: usize,
    /// Permission sets, each provisioned in every third account.
    pub permission_sets: usize,
}

/// What one reading cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reading {
    /// Which.
    pub what: &'static str,
    /// Invocations that it took.
    pub invocations: u64,
    /// Seconds of simulated time from the first to the end of the last.
    pub seconds: f64,
    /// Calls by operation.
    pub calls: BTreeMap<String, u64>,
    /// Most calls to Identity Center in any one second.
    pub sso_admin_per_second: usize,
    /// DynamoDB's write units.
    pub write_units: u64,
    /// DynamoDB's read units.
    pub read_units: f64,
    /// The function's last answer.
    pub answer: Value,
}

/// Everything that was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Reading after reading.
    pub readings: Vec<Reading>,
    /// Bytes of the snapshot in the table.
    pub stored_bytes: usize,
    /// Memory of this process with the simulated AWS in it, before the first reading, in MB. Linux only.
    pub before_mb: Option<u64>,
    /// The most that this process had in memory while it read, in MB: the function, and the simulated AWS with its log.
    pub peak_mb: Option<u64>,
}

/// Reads an organisation of this size three times: for the first time, unchanged, and with a few changes.
pub fn measure(size: Size, seed: u64) -> Report {
    let mut options = Options { seed, sweep: false, organisation: organisation(size), ..Options::default() };
    options.identity.latency_jitter_ms = 0;
    options.latency = (Duration::from_millis(10), Duration::from_millis(40));
    crate::run(options, async |world| {
        populate(&world, size);
        let before_mb = memory("VmRSS:");
        forget_peak();
        let mut readings = vec![sync(&world, "first").await];
        readings.push(sync(&world, "unchanged").await);
        change(&world);
        readings.push(sync(&world, "changed").await);
        Report { readings, stored_bytes: stored(&world), before_mb, peak_mb: memory("VmHWM:") }
    })
}

fn organisation(size: Size) -> Organisation {
    let accounts: Vec<String> = (0..size.accounts).map(account).collect();
    let place = |(n, id): (usize, &String)| (id.clone(), format!("Division {}/Team {}", n % 6, n % 54));
    let tags = |(n, id): (usize, &String)| {
        let tags =
            [("owner", format!("team-{}", n % 54)), ("environment", ["production", "staging"][n % 2].to_owned())];
        (id.clone(), tags.map(|(key, value)| (key.to_owned(), value)).into())
    };
    Organisation {
        people: Vec::new(),
        places: accounts.iter().enumerate().map(place).collect(),
        tags: accounts.iter().enumerate().map(tags).collect(),
        accounts,
        permission_sets: (0..size.permission_sets).map(|n| (set(n), Duration::from_hours(1))).collect(),
        configuration: String::new(),
        ..Organisation::default()
    }
}

fn account(n: usize) -> String {
    format!("1{n:011}")
}

fn set(n: usize) -> String {
    format!("PermissionSet{n}")
}

/// People with everything that Curfew reads of them, in groups; and permission sets in accounts.
fn populate(world: &World, size: Size) {
    let sets: Vec<String> = (0..size.permission_sets).map(|n| world.permission_set(&set(n)).to_string()).collect();
    world.identity(|model, now| {
        let person = |n: usize| {
            let name = format!("given.family{n}@example.com");
            json!({
                "UserName": name,
                "DisplayName": format!("Given Family {n}"),
                "Name": { "GivenName": "Given", "FamilyName": format!("Family {n}") },
                "Emails": [{ "Value": name, "Type": "work", "Primary": true }],
                "Title": format!("Title {}", n % 150),
                "UserType": if n.is_multiple_of(9) { "contractor" } else { "employee" },
                "Extensions": { "aws:identitystore:enterprise": {
                    "department": format!("Department {}", n % 60),
                    "manager": { "value": format!("given.family{}@example.com", n / 8) },
                } },
            })
        };
        let people = model.populate((0..size.users).map(person).collect(), now);
        let store = model.settings().identity_store_id.clone();
        for group in 0..size.groups {
            let body = json!({ "IdentityStoreId": store, "DisplayName": format!("group-{group}") });
            let created = model.call(IDENTITY_STORE, "CreateGroup", &body, now).expect("a group");
            let members = (0..people.len()).filter(|n| (0..5).any(|k| (n * 7 + k * 61) % size.groups == group));
            model.enroll(created["GroupId"].as_str().expect("an id"), members.map(|n| people[n].clone()));
        }
        for (n, permission_set) in sets.iter().enumerate() {
            for place in (0..size.accounts).filter(|place| (place + n) % 3 == 0) {
                let assignment = Assignment {
                    account: account(place),
                    permission_set: permission_set.clone(),
                    principal_type: PrincipalType::Group,
                    principal_id: "00000000-0000-4000-8000-000000000000".to_owned(),
                };
                model.set_assignment(assignment, true, now);
            }
        }
        model.clear_journal();
    });
}

/// A few things that happen between two readings.
fn change(world: &World) {
    world.place_account(&account(0), "Division 5/Team 53");
    world.identity(|model, now| {
        let store = model.settings().identity_store_id.clone();
        let body = json!({ "IdentityStoreId": store, "UserName": "new@example.com", "DisplayName": "New",
            "Name": { "GivenName": "New", "FamilyName": "One" } });
        model.call(IDENTITY_STORE, "CreateUser", &body, now).expect("a user");
    });
}

/// Has the directory read until a snapshot is in force, as the schedule does every quarter of an hour.
pub async fn sync(world: &World, what: &'static str) -> Reading {
    let (before, began, first_step) = (world.counts(), world.now(), world.log().steps().len());
    let answer = loop {
        let answer = invoke(world, json!({})).await;
        if answer["outcome"] != "unfinished" {
            break answer;
        }
    };
    let after = world.counts();
    let calls = after.calls.iter().filter_map(|((service, operation), count)| {
        let new = count - before.calls.get(&(*service, *operation)).copied().unwrap_or_default();
        (new > 0).then(|| (format!("{service} {operation}"), new))
    });
    let mut seconds: BTreeMap<i64, usize> = BTreeMap::new();
    for step in &world.log().steps()[first_step..] {
        if let What::Call(call) = &step.what
            && call.service == crate::Service::SsoAdmin
        {
            *seconds.entry(step.at.as_second()).or_default() += 1;
        }
    }
    let invocations = |counts: &crate::Counts| counts.invocations.get(&Function::Sync).copied().unwrap_or_default();
    Reading {
        what,
        invocations: invocations(&after) - invocations(&before),
        seconds: world.now().duration_since(began).as_secs_f64(),
        calls: calls.collect(),
        sso_admin_per_second: seconds.into_values().max().unwrap_or_default(),
        write_units: after.write_units - before.write_units,
        read_units: (after.half_read_units - before.half_read_units) as f64 / 2.0,
        answer,
    }
}

/// One invocation of `sync` and its answer; `null` if it failed or died.
pub async fn invoke(world: &World, payload: Value) -> Value {
    let from = world.log().steps().len();
    world.send(Function::Sync, payload);
    loop {
        world.pass(jiff::SignedDuration::from_millis(500)).await;
        let log = world.log();
        let of_sync = log.steps()[from..].iter().rev().find_map(|step| match (&step.by, &step.what) {
            (Some(by), What::Over { result }) if by.function == Function::Sync => Some(result.clone()),
            _ => None,
        });
        if let Some(result) = of_sync {
            return result.map_or(Value::Null, |answer| (*answer).clone());
        }
    }
}

/// Bytes of the chunks that the table holds.
fn stored(world: &World) -> usize {
    // Base64, as it is on the wire. The first place has the first snapshot.
    world.items("SNAPSHOT#0").into_iter().map(|item| item["bytes"]["B"].as_str().map_or(0, str::len) / 4 * 3).sum()
}

/// A line of what Linux says of this process, in MB.
fn memory(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    let kb: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kb / 1024)
}

/// Has Linux count the most memory anew.
fn forget_peak() {
    // Where this is not allowed, the peak is that of the whole life of the process: still an upper bound.
    let _ = fs::write("/proc/self/clear_refs", "5");
}
