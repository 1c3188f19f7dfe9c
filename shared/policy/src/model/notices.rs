//! Who is told of what, besides the people concerned; and which reminders there are.

use std::collections::BTreeSet;

use curfew_domain::id::UserId;

use super::{Selector, Subjects};

/// Where notices go besides the people concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeTarget {
    /// Which: names of stages that a request comes to, or of kinds of notices; empty means all.
    pub on: BTreeSet<String>,
    /// An e-mail address.
    pub address: Option<String>,
    /// People who are told, each as they have chosen.
    pub people: Subjects,
    /// Of which entitlements; empty means all.
    pub entitlements: Vec<Selector>,
}

/// Whom a configuration names for the notices of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Names of stages or of kinds of notices; empty means all.
    pub on: BTreeSet<String>,
    /// People, sorted.
    pub people: Vec<UserId>,
    /// An address.
    pub address: Option<String>,
}

/// Which reminders people get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reminders {
    /// Requesters, before their access ends.
    pub ends_soon: bool,
    /// Approvers, when half of their time is over.
    pub decisions: bool,
}

impl Default for Reminders {
    /// Both.
    fn default() -> Self {
        Self { ends_soon: true, decisions: true }
    }
}
