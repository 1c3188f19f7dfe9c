//! Decides requests: facts in, explained verdict out.
//!
//! Pure: it reads nothing and calls nobody. A configuration folder (`bundle`, `folder`) becomes a [`Configuration`]: settings
//! (`model`) and compiled Cedar rules (`cedar`). With a snapshot of the organisation (`directory`) it answers everything
//! from one evaluation (`judge`): which flow decides a request and why, what somebody may ask for, whether approved access
//! may still begin. Whatever is unknown, stale or fails is a denial. Revocation never asks policy.

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
mod means;
pub mod model;
pub mod offers;
pub mod pattern;
pub mod problem;
mod reasons;
mod risk;
pub mod steps;
#[cfg(test)]
mod tests;
mod told;
mod ways;

pub use bundle::{Bundle, Version};
pub use decide::Approved;
pub use demands::Demand;
pub use evaluator::{Configuration, Problems, Unusable};
pub use explain::Explanation;
pub use judge::{Facts, Wish};
pub use offers::{Offer, Offers, Page, Prospect};
pub use problem::{Problem, Severity};
