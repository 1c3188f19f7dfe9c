//! The organisation that a run takes place in.

use std::collections::BTreeMap;
use std::time::Duration;

/// People, accounts, permission sets, and who may ask for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// User names.
    pub people: Vec<String>,
    /// Account ids of 12 digits.
    pub accounts: Vec<String>,
    /// Id of the management account, which Curfew must not touch.
    pub management: String,
    /// Permission sets by name, with the duration of their sessions.
    pub permission_sets: BTreeMap<String, Duration>,
    /// Assignments that Curfew did not create: user name, account id, name of the permission set.
    pub standing: Vec<(String, String, String)>,
    /// The configuration, TOML. `${user.<name>}` and `${permission_set.<name>}` stand for ids. Empty: none is published.
    pub configuration: String,
}

/// What Organizations says of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// Open.
    Active,
    /// Suspended.
    Suspended,
    /// Closed for good: it is not even found.
    Gone,
}
