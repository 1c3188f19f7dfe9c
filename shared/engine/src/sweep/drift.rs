//! Assignments on permission sets that are Curfew's alone, which Curfew did not make (I16). They are reported, and not
//! touched (I7).

use std::collections::{BTreeMap, BTreeSet};

use curfew_domain::id::{AccountId, Key, PermissionSetArn};
use curfew_domain::request::{Request, State};

use super::round::{Faults, Round, Turns};
use crate::error::{Error, Fault};
use crate::known::Known;
use crate::ports::Principal;

/// Each account of each owned permission set is looked at once in so many minutes; one sweep that fails or is skipped
/// then still keeps within the quarter of an hour of I16.
const DRIFT_MINUTES: i64 = 7;
/// Listings of assignments in one sweep. Up to 280 accounts, counted once for each owned permission set, have their turn
/// in time; up to 600 keep within I16; more take longer.
const LISTINGS: usize = 60;

/// An assignment that nothing explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stray {
    set: PermissionSetArn,
    account: AccountId,
    principal: Principal,
}

impl Round<'_> {
    /// Configuration and directory; `None` if there are none to go by, which keeps the sweep from nothing else.
    pub(super) async fn known(&mut self) -> Option<Known> {
        match Known::load(&self.sweeper.core).await {
            Ok(known) => Some(known),
            // Nothing is owned before anything was published or read.
            Err(Error::NotConfigured | Error::NoDirectory) => None,
            Err(error) => {
                Faults::default().note(&mut self.swept, "configuration", &error);
                None
            }
        }
    }

    /// Looks at assignments of owned permission sets: each sweep asks where each of them is assigned, and each place has
    /// its turn.
    pub(super) async fn find_strays(&mut self, known: &Known, live: &[Request]) {
        let mut faults = Faults::default();
        let owned = known.configuration.owned(&known.directory);
        let mut places = Vec::new();
        for set in &owned {
            if !self.has_time("listing where owned permission sets are assigned") {
                return;
            }
            match self.accounts(set).await {
                Ok(accounts) => places.extend(accounts.into_iter().map(|account| (set, account))),
                Err(fault) => {
                    if faults.note(&mut self.swept, set, &fault.into()) {
                        return;
                    }
                }
            }
        }
        let granted: BTreeSet<Key> = live.iter().filter(|r| has_grant(r)).map(|r| r.ask.key()).collect();
        let mut turns = Turns::new(DRIFT_MINUTES, LISTINGS, places.len(), self.now());
        for (set, account) in places {
            let place = format!("{set} in {account}");
            if !turns.take(&place) {
                continue;
            }
            if !self.has_time("looking for assignments that Curfew did not make") {
                return;
            }
            match self.strays(set, &account, &granted).await {
                Ok(strays) => self.strays.extend(strays),
                Err(fault) => {
                    if faults.note(&mut self.swept, place, &fault.into()) {
                        return;
                    }
                }
            }
        }
    }

    /// The second look: what still is there, and still without a record, is reported. A grant in flight is neither.
    pub(super) async fn confirm_strays(&mut self) {
        let mut places: BTreeMap<(PermissionSetArn, AccountId), Vec<Principal>> = BTreeMap::new();
        for stray in std::mem::take(&mut self.strays) {
            places.entry((stray.set, stray.account)).or_default().push(stray.principal);
        }
        let mut faults = Faults::default();
        for ((set, account), before) in places {
            if !self.has_a_moment("confirming assignments that Curfew did not make") {
                return;
            }
            match self.strays(&set, &account, &BTreeSet::new()).await {
                Ok(strays) => strays.iter().filter(|stray| before.contains(&stray.principal)).for_each(report),
                Err(fault) => {
                    if faults.note(&mut self.swept, set, &fault.into()) {
                        return;
                    }
                }
            }
        }
    }

    async fn accounts(&mut self, set: &PermissionSetArn) -> Result<Vec<AccountId>, Fault> {
        let (mut accounts, mut next) = (Vec::new(), None::<String>);
        loop {
            self.pace().await;
            let page = self.sweeper.inventory.accounts(set, next.as_deref()).await?;
            accounts.extend(page.items);
            match page.next {
                Some(token) => next = Some(token),
                None => return Ok(accounts),
            }
        }
    }

    /// The assignments at a place that neither a live grant nor a record explains. Records are read after the listing:
    /// what Curfew makes is on record before it is there.
    async fn strays(
        &mut self,
        set: &PermissionSetArn,
        account: &AccountId,
        granted: &BTreeSet<Key>,
    ) -> Result<Vec<Stray>, Fault> {
        let mut strays = Vec::new();
        for principal in self.holders(account, set).await? {
            if let Principal::User(user) = &principal {
                let key = Key { user: user.clone(), account: account.clone(), permission_set: set.clone() };
                if granted.contains(&key) || self.is_on_record(&key).await? {
                    continue;
                }
            }
            strays.push(Stray { set: set.clone(), account: account.clone(), principal });
        }
        Ok(strays)
    }

    async fn is_on_record(&self, key: &Key) -> Result<bool, Fault> {
        let record = self.sweeper.core.store.assignment(key).await?;
        Ok(record.ours || record.operation.is_some() || !record.holds.is_empty())
    }
}

fn has_grant(request: &Request) -> bool {
    matches!(request.state, State::Provisioning(_) | State::Active(_) | State::Ending { .. })
}

fn report(stray: &Stray) {
    tracing::error!(
        account = %stray.account, permission_set = %stray.set, principal = %stray.principal, alarm = "stray_assignment",
        "a permission set that is Curfew's alone is assigned, and Curfew did not do it"
    );
}
