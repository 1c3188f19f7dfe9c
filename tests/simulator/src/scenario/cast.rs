//! The organisation of every scenario: who is there, and who may ask for what.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::Organisation;

/// The people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {
    /// Asks.
    Ana,
    /// Approves.
    Ben,
    /// Approves, too; asks where two people are needed.
    Cyn,
    /// Administrator.
    Dan,
}

impl Person {
    /// Name in the directory and in tokens.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ana => "ana",
            Self::Ben => "ben",
            Self::Cyn => "cyn",
            Self::Dan => "dan",
        }
    }
}

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Approved by policy.
    Automatic,
    /// Ben or Cyn must approve, within ten minutes.
    Approved,
    /// Sessions last twelve hours: policy denies.
    Denied,
    /// The automatic one, in another account.
    Elsewhere,
}

impl Access {
    /// Which account.
    pub fn account(self) -> &'static str {
        match self {
            Self::Automatic | Self::Approved | Self::Denied => "111122223333",
            Self::Elsewhere => "222233334444",
        }
    }

    /// Name of the permission set.
    pub fn set(self) -> &'static str {
        match self {
            Self::Automatic | Self::Elsewhere => "ReadOnly",
            Self::Approved => "Admin",
            Self::Denied => "Billing",
        }
    }

    fn approval(self) -> &'static str {
        match self {
            Self::Approved => {
                "{ approvers = [\"${user.ana}\", \"${user.ben}\", \"${user.cyn}\"], timeout = \"PT10M\" }"
            }
            Self::Automatic | Self::Denied | Self::Elsewhere => "\"automatic\"",
        }
    }
}

/// The management account, which nobody may be given.
const MANAGEMENT: &str = "000000000000";

/// The organisation.
pub(crate) fn organisation() -> Organisation {
    let hours = |n: u64| Duration::from_secs(n * 3_600);
    Organisation {
        people: ["ana", "ben", "cyn", "dan"].map(str::to_owned).to_vec(),
        accounts: [MANAGEMENT, "111122223333", "222233334444"].map(str::to_owned).to_vec(),
        management: MANAGEMENT.to_owned(),
        permission_sets: BTreeMap::from([
            ("ReadOnly".to_owned(), hours(1)),
            ("Admin".to_owned(), hours(1)),
            ("Billing".to_owned(), hours(12)),
        ]),
        groups: BTreeMap::new(),
        places: BTreeMap::new(),
        tags: BTreeMap::new(),
        standing: Vec::new(),
        configuration: configuration("PT1H", "PT8H"),
    }
}

/// A configuration with this bound for sessions and this longest grant.
pub fn configuration(session_limit: &str, max_duration: &str) -> String {
    configuration_with(session_limit, max_duration, Access::Approved.approval())
}

/// The same, in which only Dan approves.
pub fn configuration_of_other_approvers() -> String {
    configuration_with("PT1H", "PT8H", "{ approvers = [\"${user.dan}\"], timeout = \"PT10M\" }")
}

fn configuration_with(session_limit: &str, max_duration: &str, approval: &str) -> String {
    let mut text = format!("administrators = [\"${{user.dan}}\"]\nsession_limit = \"{session_limit}\"\n");
    for access in [Access::Automatic, Access::Approved, Access::Denied, Access::Elsewhere] {
        let (account, set) = (access.account(), access.set());
        let approval = if access == Access::Approved { approval } else { access.approval() };
        let _ = write!(
            text,
            "[[entitlement]]\naccount = \"{account}\"\naccount_name = \"account {account}\"\n\
             permission_set = \"${{permission_set.{set}}}\"\npermission_set_name = \"{set}\"\n\
             max_duration = \"{max_duration}\"\napproval = {approval}\n"
        );
    }
    text
}
