//! A fake of IAM Identity Center (`sso-admin`) and its Identity Store.
//!
//! [`Model`] is pure: time and the seed of every id are given to it, so a simulator can run it under a paused clock and
//! repeat a run exactly. [`wire`] serves the same model over HTTP to the real AWS SDKs.
//!
//! The README says what is modelled, on what evidence, and what is only assumed.

mod directory;
mod error;
mod fault;
mod ids;
mod journal;
mod model;
mod operations;
mod page;
mod portal;
mod quota;
mod settings;
mod shape;
mod sso_admin;
pub mod wire;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use error::ServiceError;
pub use fault::{Fault, FaultKind};
pub use journal::Call;
pub use model::{Answer, Model};
pub use operations::{Action, Assignment, Operation, PrincipalType, Status};
pub use settings::{DeletedPrincipals, RoleUpdates, Settings};

/// The service that owns instances, permission sets and account assignments (prefix of `X-Amz-Target`).
pub const SSO_ADMIN: &str = "SWBExternalService";
/// The service that owns users, groups and memberships (prefix of `X-Amz-Target`).
pub const IDENTITY_STORE: &str = "AWSIdentityStore";

/// A moment: milliseconds since 1970-01-01 UTC. The model has no clock; every call says when it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Millis(pub u64);

impl Millis {
    /// The moment `ms` milliseconds later.
    #[must_use]
    pub fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to here; 0 when `earlier` is later.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// AWS JSON 1.1 writes a timestamp as seconds with a fraction.
    pub(crate) fn timestamp(self) -> Value {
        json!(std::time::Duration::from_millis(self.0).as_secs_f64())
    }
}
