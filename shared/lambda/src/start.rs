//! Start-up and the invocation loop.

use std::sync::Arc;

use curfew_aws::table::Table;
use curfew_domain::id::RequestId;
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::core::Core;
use curfew_engine::error::Fault;
use curfew_engine::ports::{Clock, Ids};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use tracing_subscriber::filter::LevelFilter;

use crate::clients::Clients;
use crate::clock::{LambdaClock, RandomIds, SystemClock};
use crate::environment::{Environment, Unset};
use crate::error::{StartError, TaskError};

/// What a handler may know of its invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Names this invocation.
    pub id: String,
    /// When Lambda kills it.
    pub deadline: Timestamp,
}

impl Invocation {
    /// A name for the writer of this invocation, unlike any other: Lambda repeats an event under the same id.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn writer_name(&self, ids: &dyn Ids) -> Result<String, Fault> {
        Ok(format!("{} {}", self.id, ids.link()?))
    }
}

/// What a function stands on: Lambda, or the simulator.
pub struct Host {
    /// Settings.
    pub environment: Environment,
    /// AWS.
    pub clients: Clients,
    /// Time, as Lambda counts it.
    pub clock: Arc<LambdaClock>,
    /// Randomness.
    pub ids: Arc<dyn Ids>,
}

impl Host {
    /// Lambda, with AWS over HTTPS.
    pub fn lambda() -> Result<Self, Unset> {
        let environment = Environment::of_process();
        let clients = Clients::over_https(&environment)?;
        Ok(Self::new(environment, clients, Arc::new(SystemClock), Arc::new(RandomIds)))
    }

    /// Another place to stand on.
    pub fn new(environment: Environment, clients: Clients, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let timeout = environment.optional("FUNCTION_TIMEOUT").and_then(|seconds| seconds.parse().ok());
        let clock = Arc::new(LambdaClock::new(clock, timeout.map(SignedDuration::from_secs)));
        Self { environment, clients, clock, ids }
    }

    /// To be called at the begin of each invocation.
    pub fn begin(&self, invocation: &Invocation) {
        self.clock.begin(invocation.deadline);
    }

    /// The core over the table, without hands.
    pub fn core(&self) -> Result<Core, Unset> {
        let table = Arc::new(Table::new(self.clients.dynamodb(), self.environment.required("TABLE_NAME")?));
        let (clock, configurations) = (Arc::clone(&self.clock) as _, Arc::default());
        let in_hand = Arc::default();
        Ok(Core { store: table, clock, configurations, flow: None, in_hand, wake: None })
    }
}

/// The id in a task payload.
pub fn request_id(text: &str) -> Result<RequestId, TaskError> {
    RequestId::parse(text).map_err(|error| TaskError::Permanent(error.to_string()))
}

/// Serves invocations until Lambda stops the process.
pub fn serve<S, H, I, O, E>(start: S) -> Result<(), StartError>
where
    S: FnOnce(&Host) -> Result<H, Unset>,
    H: AsyncFn(I, Invocation) -> Result<O, E>,
    I: for<'de> Deserialize<'de>,
    O: Serialize,
    E: Into<Diagnostic> + std::fmt::Debug,
{
    let host = Host::lambda()?;
    log_as_json(&host.environment);
    let handler = start(&host)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| StartError::Runtime(error.to_string()))?;
    let (handler, host) = (&handler, &host);
    runtime
        .block_on(lambda_runtime::run(service_fn(async move |event: LambdaEvent<I>| {
            let millis = i64::try_from(event.context.deadline).unwrap_or_default();
            let deadline = Timestamp::from_millisecond(millis).unwrap_or_else(|_| Timestamp::now());
            let invocation = Invocation { id: event.context.request_id, deadline };
            host.begin(&invocation);
            handler(event.payload, invocation).await
        })))
        .map_err(|error| StartError::Runtime(error.to_string()))
}

/// One JSON object per line, as CloudWatch Logs and the alarms read it. `RUST_LOG` names the level, `info` by default.
///
/// Levels and no filter by module: the filter's regular expressions would be a tenth of the binary.
fn log_as_json(environment: &Environment) {
    let level = environment.optional("RUST_LOG").and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    tracing_subscriber::fmt().json().with_max_level(level).with_current_span(false).with_span_list(false).init();
}
