//! Authorization codes: each for one client, one address to go back to and one proof of who asked, for a minute, once.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rsa::sha2::{Digest, Sha256};
use serde::Deserialize;

use super::{AUDIENCE, encode, random};

/// How long a code counts.
const LASTS: SignedDuration = SignedDuration::from_mins(1);

/// What a client asks for at `/authorize` (RFC 6749, 4.1.1; `OpenID` Connect Core, 3.1.2.1; RFC 7636, 4.3).
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    pub(super) response_type: String,
    #[serde(default)]
    pub(super) client_id: String,
    #[serde(default)]
    pub(super) redirect_uri: String,
    #[serde(default)]
    pub(super) scope: String,
    #[serde(default)]
    pub(super) state: String,
    #[serde(default)]
    pub(super) nonce: String,
    #[serde(default)]
    pub(super) code_challenge: String,
    #[serde(default)]
    pub(super) code_challenge_method: String,
}

/// What it sends to `/token` (RFC 6749, 4.1.3; RFC 7636, 4.5).
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Exchange {
    #[serde(default)]
    pub(super) grant_type: String,
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) redirect_uri: String,
    #[serde(default)]
    pub(super) client_id: String,
    #[serde(default)]
    pub(super) code_verifier: String,
    #[serde(default)]
    pub(super) device_code: String,
    #[serde(default)]
    pub(super) refresh_token: String,
}

/// Codes that were given out.
#[derive(Debug, Default)]
pub(super) struct Codes(BTreeMap<String, (Asked, String, Timestamp)>);

impl Asked {
    /// Why this is not answered with a code: a mistake of the client, which people are shown.
    pub(super) fn wrong(&self) -> Option<&'static str> {
        // Anything on this machine may be gone back to, and nothing else.
        if !self.redirect_uri.starts_with("http://127.0.0.1:") {
            Some("redirect_uri must begin with http://127.0.0.1:")
        } else if self.client_id != AUDIENCE {
            Some("client_id is not known")
        } else if self.response_type != "code" || !self.scope.split(' ').any(|scope| scope == "openid") {
            Some("only response_type=code with the scope openid is known")
        } else if self.code_challenge_method != "S256" || self.code_challenge.len() != 43 {
            Some("a code_challenge by S256 is needed")
        } else if self.state.is_empty() || self.nonce.is_empty() {
            Some("state and nonce are needed")
        } else {
            None
        }
    }
}

impl Codes {
    /// A new code for somebody.
    pub(super) fn give(&mut self, asked: Asked, user: &str, now: Timestamp) -> String {
        let code = encode(&random::<24>());
        self.0.retain(|_, (.., at)| now.duration_since(*at) < LASTS);
        self.0.insert(code.clone(), (asked, user.to_owned(), now));
        code
    }

    /// Who the code was for, and what was asked for. A code that was tried is gone, whatever came of it.
    pub(super) fn take(&mut self, exchange: &Exchange, now: Timestamp) -> Result<(String, Asked), &'static str> {
        let (asked, user, at) = self.0.remove(&exchange.code).ok_or("invalid_grant")?;
        let challenge = encode(&Sha256::digest(exchange.code_verifier.as_bytes()));
        let proven = exchange.client_id == asked.client_id
            && exchange.redirect_uri == asked.redirect_uri
            && challenge == asked.code_challenge
            && now.duration_since(at) < LASTS;
        if proven { Ok((user, asked)) } else { Err("invalid_grant") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Asked {
        Asked {
            response_type: "code".into(),
            client_id: AUDIENCE.into(),
            redirect_uri: "http://127.0.0.1:8484/sign-in/callback".into(),
            scope: "openid profile".into(),
            state: "s".into(),
            nonce: "n".into(),
            code_challenge: encode(&Sha256::digest(b"verifier")),
            code_challenge_method: "S256".into(),
        }
    }

    fn exchange(code: &str) -> Exchange {
        Exchange {
            grant_type: "authorization_code".into(),
            code: code.into(),
            redirect_uri: asked().redirect_uri,
            client_id: AUDIENCE.into(),
            code_verifier: "verifier".into(),
            ..Exchange::default()
        }
    }

    #[test]
    fn a_code_counts_once_for_a_minute_and_for_who_asked() {
        let (mut codes, now) = (Codes::default(), Timestamp::UNIX_EPOCH);
        let code = codes.give(asked(), "ada", now);
        let (user, asked_for) = codes.take(&exchange(&code), now).unwrap();
        assert_eq!((user.as_str(), asked_for.nonce.as_str()), ("ada", "n"));
        assert_eq!(codes.take(&exchange(&code), now).unwrap_err(), "invalid_grant", "a second time");
        let mut give = || (codes.give(asked(), "ada", now), now);
        let changes: [fn(&mut Exchange); 3] = [
            |it| it.code_verifier = "other".into(),
            |it| it.client_id = "other".into(),
            |it| it.redirect_uri = "http://127.0.0.1:1/".into(),
        ];
        let given: Vec<_> = changes.iter().map(|_| give().0).collect();
        for (change, code) in changes.iter().zip(given) {
            let mut exchange = exchange(&code);
            change(&mut exchange);
            assert!(codes.take(&exchange, now).is_err(), "{exchange:?}");
        }
        let late = codes.give(asked(), "ada", now);
        assert_eq!(codes.take(&exchange(&late), now + LASTS).unwrap_err(), "invalid_grant");
    }

    #[test]
    fn only_complete_wishes_of_this_machine_are_answered() {
        assert_eq!(asked().wrong(), None);
        let changes: [fn(&mut Asked); 7] = [
            |it| it.redirect_uri = "https://evil.example/".into(),
            |it| it.client_id = "other".into(),
            |it| it.response_type = "token".into(),
            |it| it.scope = "profile".into(),
            |it| it.code_challenge_method = "plain".into(),
            |it| it.state = String::new(),
            |it| it.nonce = String::new(),
        ];
        for change in changes {
            let mut asked = asked();
            change(&mut asked);
            assert!(asked.wrong().is_some(), "{asked:?}");
        }
    }
}
