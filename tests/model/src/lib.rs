//! The protocol of granting and removing access, as a model that [stateright] checks exhaustively.
//!
//! Read [`writer`](../src/writer.rs) for the protocol, [`protocol`] for what may go wrong, [`properties`] for what must
//! hold, [`safeguards`] for what is taken away in the negative controls. `README.md` says what is not modelled.
#![allow(clippy::indexing_slicing, reason = "grants and slots are numbers below the length of their arrays")]

mod calm;
pub mod check;
pub mod controls;
pub mod properties;
pub mod protocol;
pub mod safeguards;
pub mod scenes;
mod service;
pub mod state;
mod writer;
