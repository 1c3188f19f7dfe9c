//! The transport below the SDK: hands requests to the world, and its answers back.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::sync::{mpsc, oneshot};

/// A request on its way.
#[derive(Debug)]
pub(crate) struct Wire {
    /// From which sandbox; 0: not from a function.
    pub(crate) sandbox: u64,
    pub(crate) request: HttpRequest,
    /// Dropped without an answer, the caller hears nothing for ever.
    pub(crate) reply: oneshot::Sender<Result<HttpResponse, ConnectorError>>,
}

/// The transport of one sandbox.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    pub(crate) sandbox: u64,
    pub(crate) world: mpsc::UnboundedSender<Wire>,
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (reply, answer) = oneshot::channel();
        let sent = self.world.send(Wire { sandbox: self.sandbox, request, reply });
        HttpConnectorFuture::new(async move {
            match (sent, answer.await) {
                (Ok(()), Ok(answer)) => answer,
                // The world is silent: time-outs are the caller's.
                _ => std::future::pending().await,
            }
        })
    }
}

/// The connection broke.
pub(crate) fn broken() -> ConnectorError {
    ConnectorError::io("the connection was reset".into())
}
