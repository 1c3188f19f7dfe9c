//! What must hold when faults have healed and time has passed: everything is over, and nothing is left.

use curfew_domain::audit::{Record, verify};
use curfew_domain::request::{EndReason, Request, State};
use serde_json::Value;

use super::{Book, Broken, outcome};
use crate::{ExecutionStatus, World};

/// Everything that is wrong. Without faults, requests must also have ended as the story expects.
pub(crate) fn check(world: &World, book: &Book, faultless: bool) -> Vec<Broken> {
    let mut broken = requests(world, book);
    for execution in world.executions() {
        if execution.status == ExecutionStatus::Running {
            broken.push(Broken::new("I15", format!("execution {} still runs", execution.name)));
        }
    }
    for key in book.keys() {
        let (exists, standing) = (world.key_is_assigned(&key), book.standing.contains(&key));
        if exists && !standing {
            broken.push(Broken::new("I12", format!("{key:?} is left over")));
        }
        if standing && exists && book.may_be_removed(&key) {
            broken.push(Broken::new("I16", format!("{key:?} is not Curfew's, and was to be removed")));
        }
        if standing && !exists {
            broken.push(Broken::new("I7", format!("standing {key:?} is gone")));
        }
    }
    for record in world.assignments() {
        if record.ours || record.operation.is_some() || !record.holds.is_empty() {
            broken.push(Broken::new("I15", format!("a record of nothing is left: {record:?}")));
        }
    }
    let left = world.items("INTENT").len();
    if left > 0 {
        broken.push(Broken::new("I15", format!("{left} intents are left")));
    }
    broken.extend(live(world));
    if faultless {
        broken.extend(book.expected.iter().filter_map(|(id, expected)| {
            let found = world.request(id).map_or_else(|| "nowhere".to_owned(), |request| outcome(&request));
            (found != *expected).then(|| Broken::new("story", format!("{id} is {found}, expected {expected}")))
        }));
        broken.extend(book.disappointed.iter().map(|what| Broken::new("story", what.clone())));
    }
    broken
}

fn requests(world: &World, book: &Book) -> Vec<Broken> {
    let mut broken = Vec::new();
    let requests = world.requests();
    for request in &requests {
        let (id, stage) = (&request.ask.id, request.state.stage());
        if !stage.is_terminal() {
            broken.push(Broken::new("I15", format!("request {id} is still {}", stage.name())));
        }
        let mut records: Vec<Record> = world.history(id).iter().map(|record| record.as_ref().clone()).collect();
        // Those of a review come after the request's, and have a head of their own.
        records.retain(|record| record.seq <= request.head.seq);
        if let Err(error) = verify(id, &records, &request.head) {
            broken.push(Broken::new("I18", format!("{id}: {error}")));
        }
    }
    for id in &book.accepted {
        if world.request(id).is_none() {
            broken.push(Broken::new("I15", format!("request {id} was accepted, and is nowhere")));
        }
    }
    let escalations: Vec<_> = requests.iter().filter_map(|r| Some((r.ask.escalates.clone()?, &r.ask.id))).collect();
    let asked = requests.iter().filter(|request| request.ask.escalates.is_none() && !is_stray(request)).count();
    if asked > book.wishes {
        broken.push(Broken::new("I15", format!("{} wishes made {asked} requests", book.wishes)));
    }
    for (old, new) in escalations {
        // Each gives way to one: a second one would not be the one that its record names.
        let state = world.request(&old).map(|request| request.state.clone());
        if state != Some(State::Cancelled { escalated_to: Some(new.clone()) }) {
            broken.push(Broken::new("I15", format!("{old} did not give way to {new}, and that is there")));
        }
    }
    broken
}

/// Whether nobody asked for it: it removes what Curfew did not make.
fn is_stray(request: &Request) -> bool {
    let reason = match &request.state {
        State::Ending { reason, .. } | State::Ended { reason, .. } => Some(reason),
        _ => None,
    };
    reason == Some(&EndReason::Stray)
}

/// Nothing that is over is looked at for ever.
fn live(world: &World) -> Vec<Broken> {
    let text =
        |item: &Value, name: &str| item.pointer(&format!("/{name}/S")).and_then(Value::as_str).map(str::to_owned);
    let days = world.items("LIVE");
    let listed = days.iter().filter_map(|day| text(day, "sk")).flat_map(|day| world.items(&format!("LIVE#{day}")));
    listed
        .filter_map(|item| text(&item, "sk"))
        .map(|id| Broken::new("I15", format!("request {id} is over, and still listed as live")))
        .collect()
}
