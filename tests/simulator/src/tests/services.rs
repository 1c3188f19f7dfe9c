use curfew_domain::time::SignedDuration;
use serde_json::{Value, json};

use crate::template::machine_arn;
use crate::{ExecutionStatus, Function, Options, Plan, What, World, run};

fn quiet() -> Options {
    Options { sweep: false, ..Options::default() }
}

fn start(world: &World, name: &str, input: &Value) -> Result<Value, &'static str> {
    let request = json!({ "stateMachineArn": machine_arn(), "name": name, "input": input.to_string() });
    world.states_call("StartExecution", &request, None).map_err(|error| error.code)
}

fn send(world: &World, token: &str) -> Result<Value, &'static str> {
    let request = json!({ "taskToken": token, "output": "{\"next\":\"stop\"}" });
    world.states_call("SendTaskSuccess", &request, None).map_err(|error| error.code)
}

#[test]
fn an_execution_is_started_once_by_name() {
    run(quiet(), async |world| {
        let (name, input) = ("r1", json!({ "request_id": "019ab2c3-0000-7000-8000-000000000001" }));
        let first = start(&world, name, &input).unwrap();
        assert_eq!(start(&world, name, &input), Ok(first), "idempotent while it runs");
        assert_eq!(start(&world, name, &json!({})), Err("ExecutionAlreadyExists"));
        // The request does not exist: a mistake, which is not tried again.
        world.pass(SignedDuration::from_secs(5)).await;
        assert_eq!(start(&world, name, &input), Err("ExecutionAlreadyExists"));
        let execution = &world.executions()[0];
        let states: Vec<&str> = execution.states.iter().map(|(_, state)| &**state).collect();
        assert_eq!(states, ["Evaluate", "Abandon"]);
        assert_eq!(execution.status, ExecutionStatus::Failed);
        assert_eq!(execution.error.as_deref(), Some("Permanent"));
        assert_eq!(send(&world, "no token"), Err("InvalidToken"));
    });
}

#[test]
fn a_token_works_once_and_not_after_its_task() {
    run(Options::default(), async |world| {
        let id = super::submit(&world, "Operator").await;
        world.pass(SignedDuration::from_secs(10)).await;
        let token = |world: &World| {
            let items = world.items(&format!("REQ#{id}"));
            items.iter().find_map(|item| item["token"]["S"].as_str().map(str::to_owned))
        };
        let asked = token(&world).unwrap();
        assert!(send(&world, &asked).is_ok());
        assert_eq!(send(&world, &asked), Err("TaskTimedOut"));
        world.pass(SignedDuration::from_secs(1)).await;
        assert_eq!(world.execution(&id).unwrap().status, ExecutionStatus::Succeeded);
        assert!(!world.kill_execution(&id), "it is over");
    });
}

#[test]
fn an_event_that_fails_is_tried_as_the_template_says() {
    // Nothing answers: every invocation fails.
    let services = [crate::Service::DynamoDb];
    let outages = services.map(|service| crate::Outage {
        service,
        from: std::time::Duration::ZERO,
        to: std::time::Duration::from_hours(2),
    });
    let plan = Plan { outages: outages.into(), ..Plan::default() };
    run(Options { plan, ..quiet() }, async |world| {
        world.send(Function::Revoke, json!({}));
        world.pass(SignedDuration::from_mins(30)).await;
        let log = world.log();
        let begun: Vec<_> = log.steps().iter().filter(|step| matches!(step.what, What::Began { .. })).collect();
        assert_eq!(begun.len(), 2, "one retry");
        assert_eq!(begun[0].by.as_ref().unwrap().id, begun[1].by.as_ref().unwrap().id, "a retry keeps the id");
        assert!(begun[1].at.duration_since(begun[0].at) > SignedDuration::from_secs(60));
        assert_eq!(world.dead_letters().iter().map(|letter| letter.queue).collect::<Vec<_>>(), ["FailureQueue"]);
    });
}

#[test]
fn a_later_start_is_waited_for_and_observers_see_everything_in_order() {
    run(quiet(), async |world| {
        let seen = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
        let list = std::rc::Rc::clone(&seen);
        world.observe(move |world, step| {
            assert_eq!(step.at, world.now(), "observers see a step when it happens");
            if let What::Call(call) = &step.what
                && call.changes.iter().any(|change| matches!(change.item, crate::Changed::Request { .. }))
            {
                list.borrow_mut().push(world.requests()[0].state.stage().name());
            }
        });
        let start = curfew_domain::time::whole_seconds(world.now()) + SignedDuration::from_mins(40);
        let mut body = super::ask(&world, "Reader");
        body["start"] = start.to_string().into();
        let (status, answer) = world.api("ana", "POST", "/v1/requests", Some(body)).await;
        assert!(status < 300, "{answer}");
        world.until(start + SignedDuration::from_mins(1)).await;
        assert_eq!(*seen.borrow(), ["submitted", "scheduled", "provisioning", "active"]);
        let entered = &world.executions()[0].states;
        assert_eq!(entered.iter().map(|(_, state)| &**state).collect::<Vec<_>>()[2..], ["WaitForStart", "Provision"]);
        assert!(entered[3].0 >= start && entered[3].0 < start + SignedDuration::from_secs(1));
        assert_eq!(world.schedules().len(), 1);
        assert_eq!(world.schedules()[0].function, Function::Revoke);
    });
}
