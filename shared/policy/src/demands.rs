//! What flows demand of the words of a request: a ticket, a certain form of justification.

use regex_lite::Regex;
use serde::Serialize;

use crate::judge::Wish;
use crate::model::{Flow, Model};

/// Something that a flow demands of the words of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// A ticket must be given.
    Ticket {
        /// Regular expression that its whole text must match.
        pattern: Option<String>,
    },
    /// The justification must have a form.
    Justification {
        /// Regular expression that its whole text must match.
        pattern: String,
    },
}

/// What a flow demands.
pub(crate) fn of(model: &Model, flow: &Flow) -> Vec<Demand> {
    let ticket = flow.ticket_required.then(|| Demand::Ticket { pattern: model.settings.ticket_pattern.clone() });
    let justification = flow.justification_pattern.clone().map(|pattern| Demand::Justification { pattern });
    ticket.into_iter().chain(justification).collect()
}

impl Demand {
    /// What the wish lacks, as the rest of a sentence about the flow; `None` if it lacks nothing.
    pub(crate) fn unmet(&self, wish: &Wish<'_>) -> Option<String> {
        match (self, wish.ticket, wish.justification) {
            (Self::Ticket { .. }, None, Some(_)) => Some(format!("it {self}")),
            (Self::Ticket { pattern: Some(pattern) }, Some(ticket), _) if !matches(pattern, ticket) => {
                Some(format!("it {self}"))
            }
            (Self::Justification { pattern }, _, Some(text)) if !matches(pattern, text) => Some(format!("it {self}")),
            _ => None,
        }
    }
}

/// Whether the whole text has the form. A pattern that cannot be read is matched by nothing.
fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(&format!(r"\A(?:{pattern})\z")).is_ok_and(|form| form.is_match(text))
}

impl std::fmt::Display for Demand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ticket { pattern: None } => f.write_str("demands a ticket"),
            Self::Ticket { pattern: Some(pattern) } => write!(f, "demands a ticket of the form `{pattern}`"),
            Self::Justification { pattern } => write!(f, "demands a justification of the form `{pattern}`"),
        }
    }
}
