//! The functions as the binaries start them, with JSON in and out.

use std::pin::Pin;
use std::rc::Rc;

use curfew_lambda::{Host, Invocation, Unset};
use lambda_runtime::Diagnostic;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Function;
use crate::log::FunctionError;

/// A started function: input and invocation in, work out.
pub(super) type Handler = Rc<dyn Fn(&Value, Invocation) -> Work>;
/// What a function does with one invocation.
pub(super) type Work = Pin<Box<dyn Future<Output = Result<Value, FunctionError>>>>;

/// Starts a function as its binary does.
pub(super) fn start(function: Function, host: Host) -> Handler {
    let host = Rc::new(host);
    let started = match function {
        Function::Intake => curfew_intake::start(&host).map(|handler| erase(handler, &host)),
        Function::Approval => curfew_approval::start(&host).map(|handler| erase(handler, &host)),
        Function::Console => curfew_console::start(&host).map(|handler| erase(handler, &host)),
        Function::Evaluate => curfew_evaluate::start(&host).map(|handler| erase(handler, &host)),
        Function::Notify => curfew_notify::start(&host).map(|handler| erase(handler, &host)),
        Function::Provision => curfew_provision::start(&host).map(|handler| erase(handler, &host)),
        Function::Revoke => curfew_revoke::start(&host).map(|handler| erase(handler, &host)),
        Function::Sweep => curfew_sweep::start(&host).map(|handler| erase(handler, &host)),
        Function::Sync => curfew_sync::start(&host).map(|handler| erase(handler, &host)),
        Function::Announce => curfew_announce::start(&host).map(|handler| erase(handler, &host)),
    };
    started.unwrap_or_else(|unset: Unset| panic!("{function} does not start: {unset}"))
}

fn erase<H, I, O, E>(handler: H, host: &Rc<Host>) -> Handler
where
    H: AsyncFn(I, Invocation) -> Result<O, E> + 'static,
    I: DeserializeOwned + 'static,
    O: Serialize,
    E: Into<Diagnostic>,
{
    let (handler, host) = (Rc::new(handler), Rc::clone(host));
    Rc::new(move |input, invocation| {
        // As text, because that is how it reaches the runtime.
        let input = serde_json::from_str::<I>(&input.to_string());
        let (handler, host) = (Rc::clone(&handler), Rc::clone(&host));
        Box::pin(async move {
            let input = input.map_err(|error| FunctionError {
                name: "Runtime.UnmarshalError".to_owned(),
                message: error.to_string(),
            })?;
            host.begin(&invocation);
            match handler(input, invocation).await {
                Ok(output) => Ok(serde_json::to_value(&output).expect("outputs are JSON")),
                Err(error) => {
                    let Diagnostic { error_type, error_message } = error.into();
                    Err(FunctionError { name: error_type, message: error_message })
                }
            }
        })
    })
}
