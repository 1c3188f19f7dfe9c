//! What somebody asked for. It never changes afterwards (I2).

use sha2::{Digest as _, Sha256};

use crate::hex::hex;
use crate::id::{AccountId, Key, PermissionSetArn, RequestId, UserId};
use crate::text::{Justification, Ticket};
use crate::time::{AccessDuration, Timestamp};

/// The immutable part of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Which request.
    pub id: RequestId,
    /// Who asks, and who would get the access.
    pub requester: UserId,
    /// Where.
    pub account: AccountId,
    /// Which access.
    pub permission_set: PermissionSetArn,
    /// For how long, from the moment it is provisioned.
    pub duration: AccessDuration,
    /// Why.
    pub justification: Justification,
    /// Reference to somebody else's ticket system.
    pub ticket: Option<Ticket>,
    /// Not before this instant; `None` means at once.
    pub start: Option<Timestamp>,
    /// Whether emergency access was asked for.
    pub emergency: bool,
    /// When it was submitted.
    pub submitted_at: Timestamp,
}

/// SHA-256 of what was asked. Verdicts and decisions carry it, so that neither can be moved to another wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskDigest(String);

impl AskDigest {
    /// Takes a digest that was stored or sent: 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        valid.then(|| Self(text.to_owned()))
    }

    /// Hexadecimal text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Ask {
    /// The assignment that this wish is about.
    pub fn key(&self) -> Key {
        Key { user: self.requester.clone(), account: self.account.clone(), permission_set: self.permission_set.clone() }
    }

    /// The digest over every field. Each field goes in with its length, so that no two wishes share an encoding.
    pub fn digest(&self) -> AskDigest {
        let optional = |text: Option<String>| text.map_or_else(|| "-".to_owned(), |t| format!("+{t}"));
        let fields = [
            "curfew ask 1".to_owned(),
            self.id.to_string(),
            self.requester.to_string(),
            self.account.to_string(),
            self.permission_set.to_string(),
            self.duration.seconds().to_string(),
            self.justification.to_string(),
            optional(self.ticket.as_ref().map(ToString::to_string)),
            optional(self.start.map(|s| s.to_string())),
            self.emergency.to_string(),
            self.submitted_at.to_string(),
        ];
        let mut hash = Sha256::new();
        for field in fields {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field.as_bytes());
        }
        AskDigest(hex(&hash.finalize()))
    }
}
