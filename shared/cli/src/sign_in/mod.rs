//! `curfew login`: `OpenID` Connect by the crate `openidconnect`; the code comes to a port of this machine (RFC 8252), or a
//! browser anywhere confirms a code that is shown here (RFC 8628).

mod device;
mod loopback;
mod token;

use openidconnect::core::{CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreTokenResponse};
use openidconnect::{ClientId, IssuerUrl, Nonce, OAuth2TokenResponse as _, RefreshToken, TokenResponse as _};
use serde::Deserialize;
use serde_json::json;

use crate::answer::{Answer, Failure};
use crate::arguments::{Login, Server};
use crate::remote::{self, Http};
use crate::sessions::{self, Session};

/// Signatures of id tokens that are accepted: made with a private key.
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

/// How programs sign in: what a server answers at `/.well-known/curfew`.
#[derive(Debug, Deserialize)]
struct Programs {
    issuer: String,
    client_id: String,
    audiences: Vec<String>,
}

/// The identity provider of a server.
struct Provider {
    programs: Programs,
    metadata: CoreProviderMetadata,
    http: Http,
}

/// Signs in, and keeps the token for the commands that follow.
pub(crate) fn login(given: &Login) -> Result<Answer, Failure> {
    let url = given.url.clone().map_or_else(sessions::latest, |url| Ok(Some(url)))?;
    let Some(url) = url else {
        return Err(Failure::usage("which server? for example `curfew login https://curfew.example.com`"));
    };
    let base = remote::checked_base(&url)?;
    let provider = Provider::of(&base)?;
    let (tokens, nonce) = if given.device {
        (device::tokens(&provider)?, None)
    } else {
        let (tokens, nonce) = loopback::tokens(&provider, given.port, !given.no_browser)?;
        (tokens, Some(nonce))
    };
    provider.check(&tokens, nonce.as_ref())?;
    let session = provider.session(&tokens, None)?;
    let ends = token::instant(session.expires_at);
    let renewed = session.refresh_token.is_some();
    sessions::keep(&base, session)?;
    let lasts = if renewed {
        "; renewed by itself until your identity provider says no".to_owned()
    } else {
        format!(" until {ends}")
    };
    let text = format!("Signed in at {base}{lasts}.");
    Ok(Answer::fine(text, &json!({ "server": base, "expires_at": ends, "renewed": renewed })))
}

/// Forgets the token. Access that was granted stays until its end.
pub(crate) fn logout(server: &Server) -> Result<Answer, Failure> {
    let url = server.url.clone().map_or_else(sessions::latest, |url| Ok(Some(url)))?;
    let Some(url) = url else { return Ok(Answer::fine("You were not signed in.", &json!({ "signed_out": false }))) };
    let base = remote::checked_base(&url)?;
    let was = sessions::forget(&base)?;
    let text = if was { format!("Signed out of {base}.") } else { format!("You were not signed in at {base}.") };
    Ok(Answer::fine(text, &json!({ "server": base, "signed_out": was })))
}

/// The next token of a session that can be renewed.
pub(crate) fn renew(base: &str, session: &Session) -> Result<Option<Session>, Failure> {
    let Some(refresh_token) = session.refresh_token.clone() else { return Ok(None) };
    let programs = Programs {
        issuer: session.issuer.clone(),
        client_id: session.client_id.clone(),
        audiences: session.audiences.clone(),
    };
    let provider = Provider::described(programs, remote::http())?;
    let client = provider.client();
    let refresh_token = RefreshToken::new(refresh_token);
    let request = client.exchange_refresh_token(&refresh_token).map_err(|error| provider.broken(&error))?;
    // Refused, by whatever reason: the person signs in again.
    let Ok(tokens) = request.request(&|sent| provider.http.send(sent)) else { return Ok(None) };
    let session = provider.session(&tokens, Some(refresh_token.into_secret()))?;
    sessions::keep(base, session.clone())?;
    Ok(Some(session))
}

impl Provider {
    /// The provider that a server names.
    fn of(base: &str) -> Result<Self, Failure> {
        let http = remote::http();
        let programs = http.json(&format!("{base}/.well-known/curfew"))?;
        let programs: Programs = serde_json::from_value(programs).map_err(|_| {
            Failure::Server(format!("{base} does not tell how to sign in; is this the address of Curfew?"))
        })?;
        Self::described(programs, http)
    }

    fn described(programs: Programs, http: Http) -> Result<Self, Failure> {
        let issuer = remote::checked_base(&programs.issuer).and_then(|_| {
            IssuerUrl::new(programs.issuer.clone()).map_err(|error| Failure::Server(format!("the issuer: {error}")))
        })?;
        let metadata = CoreProviderMetadata::discover(&issuer, &|sent| http.send(sent))
            .map_err(|error| Failure::Server(format!("the identity provider {}: {}", issuer.as_str(), told(&error))))?;
        let endpoints = [
            Some(metadata.authorization_endpoint().as_str()),
            metadata.token_endpoint().map(|endpoint| endpoint.as_str()),
            Some(metadata.jwks_uri().as_str()),
        ];
        for endpoint in endpoints.into_iter().flatten() {
            remote::checked_base(endpoint)?;
        }
        Ok(Self { programs, metadata, http })
    }

    /// The client, as far as the provider's metadata describe it.
    fn client(
        &self,
    ) -> openidconnect::core::CoreClient<
        openidconnect::EndpointSet,
        openidconnect::EndpointNotSet,
        openidconnect::EndpointNotSet,
        openidconnect::EndpointNotSet,
        openidconnect::EndpointMaybeSet,
        openidconnect::EndpointMaybeSet,
    > {
        let id = ClientId::new(self.programs.client_id.clone());
        openidconnect::core::CoreClient::from_provider_metadata(self.metadata.clone(), id, None)
    }

    /// Scopes besides `openid`: who it is, and, where the provider knows the word, tokens that renew themselves.
    fn scopes(&self) -> Vec<openidconnect::Scope> {
        let offline =
            self.metadata.scopes_supported().into_iter().flatten().filter(|scope| ***scope == *"offline_access");
        let plain = ["profile", "email"].map(|scope| openidconnect::Scope::new(scope.to_owned()));
        plain.into_iter().chain(offline.cloned()).collect()
    }

    /// The id token, if there is one, is signed by the provider and for us.
    fn check(&self, tokens: &CoreTokenResponse, nonce: Option<&Nonce>) -> Result<(), Failure> {
        let Some(id_token) = tokens.id_token() else { return Ok(()) };
        let client = ClientId::new(self.programs.client_id.clone());
        let (issuer, keys) = (self.metadata.issuer().clone(), self.metadata.jwks().clone());
        let verifier = CoreIdTokenVerifier::new_public_client(client, issuer, keys).set_allowed_algs(SIGNED_BY);
        let checked = match nonce {
            Some(nonce) => id_token.claims(&verifier, nonce),
            // A device's id token answers no nonce.
            None => id_token.claims(&verifier, |_: Option<&Nonce>| Ok(())),
        };
        checked.map(drop).map_err(|error| Failure::Server(format!("the id token does not hold: {error}")))
    }

    /// Which of the tokens the API takes, and until when.
    fn session(&self, tokens: &CoreTokenResponse, refreshed: Option<String>) -> Result<Session, Failure> {
        let access = tokens.access_token().secret().clone();
        let id = tokens.id_token().map(ToString::to_string);
        let fits = |token: &String| token::is_for(token, &self.programs.audiences);
        let Some(chosen) = [Some(access), id].into_iter().flatten().find(fits) else {
            let wanted = self.programs.audiences.join(" or ");
            let hint = "an administrator adds that audience to the client at the provider";
            return Err(Failure::Server(format!("no token of the identity provider is for `{wanted}`; {hint}")));
        };
        let Some(expires_at) = token::expiry(&chosen) else {
            return Err(Failure::Server("the token of the identity provider has no end".to_owned()));
        };
        Ok(Session {
            issuer: self.programs.issuer.clone(),
            client_id: self.programs.client_id.clone(),
            audiences: self.programs.audiences.clone(),
            token: chosen,
            expires_at,
            refresh_token: tokens.refresh_token().map(|token| token.secret().clone()).or(refreshed),
        })
    }

    fn broken(&self, error: &dyn std::error::Error) -> Failure {
        Failure::Server(format!("the identity provider {}: {}", self.programs.issuer, told(error)))
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
