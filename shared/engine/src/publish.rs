//! Publish: a valid configuration becomes the current one.

use curfew_domain::id::UserId;
use curfew_policy::{Configuration, Problem, Version};

use crate::core::Core;
use crate::error::{Error, Fault};

/// Why a configuration was not published.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NotPublished {
    /// It has mistakes.
    #[error("the configuration has {} mistakes", .0.len())]
    Invalid(Vec<Problem>),
    /// The store could not.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Validates a text as a whole and publishes it atomically.
pub async fn publish(core: &Core, by: &UserId, text: &str) -> Result<Version, NotPublished> {
    let configuration = Configuration::parse(text).map_err(NotPublished::Invalid)?;
    core.store.publish(&configuration, text, by, core.clock.now()).await?;
    Ok(configuration.version().clone())
}

/// The current configuration's version and text.
pub async fn published(core: &Core) -> Result<(Version, String), Error> {
    let (configuration, text) = core.store.current().await?.ok_or(Error::NotConfigured)?;
    Ok((configuration.version().clone(), text))
}
