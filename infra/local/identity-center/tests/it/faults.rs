use crate::{World, code};
use curfew_identity_center::{Fault, FaultKind, SSO_ADMIN, Settings};
use serde_json::json;

impl World {
    fn inject(&mut self, operation: &str, times: u32, kind: FaultKind) {
        self.model.inject(Fault { operation: operation.into(), times, kind });
    }
}

#[test]
fn a_refusal_has_no_effect_and_happens_as_often_as_ordered() {
    let kinds = [
        (FaultKind::Throttle, "ThrottlingException"),
        (FaultKind::Conflict, "ConflictException"),
        (FaultKind::InternalError, "InternalServerException"),
        (FaultKind::AccessDenied, "AccessDeniedException"),
        (FaultKind::LostRequest, "ReplyLost"),
    ];
    for (kind, exception) in kinds {
        let mut world = World::new();
        world.inject("CreateAccountAssignment", 2, kind);
        world.listed();
        assert_eq!((code(world.create()), code(world.create())), (exception, exception));
        assert!(world.model.operations_in_progress().is_empty() && world.model.faults().is_empty());
        world.create().unwrap();
        let counters = &world.model.counters()["CreateAccountAssignment"];
        assert_eq!((counters[exception], counters["ok"]), (2, 1));
    }
}

#[test]
fn a_lost_reply_hides_a_call_that_took_effect() {
    let mut world = World::new();
    world.inject("*", 1, FaultKind::LostReply);
    assert!(world.create().unwrap_err().is_reply_lost());
    // A call without effect does not use such a fault up.
    world.inject("*", 1, FaultKind::LostReply);
    assert_eq!((code(world.create()), world.model.faults().len()), ("ConflictException", 1));
    world.model.heal(world.now);
    world.pass(1_000);
    assert_eq!(world.listed(), 1);
}

#[test]
fn an_operation_can_be_made_to_fail() {
    let mut world = World::new();
    // It waits for an operation that can fail so: a listing does not use it up.
    world.inject("*", 1, FaultKind::Fail { reason: "role quota exceeded".into() });
    world.listed();
    let request = world.create().unwrap();
    world.pass(1_000);
    assert_eq!(world.outcome("Creation", &request), ("FAILED".into(), "role quota exceeded".into()));
    assert_eq!(world.listed(), 0);
}

#[test]
fn a_stuck_operation_ends_when_it_is_healed_and_not_before() {
    let mut world = World::new();
    let other = world.new_user("grace");
    world.inject("CreateAccountAssignment", 1, FaultKind::Stuck);
    let first = world.create().unwrap();
    let second = world.begin("Create", crate::ACCOUNT, &other).unwrap();
    world.pass(86_400_000);
    assert_eq!(world.outcome("Creation", &first).0, "IN_PROGRESS");
    assert_eq!(world.outcome("Creation", &second).0, "IN_PROGRESS");
    assert_eq!(code(world.delete()), "ConflictException");
    world.model.heal(world.now);
    assert_eq!(world.outcome("Creation", &first).0, "SUCCEEDED");
    assert_eq!(world.outcome("Creation", &second).0, "IN_PROGRESS");
    world.pass(1_000);
    assert_eq!(world.outcome("Creation", &second).0, "SUCCEEDED");
}

#[test]
fn slow_operations_take_their_time_and_late_replies_say_how_late() {
    let mut world = World::new();
    world.inject("CreateAccountAssignment", 1, FaultKind::Slow { ms: 60_000 });
    world.create().unwrap();
    world.pass(59_999);
    assert!(world.model.assignments().is_empty());
    world.pass(1);
    assert_eq!(world.model.assignments().len(), 1);
    world.inject("ListInstances", 1, FaultKind::LateReply { ms: 700 });
    let answer = world.model.answer(SSO_ADMIN, "ListInstances", &json!({}), world.now);
    assert!(answer.outcome.is_ok() && answer.delay_ms == 700);
}

#[test]
fn the_journal_is_bounded_and_the_counters_are_exact() {
    let mut world = World::with(Settings { history: 3, calls_per_second: 0, ..Settings::default() });
    for _ in 0..50 {
        world.listed();
    }
    assert_eq!(world.model.journal().count(), 3);
    assert_eq!(world.model.calls("ListAccountAssignments"), 50);
    let call = world.model.journal().next().unwrap();
    assert_eq!((call.at, call.outcome, call.parameters["AccountId"].as_str()), (world.now, "ok", Some(crate::ACCOUNT)));
}
