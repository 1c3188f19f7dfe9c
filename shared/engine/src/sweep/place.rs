//! Where access is listed.

use std::fmt;

use curfew_domain::id::{AccountId, GroupId, Key, PermissionSetArn, UserId};

/// What one listing of Identity Center is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A permission set in an account.
    Set(PermissionSetArn, AccountId),
    /// A group.
    Group(GroupId),
}

impl Place {
    /// Where this access is listed.
    pub(super) fn of(key: &Key) -> Self {
        match key {
            Key::Assignment { account, permission_set, .. } => Self::Set(permission_set.clone(), account.clone()),
            Key::Membership { group, .. } => Self::Group(group.clone()),
        }
    }

    /// A user's access here.
    pub(super) fn key(&self, user: UserId) -> Key {
        match self {
            Self::Set(permission_set, account) => {
                Key::Assignment { user, account: account.clone(), permission_set: permission_set.clone() }
            }
            Self::Group(group) => Key::Membership { user, group: group.clone() },
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(set, account) => write!(f, "{set} in {account}"),
            Self::Group(group) => write!(f, "group {group}"),
        }
    }
}
