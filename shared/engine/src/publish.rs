//! Publish: a valid configuration becomes the one in force, whole or not at all.
//!
//! The files are stored under their version first; that changes nothing. One conditional write then puts the version in
//! force, so that a publication that is cut off leaves the old one.

use curfew_domain::text::Comment;
use curfew_domain::time::Timestamp;
use curfew_policy::{Bundle, Configuration, Problem, Version};

use crate::core::Core;
use crate::error::{Error, Fault};
use crate::ports::{Commit, CompiledRules};

/// One act of publishing. Numbers count from 1 without gaps; a version may be published more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its place in the order of publications, from 1.
    pub number: u64,
    /// What was published.
    pub version: Version,
    /// On whose behalf: `user:<id>`, or the ARN of an AWS identity.
    pub by: String,
    /// The second administrator who agreed, where one was needed.
    pub seconded_by: Option<String>,
    /// When it came into force.
    pub at: Timestamp,
    /// What the publisher said.
    pub comment: Option<Comment>,
}

/// A publication that waits for a second administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What is to be published.
    pub version: Version,
    /// On whose behalf.
    pub by: String,
    /// When it was proposed.
    pub at: Timestamp,
    /// What the publisher said.
    pub comment: Option<Comment>,
    /// What was in force then; it comes to nothing once that has changed.
    pub based_on: Option<Version>,
}

/// What became of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is in force.
    Published(Publication),
    /// It waits for a second administrator.
    AwaitingSecond(Proposal),
}

/// Why a configuration was not published.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NotPublished {
    /// It has mistakes.
    #[error("the configuration has {} mistakes", .0.len())]
    Invalid(Vec<Problem>),
    /// Something else was published since.
    #[error("the configuration in force is {}, not the one that this change is based on", .0.as_ref().map_or("none", Version::as_str))]
    Moved(Option<Version>),
    /// No such version was ever stored, or no such proposal waits.
    #[error("there is no version {0} to publish")]
    UnknownVersion(Version),
    /// Nobody seconds their own proposal.
    #[error("a second administrator must approve what you proposed")]
    OwnProposal,
    /// The store could not.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Who publishes what, and what they believe to be in force.
#[derive(Debug, Clone)]
pub struct Change {
    /// The files.
    pub bundle: Bundle,
    /// The version that the change was made against; `None` if nothing has been published yet.
    pub based_on: Option<Version>,
    /// What the publisher says.
    pub comment: Option<Comment>,
    /// On whose behalf.
    pub by: String,
}

/// Validates files as a whole and puts them in force, or proposes them where the configuration in force asks for a
/// second administrator.
///
/// # Errors
/// Everything that is wrong with the files; or something else was published since.
pub async fn publish(core: &Core, change: Change) -> Result<Outcome, NotPublished> {
    let (configuration, _) = Configuration::load(&change.bundle).map_err(NotPublished::Invalid)?;
    let before = based_on(core, change.based_on.as_ref()).await?;
    let rules = configuration.rules();
    let rules = CompiledRules { index: rules.index().to_owned(), digest: rules.digest().clone() };
    core.store.put_bundle(&change.bundle, &rules).await?;
    let (version, at) = (change.bundle.version(), core.clock.now());
    if needs_second(core, before.as_ref()).await? {
        let Change { based_on, comment, by, .. } = change;
        let proposal = Proposal { version, by, at, comment, based_on };
        core.store.put_proposal(&proposal).await?;
        return Ok(Outcome::AwaitingSecond(proposal));
    }
    let Change { by, comment, .. } = change;
    put_in_force(core, before.as_ref(), Publication { number: 0, version, by, seconded_by: None, at, comment }).await
}

/// A second administrator agrees to a proposal.
///
/// # Errors
/// Nothing is proposed under this version; the same person proposed it; or something else was published since.
pub async fn second(core: &Core, version: &Version, by: String) -> Result<Outcome, NotPublished> {
    let unknown = || NotPublished::UnknownVersion(version.clone());
    let proposal = core.store.proposal(version).await?.ok_or_else(unknown)?;
    if proposal.by == by {
        return Err(NotPublished::OwnProposal);
    }
    let before = based_on(core, proposal.based_on.as_ref()).await?;
    let Proposal { version, by: first, comment, .. } = proposal;
    let publication =
        Publication { number: 0, version, by: first, seconded_by: Some(by), at: core.clock.now(), comment };
    put_in_force(core, before.as_ref(), publication).await
}

/// Publishes the files of an earlier version again.
///
/// # Errors
/// Like `publish`; files that this release finds mistakes in are not brought back.
pub async fn roll_back(
    core: &Core,
    to: &Version,
    based_on: Option<Version>,
    comment: Option<Comment>,
    by: String,
) -> Result<Outcome, NotPublished> {
    let bundle = core.store.bundle(to).await?.ok_or_else(|| NotPublished::UnknownVersion(to.clone()))?;
    publish(core, Change { bundle, based_on, comment, by }).await
}

/// The publication in force and its files.
///
/// # Errors
/// Nothing has been published, or the store could not.
pub async fn published(core: &Core) -> Result<(Publication, Bundle), Error> {
    let publication = core.store.in_force().await?.ok_or(Error::NotConfigured)?;
    let bundle = core.store.bundle(&publication.version).await?;
    let lost = || Fault::permanent("read the configuration", "the files of the version in force are missing");
    Ok((publication, bundle.ok_or_else(lost)?))
}

/// What is in force, if it is what the change is based on.
async fn based_on(core: &Core, believed: Option<&Version>) -> Result<Option<Publication>, NotPublished> {
    let before = core.store.in_force().await?;
    if before.as_ref().map(|publication| &publication.version) == believed {
        Ok(before)
    } else {
        Err(NotPublished::Moved(before.map(|publication| publication.version)))
    }
}

/// The configuration in force says whether its successor needs a second administrator. One that cannot be read asks for
/// none: otherwise nobody could ever mend it.
async fn needs_second(core: &Core, before: Option<&Publication>) -> Result<bool, Fault> {
    let Some(before) = before else { return Ok(false) };
    match core.configurations.of(core.store.as_ref(), &before.version).await {
        Ok(configuration) => Ok(configuration.model().settings.publish_needs_second),
        Err(Fault::Permanent { .. }) => Ok(false),
        Err(fault) => Err(fault),
    }
}

async fn put_in_force(
    core: &Core,
    before: Option<&Publication>,
    publication: Publication,
) -> Result<Outcome, NotPublished> {
    let number = before.map_or(0, |publication| publication.number) + 1;
    let publication = Publication { number, ..publication };
    match core.store.put_in_force(&publication).await? {
        Commit::Done => Ok(Outcome::Published(publication)),
        Commit::Conflict => match core.store.in_force().await? {
            // The client repeats a write whose reply was lost, and then loses against itself.
            Some(present) if present == publication => Ok(Outcome::Published(publication)),
            present => Err(NotPublished::Moved(present.map(|publication| publication.version))),
        },
    }
}
