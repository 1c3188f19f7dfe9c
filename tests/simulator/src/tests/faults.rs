use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

use curfew_domain::time::SignedDuration;

use super::{automatic, under};
use crate::{Call, CallFault, EventFault, Function, Options, Outage, Plan, Service, Step, What, World, run};

/// Number of the first call of an operation in a run without faults.
fn first(operation: &str) -> usize {
    static NUMBERS: OnceLock<BTreeMap<&'static str, usize>> = OnceLock::new();
    let numbers = NUMBERS.get_or_init(|| {
        let world = under(0, Plan::default());
        let log = world.log();
        let mut numbers = BTreeMap::new();
        for (_, call) in log.calls() {
            numbers.entry(call.operation).or_insert(call.number);
        }
        numbers
    });
    numbers[operation]
}

/// The run in which that call is struck.
fn struck(operation: &str, fault: CallFault) -> (World, usize) {
    let number = first(operation);
    let world = under(0, Plan { calls: BTreeMap::from([(number, fault)]), ..Plan::default() });
    let strikes: Vec<usize> = world.log().calls().filter(|(_, c)| c.strike.is_some()).map(|(_, c)| c.number).collect();
    assert_eq!(strikes, [number], "{operation} {fault}");
    (world, number)
}

fn call(world: &World, number: usize) -> (Step, Call) {
    let log = world.log();
    let found = log.calls().find(|(_, call)| call.number == number).unwrap();
    (found.0.clone(), found.1.clone())
}

/// How the invocation ended in which a call was made, and how long after it.
fn end(world: &World, number: usize) -> (Option<String>, SignedDuration) {
    let (step, _) = call(world, number);
    let log = world.log();
    let mut ends = log.steps().iter().filter(|other| other.by == step.by);
    let found = ends.find_map(|other| match &other.what {
        What::Over { result } => Some((result.as_ref().err().map(|error| error.name.clone()), other.at)),
        _ => None,
    });
    let (error, at) = found.unwrap();
    (error, at.duration_since(step.at))
}

fn creates(world: &World) -> u64 {
    world.counts().calls[&(Service::SsoAdmin, "CreateAccountAssignment")]
}

#[test]
fn a_crash_ends_the_invocation_before_or_after_the_effect() {
    for (fault, applied) in [(CallFault::CrashBefore, false), (CallFault::CrashAfter, true)] {
        let (world, number) = struck("CreateAccountAssignment", fault);
        assert_eq!(call(&world, number).1.applied(), applied, "{fault}");
        assert_eq!(end(&world, number).0.as_deref(), Some("Runtime.ExitError"), "{fault}");
    }
}

#[test]
fn the_sdk_repeats_what_was_lost_on_the_way() {
    for (fault, applied) in [(CallFault::ReplyLost, true), (CallFault::NeverArrived, false), (CallFault::Timeout, true)]
    {
        let (world, number) = struck("TransactWriteItems", fault);
        let ((first, struck), (second, again)) = (call(&world, number), call(&world, number + 1));
        assert_eq!(struck.applied(), applied, "{fault}");
        assert_eq!((&first.by, &struck.request), (&second.by, &again.request), "{fault}: the same call again");
        assert!(again.applied() && again.changes.is_empty() == applied, "{fault}: applied once");
        let pause = second.at.duration_since(first.at);
        assert_eq!(pause > SignedDuration::from_secs(8), fault == CallFault::Timeout, "{fault}: {pause}");
    }
}

#[test]
fn refusals_have_no_effect() {
    for fault in [CallFault::Throttle, CallFault::InternalError, CallFault::Conflict] {
        let (world, number) = struck("CreateAccountAssignment", fault);
        assert!(!call(&world, number).1.applied(), "{fault}");
        assert_eq!(creates(&world), 2, "{fault}");
        let (world, number) = struck("TransactWriteItems", fault);
        let struck = call(&world, number).1;
        let code = match fault {
            CallFault::Throttle => "ProvisionedThroughputExceededException",
            CallFault::Conflict => "TransactionCanceledException",
            _ => "InternalServerError",
        };
        assert_eq!((struck.answer.unwrap_err(), struck.changes.len()), (code, 0));
    }
}

#[test]
fn a_frozen_function_is_killed_at_its_deadline() {
    for (fault, applied) in [(CallFault::FrozenApplied, true), (CallFault::FrozenNever, false)] {
        let (world, number) = struck("DescribeAccount", fault);
        assert_eq!(call(&world, number).1.applied(), applied, "{fault}");
        let (error, lasted) = end(&world, number);
        assert_eq!(error.as_deref(), Some("Sandbox.Timedout"), "{fault}");
        assert!(lasted > SignedDuration::from_secs(20), "{fault}: {lasted}, and not the 8 seconds of the SDK");
    }
}

#[test]
fn an_operation_fails_and_another_one_is_begun() {
    let (world, number) = struck("DeleteAccountAssignment", CallFault::OperationFails);
    assert!(call(&world, number).1.applied());
    let log = world.log();
    let failed = log.steps().iter().filter_map(|step| match &step.what {
        What::Operation(operation) => Some(operation.failure_reason.is_some()),
        _ => None,
    });
    assert_eq!(failed.collect::<Vec<_>>(), [false, true, false]);
}

#[test]
fn a_listing_can_be_stale() {
    let world = under(0, Plan::default());
    // The listing that confirms the create comes after it, within the time that a stale read goes back.
    let created = first("CreateAccountAssignment");
    let log = world.log();
    let listing = log.calls().find(|(_, c)| c.number > created && c.operation == "ListAccountAssignments").unwrap().1;
    let shown = |call: &Call| call.answer.as_ref().unwrap()["AccountAssignments"].as_array().unwrap().len();
    assert_eq!(shown(listing), 1);
    let plan = Plan { calls: BTreeMap::from([(listing.number, CallFault::StaleRead)]), ..Plan::default() };
    let stale = under(0, plan);
    assert_eq!(shown(&call(&stale, listing.number).1), 0);
}

#[test]
fn a_fault_strikes_only_where_it_means_something() {
    let world = under(0, Plan::default());
    let numbers: Vec<usize> = world.log().calls().map(|(_, call)| call.number).collect();
    let everywhere = numbers.into_iter().map(|number| (number, CallFault::OperationFails)).collect();
    let world =
        run(Options { plan: Plan { calls: everywhere, ..Plan::default() }, ..Options::default() }, async |world| {
            world.heal();
            automatic(world).await
        });
    assert_eq!(world.log().calls().filter(|(_, call)| call.strike.is_some()).count(), 0, "healed");
    for (_, call) in world.log().calls() {
        let is = call.operation.ends_with("AccountAssignment");
        assert_eq!(call.admits(CallFault::OperationFails), is, "{}", call.operation);
        let stale = call.admits(CallFault::StaleRead);
        assert!(!stale || !call.operation.starts_with("Put"), "{}", call.operation);
        assert!(call.admits(CallFault::CrashAfter));
    }
}

#[test]
fn events_are_dropped_tripled_and_delayed() {
    let world = under(0, Plan::default());
    // The schedule of the grant's end, not the sweep.
    let number = {
        let log = world.log();
        log.events().find(|(_, event)| event.function == Function::Revoke).unwrap().1.number
    };
    let invocations = |fault: EventFault| {
        let options =
            Options { plan: Plan { events: [(number, fault)].into(), ..Plan::default() }, ..Options::default() };
        run(options, async |world| {
            let world = automatic(world).await;
            world.set_sweep(false);
            world.pass(SignedDuration::from_hours(25)).await;
            let (sent, payload) = {
                let log = world.log();
                let (step, event) = log.events().find(|(_, event)| event.number == number).unwrap();
                (step.at, event.clone())
            };
            let log = world.log();
            let begun = log.steps().iter().filter(|step| {
                matches!(&step.what, What::Began { source, .. } if *source == payload.source) && step.at >= sent
            });
            begun.map(|step| (step.at.duration_since(sent).as_secs(), step.by.clone().unwrap().id)).collect::<Vec<_>>()
        })
    };
    assert_eq!(invocations(EventFault::Drop), []);
    let mut tripled = invocations(EventFault::Triple);
    tripled.retain(|(seconds, _)| *seconds < 10); // and not what Lambda tries again
    let ids: BTreeSet<_> = tripled.iter().map(|(_, id)| id).collect();
    assert_eq!((tripled.len(), ids.len()), (3, 2), "two of them are Lambda's own duplicates");
    assert_eq!(invocations(EventFault::Reorder).iter().map(|(s, _)| *s).collect::<Vec<_>>(), [90]);
    assert_eq!(invocations(EventFault::Delay).iter().map(|(s, _)| *s).collect::<Vec<_>>(), [86_400]);
}

#[test]
fn clocks_differ_outages_pass_and_releases_come() {
    let plan = Plan {
        skew: BTreeMap::from([
            (Function::Intake, SignedDuration::from_mins(5)),
            (Function::Revoke, SignedDuration::from_mins(-5)),
        ]),
        ..Plan::default()
    };
    let world = under(0, plan);
    let log = world.log();
    let alarmed = log
        .steps()
        .iter()
        .filter(|step| matches!(&step.what, What::Said { alarm: Some(alarm), .. } if alarm == "clock"));
    let alarmed: BTreeSet<Function> = alarmed.map(|step| step.by.as_ref().unwrap().function).collect();
    assert_eq!(alarmed, BTreeSet::from([Function::Intake, Function::Revoke]), "they notice");

    let outage = Outage { service: Service::DynamoDb, from: Duration::ZERO, to: Duration::from_secs(20) };
    let world = under(0, Plan { outages: vec![outage], ..Plan::default() });
    let log = world.log();
    let down = log.calls().filter(|(_, call)| call.answer.as_ref().is_err_and(|code| *code == "ServiceUnavailable"));
    assert!(down.count() > 3);

    let calm = under(0, Plan::default());
    let deployed = under(0, Plan { deploys: BTreeSet::from([20, 40]), ..Plan::default() });
    assert_eq!(calm.calls() / 10, deployed.calls() / 10);
}
