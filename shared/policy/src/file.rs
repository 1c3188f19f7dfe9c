//! The configuration file: TOML, checked as a whole.

use std::collections::BTreeMap;
use std::fmt;

use curfew_domain::id::{AccountId, InvalidId, PermissionSetArn, UserId};
use curfew_domain::time::{AccessDuration, SignedDuration};
use serde::Deserialize;
use toml::Spanned;

use crate::configuration::{Approval, Configuration, Entitlement, Version};

/// Something wrong in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    administrators: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    auditors: Vec<Spanned<String>>,
    session_limit: Spanned<String>,
    #[serde(default)]
    entitlement: Vec<FileEntitlement>,
    ownership: Option<FileOwnership>,
}

/// Permission sets that are Curfew's alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileOwnership {
    permission_sets: Spanned<Vec<Spanned<String>>>,
    /// What is done about assignments that Curfew did not make: `report`, which is also the default.
    mode: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntitlement {
    account: Spanned<String>,
    account_name: Spanned<String>,
    permission_set: Spanned<String>,
    permission_set_name: Spanned<String>,
    max_duration: Spanned<String>,
    approval: Spanned<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileStep {
    approvers: Vec<String>,
    timeout: String,
}

/// Collects problems with their places.
struct Check<'a> {
    text: &'a str,
    problems: Vec<Problem>,
}

pub(crate) fn parse(text: &str) -> Result<Configuration, Vec<Problem>> {
    let mut check = Check { text, problems: Vec::new() };
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            check.at(error.span().map_or(0, |span| span.start), error.message().to_owned());
            return Err(check.problems);
        }
    };
    let administrators = check.users(file.administrators.get_ref());
    if file.administrators.get_ref().is_empty() {
        let message = "name at least one administrator; otherwise nobody could publish again";
        check.at(file.administrators.span().start, message.to_owned());
    }
    let auditors = check.users(&file.auditors);
    let session_limit = check.duration(&file.session_limit);
    let mut entitlements = BTreeMap::new();
    for entry in &file.entitlement {
        let Some(entitlement) = check.entitlement(entry) else { continue };
        let key = (entitlement.account.clone(), entitlement.permission_set.clone());
        if entitlements.insert(key, entitlement).is_some() {
            check.at(entry.account.span().start, "this account and permission set is configured twice".to_owned());
        }
    }
    let owned = file.ownership.as_ref().map(|ownership| check.ownership(ownership)).unwrap_or_default();
    match (session_limit, check.problems.is_empty()) {
        (Some(limit), true) => Ok(Configuration {
            version: Version::of(text),
            administrators,
            auditors,
            session_limit: SignedDuration::from_secs(i64::from(limit.seconds())),
            entitlements,
            owned,
        }),
        _ => Err(check.problems),
    }
}

impl Check<'_> {
    fn at(&mut self, offset: usize, message: String) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        self.problems.push(Problem { line, column, message });
    }

    fn id<T>(&mut self, offset: usize, text: &str, parse: fn(&str) -> Result<T, InvalidId>) -> Option<T> {
        parse(text).map_err(|error| self.at(offset, format!("`{text}`: {error}"))).ok()
    }

    fn users(&mut self, users: &[Spanned<String>]) -> Vec<UserId> {
        users.iter().filter_map(|user| self.id(user.span().start, user.get_ref(), UserId::parse)).collect()
    }

    fn duration(&mut self, text: &Spanned<String>) -> Option<AccessDuration> {
        AccessDuration::parse(text.get_ref()).map_err(|error| self.at(text.span().start, error.to_string())).ok()
    }

    fn name(&mut self, text: &Spanned<String>) -> Option<String> {
        let name = text.get_ref().trim();
        if name.is_empty() || name.chars().count() > 128 || name.chars().any(char::is_control) {
            self.at(text.span().start, "a name has 1 to 128 visible characters".to_owned());
            return None;
        }
        Some(name.to_owned())
    }

    fn entitlement(&mut self, entry: &FileEntitlement) -> Option<Entitlement> {
        // Each part is checked before any `?`, so that all problems are told at once.
        let account = self.id(entry.account.span().start, entry.account.get_ref(), AccountId::parse);
        let set = self.id(entry.permission_set.span().start, entry.permission_set.get_ref(), PermissionSetArn::parse);
        let account_name = self.name(&entry.account_name);
        let permission_set_name = self.name(&entry.permission_set_name);
        let max_duration = self.duration(&entry.max_duration);
        let approval = self.approval(&entry.approval);
        Some(Entitlement {
            account: account?,
            account_name: account_name?,
            permission_set: set?,
            permission_set_name: permission_set_name?,
            max_duration: max_duration?,
            approval: approval?,
        })
    }

    fn ownership(&mut self, ownership: &FileOwnership) -> Vec<PermissionSetArn> {
        let named = &ownership.permission_sets;
        if named.get_ref().is_empty() {
            let message = "name at least one permission set, or leave [ownership] out";
            self.at(named.span().start, message.to_owned());
        }
        let mut owned = Vec::with_capacity(named.get_ref().len());
        for set in named.get_ref() {
            let Some(arn) = self.id(set.span().start, set.get_ref(), PermissionSetArn::parse) else { continue };
            if owned.contains(&arn) {
                self.at(set.span().start, "this permission set is named twice".to_owned());
            }
            owned.push(arn);
        }
        if let Some(mode) = ownership.mode.as_ref().filter(|mode| mode.get_ref() != "report") {
            let message = format!("`{}`: the only mode in this release is \"report\"", mode.get_ref());
            self.at(mode.span().start, message);
        }
        owned.sort();
        owned
    }

    fn approval(&mut self, approval: &Spanned<toml::Value>) -> Option<Approval> {
        let start = approval.span().start;
        if approval.get_ref().as_str() == Some("automatic") {
            return Some(Approval::Automatic);
        }
        let form = "write \"automatic\" or { approvers = [\"<user id>\"], timeout = \"PT4H\" }";
        let step = match approval.get_ref().clone().try_into::<FileStep>() {
            Ok(step) => step,
            Err(error) => {
                self.at(start, format!("{}; {form}", error.message()));
                return None;
            }
        };
        let mut approvers: Vec<UserId> =
            step.approvers.iter().filter_map(|who| self.id(start, who, UserId::parse)).collect();
        approvers.sort();
        approvers.dedup();
        if step.approvers.is_empty() {
            self.at(start, "name at least one approver; an empty step is never skipped".to_owned());
        }
        match AccessDuration::parse(&step.timeout) {
            Ok(timeout) => {
                Some(Approval::OneOf { approvers, timeout: SignedDuration::from_secs(i64::from(timeout.seconds())) })
            }
            Err(error) => {
                self.at(start, format!("timeout: {error}"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"administrators = ["00000000-0000-4000-8000-000000000001"]
session_limit = "PT1H"
[[entitlement]]
account = "111122223333"
account_name = "prod"
permission_set = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444"
permission_set_name = "Admin"
max_duration = "PT2H"
approval = { approvers = ["00000000-0000-4000-8000-000000000002"], timeout = "PT4H" }
"#;

    fn problems(from: &str, to: &str) -> Vec<String> {
        assert!(GOOD.contains(from), "{from}");
        parse(&GOOD.replace(from, to)).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        assert_eq!(parse(GOOD).unwrap().entitlements().count(), 1);
        let cases = [
            ("111122223333", "1111", "line 4, column 11: `1111`: expected an AWS account id"),
            ("\"PT2H\"", "\"2h\"", "line 8, column 16: `2h` is not an ISO 8601 duration"),
            ("\"PT2H\"", "2", "line 8, column 16: invalid type: integer"),
            ("max_duration", "max_durration", "unknown field `max_durration`"),
            ("[\"00000000-0000-4000-8000-000000000002\"]", "[]", "line 9, column 12: name at least one approver"),
            ("00000000-0000-4000-8000-000000000002", "ben@example.com", "`ben@example.com`: expected an Identity"),
            ("\"prod\"", "\"\"", "line 5, column 16: a name has 1 to 128 visible characters"),
            ("session_limit", "session_limit_", "unknown field `session_limit_`"),
            ("[\"00000000-0000-4000-8000-000000000001\"]", "[]", "line 1, column 18: name at least one administrator"),
        ];
        for (from, to, expected) in cases {
            let found = problems(from, to);
            assert!(found.iter().any(|p| p.contains(expected)), "{expected}: {found:?}");
        }
    }

    #[test]
    fn the_same_entitlement_twice_is_refused_and_all_problems_are_told_at_once() {
        let entitlement = GOOD.split_once("[[").unwrap().1;
        assert!(parse(&format!("{GOOD}[[{entitlement}")).unwrap_err()[0].message.contains("twice"));
        let two = GOOD.replace("\"111122223333\"", "\"1\"").replace("PT2H", "soon");
        assert_eq!(parse(&two).unwrap_err().len(), 2);
    }

    #[test]
    fn ownership_is_read_and_its_mistakes_are_told_with_their_place() {
        let set = |n: u32| format!("arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-111122223333444{n}");
        let owning = |lines: &str| parse(&format!("{GOOD}[ownership]\n{lines}\n"));
        assert!(parse(GOOD).unwrap().owned().is_empty());
        for mode in ["", "mode = \"report\""] {
            let owned = owning(&format!("permission_sets = [\"{}\", \"{}\"]\n{mode}", set(2), set(1))).unwrap();
            assert_eq!(owned.owned().iter().map(PermissionSetArn::as_str).collect::<Vec<_>>(), [set(1), set(2)]);
        }
        let one = format!("permission_sets = [\"{}\"]", set(1));
        let cases = [
            ("permission_sets = []".to_owned(), "line 11, column 19: name at least one permission set"),
            ("permission_sets = [\"Admin\"]".to_owned(), "line 11, column 20: `Admin`: expected a permission set ARN"),
            (one.replace("\"]", &format!("\", \"{}\"]", set(1))), "this permission set is named twice"),
            (format!("{one}\nmode = \"exclusive\""), "line 12, column 8: `exclusive`: the only mode"),
            (format!("{one}\nmodus = \"report\""), "line 12, column 1: unknown field `modus`"),
            ("mode = \"report\"".to_owned(), "missing field `permission_sets`"),
        ];
        for (lines, expected) in cases {
            let found: Vec<String> = owning(&lines).unwrap_err().iter().map(ToString::to_string).collect();
            assert!(found.iter().any(|p| p.contains(expected)), "{expected}: {found:?}");
        }
    }

    #[test]
    fn the_version_names_the_text() {
        assert_eq!(parse(GOOD).unwrap().version().as_str().len(), 16);
        assert_ne!(parse(GOOD).unwrap().version(), parse(&format!("{GOOD}# note\n")).unwrap().version());
    }
}
