//! What a token says of itself. It is not checked here: the server does, and believes nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

/// Whether this is a JSON Web Token for one of these, as API Gateway reads it: `aud`, or `client_id` where that is missing.
pub(super) fn is_for(token: &str, audiences: &[String]) -> bool {
    let Some(claims) = claims(token) else { return false };
    let named = match claims.get("aud").or_else(|| claims.get("client_id")) {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    named.iter().any(|name| audiences.iter().any(|audience| audience == name))
}

/// When it ends, in seconds since the epoch.
pub(super) fn expiry(token: &str) -> Option<i64> {
    claims(token)?.get("exp")?.as_i64()
}

/// An instant for people and programs.
pub(super) fn instant(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string())
}

fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_for_its_audience_and_nothing_else_is_a_token() {
        let token = |claims: &str| format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims));
        let ours = ["curfew".to_owned(), "cli".to_owned()];
        for good in [r#"{"aud":"curfew"}"#, r#"{"aud":["x","cli"]}"#, r#"{"client_id":"cli"}"#] {
            assert!(is_for(&token(good), &ours), "{good}");
        }
        for bad in [r#"{"aud":"x"}"#, r#"{"aud":"x","client_id":"cli"}"#, "{}", "no JSON"] {
            assert!(!is_for(&token(bad), &ours), "{bad}");
        }
        assert!(!is_for("opaque", &ours));
        assert_eq!(expiry(&token(r#"{"exp":12}"#)), Some(12));
    }
}
