//! Values that have a meaning beyond their TOML type.

use curfew_domain::id::PermissionSetArn;
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use toml::de::DeValue;

use crate::pattern::Pattern;

use super::document::Node;
use super::problems::{Problems, error_at};
use super::shape::shown;

/// Longest regular expression, in characters.
const REGEX: usize = 500;

impl Problems {
    /// A duration; what is wrong is told.
    pub(super) fn duration(&mut self, node: Node<'_>) -> Option<AccessDuration> {
        let text = node.str()?;
        AccessDuration::parse(text)
            .map_err(|error| {
                let problem = error_at(node, error.to_string());
                let days = text.starts_with('P') && text.contains('D');
                self.add(if days { problem.hint("write days as hours, such as PT24H") } else { problem });
            })
            .ok()
    }

    /// A time limit in days of 24 hours, hours, minutes and seconds, such as `P2D` or `PT48H`; from a minute to 366 days.
    pub(super) fn deadline(&mut self, node: Node<'_>) -> Option<SignedDuration> {
        let text = node.str()?;
        let days = text.strip_prefix('P').and_then(|rest| rest.strip_suffix('D'));
        let seconds = match days.map(str::parse::<u16>) {
            Some(Ok(days)) => AccessDuration::from_seconds(i64::from(days) * 24 * 3600),
            _ => AccessDuration::parse(text),
        };
        seconds
            .map(|limit| SignedDuration::from_secs(i64::from(limit.seconds())))
            .map_err(|error| {
                let problem = error_at(node, error.to_string()).hint("write for example P2D or PT12H");
                self.add(problem);
            })
            .ok()
    }

    /// The instant under a key.
    pub(super) fn instant(&mut self, table: Node<'_>, key: &str) -> Option<Timestamp> {
        let node = table.key(key)?;
        let text = match node.value {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(at) => at.to_string(),
            _ => return None,
        };
        text.parse()
            .map_err(|_| {
                let problem = error_at(node, format!("{key}: `{}` is no instant", shown(&text)));
                self.add(problem.hint("write date, time and offset, such as 2026-11-01T08:00:00Z"));
            })
            .ok()
    }

    /// A pattern; what is wrong is told.
    pub(super) fn pattern(&mut self, node: Node<'_>) -> Option<Pattern> {
        Pattern::parse(node.str()?).map_err(|error| self.error(node, error)).ok()
    }

    /// A regular expression that is to match a whole text.
    pub(super) fn regex(&mut self, node: Node<'_>) -> Option<String> {
        let text = node.str()?;
        if text.is_empty() || text.chars().count() > REGEX {
            self.error(node, format!("a regular expression has 1 to {REGEX} characters"));
            return None;
        }
        // Bounded, because repetitions of repetitions compile to programs far larger than their text.
        let compiled = regex_lite::RegexBuilder::new(&format!("^(?:{text})$")).size_limit(1 << 20).build();
        compiled
            .map_err(|error| {
                self.error(node, format!("no regular expression: {error}"));
            })
            .ok()?;
        Some(text.to_owned())
    }

    /// Names under a key, each once.
    pub(super) fn names<'a>(&mut self, table: Node<'a>, key: &str) -> Vec<Node<'a>> {
        let mut names: Vec<Node<'a>> = Vec::new();
        for node in table.key(key).into_iter().flat_map(Node::items) {
            if node.str().is_some() && names.iter().any(|other| other.str() == node.str()) {
                self.error(node, format!("`{}` is named twice", shown(node.str().unwrap_or_default())));
            } else {
                names.push(node);
            }
        }
        names
    }

    /// A permission set's name with globs, or its ARN.
    pub(super) fn permission_set(&mut self, node: Node<'_>) -> Option<Pattern> {
        let text = node.str()?;
        if text.starts_with("arn:")
            && let Err(error) = PermissionSetArn::parse(text)
        {
            self.error(node, error.to_string());
            return None;
        }
        self.pattern(node)
    }
}
