//! AWS Signature Version 4, for callers that have AWS credentials and nothing else: CI.

use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings};
use aws_sigv4::sign::v4;

use crate::answer::Failure;

/// What API Gateway's IAM authorization expects as service (API Gateway developer guide, "Control access with IAM").
const SERVICE: &str = "execute-api";

/// AWS credentials and the region of the API.
pub(crate) struct Credentials {
    pub(crate) key_id: String,
    pub(crate) secret: String,
    /// Of temporary credentials.
    pub(crate) session_token: Option<String>,
    pub(crate) region: String,
}

impl Credentials {
    /// Those of the environment, by the names that every AWS tool uses.
    ///
    /// # Errors
    /// Which variable is missing.
    pub(crate) fn of_environment(region: Option<&String>) -> Result<Self, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let needed = |name: &str| {
            let hint = "in CI, take a role first (such as with aws-actions/configure-aws-credentials)";
            variable(name).ok_or_else(|| Failure::usage(format!("`{name}` is not set; {hint}")))
        };
        let region = region.cloned().or_else(|| variable("AWS_DEFAULT_REGION"));
        Ok(Self {
            key_id: needed("AWS_ACCESS_KEY_ID")?,
            secret: needed("AWS_SECRET_ACCESS_KEY")?,
            session_token: variable("AWS_SESSION_TOKEN"),
            region: region.ok_or_else(|| Failure::usage("which region? name it with `--region` or in `AWS_REGION`"))?,
        })
    }
}

/// The headers that sign this call at this instant.
pub(super) fn sign(
    credentials: &Credentials,
    method: &str,
    uri: &str,
    headers: &[(String, String)],
    body: &[u8],
    now: SystemTime,
) -> Result<Vec<(String, String)>, Failure> {
    let Credentials { key_id, secret, session_token, region } = credentials;
    let wrong = |error: &dyn std::fmt::Display| Failure::usage(format!("the call cannot be signed: {error}"));
    let identity =
        aws_credential_types::Credentials::new(key_id, secret, session_token.clone(), None, "environment").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| wrong(&error))?;
    let named = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let request = SignableRequest::new(method, uri, named, SignableBody::Bytes(body)).map_err(|error| wrong(&error))?;
    let signed = aws_sigv4::http_request::sign(request, &parameters.into()).map_err(|error| wrong(&error))?;
    let (instructions, _) = signed.into_parts();
    Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Computed outside this code, with Python's hmac from the definition of Signature Version 4.
    #[test]
    fn a_call_is_signed_as_aws_defines_it() {
        let credentials = Credentials {
            key_id: "AKIDEXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: Some("session".to_owned()),
            region: "eu-central-1".to_owned(),
        };
        let at = SystemTime::UNIX_EPOCH + Duration::from_hours(498_720);
        let uri = "https://api.example.com/v1/ci/configuration";
        let headers = [("content-type".to_owned(), "application/json".to_owned())];
        let signed = sign(&credentials, "PUT", uri, &headers, b"{}", at).unwrap();
        let value = |name: &str| signed.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).unwrap();
        assert_eq!(value("x-amz-date"), "20261123T000000Z");
        assert_eq!(value("x-amz-security-token"), "session");
        assert_eq!(
            value("authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/execute-api/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=58484646cb9e65e4066b5d2fe00e5347838f7997f60af7ff08d96ec4f509f684"
        );
    }
}
