//! Errors of the SDK as faults of the engine.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use curfew_engine::error::Fault;
use curfew_engine::ports::Begun;

/// Codes with status 400 after which the same call may work.
const PASSING: [&str; 12] = [
    "InternalServerError",
    "ItemCollectionSizeLimitExceededException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// The service's code of an error; `None` if no answer was understood.
pub(crate) fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Whether the same call may work later, by the code of a refusal.
pub(crate) fn may_pass(code: &str) -> bool {
    PASSING.contains(&code)
}

/// Sorts an error: what may pass, and what needs help.
#[expect(clippy::needless_pass_by_value, reason = "reads best in `map_err`")]
pub(crate) fn fault<E>(what: &'static str, error: SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let passing = match &error {
        SdkError::ServiceError(answer) => answer.raw().status().as_u16() >= 500 || code(&error).is_some_and(may_pass),
        SdkError::ConstructionFailure(_) => false,
        // Time-outs, connections, answers that cannot be read.
        _ => true,
    };
    let cause = DisplayErrorContext(&error).to_string();
    if passing { Fault::transient(what, cause) } else { Fault::permanent(what, cause) }
}

/// What an error says about a change of access that was asked for once.
pub(crate) fn refused<E>(what: &'static str, error: SdkError<E, HttpResponse>) -> Result<Begun, Fault>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let named = code(&error).map(str::to_owned);
    match (named.as_deref(), fault(what, error)) {
        (Some("ConflictException" | "ThrottlingException"), f) => Ok(Begun::NotNow(f.to_string())),
        // Answered with a refusal: certainly not begun.
        (Some(_), f @ Fault::Permanent { .. }) => Ok(Begun::Rejected(f.to_string())),
        (_, f) => Err(f),
    }
}

/// A request that we built wrongly.
pub(crate) fn unbuilt(what: &'static str, error: aws_smithy_types::error::operation::BuildError) -> Fault {
    Fault::permanent(what, error)
}
