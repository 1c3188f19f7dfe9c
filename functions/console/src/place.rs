//! Where the console lives: its address, and what follows from it for cookies and for who may post here.

use curfew_lambda::Unset;

/// The console's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// `https://curfew.example.com`, without a slash at the end.
    origin: String,
    /// Served over TLS: anywhere but in the local run.
    secure: bool,
}

impl Place {
    /// An address as the template allows it: https, or plain http on the loopback address.
    ///
    /// # Errors
    /// Anything else: cookies and codes would travel in the open.
    pub(crate) fn new(public_url: &str) -> Result<Self, Unset> {
        let secure = public_url.starts_with("https://");
        if !secure && !public_url.starts_with("http://127.0.0.1:") {
            return Err(Unset("PUBLIC_URL"));
        }
        Ok(Self { origin: public_url.trim_end_matches('/').to_owned(), secure })
    }

    /// Whether cookies can be bound to this host by their names.
    ///
    /// Browsers take `__Host-` and `Secure` over plain http from nobody, or only some do for loopback addresses; there,
    /// on one machine, cookies go without.
    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    /// The address of a local path.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Whether a form was sent from one of our own pages: by `Sec-Fetch-Site`, by `Origin`, or by both. Every browser of
    /// these years sends one of them with a form; whoever sends neither is no browser.
    pub(crate) fn is_own(&self, origin: Option<&str>, fetch_site: Option<&str>) -> bool {
        let from_here = origin.map(|origin| origin == self.origin);
        let same_site = fetch_site.map(|site| site == "same-origin");
        match (from_here, same_site) {
            (None, None) => false,
            // A page that tells nobody where it is (`Referrer-Policy`) has the origin `null`.
            (Some(false), Some(true)) => origin == Some("null"),
            (here, same) => here.unwrap_or(true) && same.unwrap_or(true),
        }
    }
}

/// A path of ours to come back to, such as `/requests/019ab2c3-…?x=y`.
///
/// The grammar leaves no way to another host: one slash, then letters, digits and `-._~/`, and a query of the same with
/// `=&%+:`. No second slash at the beginning, no backslash, nothing that a browser drops.
pub(crate) fn local_path(text: &str) -> Option<&str> {
    let path = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    let query = |c: char| c.is_ascii_alphanumeric() || "-._~/=&%+:".contains(c);
    let (before, after) = text.split_once('?').unwrap_or((text, ""));
    let fine = text.len() <= 512
        && before.starts_with('/')
        && !before.contains("//")
        && before.chars().all(path)
        && after.chars().all(query);
    fine.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_paths_are_come_back_to() {
        for good in ["/", "/requests/019ab2c3-0000-7000-8000-000000000001", "/request?q=prod%20x&cursor=a:b", "/a/0f"] {
            assert_eq!(local_path(good), Some(good));
        }
        let long = format!("/{}", "a".repeat(600));
        let bad = [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a//b",
            "evil",
            "/ a",
            "/a\n",
            "/a\t/b",
            "/@x",
            "/a#b",
            "javascript:alert(1)",
            "/a?b?c",
            "/%2f%2fevil",
            "/é",
            &long,
        ];
        for bad in bad {
            assert_eq!(local_path(bad), None, "{bad}");
        }
    }

    #[test]
    fn forms_come_from_our_own_pages() {
        let place = Place::new("https://curfew.example.com").unwrap();
        let own = |origin, site| place.is_own(origin, site);
        let (here, other) = (Some("https://curfew.example.com"), Some("https://evil.example"));
        assert!(own(here, Some("same-origin")) && own(here, None) && own(None, Some("same-origin")));
        assert!(own(Some("null"), Some("same-origin")), "a page without referrer");
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!own(here, Some(site)) && !own(None, Some(site)), "{site}");
        }
        assert!(!own(other, None) && !own(other, Some("same-origin")) && !own(Some("null"), None) && !own(None, None));
        assert!(!own(Some("https://curfew.example.com.evil.example"), None));
        assert!(!own(Some("http://curfew.example.com"), None), "in the open");
    }

    #[test]
    fn a_place_is_served_over_tls_or_on_this_machine() {
        assert!(Place::new("https://curfew.example.com").unwrap().is_secure());
        assert!(!Place::new("http://127.0.0.1:8484").unwrap().is_secure());
        for bad in ["http://curfew.example.com", "http://127.0.0.1.evil.example", "ftp://x", ""] {
            assert!(Place::new(bad).is_err(), "{bad}");
        }
    }
}
