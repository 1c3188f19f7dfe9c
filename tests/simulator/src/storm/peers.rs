//! How peers remove access, as their sources show (research/performance.md §5.3, `bench/revoke_storm.py`).

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use curfew_domain::id::Key;
use curfew_identity_center::SSO_ADMIN;
use serde_json::{Value, json};

use super::CHANGE;
use crate::{World, parts};

/// A peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// AWS TEAM: a state machine per grant that deletes, with five more tries after 3, 6, 12, 24 and 48 seconds, and
    /// does not check the result.
    Team,
    /// SSO Elevator: a Lambda function per grant with the SDK's five quick tries, which then looks every second; killed
    /// after 30 seconds, not tried again.
    Elevator,
}

impl Peer {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Team => "aws-team pattern",
            Self::Elevator => "sso-elevator pattern",
        }
    }
}

/// Calls of `sso-admin`, and changes that were refused.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) calls: Cell<u64>,
    pub(super) refused: Cell<u64>,
}

/// Removes one grant's access as the peer would.
pub(super) async fn remove(world: World, key: Key, peer: Peer, counted: Rc<Counted>) {
    match peer {
        Peer::Team => {
            for wait in [3, 6, 12, 24, 48, 0] {
                if delete(&world, &key, &counted).is_some() {
                    return;
                }
                tokio::time::sleep(Duration::from_secs(wait)).await;
            }
        }
        Peer::Elevator => drop(tokio::time::timeout(Duration::from_secs(30), elevator(&world, &key, &counted)).await),
    }
}

async fn elevator(world: &World, key: &Key, counted: &Counted) {
    for attempt in 0..5 {
        if let Some(operation) = delete(world, key, counted) {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let body = json!({ "AccountAssignmentDeletionRequestId": operation });
                let seen = call(world, "DescribeAccountAssignmentDeletionStatus", body, counted);
                if seen.is_some_and(|it| it["AccountAssignmentDeletionStatus"]["Status"] != "IN_PROGRESS") {
                    return;
                }
            }
        }
        // The legacy mode of the SDK: up to a second, then two, four, eight.
        tokio::time::sleep(Duration::from_secs_f64(fastrand::f64() * f64::from(1 << attempt))).await;
    }
}

/// The operation, if it was accepted.
fn delete(world: &World, key: &Key, counted: &Counted) -> Option<String> {
    let body = json!({
        "TargetId": parts(key).account.as_str(), "TargetType": "AWS_ACCOUNT", "PrincipalType": "USER",
        "PermissionSetArn": parts(key).permission_set.as_str(), "PrincipalId": parts(key).user.as_str(),
    });
    let Some(reply) = call(world, CHANGE, body, counted) else {
        counted.refused.set(counted.refused.get() + 1);
        return None;
    };
    reply["AccountAssignmentDeletionStatus"]["RequestId"].as_str().map(str::to_owned)
}

fn call(world: &World, operation: &str, mut body: Value, counted: &Counted) -> Option<Value> {
    counted.calls.set(counted.calls.get() + 1);
    world.identity(|model, now| {
        body["InstanceArn"] = model.settings().instance_arn.as_str().into();
        model.call(SSO_ADMIN, operation, &body, now).ok()
    })
}
