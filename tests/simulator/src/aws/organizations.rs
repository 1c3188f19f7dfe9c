//! Organizations: accounts in OUs, with tags.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{AwsError, only, text};
use crate::organisation::AccountState;

/// Ids of all units begin with it, as on AWS.
const ROOT: &str = "r-sim0";
/// Accounts and OUs on a page (API reference, `ListAccountsForParent`).
const PAGE: usize = 20;

/// The service.
#[derive(Debug)]
pub(crate) struct Organizations {
    pub(crate) management: String,
    pub(crate) accounts: BTreeMap<String, AccountState>,
    /// Name and parent of each OU, by id. The root is not among them.
    units: BTreeMap<String, (String, String)>,
    /// Where accounts are, by the id of the OU; all others are in the root.
    places: BTreeMap<String, String>,
    /// Tags of accounts.
    pub(crate) tags: BTreeMap<String, BTreeMap<String, String>>,
}

impl Organizations {
    pub(crate) fn new(management: &str, accounts: impl Iterator<Item = String>) -> Self {
        Self {
            management: management.to_owned(),
            accounts: accounts.map(|id| (id, AccountState::Active)).collect(),
            units: BTreeMap::new(),
            places: BTreeMap::new(),
            tags: BTreeMap::new(),
        }
    }

    /// Puts an account into the OU of a path such as `Workloads/Production`, which comes into being; empty: the root.
    pub(crate) fn place(&mut self, account: &str, path: &str) {
        let mut unit = ROOT.to_owned();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let wanted = (name.to_owned(), unit);
            let known = self.units.iter().find(|(_, known)| **known == wanted).map(|(id, _)| id.clone());
            unit = known.unwrap_or_else(|| {
                let id = format!("ou-sim0-{:08}", self.units.len() + 1);
                self.units.insert(id.clone(), wanted);
                id
            });
        }
        self.places.insert(account.to_owned(), unit);
    }

    pub(crate) fn call(&self, operation: &str, request: &Value) -> Result<Value, AwsError> {
        match operation {
            "DescribeAccount" => {
                only(request, &["AccountId"]);
                Ok(json!({ "Account": self.account(text(request, "AccountId"))? }))
            }
            "ListRoots" => {
                only(request, &["NextToken", "MaxResults"]);
                Ok(json!({ "Roots": [{ "Id": ROOT, "Arn": self.arn("root", ROOT), "Name": "Root" }] }))
            }
            "ListOrganizationalUnitsForParent" => {
                let parent = self.parent(request)?;
                let below = self.units.iter().filter(|(_, (_, above))| above == parent);
                let rows = below.map(|(id, (name, _))| json!({ "Id": id, "Arn": self.arn("ou", id), "Name": name }));
                Ok(page("OrganizationalUnits", rows.collect(), request))
            }
            "ListAccountsForParent" => {
                let parent = self.parent(request)?;
                let here = |id: &&String| self.places.get(*id).map_or(ROOT, String::as_str) == parent;
                let rows = self.accounts.keys().filter(here).filter_map(|id| self.account(id).ok());
                Ok(page("Accounts", rows.collect(), request))
            }
            "ListTagsForResource" => {
                only(request, &["ResourceId", "NextToken"]);
                let id = text(request, "ResourceId");
                self.account(id).map_err(|_| {
                    AwsError::new("TargetNotFoundException", "You specified a target that doesn't exist.")
                })?;
                let tags = self.tags.get(id).into_iter().flatten();
                let tags: Vec<Value> = tags.map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
                Ok(json!({ "Tags": tags }))
            }
            _ => panic!("the simulator does not know Organizations' {operation}"),
        }
    }

    fn arn(&self, kind: &str, id: &str) -> String {
        format!("arn:aws:organizations::{}:{kind}/o-exampleorgid/{id}", self.management)
    }

    fn account(&self, id: &str) -> Result<Value, AwsError> {
        let state = match self.accounts.get(id) {
            Some(AccountState::Active) => "ACTIVE",
            Some(AccountState::Suspended) => "SUSPENDED",
            Some(AccountState::Gone) | None => {
                let message = "You specified an account that doesn't exist.";
                return Err(AwsError::new("AccountNotFoundException", message));
            }
        };
        Ok(json!({ "Id": id, "Arn": self.arn("account", id), "Name": id, "Status": state, "State": state }))
    }

    fn parent<'a>(&self, request: &'a Value) -> Result<&'a str, AwsError> {
        only(request, &["ParentId", "NextToken", "MaxResults"]);
        let parent = text(request, "ParentId");
        if parent == ROOT || self.units.contains_key(parent) {
            return Ok(parent);
        }
        Err(AwsError::new("ParentNotFoundException", "You specified a root or OU that doesn't exist."))
    }
}

/// One page; its token is where it begins.
fn page(name: &str, rows: Vec<Value>, request: &Value) -> Value {
    let from: usize = request["NextToken"].as_str().map_or(0, |token| token.parse().expect("a token of ours"));
    let next = (rows.len() > from + PAGE).then(|| (from + PAGE).to_string());
    let items: Vec<Value> = rows.into_iter().skip(from).take(PAGE).collect();
    json!({ name: items, "NextToken": next })
}
