//! What a request wants of Identity Center: read off its state, so that no intent can be missing or stale.

use crate::id::{Key, RequestId};

use super::means::Means;
use super::state::{Request, State};

/// A change of Identity Center that a request waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Which request.
    pub request: RequestId,
    /// Which access.
    pub key: Key,
    /// How urgent.
    pub rank: Rank,
}

/// The order in which intents are carried out. Removals first: too much access is worse than too little.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// Access that must end.
    Removal,
    /// Emergency access that must begin.
    Emergency,
    /// Any other access that must begin.
    Grant,
}

impl Rank {
    /// All of them, most urgent first.
    pub const ALL: [Self; 3] = [Self::Removal, Self::Emergency, Self::Grant];

    /// The word for it in the store, in logs and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Removal => "removal",
            Self::Emergency => "emergency",
            Self::Grant => "grant",
        }
    }

    /// The rank of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rank| rank.name() == name)
    }
}

impl Request {
    /// What Identity Center knows the access of its grant by; `None` before there is a grant, and where people give the
    /// access by hand.
    pub fn key(&self) -> Option<Key> {
        match &self.state.grant()?.means {
            Means::Assignment => Some(self.ask.key()),
            Means::Membership(group) => {
                Some(Key::Membership { user: self.ask.requester.clone(), group: group.clone() })
            }
            Means::Hands(_) => None,
        }
    }

    /// What this request wants of Identity Center now.
    pub fn intent(&self) -> Option<Intent> {
        let rank = match &self.state {
            State::Ending { .. } => Rank::Removal,
            State::Provisioning(_) if self.ask.emergency => Rank::Emergency,
            State::Provisioning(_) => Rank::Grant,
            _ => return None,
        };
        Some(Intent { request: self.ask.id.clone(), key: self.key()?, rank })
    }
}
