//! Notices on their way: what must be told once, what people have chosen, the bus and the post.

use async_trait::async_trait;
use curfew_domain::id::{RequestId, UserId};
use curfew_domain::notice::Preferences;
use curfew_domain::time::Timestamp;

use crate::announce::{Letter, Reminder};
use crate::error::Fault;

/// One notice to one place: it is to arrive there once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// About which request.
    pub request: RequestId,
    /// Occasion, kind and place, such as `3#active#<user id>`.
    pub what: String,
}

/// What came of asking to deliver something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is the caller's to deliver now.
    Mine,
    /// It was delivered, or given up.
    Done,
    /// Somebody else is about to, or died in it; which, shows when their time is over.
    Others,
}

/// Keeps what notices need. Nothing in it decides about access.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Takes the delivery of a notice until an instant, under a name that nobody else has; takes it over from somebody
    /// whose time is over.
    async fn claim(&self, mark: &Mark, name: &str, now: Timestamp, until: Timestamp) -> Result<Claim, Fault>;
    /// Notes that it needs no delivery any more.
    async fn settle(&self, mark: &Mark) -> Result<(), Fault>;
    /// Whether it needs none any more.
    async fn is_settled(&self, mark: &Mark) -> Result<bool, Fault>;
    /// Notes that a reminder is due, once, however often it is called.
    async fn remind(&self, request: &RequestId, reminder: Reminder) -> Result<(), Fault>;
    /// What a person has chosen to get by mail; nothing, if they never chose.
    async fn preferences(&self, who: &UserId) -> Result<Preferences, Fault>;
    /// Stores what a person has chosen, in place of what they chose before.
    async fn put_preferences(&self, who: &UserId, preferences: &Preferences) -> Result<(), Fault>;
}

/// Publishes notices for other programs.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes one; whoever listens may get it twice.
    async fn publish(&self, letter: &Letter) -> Result<(), Fault>;
}

/// Sends notices to people.
#[async_trait]
pub trait Post: Send + Sync {
    /// Sends one to an address. A permanent fault means that no further try will help. Neither fault tells the address.
    async fn send(&self, address: &str, letter: &Letter) -> Result<(), Fault>;
}
