//! What policy may know.

use curfew_domain::ask::Ask;
use curfew_domain::time::SignedDuration;

/// Everything that a decision may depend on, gathered freshly by the caller.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The wish.
    pub ask: &'a Ask,
    /// The requester in the directory.
    pub requester: UserFacts,
    /// The account in Organizations.
    pub account: AccountFacts,
    /// The permission set in Identity Center.
    pub permission_set: PermissionSetFacts,
}

/// A user in the identity store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserFacts {
    /// There, and not disabled.
    Enabled,
    /// There, and disabled.
    Disabled,
    /// Not there.
    Unknown,
}

/// An account in Organizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountFacts {
    /// There and in use.
    Active,
    /// Suspended, closing or closed: provisioning would fail.
    NotActive,
    /// The management account, which a delegated administrator cannot assign to.
    Management,
    /// Not there.
    Unknown,
}

/// A permission set in Identity Center.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionSetFacts {
    /// There.
    Known {
        /// How long its role sessions last.
        session: SignedDuration,
    },
    /// Not there.
    Unknown,
}
