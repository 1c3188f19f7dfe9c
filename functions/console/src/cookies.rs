//! Cookies of the console, by what they are for.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};

use crate::place::Place;
use crate::provider::PATIENCE;
use crate::visit::Visit;

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jar {
    /// Who signed in. Sealed.
    Session,
    /// An attempt to sign in. Sealed.
    Attempt,
    /// What the last action came to: one word of a closed list, shown once.
    Flash,
    /// Colours: one word. The script sets it, too.
    Theme,
}

impl Jar {
    /// Its name. `__Host-` makes browsers refuse it from any other host, path or connection (RFC 6265bis, 4.1.3.2).
    pub(crate) fn name(self, place: &Place) -> String {
        let name = match self {
            Self::Session => "curfew",
            Self::Attempt => "curfew-sign-in",
            Self::Flash => "curfew-flash",
            Self::Theme => return curfew_web::forms::THEME_COOKIE.to_owned(),
        };
        if place.is_secure() { format!("__Host-{name}") } else { name.to_owned() }
    }

    /// Everything that the browser sends under this name.
    pub(crate) fn sent<'v>(self, place: &Place, visit: &'v Visit) -> Vec<&'v str> {
        visit.cookies(&self.name(place)).collect()
    }

    /// The header that sets it.
    pub(crate) fn set(self, place: &Place, value: String) -> String {
        let mut cookie = self.cookie(place, value);
        match self {
            // Until the browser closes; the seal holds until when at the most.
            Self::Session | Self::Flash => {}
            Self::Attempt => cookie.set_max_age(Duration::seconds(PATIENCE.as_secs())),
            Self::Theme => cookie.set_max_age(Duration::days(365)),
        }
        cookie.to_string()
    }

    /// The header that makes the browser forget it.
    pub(crate) fn forget(self, place: &Place) -> String {
        let mut cookie = self.cookie(place, String::new());
        cookie.set_max_age(Duration::ZERO);
        cookie.to_string()
    }

    fn cookie(self, place: &Place, value: String) -> Cookie<'static> {
        Cookie::build((self.name(place), value))
            .path("/")
            .secure(place.is_secure())
            .http_only(self != Self::Theme)
            .same_site(SameSite::Lax)
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_bound_to_this_host_and_hidden_from_scripts() {
        let place = Place::new("https://curfew.example.com").unwrap();
        let set = Jar::Session.set(&place, "1.abc".to_owned());
        assert_eq!(set, "__Host-curfew=1.abc; HttpOnly; SameSite=Lax; Secure; Path=/");
        let local = Place::new("http://127.0.0.1:8484").unwrap();
        assert_eq!(Jar::Session.set(&local, "1.abc".to_owned()), "curfew=1.abc; HttpOnly; SameSite=Lax; Path=/");
        assert!(Jar::Attempt.set(&place, String::new()).contains("Max-Age=600"));
        assert!(Jar::Session.forget(&place).contains("Max-Age=0"));
    }
}
