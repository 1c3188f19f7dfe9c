//! What the story tells the invariants: who did what, and what is not Curfew's doing.

use std::collections::{BTreeMap, BTreeSet};

use curfew_domain::id::{GroupId, Key, PermissionSetArn, RequestId, UserId};
use curfew_domain::request::{Answer, Request};
use curfew_domain::time::{SignedDuration, Timestamp};

use crate::key::key_of;

/// What is known besides what AWS holds. One per run.
#[derive(Debug, Default)]
pub struct Book {
    /// Keys with an assignment that somebody else made.
    pub standing: BTreeSet<Key>,
    /// Keys for which somebody else is just having one made.
    pub foreign: BTreeSet<Key>,
    /// Keys from which somebody took an assignment behind Curfew's back, and since when.
    pub robbed: BTreeMap<Key, Timestamp>,
    /// Requests whose record somebody changed in the table.
    pub forged: BTreeSet<RequestId>,
    /// What the API accepted.
    pub accepted: BTreeSet<RequestId>,
    /// How many wishes were expressed, each under one idempotency key.
    pub wishes: usize,
    /// Every answer that somebody gave, before it was sent.
    pub answers: Vec<(UserId, RequestId, Answer)>,
    /// Since when a key must not be given any more: a fact about the user, the account or the permission set changed.
    pub unfit: BTreeMap<Key, Timestamp>,
    /// How much later than usual a removal may be, for reasons that the story made: an operation that takes long.
    pub patience: SignedDuration,
    /// Permission sets that are Curfew's alone.
    pub owned: BTreeSet<PermissionSetArn>,
    /// Groups that are Curfew's alone.
    pub owned_groups: BTreeSet<GroupId>,
    /// Assignments of those permission sets that somebody else made are removed.
    pub exclusive: bool,
    /// What people have given by hand, and not taken.
    pub by_hand: BTreeSet<Key>,
    /// Permission sets that nobody may be given without somebody else's approval.
    pub needs_approval: BTreeSet<PermissionSetArn>,
    /// How requests end when nothing goes wrong, as `outcome` says it.
    pub expected: Vec<(RequestId, String)>,
    /// What the story expected and did not find. Only without faults does that matter.
    pub disappointed: Vec<String>,
    /// How every request was first seen.
    pub(crate) first: BTreeMap<RequestId, Request>,
    /// How every request was last seen.
    pub(crate) last: BTreeMap<RequestId, Request>,
    /// Identity Center's ids of the operations that Curfew began.
    pub(crate) begun: BTreeSet<String>,
    /// Keys for which Curfew has begun a create.
    pub(crate) made: BTreeSet<Key>,
    /// The memberships that Curfew has made, by the identity store's ids.
    pub(crate) memberships: BTreeMap<String, Key>,
    /// Every key that any request has had.
    pub(crate) seen: BTreeSet<Key>,
    /// When `revoke` is, or was, to be called by a schedule.
    pub(crate) armed: BTreeSet<Timestamp>,
    /// When somebody else made an assignment.
    pub(crate) standing_since: BTreeMap<Key, Timestamp>,
    /// Alarms that were raised, with their texts.
    pub(crate) alarms: Vec<(Timestamp, String)>,
}

impl Book {
    /// Somebody else made an assignment, or removed one.
    pub fn administered(&mut self, key: &Key, present: bool, now: Timestamp) {
        self.foreign.remove(key);
        if present {
            self.standing.insert(key.clone());
            self.standing_since.insert(key.clone(), now);
        } else {
            self.standing.remove(key);
            self.standing_since.remove(key);
            self.robbed.insert(key.clone(), now);
        }
    }

    /// An alarm was raised.
    pub(crate) fn alarmed(&mut self, alarm: &str, text: &str, at: Timestamp) {
        self.alarms.push((at, format!("{alarm}: {text}")));
    }

    /// The requests for this key, as last seen.
    pub(crate) fn of_key<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = &'a Request> {
        self.last.values().filter(move |request| key_of(request).as_ref() == Some(key))
    }

    /// Every key that anybody asked for, or has otherwise.
    pub(crate) fn keys(&self) -> BTreeSet<Key> {
        self.seen.iter().chain(&self.standing).chain(&self.foreign).cloned().collect()
    }

    /// Whether nobody but Curfew gives this access.
    pub(crate) fn is_owned(&self, key: &Key) -> bool {
        match key {
            Key::Assignment { permission_set, .. } => self.owned.contains(permission_set),
            Key::Membership { group, .. } => self.owned_groups.contains(group),
        }
    }

    /// Whether Curfew removes this access even if somebody else made it.
    pub(crate) fn may_be_removed(&self, key: &Key) -> bool {
        self.exclusive && matches!(key, Key::Assignment { .. }) && self.is_owned(key)
    }
}
