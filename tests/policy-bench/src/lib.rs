//! Measures and compares how policy decides.
#![expect(
    clippy::indexing_slicing,
    reason = "tables of fixed length, indexed modulo their length; this program runs in no function"
)]

pub mod condition;
pub mod decision;
pub mod differential;
pub mod full;
pub mod measure;
pub mod peers;
pub mod report;
pub mod rule;
pub mod world;
