//! The identity provider: `OpenID` Connect, authorization code with PKCE, by the crate `openidconnect` over our own stack.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::ports::Ids;
use curfew_lambda::{BackChannel, Environment, Unset};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, ClientId, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, SignatureVerificationError, TokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::place::Place;

/// For how long a warm function believes discovery document and keys.
const BELIEVED: SignedDuration = SignedDuration::from_hours(1);
/// A token under a key that is not known may mean that the provider has a new one; it is asked again, but not often.
const ASKED_AGAIN: SignedDuration = SignedDuration::from_mins(1);
/// How long somebody may take to sign in.
pub(crate) const PATIENCE: SignedDuration = SignedDuration::from_mins(10);
/// Signatures that are accepted: made with a private key. Anything else could be made by whoever knows what we know.
const SIGNED_BY: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// One attempt to sign in, from the way out to the way back. Kept in a sealed cookie: the provider's answer counts only in
/// the browser that asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attempt {
    /// Comes back in the address.
    pub(crate) state: String,
    /// Comes back in the id token.
    nonce: String,
    /// PKCE: proves with the code that we asked for it (RFC 7636).
    verifier: String,
    /// Where to go then: a local path.
    pub(crate) to: String,
    /// When it began, in seconds since the epoch.
    at: i64,
}

/// Why nobody was signed in. The texts are for logs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSignedIn {
    /// The provider does not answer, or not as it should.
    #[error("the identity provider: {0}")]
    Provider(String),
    /// What it answered proves nothing.
    #[error("the id token: {0}")]
    Token(String),
}

/// The provider as it describes itself.
struct Described {
    metadata: CoreProviderMetadata,
    read_at: Timestamp,
}

/// How programs sign in: `GET /.well-known/curfew`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Programs {
    issuer: String,
    /// A public client, with PKCE.
    client_id: String,
    /// The API takes tokens with one of these as `aud`.
    audiences: Vec<String>,
    /// The AWS access portal, if somebody told its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    portal: Option<String>,
    /// The region of IAM Identity Center: a stack lives there.
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
}

/// The identity provider.
pub(crate) struct Provider {
    channel: BackChannel,
    issuer: String,
    client: ClientId,
    /// What the command line is told: its client, and whom tokens must be for.
    programs: Programs,
    redirect: String,
    described: Mutex<Option<Arc<Described>>>,
}

impl Attempt {
    /// A new attempt.
    pub(crate) fn begin(ids: &dyn Ids, to: &str, now: Timestamp) -> Result<Self, curfew_engine::error::Fault> {
        let (state, nonce) = (ids.link()?.to_string(), ids.link()?.to_string());
        // 64 characters of 256 random bits; RFC 7636 wants 43 to 128.
        let verifier = format!("{}{}", ids.link()?, ids.link()?);
        Ok(Self { state, nonce, verifier, to: to.to_owned(), at: now.as_second() })
    }

    /// What a cookie held, if it still counts.
    pub(crate) fn open(text: &str, now: Timestamp) -> Option<Self> {
        let attempt: Self = serde_json::from_str(text).ok()?;
        let lasts = attempt.at - 300..attempt.at + PATIENCE.as_secs();
        lasts.contains(&now.as_second()).then_some(attempt)
    }

    /// What the cookie holds.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Provider {
    /// The provider of the template's settings.
    pub(crate) fn new(environment: &Environment, channel: BackChannel, place: &Place) -> Result<Self, Unset> {
        let (issuer, client) = (environment.required("OIDC_ISSUER")?, environment.required("OIDC_CLIENT_ID")?);
        let cli = environment.optional("OIDC_CLI_CLIENT_ID");
        let audience = environment.required("OIDC_AUDIENCE")?;
        let programs = Programs {
            issuer: issuer.clone(),
            client_id: cli.clone().unwrap_or_else(|| client.clone()),
            audiences: std::iter::once(audience).chain(cli).collect(),
            portal: environment.optional("PORTAL_URL"),
            region: environment.optional("AWS_REGION"),
        };
        Ok(Self {
            channel,
            issuer,
            client: ClientId::new(client),
            programs,
            redirect: place.address("/sign-in/callback"),
            described: Mutex::new(None),
        })
    }

    /// How programs sign in.
    pub(crate) fn known(&self) -> &Programs {
        &self.programs
    }

    /// The address to send somebody to.
    pub(crate) async fn way_out(&self, attempt: &Attempt, now: Timestamp) -> Result<String, NotSignedIn> {
        let described = self.described(now, BELIEVED).await?;
        let client = CoreClient::from_provider_metadata(described.metadata.clone(), self.client.clone(), None);
        let (state, nonce) = (attempt.state.clone(), attempt.nonce.clone());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(attempt.verifier.clone()));
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, ..) = client
            .set_redirect_uri(self.redirect()?)
            .authorize_url(flow, move || CsrfToken::new(state), move || Nonce::new(nonce))
            .add_scope(Scope::new("profile".to_owned()))
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        Ok(url.into())
    }

    /// Exchanges the code, and checks the id token: issuer, audience, signature, expiry and nonce. Its claims.
    pub(crate) async fn way_back(
        &self,
        attempt: &Attempt,
        code: String,
        now: Timestamp,
    ) -> Result<Map<String, Value>, NotSignedIn> {
        let described = self.described(now, BELIEVED).await?;
        let client = CoreClient::from_provider_metadata(described.metadata.clone(), self.client.clone(), None);
        let http = |request| self.channel.send(request);
        let provider = |error: String| NotSignedIn::Provider(error);
        let tokens = client
            .set_redirect_uri(self.redirect()?)
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| provider(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.clone()))
            .request_async(&http)
            .await
            .map_err(|error| provider(told(&error)))?;
        let token = tokens.id_token().ok_or_else(|| NotSignedIn::Token("there is none".to_owned()))?;
        let nonce = Nonce::new(attempt.nonce.clone());
        match self.check(&described.metadata, token, &nonce, now) {
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                let described = self.described(now, ASKED_AGAIN).await?;
                self.check(&described.metadata, token, &nonce, now)
            }
            checked => checked,
        }
        .map_err(|error| NotSignedIn::Token(error.to_string()))?;
        claims(token)
    }

    fn check(
        &self,
        metadata: &CoreProviderMetadata,
        token: &CoreIdToken,
        nonce: &Nonce,
        now: Timestamp,
    ) -> Result<(), ClaimsVerificationError> {
        let (issuer, keys) = (metadata.issuer().clone(), metadata.jwks().clone());
        let at = now.as_second();
        let verifier = CoreIdTokenVerifier::new_public_client(self.client.clone(), issuer, keys)
            .set_allowed_algs(SIGNED_BY)
            .set_time_fn(move || chrono_at(at));
        token.claims(&verifier, nonce).map(drop)
    }

    /// The provider as it describes itself, read again when that is older than this.
    async fn described(&self, now: Timestamp, believed: SignedDuration) -> Result<Arc<Described>, NotSignedIn> {
        let cached = self.described.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(described) = cached.filter(|described| now.duration_since(described.read_at).abs() < believed) {
            return Ok(described);
        }
        let issuer = IssuerUrl::new(self.issuer.clone()).map_err(|error| NotSignedIn::Provider(error.to_string()))?;
        let http = |request| self.channel.send(request);
        // The issuer in the document must be the one that was asked: the crate checks that.
        let metadata = CoreProviderMetadata::discover_async(issuer, &http)
            .await
            .map_err(|error| NotSignedIn::Provider(told(&error)))?;
        self.refuse_open_endpoints(&metadata)?;
        let described = Arc::new(Described { metadata, read_at: now });
        *self.described.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&described));
        Ok(described)
    }

    /// Codes and keys travel over TLS, unless the issuer itself is on this machine.
    fn refuse_open_endpoints(&self, metadata: &CoreProviderMetadata) -> Result<(), NotSignedIn> {
        let start = if self.issuer.starts_with("https://") { "https://" } else { "http://127.0.0.1:" };
        let addresses = [
            Some(metadata.authorization_endpoint().as_str()),
            metadata.token_endpoint().map(|address| address.as_str()),
            Some(metadata.jwks_uri().as_str()),
        ];
        match addresses.into_iter().flatten().find(|address| !address.starts_with(start)) {
            None => Ok(()),
            Some(address) => Err(NotSignedIn::Provider(format!("{address} does not begin with {start}"))),
        }
    }

    fn redirect(&self) -> Result<RedirectUrl, NotSignedIn> {
        RedirectUrl::new(self.redirect.clone()).map_err(|error| NotSignedIn::Provider(error.to_string()))
    }
}

/// An error with its causes. None of them holds a token or a code.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// All claims of a token whose signature was checked; the crate gives only those that it knows.
fn claims(token: &CoreIdToken) -> Result<Map<String, Value>, NotSignedIn> {
    let text = token.to_string();
    let payload = text.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
    payload
        .and_then(|payload| serde_json::from_slice(&payload).ok())
        .ok_or_else(|| NotSignedIn::Token("its claims are no JSON object".to_owned()))
}

/// An instant as the crate wants it.
fn chrono_at(seconds: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}
