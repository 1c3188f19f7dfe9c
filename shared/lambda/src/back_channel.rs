//! Calls to somebody who is not AWS, over the same HTTP and TLS stack as the SDK's: one request, one answer, no redirects.

use std::time::Duration;

use aws_lambda_events::http::{Request, Response, StatusCode};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;

/// Longest answer that is read, in bytes.
const LIMIT: usize = 1024 * 1024;
/// How long one call may take: a person waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// The transport of those calls.
#[derive(Debug, Clone)]
pub struct BackChannel {
    shared: SdkConfig,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[error("{method} {address}: {cause}")]
pub struct NoAnswer {
    method: String,
    /// Without query: it may hold what is not everybody's.
    address: String,
    cause: String,
}

/// An answer as it came.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl BackChannel {
    pub(crate) fn new(shared: SdkConfig) -> Self {
        Self { shared }
    }

    /// Makes one call. Every status is an answer.
    ///
    /// # Errors
    /// Nothing came back in five seconds, or nothing that can be read, or more than 1 MB.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, NoAnswer> {
        let (parts, body) = request.into_parts();
        let (method, uri) = (parts.method.as_str().to_owned(), parts.uri.clone());
        let address = format!("{}://{}{}", uri.scheme_str().unwrap_or(""), authority(&uri), uri.path());
        let failed = |cause: String| NoAnswer { method: parts.method.to_string(), address: address.clone(), cause };
        let http = self.http().ok_or_else(|| failed("this process has no HTTP client".to_owned()))?;
        let mut sent = HttpRequest::new(SdkBody::from(body));
        sent.set_method(&method).map_err(|error| failed(error.to_string()))?;
        // Relative: the operation puts its endpoint before it.
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        sent.set_uri(path.to_owned()).map_err(|error| failed(error.to_string()))?;
        for (name, value) in &parts.headers {
            let value = value.to_str().map_err(|error| failed(error.to_string()))?.to_owned();
            sent.headers_mut().append(name.as_str().to_owned(), value);
        }
        let mut operation = Operation::builder()
            .service_name("back-channel")
            .operation_name("call")
            .behavior_version(BehaviorVersion::latest())
            .http_client(http)
            .endpoint_url(&format!("{}://{}", uri.scheme_str().unwrap_or("https"), authority(&uri)))
            .no_auth()
            .no_retry()
            .timeout_config(TimeoutConfig::builder().operation_timeout(PATIENCE).build())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some(sleep) = self.shared.sleep_impl() {
            operation = operation.sleep_impl(sleep);
        }
        if let Some(time) = self.shared.time_source() {
            operation = operation.time_source(time);
        }
        let operation = operation.serializer(Ok).deserializer::<Answer, NoAnswer>(read).build();
        let answer = operation.invoke(sent).await.map_err(|error| failed(DisplayErrorContext(&error).to_string()))?;
        if answer.body.len() > LIMIT {
            return Err(failed(format!("the answer has more than {LIMIT} bytes")));
        }
        let mut response =
            Response::builder().status(StatusCode::from_u16(answer.status).map_err(|error| failed(error.to_string()))?);
        for (name, value) in answer.headers {
            response = response.header(name, value);
        }
        response.body(answer.body).map_err(|error| failed(error.to_string()))
    }

    fn http(&self) -> Option<SharedHttpClient> {
        self.shared.http_client()
    }
}

fn authority(uri: &aws_lambda_events::http::Uri) -> &str {
    uri.authority().map_or("", |authority| authority.as_str())
}

fn read(response: &HttpResponse) -> Result<Answer, OrchestratorError<NoAnswer>> {
    let body = response.body().bytes().ok_or_else(|| OrchestratorError::other("the body was not read"))?.to_vec();
    let headers = response.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Answer { status: response.status().as_u16(), headers, body })
}
