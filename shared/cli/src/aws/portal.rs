//! The AWS access portal: who is signed in there, and credentials of the roles that they have at this moment.

use std::fs;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Deserialize;

use crate::answer::{Failure, note};
use crate::files;
use crate::remote;

/// Name of the session in the AWS configuration, for `aws sso login --sso-session`.
pub(super) const SESSION: &str = "curfew";
/// A new assignment shows in the portal after a while: field reports speak of up to a minute.
const LAG: Duration = Duration::from_mins(1);
/// Between two tries.
const PAUSE: Duration = Duration::from_secs(2);
/// Largest cached token that is read, in bytes.
const LARGEST: u64 = 64 << 10;

/// A token as the AWS CLI keeps it in `~/.aws/sso/cache`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cached {
    start_url: Option<String>,
    access_token: Option<String>,
    expires_at: Option<String>,
}

/// Credentials, as the portal gives them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoleCredentials {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) session_token: String,
    /// Milliseconds since the epoch.
    pub(super) expiration: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    role_credentials: RoleCredentials,
}

/// The portal's token of whoever is signed in there with the AWS CLI.
pub(super) fn token(portal: &str, now: Timestamp) -> Result<String, Failure> {
    let folder = files::home().map(|home| home.join(".aws").join("sso").join("cache"));
    let entries = folder.and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let mut tokens = entries.filter_map(|entry| {
        let text = files::bounded_text_of(&entry.path(), LARGEST).ok()?;
        serde_json::from_str::<Cached>(&text).ok()
    });
    let usable = |cached: Cached| {
        let there = same(cached.start_url.as_deref()?, portal);
        // Older versions of the AWS CLI write `UTC` for `Z`.
        let ends: Timestamp = cached.expires_at?.replace("UTC", "Z").parse().ok()?;
        cached.access_token.filter(|_| there && ends > now)
    };
    tokens.find_map(usable).ok_or_else(|| signed_out(portal))
}

fn same(one: &str, other: &str) -> bool {
    let plain = |url: &str| url.trim_end_matches(['#', '/']).to_owned();
    plain(one) == plain(other)
}

fn signed_out(portal: &str) -> Failure {
    Failure::usage(format!("you are not signed in at {portal}: run `aws sso login --sso-session {SESSION}`"))
}

/// Credentials of a role. A role that is not there yet is waited for.
pub(super) fn credentials(
    portal: &str,
    region: &str,
    token: &str,
    account: &str,
    role: &str,
) -> Result<RoleCredentials, Failure> {
    let endpoint = endpoint(region)?;
    let query = serde_urlencoded::to_string([("account_id", account), ("role_name", role)])
        .map_err(|error| Failure::usage(format!("the role {role}: {error}")))?;
    let (url, since) = (format!("{endpoint}/federation/credentials?{query}"), Instant::now());
    let http = remote::http();
    loop {
        let request = ureq::http::Request::get(&url).header("x-amz-sso_bearer_token", token).body(Vec::new());
        let request = request.map_err(|error| Failure::usage(format!("`{url}` cannot be called: {error}")))?;
        let why = match http.send(request) {
            Ok(answer) if answer.status() == 200 => {
                let answered: Result<Answered, _> = serde_json::from_slice(answer.body());
                // The text of an error could hold a part of what was read.
                let broken =
                    |_| Failure::Server("the access portal answered with something that is no credentials".to_owned());
                return answered.map(|answered| answered.role_credentials).map_err(broken);
            }
            Ok(answer) if answer.status() == 401 => return Err(signed_out(portal)),
            Ok(answer) => format!("HTTP {}", answer.status().as_u16()),
            Err(error) => error.to_string(),
        };
        if since.elapsed() >= LAG {
            return Err(Failure::Server(format!(
                "the access portal gives no credentials for {role} in {account}: {why}"
            )));
        }
        note("the access portal does not show the access yet …");
        std::thread::sleep(PAUSE);
    }
}

fn endpoint(region: &str) -> Result<String, Failure> {
    if let Some(url) = std::env::var("AWS_ENDPOINT_URL_SSO").ok().filter(|url| !url.is_empty()) {
        return remote::checked_base(&url);
    }
    if region.is_empty() || !region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(Failure::usage(format!("`{region}` is no region")));
    }
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    Ok(format!("https://portal.sso.{region}.{suffix}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portal_is_the_same_however_its_address_ends() {
        assert!(same("https://d-1.awsapps.com/start/#/", "https://d-1.awsapps.com/start"));
        assert!(!same("https://d-1.awsapps.com/start", "https://d-2.awsapps.com/start"));
    }

    #[test]
    fn a_region_never_becomes_another_host() {
        for strange in ["", "eu-central-1.evil.example/", "x@y", "EU"] {
            assert!(endpoint(strange).is_err(), "{strange}");
        }
    }
}
