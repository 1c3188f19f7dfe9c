//! Fresh facts: what AWS itself says about a request in the moment in which access begins. The directory, which policy
//! decides from, may be minutes old.

use std::sync::Arc;

use curfew_domain::ask::Ask;
use curfew_domain::time::SignedDuration;

use crate::error::Fault;
use crate::ports::{Accounts, People, PermissionSets};

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

/// Where facts come from.
#[derive(Clone)]
pub struct FactSources {
    /// The identity store.
    pub people: Arc<dyn People>,
    /// The organisation.
    pub accounts: Arc<dyn Accounts>,
    /// Identity Center.
    pub permission_sets: Arc<dyn PermissionSets>,
}

/// What AWS says about a wish now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreshFacts {
    /// The requester.
    pub requester: UserFacts,
    /// The account.
    pub account: AccountFacts,
    /// The permission set.
    pub permission_set: PermissionSetFacts,
}

impl FactSources {
    /// Fresh facts about a wish. A fact that cannot be had is a fault, never a default (I19).
    pub async fn gather(&self, ask: &Ask) -> Result<FreshFacts, Fault> {
        Ok(FreshFacts {
            requester: self.people.user(&ask.requester).await?,
            account: self.accounts.account(&ask.account).await?,
            permission_set: self.permission_sets.permission_set(&ask.permission_set).await?,
        })
    }
}

impl FreshFacts {
    /// How long role sessions of the permission set last, if nothing speaks against access with sessions of at most
    /// `limit`.
    ///
    /// # Errors
    /// Everything that speaks against it, in sentences for people.
    pub fn session_within(&self, limit: SignedDuration) -> Result<SignedDuration, Vec<&'static str>> {
        let requester = match self.requester {
            UserFacts::Enabled => None,
            UserFacts::Disabled => Some("the requester is disabled in the directory"),
            UserFacts::Unknown => Some("the requester is not in the directory any more"),
        };
        let account = match self.account {
            AccountFacts::Active => None,
            AccountFacts::NotActive => Some("the account is suspended or closed"),
            AccountFacts::Management => {
                Some("access to the management account cannot be given by a delegated administrator")
            }
            AccountFacts::Unknown => Some("the account is not in the organisation any more"),
        };
        let (session, permission_set) = match self.permission_set {
            PermissionSetFacts::Known { session } if session <= limit => (session, None),
            PermissionSetFacts::Known { session } => {
                (session, Some("sessions of the permission set last longer than the configuration allows now"))
            }
            PermissionSetFacts::Unknown => (SignedDuration::ZERO, Some("the permission set does not exist any more")),
        };
        let objections: Vec<_> = [requester, account, permission_set].into_iter().flatten().collect();
        if objections.is_empty() { Ok(session) } else { Err(objections) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_doubt_speaks_against_access_and_all_are_told() {
        let hour = SignedDuration::from_hours(1);
        let fine = FreshFacts {
            requester: UserFacts::Enabled,
            account: AccountFacts::Active,
            permission_set: PermissionSetFacts::Known { session: hour },
        };
        assert_eq!(fine.session_within(hour), Ok(hour));
        let long = PermissionSetFacts::Known { session: hour * 2 };
        let doubts = [
            FreshFacts { requester: UserFacts::Disabled, ..fine },
            FreshFacts { requester: UserFacts::Unknown, ..fine },
            FreshFacts { account: AccountFacts::NotActive, ..fine },
            FreshFacts { account: AccountFacts::Management, ..fine },
            FreshFacts { account: AccountFacts::Unknown, ..fine },
            FreshFacts { permission_set: long, ..fine },
            FreshFacts { permission_set: PermissionSetFacts::Unknown, ..fine },
        ];
        for doubt in doubts {
            assert_eq!(doubt.session_within(hour).unwrap_err().len(), 1, "{doubt:?}");
        }
        let all = FreshFacts { requester: UserFacts::Unknown, account: AccountFacts::Unknown, permission_set: long };
        assert_eq!(all.session_within(hour).unwrap_err().len(), 3);
    }
}
