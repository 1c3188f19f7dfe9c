//! One set of AWS clients per process, over one HTTP and TLS stack.
//!
//! Without `aws-config`: in Lambda, region and credentials are environment variables, and its provider chain costs
//! start-up time for nothing (research/performance.md §3).

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use std::time::Duration;

use crate::back_channel::BackChannel;
use crate::environment::{Environment, Unset};

/// Makes clients. A binary makes those that it uses; the linker drops the rest.
pub struct Clients {
    shared: SdkConfig,
    environment: Environment,
}

impl Clients {
    /// Clients that talk to AWS, with settings from Lambda's own environment variables.
    pub fn over_https(environment: &Environment) -> Result<Self, Unset> {
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        Self::over(environment, http, SharedTimeSource::new(SystemTimeSource::new()))
    }

    /// The same over another transport and clock.
    pub fn over(environment: &Environment, http: SharedHttpClient, time: SharedTimeSource) -> Result<Self, Unset> {
        let credentials = Credentials::new(
            environment.required("AWS_ACCESS_KEY_ID")?,
            environment.required("AWS_SECRET_ACCESS_KEY")?,
            environment.optional("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let shared = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(environment.required("AWS_REGION")?))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(time)
            .retry_config(RetryConfig::standard().with_max_attempts(4))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(3))
                    .operation_attempt_timeout(Duration::from_secs(8))
                    .build(),
            )
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        Ok(Self { shared, environment: environment.clone() })
    }

    /// Calls to whoever is not AWS, over the same stack.
    pub fn back_channel(&self) -> BackChannel {
        BackChannel::new(self.shared.clone())
    }

    /// The endpoint of one service: `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, or AWS's own (SDK reference
    /// guide, "Service-specific endpoints").
    fn endpoint(&self, service: &str) -> Option<String> {
        let own = self.environment.optional(&format!("AWS_ENDPOINT_URL_{service}"));
        own.or_else(|| self.environment.optional("AWS_ENDPOINT_URL"))
    }
}

macro_rules! client {
    ($(#[$doc:meta])* $name:ident, $sdk:ident, $service:literal) => {
        impl Clients {
            $(#[$doc])*
            pub fn $name(&self) -> $sdk::Client {
                let mut config = $sdk::config::Builder::from(&self.shared);
                config.set_endpoint_url(self.endpoint($service));
                // Its own allowance of retries: the SDK's default is shared by the whole process, and a simulator runs
                // many worlds in one, whose outcomes must not depend on each other.
                config.set_retry_partition(Some($sdk::config::retry::RetryPartition::custom($service).build()));
                $sdk::Client::from_conf(config.build())
            }
        }
    };
}

client!(
    /// State.
    dynamodb, aws_sdk_dynamodb, "DYNAMODB"
);
client!(
    /// Programs that listen.
    bus, aws_sdk_eventbridge, "EVENTBRIDGE"
);
client!(
    /// Mail.
    mail, aws_sdk_sesv2, "SESV2"
);
client!(
    /// People.
    identity_store, aws_sdk_identitystore, "IDENTITYSTORE"
);
client!(
    /// Other functions.
    functions, aws_sdk_lambda, "LAMBDA"
);
client!(
    /// Accounts.
    organizations, aws_sdk_organizations, "ORGANIZATIONS"
);
client!(
    /// Expiry.
    scheduler, aws_sdk_scheduler, "SCHEDULER"
);
client!(
    /// Executions.
    state_machine, aws_sdk_sfn, "SFN"
);
client!(
    /// Assignments.
    sso_admin, aws_sdk_ssoadmin, "SSO_ADMIN"
);
