//! The configuration in force, parsed once for each warm process and version.

use std::sync::{Arc, Mutex, PoisonError};

use curfew_policy::{Configuration, Problem, Version};

use crate::error::Fault;
use crate::ports::Store;
use crate::publish::Publication;

/// Remembers the configuration that was used last. Versions never change, so that nothing in it can be stale: which
/// version is in force is asked every time.
#[derive(Default)]
pub struct Configurations(Mutex<Option<Arc<Configuration>>>);

impl Configurations {
    /// The configuration that a publication puts in force; `None` before anything was published.
    ///
    /// # Errors
    /// Transient if the store could not; permanent if this release finds mistakes in what is stored.
    pub async fn of_publication(
        &self,
        store: &dyn Store,
        publication: Option<&Publication>,
    ) -> Result<Option<Arc<Configuration>>, Fault> {
        match publication {
            Some(publication) => self.of(store, &publication.version).await.map(Some),
            None => Ok(None),
        }
    }

    /// The configuration of a version.
    ///
    /// # Errors
    /// As above; permanent, too, if there is no such version.
    pub async fn of(&self, store: &dyn Store, version: &Version) -> Result<Arc<Configuration>, Fault> {
        if let Some(known) = self.known(version) {
            return Ok(known);
        }
        let what = "read the configuration";
        let missing = || Fault::permanent(what, format!("the files of version {version} are missing"));
        let bundle = store.bundle(version).await?.ok_or_else(missing)?;
        let compiled = store.rules(version).await?;
        let opened = compiled.and_then(|rules| Configuration::open(&bundle, rules.index, &rules.digest).ok());
        let configuration = Arc::new(match opened {
            Some(configuration) => configuration,
            // Compiled by a release with another form of rules.
            None => Configuration::load(&bundle).map_err(|problems| Fault::permanent(what, first(&problems)))?.0,
        });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&configuration));
        Ok(configuration)
    }

    fn known(&self, version: &Version) -> Option<Arc<Configuration>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|configuration| configuration.version() == version).map(Arc::clone)
    }
}

fn first(problems: &[Problem]) -> String {
    problems.first().map(ToString::to_string).unwrap_or_default()
}
