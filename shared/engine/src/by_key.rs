//! One port over all kinds of keys: each strategy that Curfew carries out itself has an adapter of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use curfew_domain::assignment::OperationKind;
use curfew_domain::id::{AccountId, Key, PermissionSetArn, UserId};

use crate::error::Fault;
use crate::ports::{Access, AccessReader, Begin, Begun, Progress};

/// Sends each key to who knows it.
pub struct ByKey {
    /// Permission sets in accounts: the only ones with operations that take time.
    pub assignments: Arc<dyn Access>,
    /// Members of groups.
    pub memberships: Arc<dyn Access>,
}

impl ByKey {
    fn of(&self, key: &Key) -> &dyn Access {
        match key {
            Key::Assignment { .. } => self.assignments.as_ref(),
            Key::Membership { .. } => self.memberships.as_ref(),
        }
    }
}

#[async_trait]
impl AccessReader for ByKey {
    async fn is_assigned(&self, key: &Key) -> Result<bool, Fault> {
        self.of(key).is_assigned(key).await
    }

    async fn assigned(
        &self,
        account: &AccountId,
        set: &PermissionSetArn,
        users: &BTreeSet<UserId>,
    ) -> Result<BTreeSet<UserId>, Fault> {
        self.assignments.assigned(account, set, users).await
    }
}

#[async_trait]
impl Access for ByKey {
    async fn begin(&self, kind: OperationKind, key: &Key) -> Result<Begun, Fault> {
        self.of(key).begin(kind, key).await
    }

    async fn progress(&self, kind: OperationKind, id: &str) -> Result<Option<Progress>, Fault> {
        self.assignments.progress(kind, id).await
    }

    async fn in_progress(&self, kind: OperationKind) -> Result<Vec<String>, Fault> {
        self.assignments.in_progress(kind).await
    }

    async fn operations(&self, kind: OperationKind) -> Result<Vec<Begin>, Fault> {
        self.assignments.operations(kind).await
    }

    async fn target(&self, kind: OperationKind, id: &str) -> Result<Option<Key>, Fault> {
        self.assignments.target(kind, id).await
    }
}
