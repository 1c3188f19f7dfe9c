//! Names of form fields, cookies and query parameters, shared with the handlers, and how what people enter is read.

use curfew_domain::id::{AccountId, PermissionSetArn};
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::views::FieldError;

/// In every form: the token of the session.
pub const CSRF: &str = "csrf";
/// In forms that ask for something new: the same key asks once.
pub const IDEMPOTENCY: &str = "idempotency_key";

/// Account id.
pub const ACCOUNT: &str = "account";
/// Permission set ARN.
pub const PERMISSION_SET: &str = "permission_set";
/// A preset such as `PT1H`, or [`CUSTOM`].
pub const DURATION: &str = "duration";
/// The value of [`DURATION`] that points to [`CUSTOM_DURATION`].
pub const CUSTOM: &str = "custom";
/// A duration in words: see [`duration`].
pub const CUSTOM_DURATION: &str = "custom_duration";
/// Why.
pub const JUSTIFICATION: &str = "justification";
/// Ticket.
pub const TICKET: &str = "ticket";
/// Later start, in the zone of [`ZONE`]: see [`start`].
pub const START: &str = "start";
/// The zone in which the form was shown, as an IANA name.
pub const ZONE: &str = "zone";
/// Present: as an emergency.
pub const EMERGENCY: &str = "emergency";

/// [`APPROVE`] or [`DENY`].
pub const DECISION: &str = "decision";
/// Value of [`DECISION`].
pub const APPROVE: &str = "approve";
/// Value of [`DECISION`].
pub const DENY: &str = "deny";
/// Words to a decision, an end or a review.
pub const COMMENT: &str = "comment";
/// Digest of what was shown.
pub const DIGEST: &str = "digest";
/// `justified` or `not_justified`.
pub const FINDING: &str = "finding";

/// Search text.
pub const QUERY: &str = "q";
/// Where a page of a list begins.
pub const CURSOR: &str = "cursor";
/// A person.
pub const PERSON: &str = "person";
/// A user, where one is to be explained.
pub const USER: &str = "user";
/// A stage by name.
pub const STATE: &str = "state";
/// A day, `2026-11-23`.
pub const FROM: &str = "from";
/// A day, `2026-11-23`.
pub const TO: &str = "to";
/// Present: check the audit chains of what was found.
pub const VERIFY: &str = "verify";
/// A file of a configuration version.
pub const FILE: &str = "file";

/// `on` or `off`, account and permission set: see [`favourite`].
pub const FAVOURITE: &str = "favourite";
/// Check boxes, one value for each kind of notice that is wanted.
pub const NOTICE: &str = "notice";
/// `system`, `light` or `dark`.
pub const THEME: &str = "theme";
/// A local path to come back to.
pub const BACK: &str = "back";
/// The configuration version that a change was based on; empty for none.
pub const BASED_ON: &str = "based_on";

/// Cookie with the reader's zone, as an IANA name; `console.js` sets it.
pub const ZONE_COOKIE: &str = "tz";
/// Cookie with the theme. Not HTTP-only: `console.js` sets it too.
pub const THEME_COOKIE: &str = "theme";

/// What can be done with a request: the last part of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// [`COMMENT`] is not sent; the requester withdraws.
    Cancel,
    /// The requester gives back.
    Return,
    /// An approver or administrator ends it: optional [`COMMENT`].
    Revoke,
    /// [`DURATION`], [`CUSTOM_DURATION`], [`JUSTIFICATION`], [`TICKET`], [`IDEMPOTENCY`].
    Extend,
    /// Optional [`JUSTIFICATION`].
    Escalate,
    /// [`FINDING`], [`COMMENT`].
    Review,
    /// [`DECISION`], [`COMMENT`], [`DIGEST`], [`DURATION`] (empty: as it stands), [`CUSTOM_DURATION`], [`START`],
    /// [`ZONE`].
    Decisions,
    /// Somebody has given the access by hand: optional [`COMMENT`].
    Provisioned,
    /// Somebody has taken it by hand, or says that nobody gives it: optional [`COMMENT`].
    Removed,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Cancel,
        Self::Return,
        Self::Revoke,
        Self::Extend,
        Self::Escalate,
        Self::Review,
        Self::Decisions,
        Self::Provisioned,
        Self::Removed,
    ];

    /// The last part of the path.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Return => "return",
            Self::Revoke => "revoke",
            Self::Extend => "extend",
            Self::Escalate => "escalate",
            Self::Review => "review",
            Self::Decisions => "decisions",
            Self::Provisioned => "provisioned",
            Self::Removed => "removed",
        }
    }

    /// The action of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// The value of [`FAVOURITE`]: whether this access is a favourite from now on.
pub fn favourite_value(on: bool, account: &str, permission_set: &str) -> String {
    format!("{} {account} {permission_set}", if on { "on" } else { "off" })
}

/// What a value of [`FAVOURITE`] says: whether this access is a favourite from now on. `None`: it is none of ours.
pub fn favourite(value: &str) -> Option<(bool, AccountId, PermissionSetArn)> {
    let (on, access) = value.split_once(' ')?;
    let (account, permission_set) = access.split_once(' ')?;
    let on = match on {
        "on" => true,
        "off" => false,
        _ => return None,
    };
    Some((on, AccountId::parse(account).ok()?, PermissionSetArn::parse(permission_set).ok()?))
}

/// The duration that a form asks for: a preset, or words such as `45m`, `1h 30m`, `2 hours`, `PT1H`.
///
/// # Errors
/// What is wrong, at the field that has it.
pub fn duration(choice: &str, custom: &str) -> Result<AccessDuration, FieldError> {
    let (field, text) = if choice == CUSTOM { (CUSTOM_DURATION, custom.trim()) } else { (DURATION, choice.trim()) };
    let wrong = |text: &str| FieldError { field: field.to_owned(), text: text.to_owned() };
    if text.is_empty() {
        return Err(wrong("Say for how long, such as 45m or 1h 30m."));
    }
    let unclear = "Write a duration in hours and minutes, such as 45m or 1h 30m.";
    let read: SignedDuration = text.parse().map_err(|_| wrong(unclear))?;
    if read.subsec_nanos() != 0 {
        return Err(wrong(unclear));
    }
    AccessDuration::from_seconds(read.as_secs()).map_err(|_| wrong("Write a duration from one minute to 366 days."))
}

/// The duration that an approver narrows a request to; empty: as it stands.
///
/// # Errors
/// As [`duration`].
pub fn narrowed_duration(choice: &str, custom: &str) -> Result<Option<AccessDuration>, FieldError> {
    if choice.trim().is_empty() { Ok(None) } else { duration(choice, custom).map(Some) }
}

/// The start that a form asks for, as browsers send it (`2026-11-24T09:00`), in the zone in which the form was shown;
/// empty: at once. Where clocks are set back, the first of the two instants; where they are set forward, as long after
/// the gap as was written.
///
/// # Errors
/// What is wrong, at the field.
pub fn start(text: &str, zone: &TimeZone) -> Result<Option<Timestamp>, FieldError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let wrong =
        || FieldError { field: START.to_owned(), text: "Write a day and a time, such as 2026-11-24T09:00.".to_owned() };
    let read: DateTime = text.trim().parse().map_err(|_| wrong())?;
    let zoned = read.to_zoned(zone.clone()).map_err(|_| wrong())?;
    Ok(Some(zoned.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_durations_as_they_speak() {
        let seconds = |choice, custom| duration(choice, custom).map(AccessDuration::seconds);
        for (text, expected) in [
            ("45m", 2_700),
            ("1h 30m", 5_400),
            ("2 hours", 7_200),
            ("PT1H", 3_600),
            ("1h30m", 5_400),
            ("90 min", 5_400),
        ] {
            assert_eq!(seconds(CUSTOM, text), Ok(expected), "{text}");
        }
        assert_eq!(seconds("PT4H", "whatever"), Ok(14_400), "a preset leaves the words aside");
        for text in ["", "90", "soon", "-1h", "0m", "1.5s", "10000h", "1h; drop"] {
            assert_eq!(duration(CUSTOM, text).unwrap_err().field, CUSTOM_DURATION, "{text}");
        }
        assert_eq!(narrowed_duration("", "1h"), Ok(None));
    }

    #[test]
    fn a_favourite_is_read_as_it_was_written() {
        let (account, set) =
            ("222233334444", "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444");
        let read = favourite(&favourite_value(true, account, set)).unwrap();
        assert_eq!((read.0, read.1.as_str(), read.2.as_str()), (true, account, set));
        for bad in ["", "on", "maybe 222233334444 x", "on 222233334444 x"] {
            assert_eq!(favourite(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_start_is_told_in_the_zone_of_the_form() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text| start(text, &berlin).map(|at| at.map(|at| at.to_string()));
        assert_eq!(at("2026-11-24T09:00"), Ok(Some("2026-11-24T08:00:00Z".to_owned())));
        assert_eq!(at("2026-10-25T02:30"), Ok(Some("2026-10-25T00:30:00Z".to_owned())), "the first of two");
        assert_eq!(at("2026-03-29T02:30"), Ok(Some("2026-03-29T01:30:00Z".to_owned())), "after the gap");
        assert_eq!(at(" "), Ok(None));
        assert_eq!(start("tomorrow", &berlin).unwrap_err().field, START);
    }
}
