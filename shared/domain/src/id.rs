//! Stable identifiers. Each parses from text once, at the edge, and is valid from then on.

use std::fmt;

use crate::time::Timestamp;

/// Why a text is no identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{expected}")]
pub struct InvalidId {
    /// What was expected instead, with an example.
    pub expected: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $valid:path, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks the form and takes the text over.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                if $valid(text) { Ok(Self(text.to_owned())) } else { Err(InvalidId { expected: $expected }) }
            }

            /// The identifier as AWS writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A user of the identity store: the stable id, never an e-mail address or a user name.
    UserId, is_user_id, "expected an Identity Center user id such as `906722b2-0000-4000-8000-000000000001`"
);
text_id!(
    /// A group of the identity store: the stable id, never its display name.
    GroupId, is_user_id, "expected an Identity Center group id such as `906722b2-0000-4000-8000-000000000001`"
);
text_id!(
    /// An OU, or the root of the organisation.
    UnitId, is_unit, "expected an OU id such as `ou-ab12-cdef3456` or a root id such as `r-ab12`"
);
text_id!(
    /// An AWS account: 12 digits.
    AccountId, is_account_id, "expected an AWS account id of 12 digits such as `123456789012`"
);
text_id!(
    /// A permission set, by ARN.
    PermissionSetArn, is_permission_set,
    "expected a permission set ARN such as `arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444`"
);
text_id!(
    /// A request: a UUID of version 7, so that ids sort by submission time. Also the name of its execution.
    RequestId, is_uuid, "expected a request id such as `019ab2c3-0000-7000-8000-000000000001`"
);
text_id!(
    /// A callback link: 32 hexadecimal digits of randomness, after those of its request; of an earlier release without.
    LinkId, is_link, "expected a link id of 64 or 32 hexadecimal digits"
);

impl LinkId {
    /// This randomness for a link of this request: whoever has the link finds the request without looking it up.
    #[must_use]
    pub fn of(&self, request: &RequestId) -> Self {
        Self(format!("{}{}", request.0.replace('-', ""), self.0))
    }

    /// The request, if the id says it.
    pub fn request(&self) -> Option<RequestId> {
        let digits = self.0.get(..32).filter(|_| self.0.len() == 64)?;
        let parts = [digits.get(..8)?, digits.get(8..12)?, digits.get(12..16)?, digits.get(16..20)?, digits.get(20..)?];
        RequestId::parse(&parts.join("-")).ok()
    }
}

/// What Identity Center knows access by. Several grants may share one key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A permission set that is assigned to a user in an account.
    Assignment {
        /// Who has the access.
        user: UserId,
        /// Where.
        account: AccountId,
        /// Which access.
        permission_set: PermissionSetArn,
    },
    /// A user's place in a group that is Curfew's alone.
    Membership {
        /// Who has the access.
        user: UserId,
        /// In which group.
        group: GroupId,
    },
}

impl Key {
    /// Who has the access.
    pub fn user(&self) -> &UserId {
        match self {
            Self::Assignment { user, .. } | Self::Membership { user, .. } => user,
        }
    }
}

impl RequestId {
    /// The first id that could be made at this instant: it sorts after those of earlier instants. Milliseconds; instants
    /// before 1970 count as 1970.
    pub fn first_at(at: Timestamp) -> Self {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0) & 0xffff_ffff_ffff;
        Self(format!("{:08x}-{:04x}-7000-8000-000000000000", millis >> 16, millis & 0xffff))
    }

    /// The UTC day on which the request was submitted, `YYYY-MM-DD`: its partition for the sweep.
    ///
    /// # Errors
    /// The id is a UUID without a time (not version 7).
    pub fn day(&self) -> Result<String, InvalidId> {
        let not_timed = InvalidId { expected: "expected a request id of UUID version 7" };
        let uuid = uuid::Uuid::parse_str(&self.0).map_err(|_| not_timed.clone())?;
        let (seconds, _) = uuid.get_timestamp().ok_or(not_timed.clone())?.to_unix();
        let at = i64::try_from(seconds).ok().and_then(|s| jiff::Timestamp::from_second(s).ok()).ok_or(not_timed)?;
        Ok(at.strftime("%Y-%m-%d").to_string())
    }
}

/// The identity store's pattern: an optional 10-digit store prefix and a UUID
/// (identitystore API reference, `ResourceId`).
fn is_user_id(text: &str) -> bool {
    let uuid = match text.split_once('-') {
        Some((prefix, rest)) if prefix.len() == 10 && prefix.bytes().all(|b| b.is_ascii_hexdigit()) => rest,
        _ => text,
    };
    is_uuid(uuid)
}

fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let mut parts = text.split('-');
    lengths.iter().all(|n| parts.next().is_some_and(|p| p.len() == *n && p.bytes().all(is_lower_hex)))
        && parts.next().is_none()
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// `r-` or `ou-` patterns (organizations API reference, `ParentId`).
fn is_unit(text: &str) -> bool {
    let word = |s: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
    };
    match (text.strip_prefix("r-"), text.strip_prefix("ou-")) {
        (Some(root), _) => word(root, 4..=32),
        (_, Some(unit)) => unit.split_once('-').is_some_and(|(root, own)| word(root, 4..=32) && word(own, 8..=32)),
        _ => false,
    }
}

fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// `arn:<partition>:sso:::permissionSet/<instance>/ps-<16 characters>` (singlesignon API reference).
fn is_permission_set(text: &str) -> bool {
    let Some((head, path)) = text.split_once(":::permissionSet/") else { return false };
    let Some((instance, set)) = path.split_once('/') else { return false };
    let word = |s: &str, prefix: &str| {
        s.strip_prefix(prefix).is_some_and(|r| r.len() == 16 && r.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    matches!(head, "arn:aws:sso" | "arn:aws-us-gov:sso" | "arn:aws-cn:sso")
        && (word(instance, "ssoins-") || word(instance, "sso"))
        && word(set, "ps-")
}

fn is_link(text: &str) -> bool {
    matches!(text.len(), 32 | 64) && text.bytes().all(is_lower_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_take_their_own_form_and_nothing_else() {
        assert!(UserId::parse("906722b2-1111-4222-8333-444455556666").is_ok());
        assert!(UserId::parse("9067642ac2-906722b2-1111-4222-8333-444455556666").is_ok());
        assert!(UserId::parse("ana@example.com").is_err());
        assert!(AccountId::parse("123456789012").is_ok());
        for bad in ["", "12345678901", "1234567890123", "12345678901x", "１２３４５６７８９０１２"] {
            assert!(AccountId::parse(bad).is_err(), "{bad}");
        }
        assert!(
            PermissionSetArn::parse("arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444").is_ok()
        );
        for bad in ["ps-1111222233334444", "arn:aws:iam::123456789012:role/Admin", "arn:aws:sso:::permissionSet/a/b"] {
            assert!(PermissionSetArn::parse(bad).is_err(), "{bad}");
        }
        assert!(LinkId::parse("00112233445566778899aabbccddeeff").is_ok());
        assert!(LinkId::parse("../requests").is_err());
    }

    #[test]
    fn a_link_knows_its_request() {
        let random = LinkId::parse("00112233445566778899aabbccddeeff").unwrap();
        let request = RequestId::parse("019ab2c3-0000-7000-8000-000000000001").unwrap();
        let link = random.of(&request);
        assert_eq!(LinkId::parse(link.as_str()).unwrap().request(), Some(request));
        assert_eq!(random.request(), None, "a link of an earlier release does not");
    }

    #[test]
    fn a_request_id_knows_the_day_it_was_made() {
        let uuid = uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, 1_795_392_000, 0));
        let id = RequestId::parse(&uuid.to_string()).unwrap();
        assert_eq!(id.day().unwrap(), "2026-11-23");
        let (before, at) = (crate::time::Timestamp::from_second(1_795_391_999).unwrap(), id.as_str());
        assert!(RequestId::first_at(before).as_str() < at, "ids sort by time");
        let same = crate::time::Timestamp::from_second(1_795_392_000).unwrap();
        assert!(RequestId::first_at(same).as_str() <= at && RequestId::first_at(same).day() == id.day());
        let untimed = RequestId::parse("906722b2-1111-4222-8333-444455556666").unwrap();
        assert!(untimed.day().is_err());
    }
}
