//! One immutable, validated set of rules.

use std::collections::BTreeMap;

use curfew_domain::hex::hex;
use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_domain::person::Person;
use curfew_domain::time::{AccessDuration, SignedDuration};
use sha2::{Digest as _, Sha256};

use crate::file::{self, Problem};

/// A validated configuration. There is no other way to make one than `parse`.
#[derive(Debug, Clone)]
pub struct Configuration {
    pub(crate) version: Version,
    pub(crate) administrators: Vec<UserId>,
    pub(crate) auditors: Vec<UserId>,
    pub(crate) session_limit: SignedDuration,
    pub(crate) entitlements: BTreeMap<(AccountId, PermissionSetArn), Entitlement>,
    pub(crate) owned: Vec<PermissionSetArn>,
}

/// Which configuration: the first 16 hexadecimal digits of the SHA-256 of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(pub(crate) String);

/// One permission set in one account, and on which terms it can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    /// Where.
    pub account: AccountId,
    /// What people call the account.
    pub account_name: String,
    /// Which access.
    pub permission_set: PermissionSetArn,
    /// What people call the permission set.
    pub permission_set_name: String,
    /// Longest grant.
    pub max_duration: AccessDuration,
    /// Who has to agree.
    pub approval: Approval,
}

/// Who has to agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// Nobody.
    Automatic,
    /// One of these people.
    OneOf {
        /// Who may decide.
        approvers: Vec<UserId>,
        /// How long they have.
        timeout: SignedDuration,
    },
}

impl Version {
    /// The version of a text, valid or not.
    pub fn of(text: &str) -> Self {
        let mut digest = hex(&Sha256::digest(text.as_bytes()));
        digest.truncate(16);
        Self(digest)
    }

    /// Hexadecimal text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Configuration {
    /// Reads and validates a configuration file as a whole.
    ///
    /// # Errors
    /// Everything that is wrong with it, by line and column.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        file::parse(text)
    }

    /// Its version.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Everything that can be asked for, by account and permission set.
    pub fn entitlements(&self) -> impl Iterator<Item = &Entitlement> {
        self.entitlements.values()
    }

    /// The terms of one permission set in one account.
    pub fn entitlement(&self, account: &AccountId, permission_set: &PermissionSetArn) -> Option<&Entitlement> {
        self.entitlements.get(&(account.clone(), permission_set.clone()))
    }

    /// Permission sets that nobody but Curfew assigns, each once, sorted: an assignment of theirs that Curfew did not
    /// make is reported, and nothing else is done about it.
    pub fn owned(&self) -> &[PermissionSetArn] {
        &self.owned
    }

    /// A directory user with the roles that this configuration gives.
    pub fn person(&self, id: UserId) -> Person {
        Person { administrator: self.administrators.contains(&id), auditor: self.auditors.contains(&id), id }
    }
}
