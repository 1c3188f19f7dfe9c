//! The life cycle of a request and its grant.
//!
//! Pure: no clock, no randomness, no AWS, no I/O. Time and ids are passed in. What is absent on purpose: persisted
//! and wire shapes (`curfew-aws`, `curfew-api`), and everything that can fail for reasons outside the rules.

pub mod ask;
pub mod assignment;
pub mod audit;
pub mod hex;
pub mod id;
pub mod lease;
pub mod notice;
pub mod origin;
pub mod person;
pub mod request;
pub mod review;
pub mod text;
pub mod time;
pub mod verdict;
