//! What people look at besides requests: access that Curfew did not give, how much access there was, and what somebody
//! keeps at hand. Nothing in it decides about access, and nothing that gives or removes access reads it.

use async_trait::async_trait;
use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_domain::time::Timestamp;

use super::Principal;
use crate::error::Fault;
use crate::sweep::Place;

/// Access on what is Curfew's alone that Curfew did not give, as the sweep saw it (I16).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Where.
    pub place: Place,
    /// Who has it.
    pub principal: Principal,
    /// When it was seen first.
    pub since: Timestamp,
    /// When it was seen last.
    pub seen: Timestamp,
    /// It was seen for the last time, unless it is seen again before this instant.
    pub until: Timestamp,
}

/// How much access there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Census {
    /// When it was counted.
    pub at: Timestamp,
    /// Grants that people had.
    pub active: u32,
    /// How many of them were emergencies.
    pub emergencies: u32,
}

/// An entitlement that somebody keeps at hand.
pub type Favourite = (AccountId, PermissionSetArn);

/// Keeps what people look at.
#[async_trait]
pub trait Overview: Send + Sync {
    /// Every sighting that was not forgotten, also those whose time is over.
    async fn sightings(&self) -> Result<Vec<Sighting>, Fault>;
    /// Notes a sighting, in place of an earlier one of the same.
    async fn put_sighting(&self, sighting: &Sighting) -> Result<(), Fault>;
    /// The latest counts, newest first, at most so many.
    async fn censuses(&self, limit: u32) -> Result<Vec<Census>, Fault>;
    /// Notes a count, in place of another one of the same minute.
    async fn put_census(&self, census: &Census) -> Result<(), Fault>;
    /// What somebody keeps at hand.
    async fn favourites(&self, who: &UserId) -> Result<Vec<Favourite>, Fault>;
    /// Keeps it, or keeps it no more; however often it is called.
    async fn put_favourite(&self, who: &UserId, which: &Favourite, kept: bool) -> Result<(), Fault>;
}
