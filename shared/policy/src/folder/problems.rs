//! Everything that was found so far.

use crate::model::{Approver, Mention, Mentioned, Origin};
use crate::problem::Problem;

use super::document::{Node, Spot};

/// Most problems that are told: a file of garbage has as many as it has lines.
const LIMIT: usize = 1_000;

/// Collects problems, and the names that are used.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
    more: usize,
    /// Names that must be declared in the folder.
    pub(super) uses: Vec<Use>,
    /// Names that the directory must know.
    pub(super) mentions: Vec<Mention>,
}

/// A name that must be declared in the folder.
#[derive(Debug)]
pub(super) struct Use {
    pub(super) what: Declared,
    pub(super) name: String,
    pub(super) origin: Origin,
}

/// What a folder declares by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Declared {
    Flow,
    Policy,
    ApproverGroup,
    Rotation,
}

/// An error at a place, to be completed and added.
pub(super) fn error_at<'a>(spot: impl Into<Spot<'a>>, message: impl Into<String>) -> Problem {
    Problem::error(&spot.into().origin(), message)
}

impl Problems {
    pub(super) fn add(&mut self, problem: Problem) {
        if self.found.len() < LIMIT {
            self.found.push(problem);
        } else {
            self.more += 1;
        }
    }

    pub(super) fn error<'a>(&mut self, spot: impl Into<Spot<'a>>, message: impl Into<String>) {
        self.add(error_at(spot, message));
    }

    /// Drops what is said of the lines of these places: after a syntax error, what was read of its line means nothing.
    pub(super) fn drop_lines(&mut self, lines: &std::collections::BTreeSet<(String, usize)>) {
        self.found.retain(|problem| !lines.contains(&(problem.file.clone(), problem.line)));
    }

    /// Whether anything keeps the configuration from being used.
    pub(super) fn any_error(&self) -> bool {
        self.found.iter().any(Problem::is_error)
    }

    /// Sorted by place, each once.
    pub(super) fn into_vec(mut self) -> Vec<Problem> {
        self.found.sort();
        self.found.dedup();
        if self.more > 0 {
            let whole = Origin { file: String::new(), line: 0, column: 0 };
            let message = format!("{} more problems are not shown", self.more);
            self.found.push(Problem::error(&whole, message).hint("mend these and check again"));
        }
        self.found
    }

    /// Notes that a name is used here, which the folder must declare.
    pub(super) fn uses(&mut self, what: Declared, node: Node<'_>) -> Option<String> {
        let name = node.str()?.to_owned();
        self.uses.push(Use { what, name: name.clone(), origin: node.origin() });
        Some(name)
    }

    /// Notes that a name is used here, which the directory must know.
    pub(super) fn mentions(&mut self, kind: Mentioned, node: Node<'_>) -> Option<String> {
        let name = node.str()?.to_owned();
        self.mentions.push(Mention { kind, name: name.clone(), origin: node.origin() });
        Some(name)
    }

    /// Reads a list of approvers; what is wrong is told and left out.
    pub(super) fn approvers(&mut self, list: Node<'_>) -> Vec<Approver> {
        let mut approvers = Vec::new();
        for node in list.items() {
            let Some(approver) = self.approver(node) else { continue };
            if approvers.contains(&approver) {
                self.error(node, "this approver is named twice");
                continue;
            }
            approvers.push(approver);
        }
        approvers
    }

    fn approver(&mut self, node: Node<'_>) -> Option<Approver> {
        let text = node.str()?;
        let (kind, name) = text.split_once(':').unwrap_or((text, ""));
        if text.contains(':') && (name.is_empty() || name.trim() != name || name.chars().any(char::is_control)) {
            self.error(node, "write the name directly after the `:`");
            return None;
        }
        let named = name.to_owned();
        match (kind, name.is_empty()) {
            ("manager", true) => Some(Approver::Manager),
            ("entitlement-owner", true) => Some(Approver::EntitlementOwner),
            ("account-owner", true) => Some(Approver::AccountOwner),
            ("user", false) => {
                self.mentions.push(Mention { kind: Mentioned::User, name: named.clone(), origin: node.origin() });
                Some(Approver::User(named))
            }
            ("group", false) => {
                self.mentions.push(Mention { kind: Mentioned::Group, name: named.clone(), origin: node.origin() });
                Some(Approver::Group(named))
            }
            ("approvers", false) => {
                self.uses.push(Use { what: Declared::ApproverGroup, name: named.clone(), origin: node.origin() });
                Some(Approver::Named(named))
            }
            ("on-call", false) => {
                self.uses.push(Use { what: Declared::Rotation, name: named.clone(), origin: node.origin() });
                Some(Approver::OnCall(named))
            }
            _ => {
                self.unknown_approver(node, kind);
                None
            }
        }
    }

    fn unknown_approver(&mut self, node: Node<'_>, kind: &str) {
        const KINDS: [&str; 7] =
            ["user", "group", "approvers", "on-call", "manager", "entitlement-owner", "account-owner"];
        let written = super::shape::shown(node.str().unwrap_or_default());
        let problem = error_at(node, format!("`{written}` is no approver"));
        let forms = "write `user:<name>`, `group:<name>`, `approvers:<name>`, `on-call:<rotation>`, `manager`, \
                     `entitlement-owner` or `account-owner`";
        self.add(match crate::problem::closest(kind, KINDS) {
            Some(known) if known != kind => problem.hint(format!("did you mean `{known}`? {forms}")),
            _ => problem.hint(forms),
        });
    }
}
