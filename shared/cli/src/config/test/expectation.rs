//! Files of expectations.
//!
//! ```toml
//! at = "2026-11-23T09:00:00Z"      # for all of this file
//!
//! [[expect]]
//! name = "developers read production at once, in working hours"
//! user = ["femi", "grace"]         # one or several
//! entitlement = "payments-production/ReadOnly"
//! duration = "1h"
//! outcome = "automatic"            # or "approval", "denied"
//! flow = "automatic"
//! ```
//!
//! Besides: `at`, `emergency`, `ticket`, `justification`, `channel`, `source_address`, `mfa`, `active`, `review_overdue`,
//! `directory_age`; of what is expected: `because` (part of a reason), `steps` (`name`, `approvers`, `quorum`).

use std::collections::BTreeMap;

use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use curfew_policy::problem::{Problem, Severity};
use serde::Deserialize;
use toml::Spanned;

use crate::arguments::duration;

/// Justification of an expectation that names none.
const JUSTIFICATION: &str = "expectation of the configuration's tests";

/// A file of expectations.
pub(super) struct File {
    pub(super) path: String,
    pub(super) at: Option<Timestamp>,
    pub(super) cases: Vec<Case>,
}

/// What somebody asks, and what is expected to come of it.
pub(super) struct Case {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) users: Vec<String>,
    pub(super) entitlements: Vec<String>,
    pub(super) duration: AccessDuration,
    pub(super) at: Option<Timestamp>,
    pub(super) emergency: bool,
    pub(super) ticket: Option<String>,
    pub(super) justification: String,
    pub(super) channel: String,
    pub(super) source_address: Option<String>,
    pub(super) mfa: Option<bool>,
    pub(super) active: Vec<String>,
    pub(super) review_overdue: bool,
    pub(super) directory_age: Option<SignedDuration>,
    pub(super) expected: Expected,
}

/// What is expected.
pub(super) struct Expected {
    pub(super) outcome: Outcome,
    pub(super) flow: Option<String>,
    pub(super) because: Option<String>,
    pub(super) steps: Option<Vec<StepExpected>>,
}

/// How a request ends, or begins.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Automatic,
    Approval,
    Denied,
}

impl Outcome {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Approval => "approval",
            Self::Denied => "denied",
        }
    }
}

/// What is expected of a step; what is left out is not looked at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepExpected {
    pub(super) name: Option<String>,
    pub(super) approvers: Option<Vec<String>>,
    pub(super) quorum: Option<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    at: Option<Spanned<String>>,
    #[serde(default)]
    expect: Vec<Spanned<WireCase>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireCase {
    name: Option<String>,
    user: OneOrMany,
    entitlement: OneOrMany,
    duration: Option<Spanned<String>>,
    at: Option<Spanned<String>>,
    #[serde(default)]
    emergency: bool,
    ticket: Option<String>,
    justification: Option<String>,
    channel: Option<String>,
    source_address: Option<String>,
    mfa: Option<bool>,
    #[serde(default)]
    active: Vec<String>,
    #[serde(default)]
    review_overdue: bool,
    directory_age: Option<Spanned<String>>,
    outcome: Outcome,
    flow: Option<String>,
    because: Option<String>,
    steps: Option<Vec<StepExpected>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn list(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

/// Reads files of expectations by path.
///
/// # Errors
/// What is wrong with them, by place.
pub(super) fn read(texts: &BTreeMap<String, String>) -> Result<Vec<File>, Vec<Problem>> {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for (path, text) in texts {
        let mut reader = Reader { path, text, problems: &mut problems };
        files.extend(reader.file());
    }
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

struct Reader<'a> {
    path: &'a str,
    text: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn file(&mut self) -> Option<File> {
        let wire: Wire = match toml::from_str(self.text) {
            Ok(wire) => wire,
            Err(error) => {
                self.wrong(error.span().map_or(0, |span| span.start), error.message().to_owned());
                return None;
            }
        };
        if wire.expect.is_empty() {
            self.wrong(0, "this file expects nothing; begin with [[expect]]".to_owned());
        }
        let at = self.instant(wire.at.as_ref());
        let cases = wire.expect.into_iter().map(|case| self.case(case)).collect();
        Some(File { path: self.path.to_owned(), at, cases })
    }

    fn case(&mut self, case: Spanned<WireCase>) -> Case {
        let start = case.span().start;
        let case = case.into_inner();
        let users = case.user.list();
        let entitlements = case.entitlement.list();
        if users.is_empty() || entitlements.is_empty() {
            self.wrong(start, "`user` and `entitlement` must not be empty".to_owned());
        }
        let age = self.duration(case.directory_age.as_ref());
        Case {
            line: self.place(start).0,
            name: case.name.unwrap_or_else(|| format!("{} for {}", entitlements.join(", "), users.join(", "))),
            users,
            entitlements,
            duration: self.duration(case.duration.as_ref()).unwrap_or(AccessDuration::MIN),
            at: self.instant(case.at.as_ref()),
            emergency: case.emergency,
            ticket: case.ticket,
            justification: case.justification.unwrap_or_else(|| JUSTIFICATION.to_owned()),
            channel: case.channel.unwrap_or_else(|| "api".to_owned()),
            source_address: case.source_address,
            mfa: case.mfa,
            active: case.active,
            review_overdue: case.review_overdue,
            directory_age: age.map(|age| SignedDuration::from_secs(i64::from(age.seconds()))),
            expected: Expected { outcome: case.outcome, flow: case.flow, because: case.because, steps: case.steps },
        }
    }

    fn duration(&mut self, written: Option<&Spanned<String>>) -> Option<AccessDuration> {
        let written = written?;
        duration(written.get_ref()).map_err(|error| self.wrong(written.span().start, error)).ok()
    }

    fn instant(&mut self, written: Option<&Spanned<String>>) -> Option<Timestamp> {
        let written = written?;
        let wrong = |error: jiff::Error| format!("write an instant such as 2026-11-23T09:00:00Z: {error}");
        written.get_ref().parse().map_err(|error| self.wrong(written.span().start, wrong(error))).ok()
    }

    fn wrong(&mut self, offset: usize, message: String) {
        let (line, column) = self.place(offset);
        let (file, severity) = (self.path.to_owned(), Severity::Error);
        self.problems.push(Problem { file, line, column, severity, message, hint: None });
    }

    /// Line and column, from 1.
    fn place(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        (line, before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1)
    }
}
