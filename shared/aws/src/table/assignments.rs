//! What is known about keys, and who may change them.

use async_trait::async_trait;
use curfew_domain::assignment::Assignment;
use curfew_domain::id::{Key, RequestId};
use curfew_domain::lease::{Holder, Lease};
use curfew_domain::request::Request;
use curfew_engine::error::Fault;
use curfew_engine::ports::{Assignments, Commit};

use super::{Item, Table, guard, item, n, number, request_pk, requests, s, shape, text, unreadable};
use crate::fault::{code, fault};

/// Key of the lease of the writer.
const WRITER: &str = "WRITER";
const LEASE: &str = "L";

#[async_trait]
impl Assignments for Table {
    async fn assignment(&self, key: &Key) -> Result<Assignment, Fault> {
        match self.get(&pk(key), "K", "read the assignment").await? {
            Some(item) => assignment(key, &item),
            None => Ok(Assignment::unknown(key.clone())),
        }
    }

    async fn assignment_for(&self, key: &Key, request: &RequestId) -> Result<(Assignment, Option<Request>), Fault> {
        let keys = vec![item(&pk(key), "K", []), item(&request_pk(request), "R", [])];
        let mut found = (Assignment::unknown(key.clone()), None);
        for item in self.batch(keys, "read the assignment and the request").await? {
            match text(&item, "sk")? {
                "K" => found.0 = assignment(key, &item)?,
                _ => found.1 = Some(requests::decode(&item)?),
            }
        }
        Ok(found)
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

    async fn take_lease(&self, holder: &Holder) -> Result<Commit, Fault> {
        // Unlike any version that another holder has written: whoever takes a lease over that ran out writes over a version.
        let version = u64::try_from(holder.until.as_millisecond()).unwrap_or_default();
        let item = lease_item(WRITER, LEASE, version, Some(holder));
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        // Its own, because the client repeats a write whose reply was lost.
        let put = put.condition_expression("attribute_not_exists(#holder) OR #holder = :me");
        let put =
            put.expression_attribute_names("#holder", "holder").expression_attribute_values(":me", s(&holder.name));
        match put.send().await {
            Ok(_) => Ok(Commit::Done),
            Err(e) if code(&e) == Some("ConditionalCheckFailedException") => Ok(Commit::Conflict),
            Err(e) => Err(fault("take the lease", e)),
        }
    }

    async fn give_lease_back(&self, holder: &Holder) -> Result<(), Fault> {
        let delete = self.client.delete_item().table_name(&self.name).key("pk", s(WRITER)).key("sk", s(LEASE));
        let delete = delete.condition_expression("#holder = :me").expression_attribute_names("#holder", "holder");
        match delete.expression_attribute_values(":me", s(&holder.name)).send().await {
            Ok(_) => Ok(()),
            // Given back before; or it ran out, and somebody else has it.
            Err(e) if code(&e) == Some("ConditionalCheckFailedException") => Ok(()),
            Err(e) => Err(fault("give the lease back", e)),
        }
    }

    async fn lease(&self) -> Result<Lease, Fault> {
        self.get_lease(WRITER, LEASE, "read the lease").await
    }

    async fn put_lease(&self, lease: &Lease) -> Result<Commit, Fault> {
        self.put_lease_item(WRITER, LEASE, lease, "write the lease").await
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
        let item = lease_item(pk, sk, lease.version + 1, lease.holder.as_ref());
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

fn lease_item(pk: &str, sk: &str, version: u64, holder: Option<&Holder>) -> Item {
    let mut item = item(pk, sk, [("version", n(version))]);
    if let Some(holder) = holder {
        item.insert("holder".to_owned(), s(&holder.name));
        item.insert("until".to_owned(), s(holder.until.to_string()));
    }
    item
}

fn assignment(key: &Key, item: &Item) -> Result<Assignment, Fault> {
    shape::assignment(key.clone(), number(item, "version")?, text(item, "doc")?)
}

fn pk(key: &Key) -> String {
    match key {
        Key::Assignment { user, account, permission_set } => format!("KEY#{user}#{account}#{permission_set}"),
        Key::Membership { user, group } => format!("KEY#{user}#GROUP#{group}"),
    }
}
