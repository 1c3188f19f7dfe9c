//! Sign-in by a browser on this machine, which brings the code to a port of the loopback address (RFC 8252, 7.3).

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use openidconnect::core::{CoreAuthenticationFlow, CoreTokenResponse};
use openidconnect::{AuthorizationCode, CsrfToken, Nonce, PkceCodeChallenge, RedirectUrl};

use super::Provider;
use crate::answer::{Failure, note};

/// How long somebody may take.
const PATIENCE: Duration = Duration::from_mins(10);
/// How long a connection may take to say what it wants: browsers open some that say nothing.
const BREATH: Duration = Duration::from_secs(2);
/// Longest first line of a request, in bytes.
const LONGEST: u64 = 16 << 10;

/// Sends a browser to the provider, and exchanges the code that it brings back.
pub(super) fn tokens(
    provider: &Provider,
    port: Option<u16>,
    open: bool,
) -> Result<(CoreTokenResponse, Nonce), Failure> {
    let wanted = port.unwrap_or(0);
    let cannot = |error: std::io::Error| {
        Failure::usage(format!(
            "port {wanted} of 127.0.0.1 cannot be listened on: {error}; choose another with `--port`"
        ))
    };
    let listener = TcpListener::bind(("127.0.0.1", wanted)).map_err(cannot)?;
    let redirect = format!("http://{}/callback", listener.local_addr().map_err(cannot)?);
    let redirect = RedirectUrl::new(redirect).map_err(|error| provider.broken(&error))?;
    let client = provider.client().set_redirect_uri(redirect);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scopes(provider.scopes())
        .set_pkce_challenge(challenge)
        .url();
    // Where none opens, the address is there to be clicked.
    let opened = open && open::that_detached(url.as_str()).is_ok();
    note(&format!("{} {url}", if opened { "Your browser opens" } else { "Open" }));
    let code = wait_for_code(&listener, state.secret())?;
    let tokens = client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(|error| provider.broken(&error))?
        .set_pkce_verifier(verifier)
        .request(&|sent| provider.http.send(sent))
        .map_err(|error| provider.broken(&error))?;
    Ok((tokens, nonce))
}

/// The code of the request that brings our own `state`; anything else is turned away, and does no harm.
fn wait_for_code(listener: &TcpListener, state: &str) -> Result<String, Failure> {
    let since = Instant::now();
    let broken = |error: std::io::Error| Failure::usage(format!("the port for the browser broke: {error}"));
    listener.set_nonblocking(true).map_err(broken)?;
    while since.elapsed() < PATIENCE {
        match listener.accept() {
            Ok((stream, _)) => match answer(&stream, state) {
                Some(Ok(code)) => return Ok(code),
                Some(Err(word)) => {
                    return Err(Failure::Refused {
                        code: "sign_in_refused".to_owned(),
                        message: format!("your identity provider did not sign you in: {word}"),
                    });
                }
                None => {}
            },
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(error) => return Err(broken(error)),
        }
    }
    Err(Failure::usage("nobody signed in within ten minutes"))
}

/// Reads one request, and answers it with a page. Code or error word, if the request is the one that was waited for.
fn answer(stream: &TcpStream, state: &str) -> Option<Result<String, String>> {
    stream.set_nonblocking(false).ok()?;
    stream.set_read_timeout(Some(BREATH)).ok()?;
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut line).ok()?;
    let query = line.strip_prefix("GET /callback?").and_then(|rest| rest.split(' ').next());
    let parameters: BTreeMap<String, String> =
        serde_urlencoded::from_str(query.unwrap_or_default()).unwrap_or_default();
    let ours = parameters.get("state").is_some_and(|sent| sent == state);
    let found = match (ours, parameters.get("code"), parameters.get("error")) {
        (true, Some(code), _) => Some(Ok(code.clone())),
        // The provider's word, such as `access_denied`.
        (true, None, word) => Some(Err(word.map_or("no code", String::as_str).chars().take(60).collect())),
        (false, ..) => None,
    };
    let (status, said) = match &found {
        Some(Ok(_)) => ("200 OK", "You are signed in. You can close this window and go back to the terminal."),
        Some(Err(_)) => ("200 OK", "You were not signed in. The terminal says why."),
        None => ("404 Not Found", "There is nothing here."),
    };
    let page = format!("<!doctype html><html lang=\"en\"><title>Curfew</title><p>{said}</p></html>");
    let head =
        "content-type: text/html; charset=utf-8\r\ncontent-security-policy: default-src 'none'\r\nconnection: close";
    // A browser that has gone away misses a sentence.
    let mut stream = stream;
    let _ = write!(stream, "HTTP/1.1 {status}\r\n{head}\r\ncontent-length: {}\r\n\r\n{page}", page.len());
    found
}
