//! The state of the directory, for operators, and their wish to have it read again.

use curfew_domain::lease::Lease;
use curfew_domain::time::Timestamp;
use curfew_engine::ports::Head;
use serde::{Deserialize, Serialize};

use crate::body::parse;
use crate::problem::Problem;

/// Answer of `GET /v1/directory`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DirectoryView {
    /// When this was so.
    at: String,
    /// The snapshot in force; absent before the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<SnapshotView>,
    /// An invocation reads the directory now, until then at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    being_read_until: Option<String>,
}

/// A snapshot of the directory, by its age and size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotView {
    /// Names its content.
    version: String,
    /// When reading it began: nothing in it is older.
    taken_at: String,
    /// Seconds since then.
    age_seconds: i64,
    /// How many of each there are, also of those that are disabled or closed.
    counts: CountsView,
}

/// How much is in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct CountsView {
    units: usize,
    accounts: usize,
    permission_sets: usize,
    users: usize,
    groups: usize,
    memberships: usize,
}

impl SnapshotView {
    /// As it is at this instant.
    pub(crate) fn new(head: &Head, now: Timestamp) -> Self {
        let counts = head.counts;
        Self {
            version: head.version.clone(),
            taken_at: head.taken_at.to_string(),
            age_seconds: now.duration_since(head.taken_at).as_secs().max(0),
            counts: CountsView {
                units: counts.units,
                accounts: counts.accounts,
                permission_sets: counts.permission_sets,
                users: counts.users,
                groups: counts.groups,
                memberships: counts.memberships,
            },
        }
    }
}

impl DirectoryView {
    /// What is in force, and who reads.
    pub fn new(head: Option<&Head>, reader: &Lease, now: Timestamp) -> Self {
        let reads = reader.holder.as_ref().filter(|holder| holder.until > now);
        Self {
            at: now.to_string(),
            snapshot: head.map(|head| SnapshotView::new(head, now)),
            being_read_until: reads.map(|holder| holder.until.to_string()),
        }
    }
}

/// Body of `POST /v1/directory/sync`: nothing, or `{"force": true}` to believe whatever is read.
///
/// # Errors
/// The body is something else.
pub fn sync_wish(body: &[u8]) -> Result<bool, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wish {
        #[serde(default)]
        force: bool,
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(false);
    }
    parse(body).map(|Wish { force }| force)
}

#[cfg(test)]
mod tests {
    use curfew_domain::lease::Holder;
    use serde_json::json;

    use super::*;

    #[test]
    fn force_is_said_in_so_many_words() {
        assert_eq!(sync_wish(b" \n"), Ok(false));
        assert_eq!(sync_wish(b"{}"), Ok(false));
        assert_eq!(sync_wish(br#"{"force": true}"#), Ok(true));
        for bad in [r#"{"forced": true}"#, r#"{"force": "true"}"#, "true", "{"] {
            assert_eq!(sync_wish(bad.as_bytes()).unwrap_err().status, 400, "{bad}");
        }
    }

    #[test]
    fn what_is_not_there_is_absent() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-23T09:10:00Z");
        let none = serde_json::to_value(DirectoryView::new(None, &Lease::NEW, now)).unwrap();
        assert_eq!(none, json!({ "at": "2026-11-23T09:10:00Z" }));
        let counts = curfew_policy::directory::Counts { users: 3, ..Default::default() };
        let (version, taken_at) = ("ab12".to_owned(), at("2026-11-23T09:00:00Z"));
        let head = Head { version, number: 7, taken_at, counts };
        let until = at("2026-11-23T09:15:00Z");
        let lease = Lease { holder: Some(Holder { name: "x".to_owned(), until }), version: 1 };
        let shown = serde_json::to_value(DirectoryView::new(Some(&head), &lease, now)).unwrap();
        let expected = json!({
            "at": "2026-11-23T09:10:00Z",
            "snapshot": {
                "version": "ab12", "taken_at": "2026-11-23T09:00:00Z", "age_seconds": 600,
                "counts": {
                    "units": 0, "accounts": 0, "permission_sets": 0, "users": 3, "groups": 0, "memberships": 0,
                },
            },
            "being_read_until": "2026-11-23T09:15:00Z",
        });
        assert_eq!(shown, expected);
        let later = DirectoryView::new(Some(&head), &lease, until);
        assert_eq!(later.being_read_until, None, "whoever read it is dead");
    }
}
