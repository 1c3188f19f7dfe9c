//! Published configurations: files by version, publications by number, and which one is in force.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::TransactWriteItem;
use curfew_domain::text::Comment;
use curfew_domain::time::Timestamp;
use curfew_engine::error::Fault;
use curfew_engine::ports::{Commit, CompiledRules, Configurations};
use curfew_engine::publish::{Proposal, Publication};
use curfew_policy::{Bundle, Version};

use super::{ABSENT, AttributeValue, Item, Table, UNCHANGED, item, n, number, s, text, unreadable};
use crate::fault::fault;

pub(super) const PARTITION: &str = "CONFIG";
pub(super) const CURRENT: &str = "current";

#[async_trait]
impl Configurations for Table {
    async fn in_force(&self) -> Result<Option<Publication>, Fault> {
        self.get(PARTITION, CURRENT, "read which configuration is in force")
            .await?
            .as_ref()
            .map(publication)
            .transpose()
    }

    async fn bundle(&self, version: &Version) -> Result<Option<Bundle>, Fault> {
        let Some(json) = self.blob(&files(version), "read the configuration").await? else { return Ok(None) };
        let bundle = Bundle::from_json(&json).map_err(unreadable)?;
        if bundle.version() != *version {
            return Err(unreadable(format!("the files of configuration {version} are not those that were stored")));
        }
        Ok(Some(bundle))
    }

    async fn rules(&self, version: &Version) -> Result<Option<CompiledRules>, Fault> {
        let Some(stored) = self.blob(&rules(version), "read the rules").await? else { return Ok(None) };
        Ok(stored
            .split_once('\n')
            .map(|(digest, index)| CompiledRules { index: index.to_owned(), digest: digest.to_owned() }))
    }

    async fn put_bundle(&self, bundle: &Bundle, compiled: &CompiledRules) -> Result<(), Fault> {
        let (version, what) = (bundle.version(), "store the configuration");
        // The files last: a version counts as stored once they are.
        self.put_blob(&rules(&version), &format!("{}\n{}", compiled.digest, compiled.index), what).await?;
        self.put_blob(&files(&version), &bundle.to_json(), what).await
    }

    async fn put_in_force(&self, publication: &Publication) -> Result<Commit, Fault> {
        let what = "publish the configuration";
        let before = publication.number.saturating_sub(1);
        let guard = if before == 0 { (ABSENT, None) } else { (UNCHANGED, Some(before)) };
        let puts = [
            self.put(written(CURRENT, publication), Some(guard), what)?,
            self.put(written(&sort_key(publication.number), publication), Some((ABSENT, None)), what)?,
        ];
        let writes = puts.into_iter().map(|put| TransactWriteItem::builder().put(put).build());
        self.transact(writes.collect(), what).await
    }

    async fn publications(&self, before: Option<u64>, limit: u32) -> Result<Vec<Publication>, Fault> {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", s(PARTITION))
            .expression_attribute_values(":first", s(sort_key(0)))
            .expression_attribute_values(":last", s(sort_key(before.map_or(u64::MAX, |n| n.saturating_sub(1)))))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let page = query.send().await.map_err(|e| fault("list the publications", e))?;
        page.items().iter().map(publication).collect()
    }

    async fn proposal(&self, version: &Version) -> Result<Option<Proposal>, Fault> {
        let item = self.get(PARTITION, &format!("proposal#{version}"), "read the proposal").await?;
        item.as_ref().map(proposal).transpose()
    }

    async fn put_proposal(&self, proposal: &Proposal) -> Result<(), Fault> {
        let Proposal { version, by, at, comment, based_on } = proposal;
        let facts = [("version_id", s(version.as_str())), ("by", s(by)), ("at", s(at.to_string()))];
        let mut item = item(PARTITION, &format!("proposal#{version}"), facts);
        add(&mut item, "comment", comment.as_ref().map(Comment::as_str));
        add(&mut item, "based_on", based_on.as_ref().map(Version::as_str));
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(|e| fault("propose the configuration", e))
    }

    async fn proposals(&self) -> Result<Vec<Proposal>, Fault> {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
            .expression_attribute_values(":pk", s(PARTITION))
            .expression_attribute_values(":sk", s("proposal#"));
        let page = query.send().await.map_err(|e| fault("list the proposals", e))?;
        page.items().iter().map(proposal).collect()
    }
}

/// Partition key of a version's files.
fn files(version: &Version) -> String {
    format!("CONFIG#{version}")
}

/// Partition key of a version's rules, compiled: the digest in the first line, then the index.
fn rules(version: &Version) -> String {
    format!("RULES#{version}")
}

/// Sort key of a publication, in order of numbers.
fn sort_key(number: u64) -> String {
    format!("p#{number:020}")
}

fn written(sk: &str, publication: &Publication) -> Item {
    let Publication { number, version, by, seconded_by, at, comment } = publication;
    let facts =
        [("version", n(*number)), ("version_id", s(version.as_str())), ("by", s(by)), ("at", s(at.to_string()))];
    let mut item = item(PARTITION, sk, facts);
    add(&mut item, "seconded_by", seconded_by.as_deref());
    add(&mut item, "comment", comment.as_ref().map(Comment::as_str));
    item
}

fn add(item: &mut Item, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        item.insert(name.to_owned(), s(value));
    }
}

pub(super) fn publication(item: &Item) -> Result<Publication, Fault> {
    Ok(Publication {
        number: number(item, "version")?,
        version: version(text(item, "version_id")?)?,
        by: text(item, "by")?.to_owned(),
        seconded_by: optional(item, "seconded_by").map(str::to_owned),
        at: instant(item)?,
        comment: comment(item)?,
    })
}

fn proposal(item: &Item) -> Result<Proposal, Fault> {
    Ok(Proposal {
        version: version(text(item, "version_id")?)?,
        by: text(item, "by")?.to_owned(),
        at: instant(item)?,
        comment: comment(item)?,
        based_on: optional(item, "based_on").map(version).transpose()?,
    })
}

fn optional<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value: &AttributeValue| value.as_s().ok()).map(String::as_str)
}

fn version(text: &str) -> Result<Version, Fault> {
    Version::parse(text).ok_or_else(|| unreadable(format!("`{text}` is no version of a configuration")))
}

fn instant(item: &Item) -> Result<Timestamp, Fault> {
    text(item, "at")?.parse().map_err(unreadable)
}

fn comment(item: &Item) -> Result<Option<Comment>, Fault> {
    optional(item, "comment").map(Comment::parse).transpose().map_err(unreadable)
}
