//! What the life of one request costs, from the wish to the end of everything: calls, write units, states, and where they
//! go.

use std::collections::BTreeMap;

use curfew_domain::id::RequestId;
use curfew_domain::request::Stage;
use curfew_domain::time::SignedDuration;
use serde::Serialize;
use serde_json::json;

use crate::storm::{Storm, fill};
use crate::{Call, Options, Service, Step, World, run};

/// How big an organisation.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// People besides those who ask and approve.
    pub users: usize,
    /// Accounts besides the one that is asked for.
    pub accounts: usize,
    /// Permission sets besides those that are asked for.
    pub permission_sets: usize,
    /// Active grants of others, each of a person more.
    pub grants: usize,
}

/// What a life cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// AWS calls of functions.
    pub calls: u64,
    /// Of them to Identity Center's `sso-admin`.
    pub sso_admin: u64,
    /// To the table.
    pub dynamodb: u64,
    /// To Organizations.
    pub organizations: u64,
    /// Write units of the table.
    pub write_units: u64,
    /// Read units of the table, in halves.
    pub half_read_units: u64,
    /// States that the execution entered.
    pub states: u64,
}

/// One kind of call of one function in a life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Who called.
    pub function: &'static str,
    /// Service and operation.
    pub call: String,
    /// Kinds of the items that it was about, as the layout of the table names them; empty for other services.
    pub items: String,
    /// How often.
    pub calls: u64,
    /// Write units.
    pub write_units: u64,
}

/// A life with the way it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Life {
    /// What it cost in all.
    pub cost: Cost,
    /// Where that went, in order of the first call of each kind. Empty where the log is kept brief.
    pub lines: Vec<Line>,
}

impl Size {
    fn storm(self) -> Storm {
        Storm { grants: self.grants, accounts: 100, operation_ms: 0, seed: 1 }
    }

    /// An organisation of this size. The sweep is off: its cost is its own, per minute and not per life.
    pub fn options(self) -> Options {
        let mut options = Options { sweep: false, ..Options::default() };
        // An operation of a second: each is looked at once.
        (options.identity.latency_ms, options.identity.latency_jitter_ms) = (800, 0);
        let organisation = &mut options.organisation;
        organisation.people.extend((0..self.users).map(|n| format!("person{n}")));
        organisation.accounts.extend((0..self.accounts).map(|n| format!("{:012}", 200_000_000_000 + n)));
        let hour = organisation.permission_sets["Reader"];
        organisation.permission_sets.extend((0..self.permission_sets).map(|n| (format!("set{n}"), hour)));
        self.storm().populate(&mut options);
        options
    }
}

/// A life with each of these permission sets, one after the other, in an organisation of this size. With `brief`, the log
/// of a big one stays small, and nothing is known but the cost.
pub fn lives<const N: usize>(size: Size, permission_sets: [&'static str; N], brief: bool) -> [Life; N] {
    run(Options { brief, ..size.options() }, async |world| {
        fill(&world, &size.storm(), world.now() + SignedDuration::from_hours(9)).await;
        let mut lives = Vec::with_capacity(N);
        for permission_set in permission_sets {
            // Day and sandboxes are known: what comes once a day or per cold start is no part of a life.
            live(&world, permission_set).await;
            let (before, steps) = (world.counts(), world.log().steps().len());
            live(&world, permission_set).await;
            let cost = world.counts().since(&before);
            let told = if brief { Vec::new() } else { lines(world.log().steps().iter().skip(steps)) };
            let cost = Cost {
                calls: cost.all_calls(),
                sso_admin: cost.calls_of(Service::SsoAdmin),
                dynamodb: cost.calls_of(Service::DynamoDb),
                organizations: cost.calls_of(Service::Organizations),
                write_units: cost.write_units,
                half_read_units: cost.half_read_units,
                states: cost.states,
            };
            lives.push(Life { cost, lines: told });
        }
        lives.try_into().expect("one life for each")
    })
}

/// Somebody asks for a quarter of an hour, somebody approves if that is needed, and it ends.
async fn live(world: &World, permission_set: &str) {
    let body = json!({
        "account": "111122223333", "permission_set": world.permission_set(permission_set).to_string(),
        "duration": "PT15M", "justification": "count",
    });
    let (status, asked) = world.api("ana", "POST", "/v1/requests", Some(body)).await;
    assert_eq!(status, 202, "{asked}");
    let id = RequestId::parse(asked["id"].as_str().expect("an id")).expect("a request id");
    world.pass(SignedDuration::from_secs(5)).await;
    if world.request(&id).expect("it was stored").state.stage() == Stage::AwaitingApproval {
        let path = format!("/v1/requests/{id}/decisions");
        assert_eq!(world.api("ben", "POST", &path, Some(json!({ "decision": "approve" }))).await.0, 200);
    }
    world.pass(SignedDuration::from_mins(20)).await;
    assert_eq!(world.request(&id).expect("it was stored").state.stage(), Stage::Ended);
}

fn lines<'a>(steps: impl Iterator<Item = &'a std::rc::Rc<Step>>) -> Vec<Line> {
    let mut places = BTreeMap::new();
    let mut lines: Vec<Line> = Vec::new();
    for step in steps {
        let (Some(by), crate::What::Call(call)) = (&step.by, &step.what) else { continue };
        let kind = (by.function.name(), format!("{} {}", call.service.name(), call.operation), items(call));
        let place = *places.entry(kind.clone()).or_insert_with(|| {
            let (function, call, items) = kind;
            lines.push(Line { function, call, items, calls: 0, write_units: 0 });
            lines.len() - 1
        });
        lines[place].calls += 1;
        lines[place].write_units += call.write_units;
    }
    lines
}

/// What kinds of items a call is about, without their ids.
fn items(call: &Call) -> String {
    if call.service != Service::DynamoDb {
        return String::new();
    }
    let part = |part: &str| {
        let head = part.split('#').next().unwrap_or_default();
        if head.bytes().filter(u8::is_ascii_digit).count() > 4 { "…".to_owned() } else { head.to_owned() }
    };
    let item = |item: &str| item.split('/').take(2).map(part).collect::<Vec<_>>().join("/");
    call.subject().split(' ').map(item).collect::<Vec<_>>().join(" ")
}
