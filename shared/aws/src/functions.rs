//! Lambda: starts `revoke` asynchronously.

use async_trait::async_trait;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use curfew_domain::id::RequestId;
use curfew_engine::error::Fault;
use curfew_engine::ports::Wake;
use serde_json::json;

use crate::fault::fault;

/// The `revoke` function.
pub struct RevokeFunction {
    client: Client,
    arn: String,
}

impl RevokeFunction {
    /// The function of this ARN.
    pub fn new(client: Client, arn: String) -> Self {
        Self { client, arn }
    }
}

#[async_trait]
impl Wake for RevokeFunction {
    async fn revoke(&self, request: &RequestId) -> Result<(), Fault> {
        let payload = json!({ "request_id": request.as_str() }).to_string();
        self.client
            .invoke()
            .function_name(&self.arn)
            .invocation_type(InvocationType::Event)
            .payload(Blob::new(payload))
            .send()
            .await
            .map_err(|e| fault("wake revoke", e))?;
        Ok(())
    }
}
