//! What is known about keys.

use async_trait::async_trait;
use curfew_domain::assignment::Assignment;
use curfew_domain::id::Key;
use curfew_engine::error::Fault;
use curfew_engine::ports::{Assignments, Commit};

use super::{ABSENT, Table, UNCHANGED, item, n, number, s, shape, text};
use crate::fault::{code, fault};

#[async_trait]
impl Assignments for Table {
    async fn assignment(&self, key: &Key) -> Result<Assignment, Fault> {
        match self.get(&pk(key), "K", "read the assignment").await? {
            Some(item) => shape::assignment(key.clone(), number(&item, "version")?, text(&item, "doc")?),
            None => Ok(Assignment::unknown(key.clone())),
        }
    }

    async fn put_assignment(&self, assignment: &Assignment) -> Result<Commit, Fault> {
        let attributes = [
            ("schema", n(shape::SCHEMA)),
            ("version", n(assignment.version + 1)),
            ("doc", s(shape::assignment_doc(assignment)?)),
        ];
        let put =
            self.client.put_item().table_name(&self.name).set_item(Some(item(&pk(&assignment.key), "K", attributes)));
        let put = match assignment.version {
            0 => put.condition_expression(ABSENT),
            version => put.condition_expression(UNCHANGED).expression_attribute_values(":version", n(version)),
        };
        match put.send().await {
            Ok(_) => Ok(Commit::Done),
            Err(e) if code(&e) == Some("ConditionalCheckFailedException") => Ok(Commit::Conflict),
            Err(e) => Err(fault("write the assignment", e)),
        }
    }
}

fn pk(key: &Key) -> String {
    format!("KEY#{}#{}#{}", key.user, key.account, key.permission_set)
}
