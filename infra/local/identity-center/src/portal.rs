//! The portal API, as far as programs get credentials from it: `GET /federation/credentials`.
//!
//! A bearer token is `portal-` and the user's id: who may sign in is no business of this fake.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::wire::Shared;
use crate::{Millis, Model, PrincipalType};

/// How long credentials are good for, in milliseconds: an hour, the session duration of a permission set that names none.
const SESSION: u64 = 3_600_000;

/// Query of `GetRoleCredentials`.
#[derive(Deserialize)]
pub(crate) struct Role {
    account_id: String,
    role_name: String,
}

/// Credentials of a role, for who is assigned to it, directly or by a group.
pub(crate) async fn credentials(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Query(role): Query<Role>,
) -> Response {
    let token = headers.get("x-amz-sso_bearer_token").and_then(|value| value.to_str().ok());
    let Some(user) = token.and_then(|token| token.strip_prefix("portal-")) else {
        return refused(StatusCode::UNAUTHORIZED, "UnauthorizedException", "Session token not found or invalid");
    };
    let now = shared.now();
    let mut model = shared.model();
    model.settle(now);
    if !model.is_entitled(user, &role) {
        return refused(StatusCode::FORBIDDEN, "ForbiddenException", "No access");
    }
    Json(issued(user, &role, now)).into_response()
}

fn issued(user: &str, role: &Role, now: Millis) -> Value {
    let Millis(expiration) = now.plus(SESSION);
    json!({ "roleCredentials": {
        // The account number is a fit key for the emulator, which takes it for the account of the caller.
        "accessKeyId": role.account_id,
        "secretAccessKey": format!("secret-of-{user}"),
        "sessionToken": format!("{user}/{}/{}", role.account_id, role.role_name),
        "expiration": expiration,
    } })
}

fn refused(status: StatusCode, code: &'static str, message: &str) -> Response {
    (status, [("x-amzn-errortype", code)], Json(json!({ "message": message }))).into_response()
}

impl Model {
    fn is_entitled(&self, user: &str, role: &Role) -> bool {
        let named = |set: &Value| set.get("Name").and_then(Value::as_str) == Some(role.role_name.as_str());
        let is_it = |arn: &str| self.permission_sets.get(arn).is_some_and(|set| named(&Value::Object(set.clone())));
        self.assignments().iter().any(|assignment| {
            let theirs = match assignment.principal_type {
                PrincipalType::User => assignment.principal_id == user,
                PrincipalType::Group => self.is_member(&assignment.principal_id, user),
            };
            theirs && assignment.account == role.account_id && is_it(&assignment.permission_set)
        })
    }
}
