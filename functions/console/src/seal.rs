//! The seal of cookies: encrypted and authenticated (AES-256-GCM) under secrets that only this function may read, changed
//! every day, the one before still accepted.

use std::sync::{Arc, Mutex, PoisonError};

use cookie::{Cookie, CookieJar, Key};
use curfew_aws::sessions::{Secrets, Sessions};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::error::Fault;
use curfew_engine::ports::{Commit, Ids};

/// After which time the secret is changed.
const CHANGED_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// For how long a warm function believes what it read.
const BELIEVED: SignedDuration = SignedDuration::from_mins(5);
/// A cookie under a secret that this process does not know may come from another process; it looks again, but not for
/// every cookie that somebody makes up.
const LOOKED: SignedDuration = SignedDuration::from_secs(1);

/// Seals and opens cookies.
pub(crate) struct Seals {
    sessions: Arc<Sessions>,
    ids: Arc<dyn Ids>,
    cached: Mutex<Option<(Ring, Timestamp)>>,
}

/// Keys made of the secrets, by number.
#[derive(Clone)]
pub(crate) struct Ring {
    number: u64,
    present: Key,
    before: Option<Key>,
    made_at: Timestamp,
}

impl Ring {
    pub(crate) fn new(secrets: &Secrets) -> Self {
        // Secrets are 64 hexadecimal digits of 256 random bits; HKDF makes a key of them.
        let key = |secret: &String| Key::derive_from(secret.as_bytes());
        let (number, made_at) = (secrets.number, secrets.made_at);
        Self { number, present: key(&secrets.present), before: secrets.before.as_ref().map(key), made_at }
    }

    /// The value of a cookie of this name: the number of its secret, and the sealed text.
    pub(crate) fn seal(&self, name: &str, text: &str) -> String {
        let mut jar = CookieJar::new();
        jar.private_mut(&self.present).add(Cookie::new(name.to_owned(), text.to_owned()));
        let sealed = jar.get(name).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
        format!("{}.{sealed}", self.number)
    }

    /// What was sealed under this name.
    pub(crate) fn open(&self, name: &str, value: &str) -> Option<String> {
        let (number, sealed) = value.split_once('.')?;
        let key = match number.parse::<u64>().ok()? {
            number if number == self.number => &self.present,
            number if number.checked_add(1) == Some(self.number) => self.before.as_ref()?,
            _ => return None,
        };
        let jar = CookieJar::new();
        let opened = jar.private(key).decrypt(Cookie::new(name.to_owned(), sealed.to_owned()))?;
        Some(opened.value().to_owned())
    }
}

impl Seals {
    pub(crate) fn new(sessions: Arc<Sessions>, ids: Arc<dyn Ids>) -> Self {
        Self { sessions, ids, cached: Mutex::new(None) }
    }

    /// The ring in force, for sealing, and for opening this cookie.
    pub(crate) async fn ring(&self, cookie: Option<&str>, now: Timestamp) -> Result<Ring, Fault> {
        let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((ring, read_at)) = cached {
            let age = now.duration_since(read_at);
            let newer = cookie.is_some_and(|value| number(value) > Some(ring.number));
            if age.abs() < if newer { LOOKED } else { BELIEVED } {
                return Ok(ring);
            }
        }
        let ring = Ring::new(&self.current(now).await?);
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = Some((ring.clone(), now));
        Ok(ring)
    }

    /// The secrets, made or changed where it is time.
    async fn current(&self, now: Timestamp) -> Result<Secrets, Fault> {
        let read = self.sessions.secrets().await?;
        if let Some(secrets) = read.as_ref().filter(|secrets| now.duration_since(secrets.made_at) < CHANGED_AFTER) {
            return Ok(secrets.clone());
        }
        let next = Secrets {
            number: read.as_ref().map_or(0, |secrets| secrets.number) + 1,
            present: format!("{}{}", self.ids.link()?, self.ids.link()?),
            before: read.map(|secrets| secrets.present),
            made_at: now,
        };
        match self.sessions.put_secrets(&next).await? {
            Commit::Done => Ok(next),
            // Another process was faster; or this one was, and did not hear it.
            Commit::Conflict => {
                let lost = || Fault::transient("change the secret of sessions", "somebody else does");
                self.sessions.secrets().await?.ok_or_else(lost)
            }
        }
    }
}

/// The number of the secret that a cookie was sealed with.
fn number(value: &str) -> Option<u64> {
    value.split_once('.')?.0.parse().ok()
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ring").field("number", &self.number).field("made_at", &self.made_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(number: u64, present: &str, before: Option<&str>) -> Ring {
        Ring::new(&Secrets {
            number,
            present: present.repeat(64),
            before: before.map(|before| before.repeat(64)),
            made_at: Timestamp::UNIX_EPOCH,
        })
    }

    #[test]
    fn what_was_sealed_opens_under_its_name_and_its_secret_and_the_next() {
        let (first, second, third) = (ring(1, "a", None), ring(2, "b", Some("a")), ring(3, "c", Some("b")));
        let sealed = first.seal("session", "ana");
        assert!(!sealed.contains("ana"));
        assert_eq!(first.open("session", &sealed).as_deref(), Some("ana"));
        assert_eq!(second.open("session", &sealed).as_deref(), Some("ana"), "the secret before is accepted");
        assert_eq!(third.open("session", &sealed), None, "the one before that is not");
        assert_eq!(first.open("attempt", &sealed), None, "a value belongs to its name");
        assert_eq!(ring(1, "x", None).open("session", &sealed), None, "another secret");
    }

    #[test]
    fn no_changed_bit_goes_unnoticed() {
        let ring = ring(1, "a", None);
        let sealed = ring.seal("session", "ana");
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(ring.open("session", &changed), None, "at {at}");
        }
        for bad in ["", ".", "1.", "1", "x.y", "99999999999999999999.a"] {
            assert_eq!(ring.open("session", bad), None, "{bad}");
        }
    }
}
