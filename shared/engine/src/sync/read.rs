//! Reading the three services, each in a lane of its own. What has vanished while it was read is left out.

use std::collections::{BTreeMap, BTreeSet};

use curfew_domain::id::{AccountId, GroupId, PermissionSetArn, UnitId, UserId};
use curfew_policy::directory::{Account, Directory, Group, OrgUnit, PermissionSet, User};

use super::DirectorySources;
use super::draft::Left;
use super::lane::{Lane, Stop};
use crate::ports::{Inventory, ListedAccount, ListedUnit, OrganizationListing, PeopleListing, PermissionSetListing};

/// What the lane of the organisation fills.
pub(super) struct Organization<'a> {
    pub(super) units: &'a mut BTreeMap<UnitId, OrgUnit>,
    pub(super) accounts: &'a mut BTreeMap<AccountId, Account>,
    pub(super) units_left: &'a mut Option<Vec<UnitId>>,
    pub(super) tags_left: &'a mut Vec<AccountId>,
}

/// What the lane of people fills.
pub(super) struct Population<'a> {
    users: &'a mut BTreeMap<UserId, User>,
    groups: &'a mut BTreeMap<GroupId, Group>,
    left: &'a mut Option<Vec<GroupId>>,
}

/// What the lane of permission sets fills.
pub(super) struct Sets<'a> {
    sets: &'a mut BTreeMap<PermissionSetArn, PermissionSet>,
    left: &'a mut Option<Vec<PermissionSetArn>>,
}

/// The parts of a draft, one for each lane.
pub(super) fn parts<'a>(
    directory: &'a mut Directory,
    left: &'a mut Left,
) -> (Organization<'a>, Population<'a>, Sets<'a>) {
    let Directory { units, accounts, permission_sets, users, groups, .. } = directory;
    let Left { units: units_left, tags: tags_left, groups: groups_left, permission_sets: sets_left } = left;
    (
        Organization { units, accounts, units_left, tags_left },
        Population { users, groups, left: groups_left },
        Sets { sets: permission_sets, left: sets_left },
    )
}

impl Organization<'_> {
    /// Two listings for each OU, each with a page for every 20 of its accounts (organizations API reference,
    /// `ListAccountsForParent`), and one for the tags of each account: no listing gives the tags of many.
    pub(super) async fn read(&mut self, from: &dyn OrganizationListing, lane: &mut Lane<'_>) -> Result<(), Stop> {
        self.walk(from, lane).await?;
        while let Some(account) = self.tags_left.last().cloned() {
            let mut tags = BTreeMap::new();
            let there = lane.all(
                async |page| from.tags(&account, page).await,
                |(key, value)| {
                    tags.insert(key, value);
                },
            );
            match (there.await?, self.accounts.get_mut(&account)) {
                (true, Some(known)) => known.tags = tags,
                _ => drop(self.accounts.remove(&account)),
            }
            self.tags_left.pop();
        }
        Ok(())
    }

    /// Walks the tree from what is left of it, or from its root.
    async fn walk(&mut self, from: &dyn OrganizationListing, lane: &mut Lane<'_>) -> Result<(), Stop> {
        if self.units_left.is_none() {
            let mut roots = Vec::new();
            lane.all(async |page| from.roots(page).await.map(Some), |root| roots.push(root)).await?;
            *self.units_left = Some(self.found(roots, None));
        }
        while let Some(unit) = self.units_left.as_ref().and_then(|left| left.last().cloned()) {
            let (mut below, mut accounts) = (Vec::new(), Vec::new());
            let there = lane.all(async |page| from.units(&unit, page).await, |listed| below.push(listed)).await?
                && lane.all(async |page| from.accounts(&unit, page).await, |listed| accounts.push(listed)).await?;
            let mut further = Vec::new();
            if there {
                further = self.found(below, Some(&unit));
                for listed in accounts {
                    self.account(listed, &unit);
                }
            } else {
                self.units.remove(&unit);
            }
            if let Some(left) = self.units_left {
                left.pop();
                left.extend(further);
            }
        }
        Ok(())
    }

    fn account(&mut self, listed: ListedAccount, unit: &UnitId) {
        let ListedAccount { id, name, active, management } = listed;
        if let Some(known) = self.accounts.get_mut(&id) {
            // Moved while the tree was walked, or walked over again: its tags were or will be read.
            *known = Account { name, unit: unit.clone(), active, management, tags: std::mem::take(&mut known.tags) };
        } else {
            self.tags_left.push(id.clone());
            let account = Account { name, unit: unit.clone(), tags: BTreeMap::new(), active, management };
            self.accounts.insert(id, account);
        }
    }

    fn found(&mut self, listed: Vec<ListedUnit>, parent: Option<&UnitId>) -> Vec<UnitId> {
        let mut ids = Vec::new();
        for ListedUnit { id, name } in listed {
            self.units.insert(id.clone(), OrgUnit { name, parent: parent.cloned() });
            ids.push(id);
        }
        ids
    }
}

impl Population<'_> {
    /// A page for every 100 people and every 100 groups, and for every 100 members of each group. The other way round,
    /// groups by member, would be a call for each person: 12,000 instead of about 1,000.
    pub(super) async fn read(&mut self, from: &dyn PeopleListing, lane: &mut Lane<'_>) -> Result<(), Stop> {
        if self.left.is_none() {
            *self.users = people(from, lane).await?;
            let mut groups = BTreeMap::new();
            lane.all(
                async |page| from.groups(page).await.map(Some),
                |(id, name)| {
                    groups.insert(id, Group { name });
                },
            )
            .await?;
            *self.left = Some(groups.keys().cloned().collect());
            *self.groups = groups;
        }
        while let Some(group) = self.left.as_ref().and_then(|left| left.last().cloned()) {
            let mut members = Vec::new();
            let there = lane.all(async |page| from.members(&group, page).await, |member| members.push(member)).await?;
            if there {
                for member in &members {
                    // Whoever came after the listing of people is in the next snapshot.
                    if let Some(user) = self.users.get_mut(member) {
                        user.groups.insert(group.clone());
                    }
                }
            } else {
                self.groups.remove(&group);
            }
            if let Some(left) = self.left {
                left.pop();
            }
        }
        Ok(())
    }
}

/// Everybody, with managers found by id or else by user name: identity providers write either (RFC 7643 §4.3 wants the
/// id; what a provider maps to `manager` is its administrator's choice).
async fn people(from: &dyn PeopleListing, lane: &mut Lane<'_>) -> Result<BTreeMap<UserId, User>, Stop> {
    let (mut users, mut managers) = (BTreeMap::new(), Vec::new());
    lane.all(
        async |page| from.users(page).await.map(Some),
        |listed| {
            if let Some(manager) = listed.manager {
                managers.push((listed.id.clone(), manager));
            }
            let user = User {
                name: listed.name,
                display_name: listed.display_name,
                email: listed.email,
                enabled: listed.enabled,
                manager: None,
                attributes: listed.attributes,
                groups: BTreeSet::new(),
            };
            users.insert(listed.id, user);
        },
    )
    .await?;
    let by_name: BTreeMap<String, UserId> = users.iter().map(|(id, user)| (user.name.clone(), id.clone())).collect();
    for (id, written) in managers {
        let by_id = UserId::parse(&written).ok().filter(|manager| users.contains_key(manager));
        let manager = by_id.or_else(|| by_name.get(&written).cloned());
        if let Some(user) = users.get_mut(&id) {
            user.manager = manager;
        }
    }
    Ok(users)
}

impl Sets<'_> {
    /// For each permission set one call, and a page for every 100 accounts that it is provisioned in; the other way
    /// round, sets by account, would be a listing for each account, of which there are more.
    pub(super) async fn read(
        &mut self,
        from: &dyn PermissionSetListing,
        inventory: &dyn Inventory,
        lane: &mut Lane<'_>,
    ) -> Result<(), Stop> {
        if self.left.is_none() {
            let mut sets = Vec::new();
            lane.all(async |page| from.permission_sets(page).await.map(Some), |set| sets.push(set)).await?;
            *self.left = Some(sets);
        }
        while let Some(arn) = self.left.as_ref().and_then(|left| left.last().cloned()) {
            if let Some(described) = lane.ask(async || from.describe(&arn).await).await? {
                let mut provisioned_in = BTreeSet::new();
                let accounts = async |page: Option<String>| inventory.accounts(&arn, page.as_deref()).await.map(Some);
                lane.all(accounts, |account| {
                    provisioned_in.insert(account);
                })
                .await?;
                let (name, description, session) = (described.name, described.description, described.session);
                self.sets.insert(arn, PermissionSet { name, description, session, provisioned_in });
            }
            if let Some(left) = self.left {
                left.pop();
            }
        }
        Ok(())
    }
}

/// Whether every lane came to its end; if not, why the first did not.
pub(super) async fn read_all(
    sources: &DirectorySources,
    directory: &mut Directory,
    left: &mut Left,
    [organization, people, sets]: &mut [Lane<'_>; 3],
) -> Result<(), Stop> {
    let (mut tree, mut population, mut permission_sets) = parts(directory, left);
    let ends = futures_util::future::join3(
        tree.read(sources.organization.as_ref(), organization),
        population.read(sources.people.as_ref(), people),
        permission_sets.read(sources.permission_sets.as_ref(), sources.inventory.as_ref(), sets),
    );
    let (tree, population, permission_sets) = ends.await;
    // A fault says more than that time is over.
    let mut stop = None;
    for end in [tree, population, permission_sets] {
        match end {
            Err(fault @ Stop::Fault(_)) => return Err(fault),
            Err(time) => stop = Some(time),
            Ok(()) => {}
        }
    }
    stop.map_or(Ok(()), Err)
}
