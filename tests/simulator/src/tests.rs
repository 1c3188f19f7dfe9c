//! The simulated AWS with the real handlers over it.

mod determinism;
mod faults;
mod life_cycle;
mod services;

use curfew_domain::id::RequestId;
use curfew_domain::request::State;
use curfew_domain::time::SignedDuration;
use serde_json::{Value, json};

use crate::{Options, Plan, World, run};

/// A request of Ana's.
pub(crate) fn ask(world: &World, permission_set: &str) -> Value {
    json!({
        "account": "111122223333",
        "permission_set": world.permission_set(permission_set).as_str(),
        "duration": "PT1H",
        "justification": "Look after the sandbox",
    })
}

/// Ana submits; again if the call fails on the way.
pub(crate) async fn submit(world: &World, permission_set: &str) -> RequestId {
    for _ in 0..10 {
        let body = ask(world, permission_set);
        let (status, answer) = world.api_once("ana", "POST", "/v1/requests", Some(body), "the-one").await;
        if status < 300 {
            return RequestId::parse(answer["id"].as_str().unwrap()).unwrap();
        }
        assert!(status >= 500, "{status} {answer}");
        world.pass(SignedDuration::from_secs(2)).await;
    }
    panic!("the request is never accepted");
}

/// Waits until a request is in a state, at most so many seconds.
pub(crate) async fn reaches(world: &World, id: &RequestId, seconds: i64, is: impl Fn(&State) -> bool) {
    let until = world.now() + SignedDuration::from_secs(seconds);
    while !is(&world.request(id).unwrap().state) {
        assert!(world.now() < until, "still {:?} at {}", world.request(id).unwrap().state, world.now());
        world.pass(SignedDuration::from_secs(1)).await;
    }
}

pub(crate) fn name(world: &World, id: &RequestId) -> &'static str {
    world.request(id).unwrap().state.stage().name()
}

/// One automatically approved request, from submission until everything is quiet after its end.
pub(crate) async fn automatic(world: World) -> World {
    let id = submit(&world, "Reader").await;
    reaches(&world, &id, 400, |state| matches!(state, State::Active(_))).await;
    let key = world.key("ana", "111122223333", "Reader");
    assert!(world.key_is_assigned(&key));
    reaches(&world, &id, 4_500, |state| matches!(state, State::Ended { .. })).await;
    assert!(!world.key_is_assigned(&key));
    world.pass(SignedDuration::from_mins(2)).await;
    world
}

/// Runs the automatic request under a plan.
pub(crate) fn under(seed: u64, plan: Plan) -> World {
    run(Options { seed, plan, ..Options::default() }, automatic)
}
