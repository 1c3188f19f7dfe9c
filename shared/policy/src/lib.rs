//! Decides requests: facts in, explained verdict out.
//!
//! Pure: it reads nothing and calls nobody. In this release a policy names, per entitlement, automatic approval or one
//! approval step, and a maximum duration. Revocation never asks policy.

pub mod bundle;
pub mod catalog;
pub mod cedar;
mod configuration;
pub mod directory;
mod facts;
mod file;
#[cfg(test)]
mod fixture;
pub mod folder;
pub mod lint;
pub mod model;
pub mod pattern;
pub mod problem;
mod verdict;

pub use configuration::{Approval, Configuration, Entitlement, Version};
pub use facts::{AccountFacts, Facts, PermissionSetFacts, UserFacts};
pub use file::Problem;
