//! What a request is judged by, in one read with it.

use async_trait::async_trait;
use curfew_domain::id::RequestId;
use curfew_engine::error::Fault;
use curfew_engine::ports::{Bench, Judging};

use super::{Table, configurations, directories, item, request_pk, requests, text};

#[async_trait]
impl Judging for Table {
    async fn bench(&self, request: Option<&RequestId>) -> Result<Bench, Fault> {
        let mut keys = vec![
            item(configurations::PARTITION, configurations::CURRENT, []),
            item(directories::PK, directories::HEAD, []),
        ];
        keys.extend(request.map(|id| item(&request_pk(id), "R", [])));
        let mut bench = Bench { request: None, publication: Ok(None), directory: Ok(None) };
        for found in self.batch(keys, "read what to judge by").await? {
            match text(&found, "pk")? {
                configurations::PARTITION => bench.publication = configurations::publication(&found).map(Some),
                directories::PK => bench.directory = self.directory_of(found).await.map(Some),
                _ => bench.request = Some(requests::decode(&found)?),
            }
        }
        Ok(bench)
    }
}
