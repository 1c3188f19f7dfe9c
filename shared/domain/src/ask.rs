//! What somebody asked for. It never changes afterwards (I2).

use sha2::{Digest as _, Sha256};

use crate::hex::hex;
use crate::id::{AccountId, Key, PermissionSetArn, RequestId, UserId};
use crate::origin::Origin;
use crate::request::Terms;
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
    /// The request whose grant this one is to prolong.
    pub extends: Option<RequestId>,
    /// The request that this one takes the place of, as an emergency.
    pub escalates: Option<RequestId>,
    /// Where it came from.
    pub origin: Origin,
}

/// SHA-256 of what was asked; for decisions, on the terms that were in force. Verdicts and decisions carry it, so that
/// neither can be moved to another wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskDigest(String);

impl AskDigest {
    /// Takes a digest that was stored or sent: 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        valid.then(|| Self(text.to_owned()))
    }

    /// Each field goes in with its length, so that no two lists of fields share an encoding.
    fn of(fields: impl Iterator<Item = String>) -> Self {
        let mut hash = Sha256::new();
        for field in fields {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field.as_bytes());
        }
        Self(hex(&hash.finalize()))
    }

    /// Hexadecimal text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Ask {
    /// The assignment that this wish is about, whether or not the access is given by it (`Request::key`).
    pub fn key(&self) -> Key {
        Key::Assignment {
            user: self.requester.clone(),
            account: self.account.clone(),
            permission_set: self.permission_set.clone(),
        }
    }

    /// The digest over every field.
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
        // Only where they are there: digests of wishes without them stay as releases before these fields made them.
        let Origin { channel, source_address, mfa } = self.origin;
        let later = [
            self.extends.as_ref().map(|extended| format!("extends {extended}")),
            self.escalates.as_ref().map(|escalated| format!("escalates {escalated}")),
            channel.map(|channel| format!("channel {}", channel.name())),
            source_address.map(|address| format!("source address {address}")),
            mfa.map(|mfa| format!("mfa {mfa}")),
        ];
        AskDigest::of(fields.into_iter().chain(later.into_iter().flatten()))
    }

    /// The digest of this wish on narrower terms.
    pub(crate) fn digest_on(&self, terms: &Terms) -> AskDigest {
        let start = terms.start.map_or_else(|| "-".to_owned(), |start| format!("+{start}"));
        let fields = ["curfew terms 1".to_owned(), self.digest().0, terms.duration.seconds().to_string(), start];
        AskDigest::of(fields.into_iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Channel;

    /// Digests are stored with verdicts and decisions, and shown to approvers: those of requests that were made under an
    /// earlier release must come out the same. Computed outside this code.
    #[test]
    fn digests_of_earlier_releases_stay_and_what_is_extended_is_part_of_it() {
        let plain = Ask {
            id: RequestId::parse("019ab2c3-0000-7000-8000-000000000001").unwrap(),
            requester: UserId::parse("906722b2-0000-4000-8000-000000000001").unwrap(),
            account: AccountId::parse("111122223333").unwrap(),
            permission_set: PermissionSetArn::parse(
                "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444",
            )
            .unwrap(),
            duration: AccessDuration::from_seconds(3_600).unwrap(),
            justification: Justification::parse("because").unwrap(),
            ticket: Some(Ticket::parse("OPS-1").unwrap()),
            start: None,
            emergency: false,
            submitted_at: "2026-11-23T09:00:00Z".parse().unwrap(),
            extends: None,
            escalates: None,
            origin: Origin::default(),
        };
        assert_eq!(plain.digest().as_str(), "2d3fb49f9442aa765d2a247f27c02524ae4b123a84bcdf6260369f2a5dc90ea0");
        let extended = RequestId::parse("019ab2c3-0000-7000-8000-000000000002").unwrap();
        let extension = Ask { extends: Some(extended.clone()), ..plain.clone() };
        assert_eq!(extension.digest().as_str(), "9e55527448cb4905b67cb1b2c210f7193bd8529f40ccda7070bba6d37b0e385e");

        let from = |origin: Origin| Ask { origin, ..plain.clone() }.digest();
        let digests = [
            plain.digest(),
            extension.digest(),
            Ask { escalates: Some(extended), ..plain.clone() }.digest(),
            from(Origin { channel: Some(Channel::Cli), ..Origin::default() }),
            from(Origin { source_address: "203.0.113.7".parse().ok(), ..Origin::default() }),
            from(Origin { mfa: Some(false), ..Origin::default() }),
            from(Origin { mfa: Some(true), ..Origin::default() }),
        ];
        let different: std::collections::HashSet<&str> = digests.iter().map(AskDigest::as_str).collect();
        assert_eq!(different.len(), digests.len());
    }
}
