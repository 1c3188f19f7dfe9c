//! Device codes (RFC 8628): asked for by a program, confirmed in a browser, and exchanged once.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::random;

/// How long a code counts.
pub(super) const LASTS: SignedDuration = SignedDuration::from_mins(10);
/// Letters of user codes: none that look like others, no vowels (RFC 8628, 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// One that waits.
#[derive(Debug)]
struct Waiting {
    user_code: String,
    user: Option<String>,
    at: Timestamp,
}

/// Codes that were given out, by device code.
#[derive(Debug, Default)]
pub(super) struct Devices(BTreeMap<String, Waiting>);

impl Devices {
    /// A new device code, and the code that its user enters.
    pub(super) fn give(&mut self, now: Timestamp) -> (String, String) {
        let letter =
            |byte: u8| LETTERS.get(usize::from(byte) % LETTERS.len()).map_or('B', |letter| char::from(*letter));
        let letters: String = random::<8>().into_iter().map(letter).collect();
        let (first, second) = letters.split_at(4);
        let (device_code, user_code) = (super::encode(&random::<24>()), format!("{first}-{second}"));
        self.0.retain(|_, waiting| now.duration_since(waiting.at) < LASTS);
        self.0.insert(device_code.clone(), Waiting { user_code: user_code.clone(), user: None, at: now });
        (device_code, user_code)
    }

    /// Confirms a code as somebody; whether there is such a code that waits.
    pub(super) fn confirm(&mut self, user_code: &str, user: &str, now: Timestamp) -> bool {
        let typed = |code: &str| code.replace('-', "").to_uppercase();
        let fits = |waiting: &&mut Waiting| {
            typed(&waiting.user_code) == typed(user_code) && now.duration_since(waiting.at) < LASTS
        };
        let Some(waiting) = self.0.values_mut().find(fits).filter(|waiting| waiting.user.is_none()) else {
            return false;
        };
        waiting.user = Some(user.to_owned());
        true
    }

    /// Who confirmed a device code, or why there is no token yet (RFC 8628, 3.5).
    pub(super) fn take(&mut self, device_code: &str, now: Timestamp) -> Result<String, &'static str> {
        let waiting = self.0.get(device_code).ok_or("invalid_grant")?;
        if now.duration_since(waiting.at) >= LASTS {
            return Err("expired_token");
        }
        let user = waiting.user.clone().ok_or("authorization_pending")?;
        self.0.remove(device_code);
        Ok(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_gets_its_token_once_after_somebody_confirmed_its_code() {
        let (mut devices, now) = (Devices::default(), Timestamp::UNIX_EPOCH);
        let (device, user_code) = devices.give(now);
        assert_eq!(devices.take(&device, now), Err("authorization_pending"));
        assert!(!devices.confirm("BBBB-BBBB-B", "ada", now), "no such code");
        assert!(devices.confirm(&user_code.to_lowercase().replace('-', ""), "ada", now));
        assert!(!devices.confirm(&user_code, "eve", now), "a second time");
        assert_eq!(devices.take(&device, now), Ok("ada".to_owned()));
        assert_eq!(devices.take(&device, now), Err("invalid_grant"));
        let (late, code) = devices.give(now);
        assert!(!devices.confirm(&code, "ada", now + LASTS));
        assert_eq!(devices.take(&late, now + LASTS), Err("expired_token"));
    }
}
