//! Entity ids in Cedar text that nobody knows. Cedar's validator accepts any id of a type that is not enumerated, so a
//! misspelt group in a guardrail would guard nothing.

use std::collections::BTreeSet;

use super::lexer::{Kind, Token, tokens, value};
use super::source::{Piece, pieces};
use crate::directory::Directory;
use crate::folder::CedarFile;
use crate::model::Model;
use crate::problem::{Problem, Severity};

/// An entity that a policy names.
struct Named<'t> {
    kind: &'t str,
    id: String,
    at: usize,
    /// A mistake in it may give more access than meant: in a `forbid`, or in a condition, which may be an `unless`.
    may_widen: bool,
}

/// Names of catalogs and rotations that the model does not declare, each with its place.
pub(crate) fn undeclared(model: &Model, cedar: &[CedarFile]) -> Vec<Problem> {
    let catalogs: BTreeSet<&str> = model.catalogs.keys().map(String::as_str).collect();
    let rotations: BTreeSet<&str> = model.rotations.keys().map(String::as_str).collect();
    let mut problems = each(cedar, |named| match named.kind {
        "Catalog" => missing(&catalogs, named, "no catalog is named", "declare it, or mend the name"),
        "OnCall" => missing(&rotations, named, "no rotation is named", "declare it, or mend the name"),
        _ => None,
    });
    for problem in &mut problems {
        problem.severity = Severity::Error;
    }
    problems
}

/// Users, groups, accounts, OUs, permission sets and entitlements that the directory does not know, each with its place.
/// An error where the mistake may give more access than meant; a warning in the head of a `permit`, which then permits
/// nothing.
pub fn unknown_names(directory: &Directory, cedar: &[CedarFile]) -> Vec<Problem> {
    let known = Known::of(directory);
    each(cedar, |named| known.missing(named))
}

struct Known<'d> {
    users: BTreeSet<&'d str>,
    groups: BTreeSet<&'d str>,
    accounts: BTreeSet<&'d str>,
    account_names: Vec<(&'d str, &'d str)>,
    permission_sets: BTreeSet<&'d str>,
    units: BTreeSet<String>,
}

impl<'d> Known<'d> {
    fn of(directory: &'d Directory) -> Self {
        Self {
            users: directory.users.values().map(|user| user.name.as_str()).collect(),
            groups: directory.groups.values().map(|group| group.name.as_str()).collect(),
            accounts: directory.accounts.keys().map(curfew_domain::id::AccountId::as_str).collect(),
            account_names: directory
                .accounts
                .iter()
                .map(|(id, account)| (account.name.as_str(), id.as_str()))
                .collect(),
            permission_sets: directory.permission_sets.values().map(|set| set.name.as_str()).collect(),
            units: directory.units.keys().map(|unit| directory.path_of(unit)).collect(),
        }
    }

    fn missing(&self, named: &Named<'_>) -> Option<Missing> {
        let mend = "mend the name; ids are those that people write, not those of AWS";
        match named.kind {
            "User" => missing(&self.users, named, "the directory has no user named", mend),
            "Group" => missing(&self.groups, named, "the directory has no group named", mend),
            "PermissionSet" => {
                missing(&self.permission_sets, named, "Identity Center has no permission set named", mend)
            }
            "Account" => self.account(named, &named.id),
            "OrgUnit" => {
                let units: BTreeSet<&str> = self.units.iter().map(String::as_str).collect();
                let form = "an OU is written by its path from the root, such as `/Workloads/Production`";
                missing(&units, named, "the organisation has no OU", form)
            }
            "Entitlement" => match named.id.split_once('/') {
                Some((account, set)) => self.account(named, account).or_else(|| {
                    let part = Named { id: set.to_owned(), ..*named };
                    missing(&self.permission_sets, &part, "Identity Center has no permission set named", mend)
                }),
                None => Some(Missing {
                    message: format!("`{}` is no entitlement", named.id),
                    hint: "write `<account id>/<permission set name>`".to_owned(),
                }),
            },
            _ => None,
        }
    }

    /// Accounts are named by id; a name is not unique, and is helped to the id.
    fn account(&self, named: &Named<'_>, id: &str) -> Option<Missing> {
        if self.accounts.contains(id) {
            return None;
        }
        let message = format!("the organisation has no account `{id}`");
        let by_name = self.account_names.iter().find(|(name, _)| *name == id);
        let hint = match by_name {
            Some((name, id)) => format!("accounts are written by id: {name} is `{id}`"),
            None => {
                return missing(
                    &self.accounts,
                    &Named { id: id.to_owned(), ..*named },
                    "the organisation has no account",
                    "accounts are written by their 12 digits",
                );
            }
        };
        Some(Missing { message, hint })
    }
}

struct Missing {
    message: String,
    hint: String,
}

fn missing(known: &BTreeSet<&str>, named: &Named<'_>, what: &str, otherwise: &str) -> Option<Missing> {
    if known.contains(named.id.as_str()) {
        return None;
    }
    let close = crate::problem::closest(&named.id, known.iter().copied());
    let hint = close.map_or_else(|| otherwise.to_owned(), |name| format!("did you mean `{name}`?"));
    Some(Missing { message: format!("{what} `{}`", named.id), hint })
}

fn each(cedar: &[CedarFile], judge: impl Fn(&Named<'_>) -> Option<Missing>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for piece in cedar.iter().flat_map(pieces) {
        for named in named(&piece) {
            if let Some(Missing { message, hint }) = judge(&named) {
                let severity = if named.may_widen { Severity::Error } else { Severity::Warning };
                problems.push(piece.problem(named.at, severity, message, Some(hint)));
            }
        }
    }
    problems
}

/// Entities of ours that a policy names: `Curfew::Type::"id"`.
fn named<'t>(piece: &Piece<'t>) -> Vec<Named<'t>> {
    let tokens = tokens(piece.text);
    let word = |token: &Token<'_>, text: &str| token.kind == Kind::Word && token.text == text;
    let forbids = tokens
        .iter()
        .find(|token| ["permit", "forbid"].contains(&token.text))
        .is_some_and(|token| word(token, "forbid"));
    let head_ends = tokens.iter().find(|token| token.text == "{").map_or(piece.text.len(), |token| token.at);
    let mut found = Vec::new();
    for window in tokens.windows(5) {
        let [space, first, kind, second, id] = window else { continue };
        let paths = first.kind == Kind::Path && second.kind == Kind::Path;
        if !(paths && word(space, "Curfew") && kind.kind == Kind::Word && id.kind == Kind::Text) {
            continue;
        }
        // What is no valid string, the parser reports.
        if let Some(value) = value(id.text) {
            found.push(Named { kind: kind.text, id: value, at: id.at, may_widen: forbids || id.at > head_ends });
        }
    }
    found
}
