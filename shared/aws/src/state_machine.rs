//! Step Functions: one execution per request.

use async_trait::async_trait;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use curfew_domain::id::RequestId;
use curfew_engine::directive::Directive;
use curfew_engine::error::Fault;
use curfew_engine::ports::{Flow, FlowStatus};
use serde_json::json;

use crate::fault::{code, fault};

/// The approval state machine. A function that only resumes executions needs no ARN.
pub struct StateMachine {
    client: Client,
    arn: Option<String>,
}

impl StateMachine {
    /// The state machine of this ARN.
    pub fn new(client: Client, arn: String) -> Self {
        Self { client, arn: Some(arn) }
    }

    /// For functions that resume executions and never start one.
    pub fn resuming(client: Client) -> Self {
        Self { client, arn: None }
    }

    fn arn(&self) -> Result<&str, Fault> {
        self.arn.as_deref().ok_or_else(|| Fault::permanent("use the state machine", "this function does not know it"))
    }
}

#[async_trait]
impl Flow for StateMachine {
    async fn start(&self, request: &RequestId) -> Result<(), Fault> {
        let started = self
            .client
            .start_execution()
            .state_machine_arn(self.arn()?)
            .name(request.as_str())
            .input(json!({ "request_id": request.as_str() }).to_string())
            .send()
            .await;
        match started {
            Ok(_) => Ok(()),
            // The name is the request: whoever started it meant the same.
            Err(e) if code(&e) == Some("ExecutionAlreadyExists") => Ok(()),
            Err(e) => Err(fault("start the execution", e)),
        }
    }

    async fn resume(&self, token: &str, directive: &Directive) -> Result<(), Fault> {
        let what = "resume the execution";
        let output = serde_json::to_string(directive).map_err(|e| Fault::permanent(what, e))?;
        match self.client.send_task_success().task_token(token).output(output).send().await {
            Ok(_) => Ok(()),
            // Nobody waits with this token any more; the execution has gone on.
            Err(e) if matches!(code(&e), Some("TaskTimedOut" | "TaskDoesNotExist" | "InvalidToken")) => Ok(()),
            Err(e) => Err(fault(what, e)),
        }
    }
}

#[async_trait]
impl FlowStatus for StateMachine {
    async fn is_running(&self, request: &RequestId) -> Result<bool, Fault> {
        let arn = format!("{}:{request}", self.arn()?.replacen(":stateMachine:", ":execution:", 1));
        match self.client.describe_execution().execution_arn(arn).send().await {
            Ok(execution) => Ok(execution.status() == &ExecutionStatus::Running),
            Err(e) if code(&e) == Some("ExecutionDoesNotExist") => Ok(false),
            Err(e) => Err(fault("look at the execution", e)),
        }
    }
}
