//! The organisation that a run takes place in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use curfew_domain::id::{AccountId, GroupId, PermissionSetArn, UnitId, UserId};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_identity_center::{
    Assignment, DeletedPrincipals, IDENTITY_STORE, Millis, Model, PrincipalType, SSO_ADMIN, Settings,
};
use curfew_policy::Bundle;
use curfew_policy::directory::{Account, Directory, Group, OrgUnit, PermissionSet, User};
use serde_json::json;

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
    /// Groups by name, with the user names of their members.
    pub groups: BTreeMap<String, Vec<String>>,
    /// Paths of OUs by account id, such as `Workloads/Production`; all other accounts are in the root.
    pub places: BTreeMap<String, String>,
    /// Tags by account id.
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
    /// Assignments that Curfew did not create: user name, account id, name of the permission set.
    pub standing: Vec<(String, String, String)>,
    /// The configuration, as one TOML file; Cedar permits every flow that its policies name. Empty: none is published.
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

/// Ids by names.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) users: BTreeMap<String, UserId>,
    pub(crate) permission_sets: BTreeMap<String, PermissionSetArn>,
    pub(crate) groups: BTreeMap<String, GroupId>,
}

/// What Cedar says in every run: the flows of a policy are open to everybody.
const PERMITS: &str = "@id(\"everything\")\npermit (principal, action in Curfew::Action::\"anyFlow\", resource);\n";

/// The files of a configuration that is written as one TOML text.
pub(crate) fn bundle(configuration: &str) -> Bundle {
    let files = [("curfew.toml", configuration), ("permits.cedar", PERMITS)];
    let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    Bundle::new(files).expect("two small files")
}

impl Organisation {
    /// The organisation as `sync` would read it now.
    pub(crate) fn directory(&self, names: &Names, now: Timestamp) -> Directory {
        let root = UnitId::parse("r-0000").expect("a root id");
        let account = |id: &String| {
            let management = *id == self.management;
            let account = Account {
                name: format!("account {id}"),
                unit: root.clone(),
                tags: BTreeMap::new(),
                active: true,
                management,
            };
            (AccountId::parse(id).expect("an account id"), account)
        };
        let user = |(name, id): (&String, &UserId)| {
            let user = User {
                name: name.clone(),
                display_name: name.clone(),
                email: Some(format!("{name}@example.com")),
                enabled: true,
                manager: None,
                attributes: BTreeMap::new(),
                groups: self.groups_of(names, name),
            };
            (id.clone(), user)
        };
        let permission_set = |(name, arn): (&String, &PermissionSetArn)| {
            let session = SignedDuration::try_from(self.permission_sets[name]).expect("hours");
            let set = PermissionSet {
                name: name.clone(),
                description: String::new(),
                session,
                provisioned_in: BTreeSet::new(),
            };
            (arn.clone(), set)
        };
        Directory {
            taken_at: now,
            units: BTreeMap::from([(root.clone(), OrgUnit { name: "Root".to_owned(), parent: None })]),
            accounts: self.accounts.iter().chain([&self.management]).map(account).collect(),
            permission_sets: names.permission_sets.iter().map(permission_set).collect(),
            users: names.users.iter().map(user).collect(),
            groups: names.groups.iter().map(|(name, id)| (id.clone(), Group { name: name.clone() })).collect(),
        }
    }

    fn groups_of(&self, names: &Names, user: &str) -> BTreeSet<GroupId> {
        let of_user = self.groups.iter().filter(|(_, members)| members.iter().any(|member| member == user));
        of_user.filter_map(|(group, _)| names.groups.get(group).cloned()).collect()
    }

    /// Creates everybody and everything in a new Identity Center.
    pub(crate) fn settle_in(&self, settings: &Settings, seed: u64, now: Millis) -> (Model, Names) {
        let wanted = Settings {
            accounts: self.accounts.iter().chain([&self.management]).cloned().collect(),
            management_account: Some(self.management.clone()),
            ..settings.clone()
        };
        // Setting up must not use the quota up.
        let mut model = Model::new(Settings { calls_per_second: 0, listing_lag_ms: 0, ..wanted.clone() }, seed);
        let mut names = Names::default();
        let user = |name: &String| {
            json!({
                "UserName": name,
                "DisplayName": name,
                "Name": { "GivenName": name, "FamilyName": name },
            })
        };
        let ids = model.populate(self.people.iter().map(user).collect(), now);
        for (name, id) in self.people.iter().zip(&ids) {
            names.users.insert(name.clone(), UserId::parse(id).expect("a user id"));
        }
        for (name, members) in &self.groups {
            let group = json!({ "IdentityStoreId": settings.identity_store_id, "DisplayName": name });
            let created = model.call(IDENTITY_STORE, "CreateGroup", &group, now).expect("a group");
            let id = created["GroupId"].as_str().expect("an id");
            model.enroll(id, members.iter().map(|member| names.users[member].to_string()));
            names.groups.insert(name.clone(), GroupId::parse(id).expect("a group id"));
        }
        for (name, session) in &self.permission_sets {
            let set = json!({
                "InstanceArn": settings.instance_arn,
                "Name": name,
                "SessionDuration": format!("PT{}S", session.as_secs()),
            });
            let created = model.call(SSO_ADMIN, "CreatePermissionSet", &set, now).expect("a permission set");
            let arn = created["PermissionSet"]["PermissionSetArn"].as_str().expect("an ARN");
            names.permission_sets.insert(name.clone(), PermissionSetArn::parse(arn).expect("an ARN"));
        }
        for (user, account, set) in &self.standing {
            let assignment = Assignment {
                account: account.clone(),
                permission_set: names.permission_sets[set].to_string(),
                principal_type: PrincipalType::User,
                principal_id: names.users[user].to_string(),
            };
            model.set_assignment(assignment, true, now);
        }
        *model.settings_mut() = wanted;
        (model, names)
    }
}

/// A small organisation: Ana asks, Ben and Cleo approve, Ada administers.
impl Default for Organisation {
    fn default() -> Self {
        let configuration = r#"session_limit = "PT1H"
time_zone = "UTC"
facts_max_age = "PT720H"
[roles]
administrators = { users = ["ada"] }
[catalog.sandbox]
description = "Everything in the sandbox"
visible_to = { everybody = true }
entitlements = [{ account = "111122223333" }]
[default]
policy = "open"
max_duration = "PT8H"
strategy = "connector"
risk = "low"
[[access]]
on = { permission_set = "Operator" }
policy = "guarded"
[flow.automatic]
description = "Approved at once"
[flow.one-approval]
description = "One of two approves"
[[flow.one-approval.step]]
name = "approval"
approvers = ["user:ben", "user:cleo"]
timeout = "PT4H"
on_timeout = "lapse"
[policy.open]
description = "Where little can go wrong"
flows = ["automatic"]
[policy.guarded]
description = "Where something can"
flows = ["one-approval"]
"#;
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let hour = Duration::from_hours(1);
        Self {
            people: names(&["ada", "ana", "ben", "cleo", "dan"]),
            accounts: names(&["111122223333", "444455556666"]),
            management: "999900001111".to_owned(),
            permission_sets: [("Operator".to_owned(), hour), ("Reader".to_owned(), hour)].into(),
            groups: BTreeMap::new(),
            places: BTreeMap::new(),
            tags: BTreeMap::new(),
            standing: Vec::new(),
            configuration: configuration.to_owned(),
        }
    }
}

/// Identity Center as AWS runs it, with a little jitter.
impl Default for crate::Options {
    fn default() -> Self {
        Self {
            seed: 0,
            plan: crate::Plan::default(),
            identity: Settings {
                latency_ms: 800,
                latency_jitter_ms: 1_500,
                deleted_principals: DeletedPrincipals::Kept,
                history: 1_000_000,
                ..Settings::default()
            },
            sweep: true,
            announce: false,
            scheduler_precision: Duration::from_mins(1),
            latency: (Duration::from_millis(2), Duration::from_millis(12)),
            organisation: Organisation::default(),
            brief: false,
        }
    }
}
