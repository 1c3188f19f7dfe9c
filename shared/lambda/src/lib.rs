//! What every Lambda binary shares: environment, clients, clock, logs, errors, and the HTTP side of the API.

mod clients;
mod clock;
mod environment;
mod error;
pub mod http;
mod notices;
mod start;
mod writer;

pub use clients::Clients;
pub use clock::LambdaClock;
pub use environment::{Environment, Unset};
pub use error::{StartError, TaskError};
pub use start::{Host, Invocation, request_id, serve};
pub use writer::{WriterAnswer, writer_limits};
