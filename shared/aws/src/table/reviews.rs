//! Reviews of emergency access.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use curfew_domain::id::RequestId;
use curfew_domain::review::{Review, Step};
use curfew_engine::error::Fault;
use curfew_engine::ports::{Commit, Reviews};

use super::requests::{in_transaction, record_item};
use super::{ABSENT, Item, Table, UNCHANGED, item, n, number, request_pk, s, shape, text, unreadable};
use crate::fault::unbuilt;

#[async_trait]
impl Reviews for Table {
    async fn review(&self, request: &RequestId) -> Result<Option<Review>, Fault> {
        let found = self.get(&request_pk(request), "V", "load the review").await?;
        found.map(|item| decode(request.clone(), &item)).transpose()
    }

    async fn open_reviews(&self) -> Result<Vec<Review>, Fault> {
        let mut open = Vec::new();
        for item in self.query("REVIEW", None, "list the open reviews").await? {
            let id = RequestId::parse(text(&item, "sk")?).map_err(unreadable)?;
            // Answered since it was listed, if it is not open.
            open.extend(self.review(&id).await?.filter(Review::is_open));
        }
        Ok(open)
    }

    async fn commit_review(&self, step: &Step) -> Result<Commit, Fault> {
        let what = "store the review";
        let before = step.record.seq.saturating_sub(1);
        let mut writes = vec![
            in_transaction(self.put(review_item(&step.review)?, Some((UNCHANGED, Some(before))), what)?),
            in_transaction(self.put(record_item(&step.record), Some((ABSENT, None)), what)?),
        ];
        if !step.review.is_open() {
            let delete = Delete::builder().table_name(&self.name).key("pk", s("REVIEW"));
            let delete = delete.key("sk", s(step.review.request.as_str())).build();
            writes.push(TransactWriteItem::builder().delete(delete.map_err(|e| unbuilt(what, e))?).build());
        }
        self.transact(writes, what).await
    }
}

impl Table {
    /// The writes that open a review, for the transaction that leaves it due.
    pub(super) fn open_review(&self, review: &Review) -> Result<[TransactWriteItem; 2], Fault> {
        let what = "open the review";
        let listed = item("REVIEW", review.request.as_str(), []);
        Ok([
            in_transaction(self.put(review_item(review)?, Some((ABSENT, None)), what)?),
            in_transaction(self.put(listed, None, what)?),
        ])
    }
}

fn review_item(review: &Review) -> Result<Item, Fault> {
    let attributes = [("version", n(review.head.seq)), ("doc", s(shape::review_doc(review)?))];
    Ok(item(&request_pk(&review.request), "V", attributes))
}

fn decode(request: RequestId, item: &Item) -> Result<Review, Fault> {
    shape::review(request, number(item, "version")?, text(item, "doc")?)
}
