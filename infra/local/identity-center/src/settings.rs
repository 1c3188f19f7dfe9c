//! What the fake organisation looks like and how fast, lazy or strict the service is.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// All knobs. The defaults are AWS's published quotas, and one second for an assignment operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The only instance.
    pub instance_arn: String,
    /// Its identity store.
    pub identity_store_id: String,
    /// The account that owns the instance.
    pub owner_account: String,
    /// Accounts of the organisation; empty means that every account id exists.
    pub accounts: BTreeSet<String>,
    /// Closed accounts: assignments stay listed, operations on them end FAILED.
    pub suspended_accounts: BTreeSet<String>,
    /// When set, the caller is a delegated administrator, who may not touch this account nor permission sets in use there.
    pub management_account: Option<String>,
    /// How long an assignment operation runs.
    pub latency_ms: u64,
    /// A random part of that, 0 to this many milliseconds, drawn from the model's seed.
    pub latency_jitter_ms: u64,
    /// Calls of `sso-admin` per second, all operations together; 0 means no limit.
    pub calls_per_second: u32,
    /// Assignment operations that may be in progress at once; 0 means no limit.
    pub outstanding_operations: usize,
    /// AWS updates one role per account at a time: what happens to a second operation on the account.
    pub role_updates: RoleUpdates,
    /// How far `ListAccountAssignments` and `ListAccountAssignmentsForPrincipal` lag behind.
    pub listing_lag_ms: u64,
    /// Largest page that a listing returns, whatever `MaxResults` asks for.
    pub page_limit: usize,
    /// What becomes of a deleted user's assignments.
    pub deleted_principals: DeletedPrincipals,
    /// How many calls, and how many finished operations, are remembered.
    pub history: usize,
}

/// What happens to a second operation on an account while one is in progress there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleUpdates {
    /// It runs beside the first.
    Parallel,
    /// It is accepted and starts when the first has ended.
    Queued,
    /// It is refused with `ConflictException`.
    Refused,
}

/// What becomes of the assignments of a user who is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletedPrincipals {
    /// They vanish with the user.
    Removed,
    /// They stay listed until somebody deletes them.
    Kept,
    /// They stay listed and deleting them ends FAILED with a 404 (terraform-provider-aws #19341).
    Undeletable,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            instance_arn: "arn:aws:sso:::instance/ssoins-1111222233334444".into(),
            identity_store_id: "d-1234567890".into(),
            owner_account: "000000000000".into(),
            accounts: BTreeSet::new(),
            suspended_accounts: BTreeSet::new(),
            management_account: None,
            latency_ms: 1_000,
            latency_jitter_ms: 0,
            calls_per_second: 20,
            outstanding_operations: 10,
            role_updates: RoleUpdates::Queued,
            listing_lag_ms: 0,
            page_limit: 100,
            deleted_principals: DeletedPrincipals::Kept,
            history: 10_000,
        }
    }
}
