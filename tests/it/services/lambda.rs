//! Lambda API reference, `Invoke`: an asynchronous invocation is answered with 202 and no payload.

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;

use super::Statements;
use super::place::Place;

pub(super) async fn ask(place: &Place) -> Statements {
    let mut statements = Statements::default();
    let invoke = place.clients.functions().invoke().function_name(&place.revoke).payload(Blob::new("{}"));
    let answer = invoke.invocation_type(InvocationType::Event).send().await.unwrap();
    statements.ask("an event for a function", "202", answer.status_code().to_string());
    let payload = answer.payload().map_or(0, |payload| payload.as_ref().len());
    statements.ask("bytes of the answer to an event", "0", payload.to_string());
    statements
}
