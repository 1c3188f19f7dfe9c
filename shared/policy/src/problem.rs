//! What is wrong with a configuration, where, and what to do.

use std::fmt;

use serde::Serialize;

use crate::model::Origin;

/// One thing that is wrong, or doubtful.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// Path relative to the folder; empty where the folder as a whole is meant.
    pub file: String,
    /// From 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// From 1, in characters; 0 where the file as a whole is meant.
    pub column: usize,
    /// Whether it keeps the configuration from being used.
    pub severity: Severity,
    /// What is wrong, with what.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Whether a problem keeps the configuration from being used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It does.
    Error,
    /// It does not, but is most likely not meant.
    Warning,
}

impl Problem {
    /// An error at a place.
    pub fn error(at: &Origin, message: impl Into<String>) -> Self {
        Self::at(at, Severity::Error, message.into())
    }

    /// A warning at a place.
    pub fn warning(at: &Origin, message: impl Into<String>) -> Self {
        Self::at(at, Severity::Warning, message.into())
    }

    fn at(at: &Origin, severity: Severity, message: String) -> Self {
        Self { file: at.file.clone(), line: at.line, column: at.column, severity, message, hint: None }
    }

    /// The same with what to do.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same with a name that exists and looks like the one written, where there is one.
    #[must_use]
    pub fn did_you_mean<'a>(self, written: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match closest(written, known) {
            Some(name) => self.hint(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// Whether it keeps the configuration from being used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.is_error() { "error" } else { "warning" };
        if !self.file.is_empty() {
            write!(f, "{}:", self.file)?;
        }
        if self.line > 0 {
            write!(f, "{}:{}:", self.line, self.column)?;
        }
        let gap = if self.file.is_empty() { "" } else { " " };
        write!(f, "{gap}{severity}: {}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

/// Longest text that is compared, in characters: distance takes time by the product of lengths.
const COMPARED: usize = 64;

/// The known name that is most like the one written, if one is like it at all: at most a third of it differs, case aside.
pub fn closest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written: String = written.chars().take(COMPARED).collect::<String>().to_lowercase();
    let bound = written.chars().count().div_ceil(3).min(4);
    known
        .into_iter()
        .filter(|name| name.chars().count().abs_diff(written.chars().count()) <= bound)
        .map(|name| (strsim::osa_distance(&written, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= bound)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_its_neighbour_and_a_stranger_finds_none() {
        let known = ["payments", "platform", "security-admins", "Data"];
        for (written, expected) in [
            ("payment", Some("payments")),
            ("platfrom", Some("platform")),
            ("data", Some("Data")),
            ("security_admins", Some("security-admins")),
            ("finance", None),
            ("", None),
        ] {
            assert_eq!(closest(written, known), expected, "{written}");
        }
        let long = "x".repeat(1_000_000);
        assert_eq!(closest(&long, [long.as_str()]), None, "compared in bounded time");
    }

    #[test]
    fn a_problem_is_one_line_that_editors_jump_to_and_a_hint() {
        let at = Origin { file: "flows.toml".to_owned(), line: 3, column: 7 };
        let shown = Problem::error(&at, "no flow is named `manger`").did_you_mean("manger", ["manager"]).to_string();
        assert_eq!(shown, "flows.toml:3:7: error: no flow is named `manger`\n  hint: did you mean `manager`?");
    }
}
