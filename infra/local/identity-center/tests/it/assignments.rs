use crate::{ACCOUNT, World, code};
use curfew_identity_center::{Assignment, DeletedPrincipals, PrincipalType, RoleUpdates, Settings};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn account(n: usize) -> String {
    format!("{:012}", 200_000_000_000_u64 + n as u64)
}

fn unlimited() -> Settings {
    Settings { calls_per_second: 0, ..Settings::default() }
}

#[test]
fn a_create_takes_effect_when_its_latency_is_over() {
    let mut world = World::new();
    let request = world.create().unwrap();
    world.pass(999);
    assert_eq!(world.outcome("Creation", &request).0, "IN_PROGRESS");
    assert_eq!((world.listed(), world.model.operations_in_progress().len()), (0, 1));
    world.pass(1);
    assert_eq!(world.outcome("Creation", &request), ("SUCCEEDED".into(), String::new()));
    assert_eq!((world.listed(), world.model.assignments().len()), (1, 1));
    let request = world.delete().unwrap();
    world.pass(1_000);
    assert_eq!(world.outcome("Deletion", &request).0, "SUCCEEDED");
    assert_eq!(world.listed(), 0);
}

#[test]
fn a_key_accepts_one_operation_at_a_time() {
    let mut world = World::new();
    world.create().unwrap();
    assert_eq!(code(world.create()), "ConflictException");
    assert_eq!(code(world.delete()), "ConflictException");
    world.pass(1_000);
    world.delete().unwrap();
}

#[test]
fn an_11th_outstanding_operation_is_throttled() {
    let mut world = World::new();
    let user = world.user.clone();
    for n in 0..10 {
        world.begin("Create", &account(n), &user).unwrap();
    }
    assert_eq!(code(world.begin("Create", &account(10), &user)), "ThrottlingException");
    world.pass(1_000);
    world.begin("Create", &account(10), &user).unwrap();
}

#[test]
fn the_21st_call_of_a_second_is_throttled_and_the_identity_store_is_not() {
    let mut world = World::new();
    for _ in 0..20 {
        world.sso("ListPermissionSets", json!({})).unwrap();
    }
    assert_eq!(code(world.sso("ListPermissionSets", json!({}))), "ThrottlingException");
    world.store("ListUsers", json!({})).unwrap();
    world.pass(50);
    world.sso("ListPermissionSets", json!({})).unwrap();
    assert_eq!(code(world.sso("ListPermissionSets", json!({}))), "ThrottlingException");
    assert_eq!(world.model.calls("ListPermissionSets"), 23);
    assert_eq!(world.model.counters()["ListPermissionSets"]["ThrottlingException"], 2);
}

#[test]
fn an_account_works_on_one_operation_at_a_time() {
    for (role_updates, ends) in [(RoleUpdates::Queued, 2_000), (RoleUpdates::Parallel, 1_000)] {
        let mut world = World::with(Settings { role_updates, ..Settings::default() });
        let other = world.new_user("grace");
        world.create().unwrap();
        let second = world.begin("Create", ACCOUNT, &other).unwrap();
        world.pass(ends - 1);
        assert_eq!(world.outcome("Creation", &second).0, "IN_PROGRESS");
        world.pass(1);
        assert_eq!(world.outcome("Creation", &second).0, "SUCCEEDED");
    }
    let mut world = World::with(Settings { role_updates: RoleUpdates::Refused, ..Settings::default() });
    let other = world.new_user("grace");
    world.create().unwrap();
    assert_eq!(code(world.begin("Create", ACCOUNT, &other)), "ConflictException");
}

#[test]
fn a_create_over_an_existing_assignment_succeeds_and_changes_nothing() {
    let mut world = World::new();
    for _ in 0..2 {
        let request = world.create().unwrap();
        world.pass(1_000);
        assert_eq!(world.outcome("Creation", &request).0, "SUCCEEDED");
        assert_eq!(world.model.assignments().len(), 1);
    }
}

#[test]
fn what_cannot_be_done_is_accepted_and_fails_later() {
    let accounts = BTreeSet::from([ACCOUNT.into(), account(0), account(1)]);
    let suspended_accounts = BTreeSet::from([account(1)]);
    let mut world = World::with(Settings { accounts, suspended_accounts, ..unlimited() });
    let (user, nobody) = (world.user.clone(), "00000000-0000-4000-8000-000000000000");
    let cases = [
        ("Create", ACCOUNT.to_owned(), nobody, "404 status error: the USER assignee"),
        ("Delete", account(0), user.as_str(), "404 status error: EntitlementItem doesn't exist"),
        ("Create", account(2), user.as_str(), "404 status error: the account"),
        ("Create", account(1), user.as_str(), "unable to complete your request"),
    ];
    for (verb, account, user, text) in cases {
        let request = world.begin(verb, &account, user).unwrap();
        world.pass(1_000);
        let (status, reason) = world.outcome(if verb == "Create" { "Creation" } else { "Deletion" }, &request);
        assert_eq!(status, "FAILED");
        assert!(reason.contains(text), "{reason}");
    }
    assert!(world.model.assignments().is_empty());
}

#[test]
fn a_delegated_administrator_is_refused_the_management_account_and_what_is_in_use_there() {
    let mut world = World::with(Settings { management_account: Some(account(0)), ..Settings::default() });
    let user = world.user.clone();
    assert_eq!(code(world.begin("Create", &account(0), &user)), "AccessDeniedException");
    world.create().unwrap();
    world.pass(1_000);
    let in_management = Assignment {
        account: account(0),
        permission_set: world.permission_set.clone(),
        principal_type: PrincipalType::User,
        principal_id: user,
    };
    assert!(world.model.set_assignment(in_management, true, world.now));
    assert_eq!(code(world.delete()), "AccessDeniedException");
}

#[test]
fn status_listings_filter_and_leave_out_the_target() {
    let mut world = World::new();
    let done = world.create().unwrap();
    world.pass(1_000);
    let user = world.user.clone();
    let open = world.begin("Create", &account(0), &user).unwrap();
    let body = json!({ "Filter": { "Status": "IN_PROGRESS" } });
    let reply = world.sso("ListAccountAssignmentCreationStatus", body).unwrap();
    let created = json!(1_700_000_002.0);
    assert_eq!(
        reply["AccountAssignmentsCreationStatus"],
        json!([{ "Status": "IN_PROGRESS", "RequestId": open, "CreatedDate": created }])
    );
    let all = world.sso("ListAccountAssignmentCreationStatus", json!({})).unwrap();
    assert_eq!(all["AccountAssignmentsCreationStatus"].as_array().unwrap().len(), 2);
    let deletions = world.sso("ListAccountAssignmentDeletionStatus", json!({})).unwrap();
    assert_eq!(deletions["AccountAssignmentsDeletionStatus"], json!([]));
    let body = json!({ "AccountAssignmentDeletionRequestId": done });
    assert_eq!(code(world.sso("DescribeAccountAssignmentDeletionStatus", body)), "ResourceNotFoundException");
}

#[test]
fn listings_lag_behind_by_the_configured_time() {
    let mut world = World::with(Settings { listing_lag_ms: 500, ..Settings::default() });
    world.create().unwrap();
    world.pass(1_499);
    assert_eq!((world.listed(), world.model.assignments().len()), (0, 1));
    world.pass(1);
    assert_eq!(world.listed(), 1);
}

#[test]
fn pages_cover_everything_once_while_rows_come_and_go() {
    let mut world = World::with(Settings { page_limit: 2, ..unlimited() });
    let target = |world: &World, user: String| Assignment {
        account: ACCOUNT.into(),
        permission_set: world.permission_set.clone(),
        principal_type: PrincipalType::User,
        principal_id: user,
    };
    let users: BTreeSet<String> = (0..5).map(|n| world.new_user(&format!("user{n}"))).collect();
    for user in &users {
        let it = target(&world, user.clone());
        world.model.set_assignment(it, true, world.now);
    }
    let (mut seen, mut token) = (Vec::new(), Value::Null);
    loop {
        let body = json!({
            "AccountId": ACCOUNT, "PermissionSetArn": world.permission_set, "MaxResults": 50, "NextToken": token,
        });
        let reply = world.sso("ListAccountAssignments", body).unwrap();
        let rows = reply["AccountAssignments"].as_array().unwrap();
        assert!(rows.len() <= 2);
        seen.extend(rows.iter().map(|row| row["PrincipalId"].as_str().unwrap().to_owned()));
        // What was already shown goes away: the next page must not skip anybody.
        let it = target(&world, seen[0].clone());
        world.model.set_assignment(it, false, world.now);
        token = reply["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(seen, users.into_iter().collect::<Vec<_>>());
    assert_eq!(code(world.sso("ListPermissionSets", json!({ "NextToken": "xyz" }))), "ValidationException");
}

#[test]
fn what_becomes_of_a_deleted_users_assignments_is_a_setting() {
    let cases = [
        (DeletedPrincipals::Removed, 0, "FAILED", 0),
        (DeletedPrincipals::Kept, 1, "SUCCEEDED", 0),
        (DeletedPrincipals::Undeletable, 1, "FAILED", 1),
    ];
    for (deleted_principals, kept, status, left) in cases {
        let mut world = World::with(Settings { deleted_principals, ..Settings::default() });
        world.create().unwrap();
        world.pass(1_000);
        let user = world.user.clone();
        world.store("DeleteUser", json!({ "UserId": user })).unwrap();
        assert_eq!(world.listed(), kept);
        let request = world.delete().unwrap();
        world.pass(1_000);
        assert_eq!(world.outcome("Deletion", &request).0, status);
        assert_eq!(world.listed(), left);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is called when: limits hold, the last accepted operation on a key decides, and a run can be repeated.
    #[test]
    fn any_order_of_calls_keeps_the_rules(steps in prop::collection::vec((0_usize..14, any::<bool>(), 0_u64..700), 1..80)) {
        let run = || {
            let mut world = World::with(Settings { latency_jitter_ms: 900, ..Settings::default() });
            let user = world.user.clone();
            let mut last = std::collections::BTreeMap::new();
            for (key, create, wait) in &steps {
                let verb = if *create { "Create" } else { "Delete" };
                if world.begin(verb, &account(*key), &user).is_ok() {
                    last.insert(account(*key), *create);
                }
                let open = world.model.operations_in_progress();
                let keys: BTreeSet<_> = open.iter().map(|operation| &operation.assignment).collect();
                assert!(open.len() <= 10 && keys.len() == open.len());
                world.pass(*wait);
            }
            while let Some(next) = world.model.next_event() {
                world.now = next;
                world.model.settle(next);
            }
            let wanted: BTreeSet<_> = last.into_iter().filter(|(_, create)| *create).map(|(account, _)| account).collect();
            let found: BTreeSet<_> = world.model.assignments().iter().map(|it| it.account.clone()).collect();
            assert_eq!(found, wanted);
            assert!(world.model.operations_in_progress().is_empty());
            world.model.journal().cloned().collect::<Vec<_>>()
        };
        prop_assert_eq!(run(), run());
    }
}
