//! What is known about keys, and who may change them.

use async_trait::async_trait;
use curfew_domain::assignment::Assignment;
use curfew_domain::id::Key;
use curfew_domain::lease::{Holder, Lease};
use curfew_engine::error::Fault;
use curfew_engine::ports::{Assignments, Commit};

use super::{Item, Table, guard, item, n, number, s, shape, text, unreadable};
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
        let item = item(&pk(&assignment.key), "K", attributes);
        self.put_guarded(item, assignment.version, "write the assignment").await
    }

    async fn lease(&self) -> Result<Lease, Fault> {
        self.get_lease("WRITER", "L", "read the lease").await
    }

    async fn put_lease(&self, lease: &Lease) -> Result<Commit, Fault> {
        self.put_lease_item("WRITER", "L", lease, "write the lease").await
    }
}

impl Table {
    /// The lease that is kept under this key.
    pub(super) async fn get_lease(&self, pk: &str, sk: &str, what: &'static str) -> Result<Lease, Fault> {
        let Some(item) = self.get(pk, sk, what).await? else { return Ok(Lease::NEW) };
        let holder = match item.get("holder") {
            None => None,
            Some(_) => Some(Holder {
                name: text(&item, "holder")?.to_owned(),
                until: text(&item, "until")?.parse().map_err(unreadable)?,
            }),
        };
        Ok(Lease { holder, version: number(&item, "version")? })
    }

    /// Keeps a lease under this key, over the version that was read.
    pub(super) async fn put_lease_item(
        &self,
        pk: &str,
        sk: &str,
        lease: &Lease,
        what: &'static str,
    ) -> Result<Commit, Fault> {
        let mut item = item(pk, sk, [("version", n(lease.version + 1))]);
        if let Some(holder) = &lease.holder {
            item.insert("holder".to_owned(), s(&holder.name));
            item.insert("until".to_owned(), s(holder.until.to_string()));
        }
        self.put_guarded(item, lease.version, what).await
    }

    /// Writes an item over the version that was read.
    pub(super) async fn put_guarded(&self, item: Item, version: u64, what: &'static str) -> Result<Commit, Fault> {
        let (condition, version) = guard(version);
        let mut put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put = put.condition_expression(condition);
        if let Some(version) = version {
            put = put.expression_attribute_values(":version", n(version));
        }
        match put.send().await {
            Ok(_) => Ok(Commit::Done),
            Err(e) if code(&e) == Some("ConditionalCheckFailedException") => Ok(Commit::Conflict),
            Err(e) => Err(fault(what, e)),
        }
    }
}

fn pk(key: &Key) -> String {
    match key {
        Key::Assignment { user, account, permission_set } => format!("KEY#{user}#{account}#{permission_set}"),
        Key::Membership { user, group } => format!("KEY#{user}#GROUP#{group}"),
    }
}
