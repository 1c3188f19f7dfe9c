//! Step Functions API reference, `StartExecution` (idempotency by name), `SendTaskSuccess` (`TaskTimedOut`: "The task token
//! has either expired or the task associated with the token has already been closed").

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sfn::Client;
use jiff::SignedDuration;
use serde_json::json;

use super::place::Place;
use super::{Statements, outcome};

const SOON: SignedDuration = SignedDuration::from_secs(60);
/// The time of the step, and what a busy machine needs.
const TIMED_OUT: SignedDuration = SignedDuration::from_secs(150);

struct Executions<'a> {
    client: Client,
    place: &'a Place,
}

impl Executions<'_> {
    fn arn(&self, name: &str) -> String {
        format!("{}:{name}", self.place.state_machine.replacen(":stateMachine:", ":execution:", 1))
    }

    /// `running`: the one that is there already; else the error.
    async fn start(&self, name: &str, input: &str) -> String {
        let start = self.client.start_execution().state_machine_arn(&self.place.state_machine).name(name).input(input);
        let started = start.send().await;
        match &started {
            Ok(started) if started.execution_arn() == self.arn(name) => "ok, the same".to_owned(),
            _ => outcome(&started),
        }
    }

    async fn status(&self, name: &str) -> String {
        let described = self.client.describe_execution().execution_arn(self.arn(name)).send().await;
        described.as_ref().map_or_else(|_| outcome(&described), |described| described.status().as_str().to_owned())
    }

    async fn send(&self, token: &str, output: &str) -> String {
        outcome(&self.client.send_task_success().task_token(token).output(output).send().await)
    }

    /// The token for which the execution of a request waits.
    async fn token(&self, request: &str) -> String {
        let table = self.place.clients.dynamodb();
        let waiting = self.place.eventually(SOON, async || {
            let query = table.query().table_name(&self.place.table).consistent_read(true);
            let query = query.key_condition_expression("pk = :pk AND begins_with(sk, :t)");
            let query = query.expression_attribute_values(":pk", AttributeValue::S(format!("REQ#{request}")));
            let query = query.expression_attribute_values(":t", AttributeValue::S("T#".to_owned()));
            let items = query.send().await.unwrap().items?;
            items.first().map(|item| item["token"].as_s().unwrap().clone())
        });
        waiting.await.expect("an execution that waits")
    }
}

pub(super) async fn ask(place: &Place) -> Statements {
    let (executions, mut statements) =
        (Executions { client: place.clients.state_machine(), place }, Statements::default());
    let (answered, timing_out) = (place.waiting_request().await, place.waiting_request().await);
    let (token, late) = (executions.token(&answered).await, executions.token(&timing_out).await);

    let input = json!({ "request_id": answered }).to_string();
    statements.ask("start under the name of one that runs, same input", "ok, the same", {
        executions.start(&answered, &input).await
    });
    let exists = "ExecutionAlreadyExists";
    statements.ask("the same with another input", exists, executions.start(&answered, "{}").await);
    statements.ask("an execution that waits", "RUNNING", executions.status(&answered).await);
    let missing = executions.status("contract-none").await;
    statements.ask("an execution that is not there", "ExecutionDoesNotExist", missing);

    let stop = json!({ "request_id": answered, "next": "stop" }).to_string();
    statements.ask("success for what is no token", "InvalidToken", executions.send("no token", &stop).await);
    // Well formed, and nobody's: the last character is another one.
    let (most, last) = token.split_at(token.len() - 1);
    let never_given = format!("{most}{}", if last == "0" { '1' } else { '0' });
    let told = executions.send(&never_given, &stop).await;
    statements.ask("success for a token that was never given", "InvalidToken", told);
    statements.ask("success with what is no JSON", "InvalidOutput", executions.send(&token, "{").await);
    statements.ask("success for the token", "ok", executions.send(&token, &stop).await);
    statements.ask("success for the token once more", "TaskTimedOut", executions.send(&token, &stop).await);
    let over = async || Some(executions.status(&answered).await).filter(|status| status != "RUNNING");
    let over = place.eventually(SOON, over).await;
    statements.ask("the execution after that", "SUCCEEDED", over.unwrap_or_else(|| "RUNNING".to_owned()));
    statements.ask("start under the name of one that is over", exists, executions.start(&answered, &input).await);

    let over = async || Some(executions.status(&timing_out).await).filter(|status| status != "RUNNING");
    assert!(place.eventually(TIMED_OUT, over).await.is_some(), "{timing_out} waits for ever");
    statements.ask("success for a token whose task has timed out", "TaskTimedOut", executions.send(&late, &stop).await);
    place.cancel(&answered).await;
    statements
}
