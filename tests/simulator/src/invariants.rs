//! The invariants of DESIGN §3, asked after every step, on what is really there. Whatever breaks is noted with its moment.
//!
//! | where | which |
//! |---|---|
//! | `request` | one request, each time it is written: I1, I2, I3, I10, I11, I18 |
//! | `change` | each change that Identity Center is asked for: I1, I2, I4, I6, I7, I8, I9 |
//! | `key` | one key, whenever something may have changed: I5, I7, I9, I12, I13, I14, I15, I16 |
//! | `close` | each request that is closed: I14 |
//! | `end` | when everything should be over: I12, I15, I18 |

mod book;
mod change;
mod close;
mod end;
mod key;
mod request;
mod trouble;

use std::cell::RefCell;
use std::rc::Rc;

use curfew_domain::audit::Record;
use curfew_domain::id::RequestId;
use curfew_domain::request::{Gone, Request, State as S};
use curfew_domain::time::{SignedDuration, Timestamp};
use serde_json::Value;

pub use book::Book;
pub(crate) use end::check as check_end;
use trouble::Trouble;

use crate::key::key_of;
use crate::{Call, Changed, Function, Plan, Service, Step, What, World};

/// More of them tell nothing new.
const ENOUGH: usize = 20;

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    invariant: &'static str,
    what: String,
}

impl Broken {
    pub(crate) fn new(invariant: &'static str, what: impl Into<String>) -> Self {
        Self { invariant, what: what.into() }
    }
}

/// What the invariants know: the world, what the story told, and what has gone wrong so far.
struct Watch {
    book: Rc<RefCell<Book>>,
    trouble: Trouble,
}

/// Watches a world from now on.
pub fn watch(world: &World, book: &Rc<RefCell<Book>>, plan: &Plan) {
    let mut watch = Watch { book: Rc::clone(book), trouble: Trouble::of(plan, world.now()) };
    world.observe(move |world, step| watch.look(world, step));
}

/// Notes what is broken.
pub(crate) fn report(world: &World, broken: impl IntoIterator<Item = Broken>) {
    for Broken { invariant, what } in broken {
        if world.violations().len() < ENOUGH {
            world.violate(format!("{invariant}: {what}"));
        }
    }
}

impl Watch {
    fn look(&mut self, world: &World, step: &Step) {
        self.trouble.look(step);
        match &step.what {
            What::Call(call) => self.call(world, step, call),
            What::Operation(_) | What::Note(_) | What::Event(_) => self.keys(world, step.at),
            What::Said { alarm: Some(alarm), text, .. } => self.book.borrow_mut().alarmed(alarm, text, step.at),
            _ => {}
        }
    }

    fn call(&mut self, world: &World, step: &Step, call: &Call) {
        let changes_access = matches!(
            (call.service, call.operation),
            (Service::SsoAdmin, "CreateAccountAssignment" | "DeleteAccountAssignment")
                | (Service::IdentityStore, "CreateGroupMembership" | "DeleteGroupMembership")
        );
        if changes_access && step.by.is_some() {
            let broken = change::check(world, &mut self.book.borrow_mut(), call, step.at, self.trouble.skew);
            report(world, broken);
        }
        for change in &call.changes {
            match &change.item {
                Changed::Request { after: Some(after), .. } => self.written(world, after, step),
                Changed::Request { after: None, .. } => {
                    report(world, [Broken::new("I18", format!("request {} was deleted", change.pk))]);
                }
                Changed::Record { before: Some(_), .. } => {
                    report(world, [Broken::new("I18", format!("record {} of {} was changed", change.sk, change.pk))]);
                }
                Changed::Other { after: Some(_), .. } if change.sk == "N#give" => {
                    let book = self.book.borrow();
                    report(world, asked(world, &book, &change.pk, self.trouble.skew));
                }
                _ => {}
            }
        }
        if call.operation == "CreateSchedule" && call.applied() {
            let armed = world.schedules().into_iter().filter(|schedule| schedule.function == Function::Revoke);
            self.book.borrow_mut().armed.extend(armed.map(|schedule| schedule.at));
        }
        if call.service == Service::EventBridge && call.applied() {
            report(world, told(world, call));
        }
        if call.service == Service::StepFunctions && call.applied() {
            report(world, announced(world, call));
        }
        if changes_access || !call.changes.is_empty() {
            self.keys(world, step.at);
        }
    }

    /// A request was written.
    fn written(&mut self, world: &World, after: &Rc<Request>, step: &Step) {
        let id = &after.ask.id;
        let records: Vec<Record> = world.history(id).iter().map(|record| record.as_ref().clone()).collect();
        let mut book = self.book.borrow_mut();
        if step.by.is_none() {
            // Somebody forged it: what Curfew makes of it is looked at later.
            book.forged.insert(id.clone());
            book.seen.extend(key_of(after));
            book.last.insert(id.clone(), after.as_ref().clone());
            return;
        }
        let before = book.last.get(id);
        let write = request::Write {
            before,
            first: book.first.get(id).unwrap_or(after),
            after,
            records: &records,
            at: step.at,
            skew: self.trouble.skew,
            forged: book.forged.contains(id),
        };
        let mut broken = request::check(&write);
        if let Some(before) = before.cloned() {
            broken.extend(close::check(world, &book, &before, after));
        }
        book.seen.extend(key_of(after));
        book.first.entry(id.clone()).or_insert_with(|| after.as_ref().clone());
        book.last.insert(id.clone(), after.as_ref().clone());
        drop(book);
        report(world, broken);
    }

    fn keys(&mut self, world: &World, now: Timestamp) {
        let broken = key::check(world, &mut self.book.borrow_mut(), &self.trouble, now);
        report(world, broken);
    }
}

/// I6: people are asked to give access once its end is armed.
fn asked(world: &World, book: &Book, pk: &str, skew: SignedDuration) -> Option<Broken> {
    let id = RequestId::parse(pk.strip_prefix("REQ#")?).ok()?;
    let unarmed = world.request(&id).is_some_and(|request| !change::is_armed(book, &request, skew));
    unarmed.then(|| Broken::new("I6", format!("people are asked to give access to {id}, whose end is not armed")))
}

/// I18: an event tells what is on record.
fn told(world: &World, call: &Call) -> Option<Broken> {
    let detail = call.request.pointer("/Entries/0/Detail")?.as_str()?;
    let event: Value = serde_json::from_str(detail).ok()?;
    let (id, stage) = (event.pointer("/request/id")?.as_str()?, event.pointer("/request/state")?.as_str()?);
    let id = RequestId::parse(id).ok()?;
    let needle = format!("\"to\":\"{stage}\"");
    let known = world.history(&id).iter().any(|record| record.body.contains(&needle));
    (!known).then(|| Broken::new("I18", format!("programs are told that {id} is `{stage}`, which is not on record")))
}

/// I18: an execution is started and resumed only with what is on record.
fn announced(world: &World, call: &Call) -> Option<Broken> {
    match call.operation {
        "StartExecution" => {
            let name = call.request.get("name").and_then(Value::as_str).unwrap_or_default();
            let known = RequestId::parse(name).is_ok_and(|id| world.request(&id).is_some());
            (!known).then(|| Broken::new("I18", format!("an execution of {name}, which is not on record")))
        }
        "SendTaskSuccess" => {
            let output = call.request.get("output").and_then(Value::as_str).unwrap_or_default();
            let output: Value = serde_json::from_str(output).unwrap_or_default();
            let id = RequestId::parse(output.get("request_id")?.as_str()?).ok()?;
            let request = world.request(&id)?;
            let next = output.get("next").and_then(Value::as_str).unwrap_or_default();
            let early = matches!(request.state, S::Submitted | S::AwaitingApproval { .. });
            (next == "provision" && early)
                .then(|| Broken::new("I18", format!("{id} goes on to provision while {:?}", request.state.stage())))
        }
        _ => None,
    }
}

/// How a request ended, in words that a scenario can expect: `ended/expired/absent`, `denied`.
pub fn outcome(request: &Request) -> String {
    match &request.state {
        S::Ended { reason, gone, .. } => {
            let gone = match gone {
                Gone::Absent => "absent",
                Gone::KeptFor(_) => "kept",
                Gone::Standing => "standing",
                Gone::Taken(_) => "taken",
            };
            format!("ended/{}/{gone}", reason.name())
        }
        state => state.stage().name().to_owned(),
    }
}
