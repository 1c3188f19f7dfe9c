//! Decides requests: facts in, explained verdict out.
//!
//! Pure: it reads nothing and calls nobody. In this release a policy names, per entitlement, automatic approval or one
//! approval step, and a maximum duration. Revocation never asks policy.

mod approvers;
pub mod bundle;
pub mod catalog;
pub mod cedar;
mod checks;
pub mod decide;
pub mod demands;
pub mod directory;
mod distinct;
pub mod evaluator;
pub mod explain;
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
mod ways;

pub use bundle::{Bundle, Version};
pub use decide::Approved;
pub use demands::Demand;
pub use evaluator::Configuration;
pub use explain::Explanation;
pub use judge::{Facts, Wish};
pub use offers::{Offer, Offers, Page, Prospect};
pub use problem::{Problem, Severity};
