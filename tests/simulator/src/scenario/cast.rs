//! The organisation of every scenario: who is there, and who may ask for what.

use std::collections::BTreeMap;
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
    /// Given by membership of a group that is Curfew's alone; only where `with_strategies` adjusted the world.
    Grouped,
    /// Given and taken by Ben and Cyn; only there, too.
    ByHand,
}

/// The group of `Access::Grouped`.
pub const GROUP: &str = "supporters";

impl Access {
    /// Which account.
    pub fn account(self) -> &'static str {
        match self {
            Self::Automatic | Self::Approved | Self::Denied | Self::Grouped | Self::ByHand => "111122223333",
            Self::Elsewhere => "222233334444",
        }
    }

    /// Name of the permission set.
    pub fn set(self) -> &'static str {
        match self {
            Self::Automatic | Self::Elsewhere => "ReadOnly",
            Self::Approved => "Admin",
            Self::Denied => "Billing",
            Self::Grouped => "Support",
            Self::ByHand => "Legacy",
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

/// Adds access that is not given by assignment.
pub fn with_strategies(organisation: &mut Organisation) {
    for access in [Access::Grouped, Access::ByHand] {
        organisation.permission_sets.insert(access.set().to_owned(), Duration::from_hours(1));
    }
    organisation.groups.insert(GROUP.to_owned(), Vec::new());
    let (grouped, by_hand) = (Access::Grouped.set(), Access::ByHand.set());
    let more = format!(
        r#"
[catalog.more]
description = "What is not given by assignment"
visible_to = {{ everybody = true }}
entitlements = [{{ permission_set = "{grouped}" }}, {{ permission_set = "{by_hand}" }}]
[[access]]
on = {{ permission_set = "{grouped}" }}
strategy = {{ group = "{GROUP}" }}
[[access]]
on = {{ permission_set = "{by_hand}" }}
strategy = {{ manual = ["user:ben", "user:cyn"] }}
[ownership]
groups = ["{GROUP}"]
"#
    );
    organisation.configuration += &more;
}

/// Opens emergency access to what must be approved, on the same terms; Dan reviews it.
pub fn with_emergencies(organisation: &mut Organisation) {
    let (from, to) = ("policy = \"guarded\"\n", "policy = \"guarded\"\nemergency_policy = \"guarded\"\n");
    organisation.configuration = organisation.configuration.replacen(from, to, 1);
    organisation.configuration += "\n[emergency]\nreviewers = [\"user:dan\"]\n";
}

/// Time in which the reviews of `with_emergencies` are due after `with_quick_reviews`.
pub const REVIEW_WITHIN_MINUTES: i64 = 3;

/// The same, to be reviewed within minutes.
pub fn with_quick_reviews(organisation: &mut Organisation) {
    with_emergencies(organisation);
    let within = format!("review_within = \"PT{REVIEW_WITHIN_MINUTES}M\"\n");
    organisation.configuration += &within;
}

/// Has two of three approve what one approves elsewhere; if two have not within two minutes, Cyn and Dan are asked, both.
pub fn with_quorum(organisation: &mut Organisation) {
    let one = "approvers = [\"user:ana\", \"user:ben\", \"user:cyn\"]\ntimeout = \"PT10M\"\non_timeout = \"lapse\"\n";
    let two = "approvers = [\"user:ana\", \"user:ben\", \"user:cyn\"]\nquorum = 2\ntimeout = \"PT2M\"\n\
               on_timeout = { ask = [\"user:cyn\", \"user:dan\"], timeout = \"PT8M\" }\n";
    organisation.configuration = organisation.configuration.replacen(one, two, 1);
}

/// A configuration with this bound for sessions and this longest grant.
pub fn configuration(session_limit: &str, max_duration: &str) -> String {
    configuration_with(session_limit, max_duration, "guarded")
}

/// The same, in which only Dan approves, by a flow of another name.
pub fn configuration_of_other_approvers() -> String {
    configuration_with("PT1H", "PT8H", "dans")
}

fn configuration_with(session_limit: &str, max_duration: &str, policy: &str) -> String {
    let all = [Access::Automatic, Access::Approved, Access::Denied, Access::Elsewhere];
    let entitlements = all.map(|access| {
        let (account, set) = (access.account(), access.set());
        format!("{{ account = \"{account}\", permission_set = \"{set}\" }}")
    });
    let (entitlements, admin) = (entitlements.join(", "), Access::Approved.set());
    format!(
        r#"session_limit = "{session_limit}"
time_zone = "UTC"
facts_max_age = "PT720H"
[roles]
administrators = {{ users = ["dan"] }}
[catalog.all]
description = "Everything"
visible_to = {{ everybody = true }}
entitlements = [{entitlements}]
[default]
policy = "open"
max_duration = "{max_duration}"
strategy = "connector"
risk = "low"
[[access]]
on = {{ permission_set = "{admin}" }}
policy = "{policy}"
[flow.automatic]
description = "Approved at once"
[flow.one-approval]
description = "One of three approves"
[[flow.one-approval.step]]
name = "approval"
approvers = ["user:ana", "user:ben", "user:cyn"]
timeout = "PT10M"
on_timeout = "lapse"
[flow.dan]
description = "Dan approves"
[[flow.dan.step]]
name = "dan"
approvers = ["user:dan"]
timeout = "PT10M"
on_timeout = "lapse"
[policy.open]
description = "Where little can go wrong"
flows = ["automatic"]
[policy.guarded]
description = "Where something can"
flows = ["one-approval"]
[policy.dans]
description = "What Dan alone decides"
flows = ["dan"]
"#
    )
}
