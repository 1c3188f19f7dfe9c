//! Sign-in without a browser on this machine: a code that is confirmed on another one (RFC 8628).

use openidconnect::DeviceAuthorizationUrl;
use openidconnect::core::{CoreDeviceAuthorizationResponse, CoreTokenResponse};

use super::Provider;
use crate::answer::{Failure, note};
use crate::remote;

/// Shows where to confirm, and waits until somebody has.
pub(super) fn tokens(provider: &Provider) -> Result<CoreTokenResponse, Failure> {
    let endpoint = endpoint(provider)?;
    let client = provider.client().set_device_authorization_url(endpoint);
    let http = |sent| provider.http.send(sent);
    let asked = client.exchange_device_code().add_scopes(provider.scopes());
    let code: CoreDeviceAuthorizationResponse = asked.request(&http).map_err(|error| provider.broken(&error))?;
    let complete = code.verification_uri_complete().map(|uri| format!("\nor directly {}", uri.secret()));
    note(&format!(
        "Open {} and enter the code {}{}\nwaiting …",
        code.verification_uri().as_str(),
        code.user_code().secret(),
        complete.unwrap_or_default()
    ));
    client
        .exchange_device_access_token(&code)
        .map_err(|error| provider.broken(&error))?
        .request(&http, std::thread::sleep, None)
        .map_err(|error| provider.broken(&error))
}

/// The crate reads no such endpoint from a provider's description.
fn endpoint(provider: &Provider) -> Result<DeviceAuthorizationUrl, Failure> {
    let issuer = provider.programs.issuer.trim_end_matches('/');
    let description = provider.http.json(&format!("{issuer}/.well-known/openid-configuration"))?;
    let Some(endpoint) = description.get("device_authorization_endpoint").and_then(|value| value.as_str()) else {
        let hint = "sign in without `--device`, on a machine with a browser";
        return Err(Failure::Server(format!("the identity provider {issuer} knows no device codes; {hint}")));
    };
    remote::checked_base(endpoint)?;
    DeviceAuthorizationUrl::new(endpoint.to_owned()).map_err(|error| provider.broken(&error))
}
