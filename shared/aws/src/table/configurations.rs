//! Published configuration.

use async_trait::async_trait;
use curfew_domain::id::UserId;
use curfew_domain::time::Timestamp;
use curfew_engine::error::Fault;
use curfew_engine::ports::{Commit, Configurations};
use curfew_policy::Configuration;

use super::{Table, item, s, text};

#[async_trait]
impl Configurations for Table {
    async fn current(&self) -> Result<Option<(Configuration, String)>, Fault> {
        let what = "read the configuration";
        let Some(item) = self.get("CONFIG", "current", what).await? else { return Ok(None) };
        let text = text(&item, "text")?;
        let configuration = Configuration::parse(text).map_err(|problems| {
            Fault::permanent(what, problems.first().map(ToString::to_string).unwrap_or_default())
        })?;
        Ok(Some((configuration, text.to_owned())))
    }

    async fn publish(
        &self,
        configuration: &Configuration,
        text: &str,
        by: &UserId,
        at: Timestamp,
    ) -> Result<(), Fault> {
        let what = "publish the configuration";
        let version = configuration.version().as_str();
        let published = [("version_id", s(version)), ("by", s(by.as_str())), ("at", s(at.to_string()))];
        let puts = [
            self.put(item("CONFIG", "current", [("version_id", s(version)), ("text", s(text))]), None, what)?,
            // The same version has the same text, however often it is published.
            self.put(item("CONFIG", &format!("v#{version}"), [("text", s(text))]), None, what)?,
            self.put(item("CONFIG", &format!("p#{at}"), published), None, what)?,
        ];
        let writes = puts.into_iter().map(|put| aws_sdk_dynamodb::types::TransactWriteItem::builder().put(put).build());
        match self.transact(writes.collect(), what).await? {
            Commit::Done => Ok(()),
            Commit::Conflict => Err(Fault::transient(what, "somebody else is publishing")),
        }
    }
}
