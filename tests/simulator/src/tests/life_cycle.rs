use curfew_domain::request::State;
use curfew_domain::time::SignedDuration;
use serde_json::json;

use super::{ask, automatic, name, reaches, submit};
use crate::{ExecutionStatus, Function, Options, Service, Source, What, run};

#[test]
fn an_automatic_request_begins_and_ends() {
    run(Options::default(), async |world| {
        let world = automatic(world).await;
        let id = &world.requests()[0].ask.id.clone();
        let execution = world.execution(id).unwrap();
        assert_eq!(execution.status, ExecutionStatus::Succeeded);
        let states: Vec<&str> = execution.states.iter().map(|(_, state)| &**state).collect();
        assert_eq!(states, ["Evaluate", "Route", "Provision"]);
        let history: Vec<_> = world.history(id).iter().map(|record| (**record).clone()).collect();
        curfew_domain::audit::verify(id, &history, &world.request(id).unwrap().head).unwrap();
        assert!(world.dead_letters().is_empty(), "{:?}", world.dead_letters());
        assert!(world.violations().is_empty());
        assert_eq!(world.at_work(), 0);
        let counts = world.counts();
        assert_eq!(counts.all_calls(), world.calls() as u64);
        assert_eq!(counts.states, 3);
        assert!(counts.write_units > 0 && counts.half_read_units > 0);
        assert_eq!(counts.calls[&(Service::SsoAdmin, "CreateAccountAssignment")], 1);
        assert_eq!(counts.calls[&(Service::SsoAdmin, "DeleteAccountAssignment")], 1);
        assert_eq!(counts.invocations[&Function::Evaluate], 1);
        let log = world.log();
        let operations = log.steps().iter().filter(|step| matches!(step.what, What::Operation(_))).count();
        assert_eq!(operations, 2);
        assert!(log.events().any(|(_, event)| matches!(event.source, Source::Schedule(_))));
        assert!(log.events().any(|(_, event)| event.source == Source::Periodic));
    });
}

#[test]
fn an_approved_request_begins_and_ends() {
    run(Options::default(), async |world| {
        let id = submit(&world, "Operator").await;
        reaches(&world, &id, 10, |state| matches!(state, State::AwaitingApproval { .. })).await;
        world.pass(SignedDuration::from_mins(30)).await;
        let (status, waiting) = world.api("ben", "GET", "/v1/approvals", None).await;
        assert_eq!(status, 200, "{waiting}");
        let path = format!("/v1/requests/{id}/decisions");
        let decision = json!({ "decision": "approve" });
        let (status, answer) = world.api("ana", "POST", &path, Some(decision.clone())).await;
        assert_eq!(status, 403, "{answer}");
        let (status, answer) = world.api("ben", "POST", &path, Some(decision)).await;
        assert_eq!(status, 200, "{answer}");
        reaches(&world, &id, 60, |state| matches!(state, State::Active(_))).await;
        let key = world.key("ana", "111122223333", "Operator");
        assert!(world.key_is_assigned(&key));
        assert!(!world.assignment(&key).holds.is_empty());
        reaches(&world, &id, 3_800, |state| matches!(state, State::Ended { .. })).await;
        assert!(!world.key_is_assigned(&key));
        assert_eq!(world.execution(&id).unwrap().states.len(), 5);
    });
}

#[test]
fn a_denied_and_a_lapsed_request_give_nothing() {
    run(Options::default(), async |world| {
        let id = submit(&world, "Operator").await;
        reaches(&world, &id, 10, |state| matches!(state, State::AwaitingApproval { .. })).await;
        let path = format!("/v1/requests/{id}/decisions");
        let (status, answer) = world.api("cleo", "POST", &path, Some(json!({ "decision": "deny" }))).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(name(&world, &id), "denied");
        let (status, answer) = world.api("ana", "POST", "/v1/requests", Some(ask(&world, "Operator"))).await;
        assert!(status < 300, "{answer}");
        world.pass(SignedDuration::from_hours(5)).await;
        let stages: Vec<_> = world.requests().iter().map(|request| request.state.stage().name()).collect();
        assert_eq!(stages, ["denied", "lapsed"]);
        assert!(world.executions().iter().all(|execution| execution.status == ExecutionStatus::Succeeded));
        assert_eq!(world.counts().calls.get(&(Service::SsoAdmin, "CreateAccountAssignment")), None);
    });
}

#[test]
fn a_call_without_a_route_a_stranger_and_a_query_are_answered() {
    run(Options::default(), async |world| {
        assert_eq!(world.api("ana", "GET", "/v2/nothing", None).await.0, 404);
        assert_eq!(world.api("mallory", "GET", "/v1/me", None).await.0, 403);
        submit(&world, "Reader").await;
        let (status, answer) = world.api("ana", "GET", "/v1/requests?limit=1&requester=me", None).await;
        assert_eq!((status, answer["items"].as_array().map(Vec::len)), (200, Some(1)), "{answer}");
    });
}
