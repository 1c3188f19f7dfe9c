//! What people call the ids of a request: by the directory, which may not know them (any more).

use std::collections::BTreeMap;

use curfew_domain::id::UserId;
use curfew_domain::request::Request;
use curfew_domain::verdict::Verdict;
use curfew_policy::directory::Directory;
use serde::Serialize;

/// Names of what is in one request. What the directory does not know is absent.
#[derive(Debug, Default, Serialize)]
pub(super) struct NamesView {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permission_set_name: Option<String>,
    /// The requester, approvers, and whoever decided or gives access by hand, by id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    people: BTreeMap<String, String>,
}

impl NamesView {
    /// The names that a directory gives.
    pub(super) fn new(request: &Request, directory: &Directory) -> Self {
        let ask = &request.ask;
        let people = ids(request).filter_map(|id| Some((id.to_string(), called(directory, id)?)));
        Self {
            account_name: directory.accounts.get(&ask.account).map(|account| account.name.clone()),
            permission_set_name: directory.permission_sets.get(&ask.permission_set).map(|set| set.name.clone()),
            people: people.collect(),
        }
    }
}

fn ids(request: &Request) -> impl Iterator<Item = &UserId> {
    let steps = request.verdict.as_ref().map_or(&[][..], Verdict::steps);
    std::iter::once(&request.ask.requester)
        .chain(steps.iter().flat_map(|step| &step.approvers))
        .chain(request.decisions.iter().map(|decision| &decision.approver))
        .chain(request.state.grant().and_then(|grant| grant.hands()).into_iter().flatten())
}

/// What somebody is called, or their user name.
fn called(directory: &Directory, id: &UserId) -> Option<String> {
    let user = directory.users.get(id)?;
    Some(if user.display_name.is_empty() { user.name.clone() } else { user.display_name.clone() })
}
