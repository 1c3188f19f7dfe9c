//! What people prefer.

use std::collections::BTreeSet;

use async_trait::async_trait;
use curfew_domain::id::UserId;
use curfew_engine::error::Fault;
use curfew_engine::ports::Preferences;

use super::{Table, item, s};
use crate::fault::fault;

/// Sort key.
const SORT: &str = "P";

#[async_trait]
impl Preferences for Table {
    async fn unwanted(&self, who: &UserId) -> Result<BTreeSet<String>, Fault> {
        let found = self.get(&partition(who), SORT, "read the preferences").await?;
        let kinds = found.as_ref().and_then(|item| item.get("unwanted")?.as_s().ok());
        Ok(kinds.iter().flat_map(|kinds| kinds.split_whitespace()).map(str::to_owned).collect())
    }

    async fn put_unwanted(&self, who: &UserId, unwanted: &BTreeSet<String>) -> Result<(), Fault> {
        let kinds = unwanted.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let item = item(&partition(who), SORT, [("unwanted", s(kinds))]);
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(|e| fault("keep the preferences", e))
    }
}

fn partition(who: &UserId) -> String {
    format!("PERSON#{who}")
}
