//! Decides requests: facts in, explained verdict out.
//!
//! Pure: it reads nothing and calls nobody. In this release a policy names, per entitlement, automatic approval or one
//! approval step, and a maximum duration. Revocation never asks policy.

mod approvers;
pub mod bundle;
pub mod catalog;
pub mod cedar;
mod checks;
mod configuration;
pub mod decide;
pub mod demands;
pub mod directory;
mod distinct;
pub mod evaluator;
pub mod explain;
mod facts;
mod file;
#[cfg(test)]
mod fixture;
pub mod folder;
pub mod judge;
pub mod lint;
pub mod model;
pub mod offers;
pub mod pattern;
pub mod problem;
mod reasons;
pub mod steps;
#[cfg(test)]
mod tests;
mod verdict;
mod ways;

pub use configuration::{Approval, Configuration, Entitlement, Version};
pub use facts::{AccountFacts, Facts, PermissionSetFacts, UserFacts};
pub use file::Problem;
