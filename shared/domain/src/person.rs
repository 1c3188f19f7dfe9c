//! Who acts.

use crate::id::UserId;

/// A signed-in person with the roles that the configuration gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Stable directory id.
    pub id: UserId,
    /// May end any access and publish configuration.
    pub administrator: bool,
    /// May read everything.
    pub auditor: bool,
}

/// On whose behalf a transition happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person, by directory id.
    User(UserId),
    /// Curfew itself.
    Curfew,
}

impl Actor {
    /// Text of the audit record: `user:<id>` or `curfew`.
    pub fn label(&self) -> String {
        match self {
            Self::User(id) => format!("user:{id}"),
            Self::Curfew => "curfew".to_owned(),
        }
    }
}
