//! The identity provider: `OpenID` Connect, authorization code with PKCE, by the crate `openidconnect` over our own stack.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::ports::Ids;
use curfew_lambda::{BackChannel, Environment, Unset};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreIdToken, CoreIdTokenVerifier,
    CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreTokenResponse,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CodeTokenRequest, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    Scope, SignatureVerificationError, StandardErrorResponse, TokenResponse,
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

impl Programs {
    fn new(environment: &Environment) -> Result<Self, Unset> {
        let cli = environment.optional("OIDC_CLI_CLIENT_ID");
        let audience = environment.required("OIDC_AUDIENCE")?;
        Ok(Self {
            issuer: environment.required("OIDC_ISSUER")?,
            client_id: cli.clone().map_or_else(|| environment.required("OIDC_CLIENT_ID"), Ok)?,
            audiences: std::iter::once(audience).chain(cli).collect(),
            portal: environment.optional("PORTAL_URL"),
            region: environment.optional("AWS_REGION"),
        })
    }
}

/// The identity provider.
pub(crate) struct Provider {
    channel: BackChannel,
    issuer: String,
    client: Client,
    /// What the command line is told: its client, and whom tokens must be for.
    programs: Programs,
    described: Mutex<Option<Arc<Described>>>,
}

/// The protocol with a provider that has described itself.
type Protocol =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// A request for tokens.
type Exchange<'p> = CodeTokenRequest<'p, StandardErrorResponse<CoreErrorResponseType>, CoreTokenResponse>;

/// What we are to the provider.
struct Client {
    id: ClientId,
    /// Of a confidential client; a public one has none.
    secret: Option<ClientSecret>,
    /// Where people come back to.
    redirect: String,
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

    /// Asks for tokens in exchange for the code, proven by the verifier, and by the client's secret where it has one.
    fn exchange<'p>(&self, protocol: &'p Protocol, code: String) -> Result<Exchange<'p>, NotSignedIn> {
        let asks = protocol.exchange_code(AuthorizationCode::new(code));
        let asks = asks.map_err(|error| NotSignedIn::Provider(error.to_string()))?;
        Ok(asks.set_pkce_verifier(PkceCodeVerifier::new(self.verifier.clone())))
    }

    /// What the cookie holds.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Provider {
    /// The provider of the template's settings.
    pub(crate) fn new(environment: &Environment, channel: BackChannel, place: &Place) -> Result<Self, Unset> {
        Ok(Self {
            channel,
            issuer: environment.required("OIDC_ISSUER")?,
            client: Client::new(environment, place)?,
            programs: Programs::new(environment)?,
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
        let (state, nonce) = (attempt.state.clone(), attempt.nonce.clone());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(attempt.verifier.clone()));
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, ..) = self
            .client
            .with(&described.metadata)?
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
        let http = |request| self.channel.send(request);
        let protocol = self.client.with(&described.metadata)?;
        let tokens = attempt
            .exchange(&protocol, code)?
            .request_async(&http)
            .await
            .map_err(|error| NotSignedIn::Provider(told(&error)))?;
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
        let verifier = CoreIdTokenVerifier::new_public_client(self.client.id.clone(), issuer, keys)
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
}

impl Client {
    fn new(environment: &Environment, place: &Place) -> Result<Self, Unset> {
        Ok(Self {
            id: ClientId::new(environment.required("OIDC_CLIENT_ID")?),
            secret: environment.optional("OIDC_CLIENT_SECRET").map(ClientSecret::new),
            redirect: place.address("/sign-in/callback"),
        })
    }

    /// The protocol with this provider.
    fn with(&self, metadata: &CoreProviderMetadata) -> Result<Protocol, NotSignedIn> {
        let redirect = RedirectUrl::new(self.redirect.clone());
        let redirect = redirect.map_err(|error| NotSignedIn::Provider(error.to_string()))?;
        let mut protocol = CoreClient::from_provider_metadata(metadata.clone(), self.id.clone(), None);
        if let Some(secret) = &self.secret {
            protocol = protocol.set_client_secret(secret.clone()).set_auth_type(shown_as(metadata));
        }
        Ok(protocol.set_redirect_uri(redirect))
    }
}

/// Where the provider wants to see a client's secret: in the header, unless it says that it takes it in the form alone.
fn shown_as(metadata: &CoreProviderMetadata) -> AuthType {
    let takes = metadata.token_endpoint_auth_methods_supported();
    let takes = |method| takes.is_some_and(|methods| methods.contains(&method));
    let in_form = takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic);
    if in_form { AuthType::RequestBody } else { AuthType::BasicAuth }
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use aws_lambda_events::http::{Request, Response};
    use openidconnect::HttpClientError;
    use serde_json::json;

    use super::*;

    fn client(secret: Option<&str>) -> Client {
        let set = [("OIDC_CLIENT_ID", "curfew")].into_iter();
        let set = set.chain(secret.map(|secret| ("OIDC_CLIENT_SECRET", secret)));
        let set = set.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Client::new(&set, &Place::new("https://curfew.example.com").unwrap()).unwrap()
    }

    fn described(methods: Option<&[&str]>) -> CoreProviderMetadata {
        let mut document = json!({
            "issuer": "https://id.example", "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": "https://id.example/token", "jwks_uri": "https://id.example/keys",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        if let Some(methods) = methods {
            document["token_endpoint_auth_methods_supported"] = json!(methods);
        }
        serde_json::from_value(document).unwrap()
    }

    /// What the provider is sent in exchange for tokens: its `Authorization`, and the form.
    fn sent(secret: Option<&str>, methods: Option<&[&str]>) -> (Option<String>, String) {
        let seen = RefCell::new(None);
        let http = |request: Request<Vec<u8>>| {
            let header = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
            *seen.borrow_mut() = Some((header, String::from_utf8(request.into_body()).unwrap()));
            std::future::ready(Ok::<_, HttpClientError<std::io::Error>>(Response::new(Vec::new())))
        };
        let attempt = Attempt { state: "s".into(), nonce: "n".into(), verifier: "v".repeat(64), to: "/".into(), at: 0 };
        let protocol = client(secret).with(&described(methods)).unwrap();
        let asks = pin!(attempt.exchange(&protocol, "code".to_owned()).unwrap().request_async(&http));
        let answer = asks.poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(answer, Poll::Ready(Err(_))), "an empty answer has no tokens");
        let seen = seen.borrow_mut().take();
        seen.unwrap()
    }

    #[test]
    fn a_secret_goes_where_the_provider_wants_it_and_a_public_client_has_none() {
        let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode("curfew:hush"));
        for methods in [None, Some(&["client_secret_post", "client_secret_basic"][..])] {
            let (header, form) = sent(Some("hush"), methods);
            assert_eq!(header.as_ref(), Some(&basic));
            assert!(!form.contains("hush") && form.contains("code_verifier="), "{form}");
        }
        let (header, form) = sent(Some("hush"), Some(&["client_secret_post"]));
        assert!(header.is_none() && form.contains("client_secret=hush"), "{form}");
        for nothing in [None, Some("")] {
            let (header, form) = sent(nothing, None);
            assert!(header.is_none() && !form.contains("secret") && form.contains("client_id=curfew"), "{form}");
        }
    }
}
