//! Globs over names and OU paths.

use std::fmt;

/// A text with wildcards: `*` is any run of characters except `/`, `/**` at the end is the place itself and everything
/// below. Everything else means itself; case matters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(String);

impl Pattern {
    /// Longest pattern, in characters.
    pub const LIMIT: usize = 256;

    /// Checks and takes a pattern over.
    ///
    /// # Errors
    /// Why the text is no pattern.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let body = text.strip_suffix("/**").unwrap_or(text);
        if text.trim() != text || text.is_empty() {
            return Err("a pattern must not be empty, or begin or end with white space");
        }
        if text.chars().count() > Self::LIMIT || text.chars().any(char::is_control) {
            return Err("a pattern has at most 256 visible characters");
        }
        if body.contains("**") {
            return Err("`**` may stand only at the end, after a `/`");
        }
        Ok(Self(text.to_owned()))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it names one text only.
    pub fn is_literal(&self) -> bool {
        !self.0.contains('*')
    }

    /// Whether this text is selected.
    pub fn matches(&self, text: &str) -> bool {
        match self.0.strip_suffix("/**") {
            // The place itself, or the place and a `/`.
            Some(place) => {
                place.is_empty()
                    || glob(place, text)
                    || text.match_indices('/').any(|(at, _)| text.get(..at).is_some_and(|head| glob(place, head)))
            }
            None => glob(&self.0, text),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `*` is any run without `/`. Linear in the text for each star, by going back to the last star only.
fn glob(pattern: &str, text: &str) -> bool {
    let (mut p, mut t) = (pattern.chars(), text.chars());
    let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let at = t.clone();
        match (p.next(), t.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                retry = Some((p.clone(), at.clone()));
                t = at;
            }
            (Some(a), Some(b)) if a == b => {}
            _ => {
                let Some((after, mut from)) = retry.take() else { return false };
                match from.next() {
                    None | Some('/') => return false,
                    Some(_) => {
                        (p, t) = (after.clone(), from.clone());
                        retry = Some((after, from));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_in_its_place_and_two_stars_go_below() {
        let cases = [
            ("prod", "prod", true),
            ("prod", "prod-eu", false),
            ("prod-*", "prod-eu", true),
            ("prod-*", "prod-", true),
            ("*-prod-*", "a-prod-b-prod-c", true),
            ("*", "a/b", false),
            ("/Workloads/*", "/Workloads/Production", true),
            ("/Workloads/*", "/Workloads/Production/EU", false),
            ("/Workloads/**", "/Workloads", true),
            ("/Workloads/**", "/Workloads/Production/EU", true),
            ("/Workloads/**", "/WorkloadsX", false),
            ("/*/Production/**", "/Workloads/Production/EU", true),
            ("/**", "/", true),
            ("/**", "/Anything/Below", true),
            ("Prod", "prod", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(text), expected, "{pattern} {text}");
        }
        for bad in ["", " a", "a**", "**/a", "/a/**/b", "a\u{7}"] {
            assert!(Pattern::parse(bad).is_err(), "{bad:?}");
        }
    }
}
