//! A session: who signed in, until when, in one encrypted cookie.

use curfew_aws::sessions::Secrets;
use curfew_domain::id::{LinkId, UserId};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_lambda::Environment;
use serde::{Deserialize, Serialize};

use crate::cookies::Jar;
use crate::place::Place;
use crate::seal::Ring;

/// The cookies of a session that begins now, as the browser of this person would send them: for tests of pages where no
/// identity provider is. Whoever can call it has the secrets already.
pub fn sealed_session(
    secrets: &Secrets,
    public_url: &str,
    user: &UserId,
    csrf: &LinkId,
    now: Timestamp,
) -> Option<String> {
    let (place, ring) = (Place::new(public_url).ok()?, Ring::new(secrets));
    let name = Jar::Session.name(&place);
    let session = Session::begin(csrf, csrf, user, None, now);
    Some(format!("{name}={}", ring.seal(&name, &session.text())))
}

/// How far a session is moved on before its cookie is sealed anew: not with each page.
const STEP: SignedDuration = SignedDuration::from_mins(1);

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Without a page.
    pub(crate) idle: SignedDuration,
    /// In all.
    pub(crate) absolute: SignedDuration,
}

impl Limits {
    /// As the template sets them; half an hour and twelve hours without.
    pub(crate) fn new(environment: &Environment) -> Self {
        let number = |text: Option<String>| text.and_then(|text| text.parse::<i64>().ok()).filter(|number| *number > 0);
        let idle = number(environment.optional("SESSION_IDLE_MINUTES")).unwrap_or(30);
        let absolute = number(environment.optional("SESSION_HOURS")).unwrap_or(12);
        Self { idle: SignedDuration::from_mins(idle), absolute: SignedDuration::from_hours(absolute) }
    }
}

/// Who signed in, and until when. What the cookie holds, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Session {
    /// Names the session where it was ended early.
    #[serde(rename = "s")]
    id: String,
    /// Directory id of who signed in.
    #[serde(rename = "u")]
    user: String,
    /// Whether they did so with a second factor; `None` where the provider does not say.
    #[serde(rename = "m")]
    pub(crate) mfa: Option<bool>,
    /// What each form of this session sends back.
    #[serde(rename = "c")]
    pub(crate) csrf: String,
    /// When they signed in, in seconds since the epoch.
    #[serde(rename = "a")]
    begun: i64,
    /// When they last asked for a page, in seconds since the epoch, a minute more or less.
    #[serde(rename = "l")]
    seen: i64,
}

impl Session {
    /// A new session.
    pub(crate) fn begin(id: &LinkId, csrf: &LinkId, user: &UserId, mfa: Option<bool>, now: Timestamp) -> Self {
        let at = now.as_second();
        Self { id: id.to_string(), user: user.to_string(), mfa, csrf: csrf.to_string(), begun: at, seen: at }
    }

    /// What a cookie held, if it still counts.
    pub(crate) fn open(text: &str, limits: Limits, now: Timestamp) -> Option<Self> {
        let session: Self = serde_json::from_str(text).ok()?;
        let now = now.as_second();
        // One from the future is from nobody.
        let skew = 300;
        let lasts = (session.begun - skew..session.begun + limits.absolute.as_secs()).contains(&now)
            && (session.seen - skew..session.seen + limits.idle.as_secs()).contains(&now);
        lasts.then_some(session)
    }

    /// What the cookie holds.
    pub(crate) fn text(&self) -> String {
        // Texts and numbers always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The session moved on to now, where that is worth a new cookie.
    pub(crate) fn moved_on(&self, now: Timestamp) -> Option<Self> {
        let now = now.as_second();
        (now - self.seen >= STEP.as_secs()).then(|| Self { seen: now, ..self.clone() })
    }

    /// Its id.
    pub(crate) fn id(&self) -> Option<LinkId> {
        LinkId::parse(&self.id).ok()
    }

    /// Who signed in.
    pub(crate) fn user(&self) -> Option<UserId> {
        UserId::parse(&self.user).ok()
    }

    /// When it ends, whatever happens.
    pub(crate) fn ends(&self, limits: Limits) -> Timestamp {
        Timestamp::from_second(self.begun.saturating_add(limits.absolute.as_secs())).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { idle: SignedDuration::from_mins(30), absolute: SignedDuration::from_hours(12) };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    fn session() -> Session {
        let id = |digit: &str| LinkId::parse(&digit.repeat(32)).unwrap();
        let user = UserId::parse("00000000-0000-4000-8000-000000000001").unwrap();
        Session::begin(&id("1"), &id("2"), &user, Some(true), at(0))
    }

    #[test]
    fn a_session_ends_when_nobody_uses_it_and_after_a_working_day_in_any_case() {
        let text = session().text();
        let counts = |text: &str, seconds| Session::open(text, LIMITS, at(seconds)).is_some();
        assert!(counts(&text, 0) && counts(&text, 1_799));
        assert!(!counts(&text, 1_800), "idle");
        assert!(counts(&text, -300) && !counts(&text, -301), "clocks differ, but not by much");
        let mut session = session();
        for step in 1..2 * 12 * 3 {
            session = session.moved_on(at(step * 600)).unwrap();
            assert!(counts(&session.text(), step * 600), "used every ten minutes, {step}");
        }
        let session = session.moved_on(at(43_190)).unwrap();
        assert!(counts(&session.text(), 43_199) && !counts(&session.text(), 43_200), "twelve hours are over");
        assert_eq!(session.ends(LIMITS), at(43_200));
    }

    #[test]
    fn a_cookie_is_not_written_with_each_page() {
        let session = session();
        assert_eq!(
            (session.moved_on(at(59)), session.moved_on(at(60)).map(|moved| moved.seen)),
            (None, Some(1_795_000_060))
        );
    }

    #[test]
    fn what_is_no_session_opens_nothing() {
        let good = session().text();
        for bad in ["", "{}", "null", &good.replace("\"l\"", "\"x\""), &good.replacen('{', "{\"r\":1,", 1)] {
            assert_eq!(Session::open(bad, LIMITS, at(0)), None, "{bad}");
        }
    }
}
