//! What policy is asked with: the configuration in force, the directory as it was last read, and the circumstances of a
//! request. Whatever cannot be had is an error, never a default (I19). Nothing that removes access comes here (I20).

use std::collections::BTreeSet;
use std::sync::Arc;

use curfew_domain::ask::Ask;
use curfew_domain::id::{AccountId, PermissionSetArn, RequestId, UserId};
use curfew_domain::person::Person;
use curfew_domain::request::{Stage, State};
use curfew_domain::time::Timestamp;
use curfew_policy::directory::Directory;
use curfew_policy::model::Circumstances;
use curfew_policy::{Configuration, Facts};

use crate::core::Core;
use crate::error::Error;

/// So many of a person's latest requests are looked at for what they have now.
const LATEST: u32 = 50;

/// The rules, and the organisation that they are about.
#[derive(Clone)]
pub struct Known {
    /// The configuration in force.
    pub configuration: Arc<Configuration>,
    /// The organisation.
    pub directory: Arc<Directory>,
}

impl Known {
    /// The configuration in force and the latest directory.
    ///
    /// # Errors
    /// Nothing was published, or the directory was never read; or the store could not.
    pub async fn load(core: &Core) -> Result<Self, Error> {
        let configuration = core.configuration().await?;
        let directory = core.store.latest().await?.ok_or(Error::NoDirectory)?;
        Ok(Self { configuration, directory })
    }

    /// Facts for a decision.
    pub fn facts<'a>(&'a self, circumstances: &'a Circumstances, now: Timestamp) -> Facts<'a> {
        Facts { directory: &self.directory, circumstances, now }
    }

    /// A person with the roles that the configuration gives.
    pub fn person(&self, id: UserId) -> Person {
        self.configuration.person(&self.directory, id)
    }
}

/// The circumstances of a request: through which channel it came, and what its requester has besides.
///
/// What the requester has comes from an index that may lag a moment behind. Two requests in the same second may
/// therefore not see each other when they are judged; the later one does at activation, when it is judged again (I4).
pub async fn circumstances(core: &Core, ask: &Ask) -> Result<Circumstances, Error> {
    let not: BTreeSet<&RequestId> = [Some(&ask.id), ask.extends.as_ref()].into_iter().flatten().collect();
    Ok(Circumstances {
        channel: "api".to_owned(),
        source_address: None,
        mfa: None,
        active: active(core, &ask.requester, &not).await?,
        review_overdue: BTreeSet::new(),
    })
}

/// The circumstances of somebody who only looks at what could be asked for.
pub async fn of_onlooker(core: &Core, who: &UserId) -> Result<Circumstances, Error> {
    Ok(Circumstances {
        channel: "api".to_owned(),
        source_address: None,
        mfa: None,
        active: active(core, who, &BTreeSet::new()).await?,
        review_overdue: BTreeSet::new(),
    })
}

/// What this person has now, or has been approved for, by other requests than these.
async fn active(
    core: &Core,
    who: &UserId,
    not: &BTreeSet<&RequestId>,
) -> Result<Vec<(AccountId, PermissionSetArn)>, Error> {
    let mut ids = core.store.of_requester(who, None, LATEST).await?;
    ids.retain(|id| !not.contains(id));
    let requests = core.store.load_all(&ids).await?;
    let has = |state: &State| (Stage::Approved..=Stage::Active).contains(&state.stage());
    let mut active: Vec<_> = requests
        .into_iter()
        .filter(|request| has(&request.state))
        .map(|request| (request.ask.account, request.ask.permission_set))
        .collect();
    active.sort();
    active.dedup();
    Ok(active)
}
