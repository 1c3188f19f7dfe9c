//! What policy is asked with: the configuration in force, the directory as it was last read, and the circumstances of a
//! request. Whatever cannot be had is an error, never a default (I19). Nothing that removes access comes here (I20).

use std::collections::BTreeSet;
use std::sync::Arc;

use curfew_domain::ask::Ask;
use curfew_domain::id::{AccountId, PermissionSetArn, RequestId, UserId};
use curfew_domain::origin::{Channel, Origin};
use curfew_domain::person::Person;
use curfew_domain::request::{Stage, State};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_policy::directory::Directory;
use curfew_policy::model::Circumstances;
use curfew_policy::{Configuration, Facts};

use crate::announce::Circle;
use crate::core::Core;
use crate::error::Error;
use crate::ports::Bench;
use crate::review::overdue_reviews;

/// So many of a person's latest requests are looked at for what they have now.
const LATEST: u32 = 50;
/// How long people have for a review where no configuration says it.
const REVIEW_WITHIN: SignedDuration = SignedDuration::from_hours(48);

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
        Self::on(core, &core.store.bench(None).await?).await
    }

    /// The same as one read found them.
    ///
    /// # Errors
    /// As above.
    pub async fn on(core: &Core, bench: &Bench) -> Result<Self, Error> {
        let publication = bench.publication.clone()?;
        let in_force = core.configurations.of_publication(core.store.as_ref(), publication.as_ref()).await?;
        let configuration = in_force.ok_or(Error::NotConfigured)?;
        let directory = bench.directory.clone()?.ok_or(Error::NoDirectory)?;
        Ok(Self { configuration, directory })
    }

    /// Facts for a decision.
    pub fn facts<'a>(&'a self, circumstances: &'a Circumstances, now: Timestamp) -> Facts<'a> {
        Facts { directory: &self.directory, circumstances, now }
    }

    /// The manager of a person, if the directory knows one who is there and not disabled.
    pub fn manager_of(&self, who: &UserId) -> Option<&UserId> {
        let manager = self.directory.users.get(who)?.manager.as_ref()?;
        self.directory.users.get(manager).filter(|user| user.enabled).map(|_| manager)
    }

    /// Who is around a request besides those whom it names itself.
    pub fn circle(&self, ask: &Ask, now: Timestamp) -> Circle {
        let nothing = bare(Origin::default());
        let facts = self.facts(&nothing, now);
        Circle {
            in_charge: self.configuration.in_charge(&facts, ask),
            reviewers: self.configuration.reviewers(&facts, ask),
            administrators: self.configuration.administrators(&self.directory),
            told: self.configuration.told(&self.directory, ask),
        }
    }

    /// Who had this user name when the directory was read.
    pub fn user_named(&self, name: &str) -> Option<&UserId> {
        self.directory.user_named(name).map(|(id, _)| id)
    }

    /// A person with the roles that the configuration gives.
    pub fn person(&self, id: UserId) -> Person {
        self.configuration.person(&self.directory, id)
    }
}

/// Who reviews emergency access, and within which time. Without rules to go by, administrators do.
#[derive(Clone, Copy)]
pub struct Reviewing<'a> {
    known: Option<&'a Known>,
    now: Timestamp,
}

impl<'a> Reviewing<'a> {
    /// As the configuration in force says, if it is known.
    pub fn new(known: Option<&'a Known>, now: Timestamp) -> Self {
        Self { known, now }
    }

    /// How long people have for a review after the access has ended.
    pub fn within(&self) -> SignedDuration {
        self.known.map_or(REVIEW_WITHIN, |known| known.configuration.model().settings.review_within)
    }

    /// Whom the configuration appoints to review the access that this wish led to; never the requester.
    pub fn reviewers(&self, ask: &Ask) -> Vec<UserId> {
        let Some(known) = self.known else { return Vec::new() };
        let nothing = bare(Origin::default());
        known.configuration.reviewers(&known.facts(&nothing, self.now), ask)
    }
}

/// The circumstances of a request: through which channel it came, and what its requester has besides.
///
/// What the requester has comes from an index that may lag a moment behind. Two requests in the same second may
/// therefore not see each other when they are judged; the later one does at activation, when it is judged again (I4).
pub async fn circumstances(core: &Core, known: &Known, ask: &Ask) -> Result<Circumstances, Error> {
    let not: BTreeSet<&RequestId> =
        [Some(&ask.id), ask.extends.as_ref(), ask.escalates.as_ref()].into_iter().flatten().collect();
    // Whether a review is owed speaks against nothing but emergency access.
    of(core, known, &ask.requester, ask.origin, &not, ask.emergency).await
}

/// The circumstances of somebody who only looks at what could be asked for.
pub async fn of_onlooker(core: &Core, known: &Known, who: &UserId, origin: Origin) -> Result<Circumstances, Error> {
    of(core, known, who, origin, &BTreeSet::new(), true).await
}

async fn of(
    core: &Core,
    known: &Known,
    who: &UserId,
    origin: Origin,
    not: &BTreeSet<&RequestId>,
    emergency: bool,
) -> Result<Circumstances, Error> {
    let within = known.configuration.model().settings.review_within;
    let owes = emergency && !overdue_reviews(core, who, within).await?.is_empty();
    let review_overdue = owes.then(|| who.clone()).into_iter().collect();
    Ok(Circumstances { active: active(core, who, not).await?, review_overdue, ..bare(origin) })
}

fn bare(origin: Origin) -> Circumstances {
    Circumstances {
        channel: origin.channel.unwrap_or(Channel::Api).name().to_owned(),
        source_address: origin.source_address.map(|address| address.to_string()),
        mfa: origin.mfa,
        active: Vec::new(),
        review_overdue: BTreeSet::new(),
    }
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
