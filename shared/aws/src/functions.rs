//! Lambda: starts other functions, asynchronously.

use async_trait::async_trait;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use curfew_engine::error::Fault;
use curfew_engine::ports::Wake;

use crate::fault::fault;

/// The functions `revoke` and `provision`.
pub struct Writers {
    client: Client,
    revoke: String,
    provision: String,
}

impl Writers {
    /// The functions of these ARNs.
    pub fn new(client: Client, revoke: String, provision: String) -> Self {
        Self { client, revoke, provision }
    }
}

/// The function `sync`.
pub struct Sync {
    client: Client,
    arn: String,
}

impl Sync {
    /// The function of this ARN.
    pub fn new(client: Client, arn: String) -> Self {
        Self { client, arn }
    }

    /// Has the directory read soon. `force` believes whatever is read.
    ///
    /// # Errors
    /// Lambda did not take the event.
    pub async fn start(&self, force: bool) -> Result<(), Fault> {
        start(&self.client, &self.arn, &format!("{{\"force\":{force}}}"), "wake sync").await
    }
}

async fn start(client: &Client, arn: &str, payload: &str, what: &'static str) -> Result<(), Fault> {
    let invoke = client.invoke().function_name(arn).invocation_type(InvocationType::Event);
    invoke.payload(Blob::new(payload)).send().await.map_err(|e| fault(what, e))?;
    Ok(())
}

#[async_trait]
impl Wake for Writers {
    async fn removals(&self) -> Result<(), Fault> {
        start(&self.client, &self.revoke, "{}", "wake revoke").await
    }

    async fn grants(&self) -> Result<(), Fault> {
        start(&self.client, &self.provision, "{}", "wake provision").await
    }
}
