//! Who may take which flow: Cedar.
//!
//! [`schema()`] generates what policies may speak about. [`Rules::compile`] parses and validates the `.cedar` files of a
//! folder once, when they are checked or published, and writes an index from which [`Rules::open`] starts without parsing
//! anything. A [`Question`] asks about one person and one entitlement, a [`Listing`] about one person and many.
//!
//! **Slicing.** A policy can take part in an answer only if its head matches: the principal is, or is in, the entity that
//! the head names, and so for resource and action. So policies are found by the entities of their heads and the others are
//! not even parsed. Conditions are never used to leave a policy out. `curfew-policy-bench differential` compares with
//! evaluating everything, and with a matcher that shares no code.
//!
//! **Errors deny.** Cedar skips a policy that fails, a `forbid` too (research/deploy-and-policy.md §4). So every error, of
//! one policy, of the index or of the facts, means that the flow is not allowed.

pub(crate) mod check;
mod compile;
mod context;
mod entities;
mod head;
pub(crate) mod heads;
#[cfg(feature = "import-cel")]
pub mod import_cel;
mod index;
mod lexer;
mod listing;
mod names;
mod question;
mod rules;
mod schema;
mod sees;
mod source;
#[cfg(test)]
mod tests;

pub(crate) use compile::syntax;
pub use listing::{Listing, Person};
pub use names::unknown_names;
pub use question::{Answer, Asking, Question};
pub use rules::{OpenError, Rules};
pub use schema::{ANY_FLOW, APPROVED_FLOW, AUTOMATIC_FLOW, BUILT_IN, CHANNELS, WEEKDAYS, schema};
