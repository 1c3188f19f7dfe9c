//! Lambda: starts the functions that write to Identity Center, asynchronously.

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

    async fn start(&self, arn: &str, what: &'static str) -> Result<(), Fault> {
        let invoke = self.client.invoke().function_name(arn).invocation_type(InvocationType::Event);
        invoke.payload(Blob::new("{}")).send().await.map_err(|e| fault(what, e))?;
        Ok(())
    }
}

#[async_trait]
impl Wake for Writers {
    async fn removals(&self) -> Result<(), Fault> {
        self.start(&self.revoke, "wake revoke").await
    }

    async fn grants(&self) -> Result<(), Fault> {
        self.start(&self.provision, "wake provision").await
    }
}
