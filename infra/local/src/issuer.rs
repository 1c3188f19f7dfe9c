//! The sign-in of the local run: an OIDC issuer with a key of its own, whose tokens pass the same check as in production.
//!
//! Browsers come to `/authorize`, choose whom to sign in as, and go back with a code, which `/token` exchanges once and only
//! for who proves to have asked for it (PKCE); or they confirm at `/device` the code of a program elsewhere. Tests take tokens from
//! `/mint`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rsa::pkcs1v15::SigningKey;
use rsa::rand_core::{OsRng, RngCore};
use rsa::sha2::{Digest, Sha256};
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::PublicKeyParts;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Error;

mod codes;
mod devices;
mod pages;

use codes::{Codes, Exchange};
use devices::Devices;

/// Who the tokens are for: the client id that the template is deployed with.
pub(crate) const AUDIENCE: &str = "curfew-local";
/// How long a token is valid: a working day.
pub(crate) const LIFETIME_SECONDS: i64 = 12 * 3600;
const KEY_BITS: usize = 2048;

/// A key made at start and never stored.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    signer: SigningKey<Sha256>,
    public: RsaPublicKey,
}

impl Key {
    /// Makes a key.
    pub(crate) fn generate() -> Result<Self, Error> {
        let private = RsaPrivateKey::new(&mut OsRng, KEY_BITS)
            .map_err(|error| Error::unexpected("make a signing key", "an RSA key", error))?;
        Ok(Self { public: private.to_public_key(), signer: SigningKey::new(private) })
    }

    /// The public half as a JSON Web Key.
    fn jwk(&self) -> Value {
        let (n, e) = (encode(&self.public.n().to_bytes_be()), encode(&self.public.e().to_bytes_be()));
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id(), "n": n, "e": e })
    }

    /// Its thumbprint (RFC 7638).
    fn id(&self) -> String {
        let (n, e) = (encode(&self.public.n().to_bytes_be()), encode(&self.public.e().to_bytes_be()));
        encode(&Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)))
    }

    /// A signed token with these claims.
    fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": self.id() });
        let signed = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = self.signer.sign(signed.as_bytes());
        format!("{signed}.{}", encode(&signature.to_bytes()))
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Random bytes for codes.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.fill_bytes(&mut bytes);
    bytes
}

/// The issuer: a key, an address, and the people it knows.
#[derive(Debug, Clone)]
pub(crate) struct Issuer {
    key: Arc<Key>,
    url: String,
    users: Arc<BTreeSet<String>>,
    codes: Arc<Mutex<Codes>>,
    devices: Arc<Mutex<Devices>>,
    /// Refresh tokens that were given out, each for a user, once.
    renewals: Arc<Mutex<BTreeMap<String, String>>>,
}

/// What `POST /mint` may ask for. The last two make the bad tokens that tests need.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    user: String,
    audience: Option<String>,
    expires_in: Option<i64>,
}

impl Issuer {
    /// An issuer that will be served at `url`.
    pub(crate) fn new(key: Key, url: &str, users: impl IntoIterator<Item = String>) -> Self {
        Self {
            key: Arc::new(key),
            url: url.into(),
            users: Arc::new(users.into_iter().collect()),
            codes: Arc::default(),
            devices: Arc::default(),
            renewals: Arc::default(),
        }
    }

    /// A valid token for a user.
    pub(crate) fn token(&self, user: &str, now: Timestamp) -> String {
        self.key.sign(&claims(&self.url, user, AUDIENCE, now, LIFETIME_SECONDS))
    }

    /// Discovery document, key set, and where people and programs get tokens.
    pub(crate) fn router(&self) -> Router {
        let discovery = json!({
            "issuer": self.url,
            "jwks_uri": format!("{}/.well-known/jwks.json", self.url),
            "authorization_endpoint": format!("{}/authorize", self.url),
            "token_endpoint": format!("{}/token", self.url),
            "device_authorization_endpoint": format!("{}/device_authorization", self.url),
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        let keys = json!({ "keys": [self.key.jwk()] });
        Router::new()
            .route("/.well-known/openid-configuration", get(move || std::future::ready(Json(discovery.clone()))))
            .route("/.well-known/jwks.json", get(move || std::future::ready(Json(keys.clone()))))
            .route("/authorize", get(pages::choose).post(pages::chosen))
            .route("/token", post(pages::exchange))
            .route("/device_authorization", post(pages::device))
            .route("/device", get(pages::device_page).post(pages::device_confirmed))
            .route("/mint", post(mint))
            .with_state(self.clone())
    }

    /// Tokens for a code, a device's code or a refresh token; or the error word of RFC 6749, 5.2.
    fn exchanged(&self, exchange: &Exchange, now: Timestamp) -> Result<Value, &'static str> {
        let broken = "server_error";
        match exchange.grant_type.as_str() {
            "authorization_code" => {
                let (user, asked) = self.codes.lock().map_err(|_| broken)?.take(exchange, now)?;
                let offline = asked.scope.split(' ').any(|scope| scope == "offline_access");
                self.tokens(&user, Some(&asked.nonce), offline, now)
            }
            "urn:ietf:params:oauth:grant-type:device_code" => {
                let user = self.devices.lock().map_err(|_| broken)?.take(&exchange.device_code, now)?;
                self.tokens(&user, None, true, now)
            }
            "refresh_token" => {
                let user = self.renewals.lock().map_err(|_| broken)?.remove(&exchange.refresh_token);
                self.tokens(&user.ok_or("invalid_grant")?, None, true, now)
            }
            _ => Err("unsupported_grant_type"),
        }
    }

    fn tokens(&self, user: &str, nonce: Option<&str>, offline: bool, now: Timestamp) -> Result<Value, &'static str> {
        let mut id = claims(&self.url, user, AUDIENCE, now, LIFETIME_SECONDS);
        if let Some(claims) = id.as_object_mut() {
            claims.extend(nonce.map(|nonce| ("nonce".to_owned(), nonce.into())));
            claims.insert("amr".into(), json!(["pwd"]));
        }
        let mut tokens = json!({
            "access_token": self.token(user, now),
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
            "id_token": self.key.sign(&id),
        });
        if let (true, Some(tokens)) = (offline, tokens.as_object_mut()) {
            let renewal = encode(&random::<24>());
            self.renewals.lock().map_err(|_| "server_error")?.insert(renewal.clone(), user.to_owned());
            tokens.insert("refresh_token".into(), renewal.into());
        }
        Ok(tokens)
    }

    fn grant(&self, wish: &Wish, now: Timestamp) -> Result<String, String> {
        if !self.users.contains(&wish.user) {
            let known: Vec<&str> = self.users.iter().map(String::as_str).collect();
            return Err(format!("nobody is called `{}`; known: {}\n", wish.user, known.join(", ")));
        }
        let audience = wish.audience.as_deref().unwrap_or(AUDIENCE);
        let lifetime = wish.expires_in.unwrap_or(LIFETIME_SECONDS);
        Ok(self.key.sign(&claims(&self.url, &wish.user, audience, now, lifetime)))
    }
}

/// The claims of a token. One that has expired was issued before that, as a real one.
fn claims(issuer: &str, user: &str, audience: &str, now: Timestamp, lifetime: i64) -> Value {
    let now = now.as_second();
    let expiry = now.saturating_add(lifetime);
    json!({ "iss": issuer, "sub": user, "aud": audience, "iat": now.min(expiry), "exp": expiry })
}

async fn mint(State(issuer): State<Issuer>, Query(wish): Query<Wish>) -> (StatusCode, String) {
    match issuer.grant(&wish, Timestamp::now()) {
        Ok(token) => (StatusCode::OK, token),
        Err(reason) => (StatusCode::NOT_FOUND, reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsa::pkcs1v15::{Signature, VerifyingKey};
    use rsa::signature::Verifier;
    use std::sync::OnceLock;

    const URL: &str = "http://127.0.0.1:4321";

    fn issuer() -> &'static Issuer {
        static ISSUER: OnceLock<Issuer> = OnceLock::new();
        ISSUER.get_or_init(|| Issuer::new(Key::generate().unwrap(), URL, ["ada".to_owned()]))
    }

    fn part(token: &str, index: usize) -> Value {
        let part = token.split('.').nth(index).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    #[test]
    fn a_token_says_who_for_whom_and_until_when() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let token = issuer().token("ada", now);
        let wanted = json!({ "iss": URL, "sub": "ada", "aud": AUDIENCE, "iat": 1_800_000_000, "exp": 1_800_043_200 });
        assert_eq!(part(&token, 1), wanted);
        assert_eq!(part(&token, 0)["kid"], issuer().key.jwk()["kid"]);
    }

    #[test]
    fn the_published_key_verifies_the_token() {
        let token = issuer().token("ada", Timestamp::UNIX_EPOCH);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let jwk = issuer().key.jwk();
        let number = |name: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
            rsa::BigUint::from_bytes_be(&bytes)
        };
        let public = RsaPublicKey::new(number("n"), number("e")).unwrap();
        let signature = Signature::try_from(URL_SAFE_NO_PAD.decode(signature).unwrap().as_slice()).unwrap();
        VerifyingKey::<Sha256>::new(public).verify(signed.as_bytes(), &signature).unwrap();
    }

    #[test]
    fn an_expired_token_was_once_issued() {
        let wish = Wish { user: "ada".into(), audience: Some("else".into()), expires_in: Some(-60) };
        let token = issuer().grant(&wish, Timestamp::from_second(1000).unwrap()).unwrap();
        let claims = part(&token, 1);
        assert_eq!((&claims["exp"], &claims["iat"], &claims["aud"]), (&json!(940), &json!(940), &json!("else")));
    }

    #[test]
    fn only_seeded_people_get_tokens() {
        let wish = Wish { user: "eve".into(), audience: None, expires_in: None };
        assert_eq!(issuer().grant(&wish, Timestamp::UNIX_EPOCH).unwrap_err(), "nobody is called `eve`; known: ada\n");
    }
}
