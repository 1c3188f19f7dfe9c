//! Addresses of pages and forms. Whatever comes from data is percent-encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::forms::{ACCOUNT, Action, PERMISSION_SET};

/// My access.
pub const HOME: &str = "/";
/// What I may ask for.
pub const REQUEST: &str = "/request";
/// The form of a request; takes `POST` too.
pub const NEW_REQUEST: &str = "/request/new";
/// `POST`: the same form with what would happen.
pub const PREVIEW: &str = "/request/preview";
/// Requests, each under its id.
pub const REQUESTS: &str = "/requests";
/// What waits for me: decisions, and what is done by hand.
pub const APPROVALS: &str = "/approvals";
/// Callback links, each under its id.
pub const LINKS: &str = "/a";
/// Reviews of emergency access.
pub const REVIEWS: &str = "/reviews";
/// What is active across the organisation.
pub const EVERYONE: &str = "/everyone";
/// Search over all requests.
pub const AUDIT: &str = "/audit";
/// The same as CSV.
pub const AUDIT_CSV: &str = "/audit.csv";
/// The same as JSON.
pub const AUDIT_JSON: &str = "/audit.json";
/// Set-up.
pub const SETUP: &str = "/setup";
/// `POST`: reads the directory now.
pub const SYNC: &str = "/setup/sync";
/// Configuration versions, each under its name.
pub const VERSIONS: &str = "/setup/versions";
/// Where each term comes from.
pub const EXPLAIN: &str = "/setup/explain";
/// Notices; takes `POST` too.
pub const PREFERENCES: &str = "/preferences";
/// `POST`: keeps or drops a favourite.
pub const FAVOURITES: &str = "/favourites";
/// `POST`: keeps the theme in the cookie, and goes back.
pub const THEME: &str = "/theme";
/// Before sign-in.
pub const SIGN_IN: &str = "/sign-in";
/// `POST`.
pub const SIGN_OUT: &str = "/sign-out";
/// Style and script, each under its hash.
pub const ASSETS: &str = "/assets";

/// All but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as one part of a path or query.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// One request.
pub fn request(id: &str) -> String {
    format!("{REQUESTS}/{}", encoded(id))
}

/// An action on it.
pub fn action(id: &str, action: Action) -> String {
    format!("{REQUESTS}/{}/{}", encoded(id), action.name())
}

/// The form for this access.
pub fn new_request(account: &str, permission_set: &str) -> String {
    with_query(NEW_REQUEST, &[(ACCOUNT, account), (PERMISSION_SET, permission_set)])
}

/// One configuration version.
pub fn version(version: &str) -> String {
    format!("{VERSIONS}/{}", encoded(version))
}

/// `POST`: agrees to a version.
pub fn approve_version(name: &str) -> String {
    format!("{}/approve", version(name))
}

/// `POST`: publishes a version again.
pub fn roll_back(name: &str) -> String {
    format!("{}/rollback", version(name))
}

/// A path with those parameters that are not empty.
pub fn with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let given: Vec<String> = parameters
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    if given.is_empty() { path.to_owned() } else { format!("{path}?{}", given.join("&")) }
}

/// The path if it leads to a page of ours, home otherwise: nobody is led elsewhere by what came in with a request.
pub fn local(path: &str) -> &str {
    let ours =
        path.starts_with('/') && !path.starts_with("//") && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if ours { path } else { HOME }
}

/// Opens an account and role in the AWS access portal (IAM Identity Center user guide, "Create shortcut links"):
/// `portal` is the portal's address, such as `https://example.awsapps.com/start`, and the role has the permission set's name.
/// `None` unless the address is `https`.
pub fn portal_link(portal: &str, account: &str, permission_set: &str) -> Option<String> {
    let portal = portal.trim_end_matches('/');
    let is_address = portal.starts_with("https://") && portal.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
    let role = encoded(permission_set);
    is_address.then(|| format!("{portal}/#/console?account_id={}&role_name={role}", encoded(account)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_never_leaves_its_place_in_an_address() {
        assert_eq!(request("../setup?x#y"), "/requests/..%2Fsetup%3Fx%23y");
        assert_eq!(with_query("/audit", &[("person", "a&b=c"), ("to", "")]), "/audit?person=a%26b%3Dc");
    }

    #[test]
    fn nobody_is_led_elsewhere() {
        assert_eq!(local("/requests/1?x=y#z"), "/requests/1?x=y#z");
        for foreign in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/a\n/b"]
        {
            assert_eq!(local(foreign), HOME, "{foreign:?}");
        }
    }

    #[test]
    fn a_portal_link_names_account_and_role() {
        let link = portal_link("https://example.awsapps.com/start/", "111122223333", "Read Only");
        let expected = "https://example.awsapps.com/start/#/console?account_id=111122223333&role_name=Read%20Only";
        assert_eq!(link.as_deref(), Some(expected));
        for bad in ["javascript:alert(1)", "http://example.com/start", "", "https://a\" onclick=x"] {
            assert_eq!(portal_link(bad, "111122223333", "x"), None, "{bad}");
        }
    }
}
