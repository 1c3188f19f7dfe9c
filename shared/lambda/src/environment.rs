//! Settings from the environment, as `infra/template.yaml` gives them.

use std::collections::BTreeMap;

/// The environment of a function. Read once, at start.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

/// A setting that must be there and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable `{0}` is not set; the template sets it")]
pub struct Unset(pub &'static str);

impl Environment {
    /// What this process was given. Variables that are not UTF-8 are none of ours.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// A setting that must be there.
    pub fn required(&self, name: &'static str) -> Result<String, Unset> {
        self.optional(name).ok_or(Unset(name))
    }

    /// A setting that may be missing; an empty one counts as missing.
    pub fn optional(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(variables: T) -> Self {
        Self(variables.into_iter().collect())
    }
}
