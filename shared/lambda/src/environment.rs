//! Settings from the environment, as `infra/template.yaml` gives them.

/// The environment of the process. Read once, at start.
#[derive(Debug, Clone, Copy)]
pub struct Environment;

/// A setting that must be there and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable `{0}` is not set; the template sets it")]
pub struct Unset(pub &'static str);

impl Environment {
    /// A setting that must be there.
    pub fn required(self, name: &'static str) -> Result<String, Unset> {
        self.optional(name).ok_or(Unset(name))
    }

    /// A setting that may be missing; an empty one counts as missing.
    pub fn optional(self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}
