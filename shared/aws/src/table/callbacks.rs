//! Task tokens and callback links.

use async_trait::async_trait;
use curfew_domain::hex::hex;
use curfew_domain::id::{LinkId, RequestId, UserId};
use curfew_domain::request::Wait;
use curfew_engine::error::Fault;
use curfew_engine::ports::{Callbacks, Link};
use sha2::{Digest as _, Sha256};

use super::{ABSENT, Item, Table, item, n, number, request_pk, s, text, unreadable};
use crate::fault::{code, fault};

#[async_trait]
impl Callbacks for Table {
    async fn put_token(&self, request: &RequestId, wait: Wait, token: &str) -> Result<(), Fault> {
        let item = item(&request_pk(request), &token_sk(wait, token), [("token", s(token))]);
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map_err(|e| fault("keep the task token", e))?;
        Ok(())
    }

    async fn tokens(&self, request: &RequestId) -> Result<Vec<(Wait, String)>, Fault> {
        let items = self.query(&request_pk(request), Some("T#"), "read the task tokens").await?;
        let token = |item: &Item| Ok((wait(text(item, "sk")?)?, text(item, "token")?.to_owned()));
        items.iter().map(token).collect()
    }

    async fn drop_token(&self, request: &RequestId, wait: Wait, token: &str) -> Result<(), Fault> {
        let key = token_sk(wait, token);
        let delete =
            self.client.delete_item().table_name(&self.name).key("pk", s(request_pk(request))).key("sk", s(key));
        delete.send().await.map_err(|e| fault("drop the task token", e))?;
        Ok(())
    }

    async fn put_link(&self, link: Link) -> Result<Link, Fault> {
        let what = "keep the link";
        let sk = format!("L#{}#{}", link.step, link.approver);
        let (request, mine) = (request_pk(&link.request), s(link.id.as_str()));
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item(&request, &sk, [("link", mine), ("step", step(&link)), approver(&link)])))
            .condition_expression(ABSENT);
        match put.send().await {
            Ok(_) => Ok(link),
            Err(e) if code(&e) == Some("ConditionalCheckFailedException") => {
                let found = self.get(&request, &sk, what).await?;
                let found = found.ok_or_else(|| Fault::transient(what, "the link is there and is not"))?;
                Ok(Link { id: link_id(text(&found, "link")?)?, ..link })
            }
            Err(e) => Err(fault(what, e)),
        }
    }

    async fn link(&self, id: &LinkId) -> Result<Option<Link>, Fault> {
        if let Some(request) = id.request() {
            return Ok(self.links(&request).await?.into_iter().find(|link| link.id == *id));
        }
        let Some(item) = self.get(&format!("LINK#{id}"), "L", "read the link").await? else { return Ok(None) };
        let request = RequestId::parse(text(&item, "request")?).map_err(unreadable)?;
        decode(id.clone(), request, &item).map(Some)
    }

    async fn links(&self, request: &RequestId) -> Result<Vec<Link>, Fault> {
        let items = self.query(&request_pk(request), Some("L#"), "read the links").await?;
        items.iter().map(|item| decode(link_id(text(item, "link")?)?, request.clone(), item)).collect()
    }
}

fn decode(id: LinkId, request: RequestId, item: &Item) -> Result<Link, Fault> {
    let step = usize::try_from(number(item, "step")?).map_err(unreadable)?;
    Ok(Link { id, request, step, approver: UserId::parse(text(item, "approver")?).map_err(unreadable)? })
}

fn step(link: &Link) -> aws_sdk_dynamodb::types::AttributeValue {
    n(link.step as u64)
}

fn approver(link: &Link) -> (&'static str, aws_sdk_dynamodb::types::AttributeValue) {
    ("approver", s(link.approver.as_str()))
}

fn link_id(text: &str) -> Result<LinkId, Fault> {
    LinkId::parse(text).map_err(unreadable)
}

/// One item per token: a late invocation of an earlier attempt must not replace the token of a newer one.
fn token_sk(wait: Wait, token: &str) -> String {
    let mut digest = hex(&Sha256::digest(token.as_bytes()));
    digest.truncate(16);
    match wait {
        Wait::Approval { step } => format!("T#approval#{step}#{digest}"),
        Wait::Provisioning => format!("T#provisioning#{digest}"),
    }
}

fn wait(sk: &str) -> Result<Wait, Fault> {
    let mut parts = sk.split('#').skip(1);
    match (parts.next(), parts.next()) {
        (Some("approval"), Some(step)) => Ok(Wait::Approval { step: step.parse().map_err(unreadable)? }),
        (Some("provisioning"), Some(_)) => Ok(Wait::Provisioning),
        _ => Err(unreadable(format!("`{sk}` is no place to wait"))),
    }
}
