//! What became different between two snapshots.

use std::collections::BTreeMap;
use std::fmt;

use curfew_domain::id::{AccountId, GroupId, PermissionSetArn, UnitId, UserId};
use curfew_domain::time::SignedDuration;

use super::{Account, Directory, PermissionSet, User};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say which, and from what to what")]
pub enum Change {
    /// A person is new.
    UserAppeared { user: UserId },
    /// A person is gone.
    UserVanished { user: UserId },
    /// A person may not sign in any more.
    UserDisabled { user: UserId },
    /// A person may sign in again.
    UserEnabled { user: UserId },
    /// Name, address, manager or attributes of a person are other ones.
    UserChanged { user: UserId },
    /// A person came into a group.
    UserJoined { user: UserId, group: GroupId },
    /// A person left a group.
    UserLeft { user: UserId, group: GroupId },
    /// A group is new.
    GroupAppeared { group: GroupId },
    /// A group is gone.
    GroupVanished { group: GroupId },
    /// A group has another name: policies name groups so.
    GroupRenamed { group: GroupId, from: String, to: String },
    /// An OU is new.
    UnitAppeared { unit: UnitId },
    /// An OU is gone.
    UnitVanished { unit: UnitId },
    /// An OU, or one above it, was renamed or moved.
    UnitMoved { unit: UnitId, from: String, to: String },
    /// An account is new.
    AccountAppeared { account: AccountId },
    /// An account is gone.
    AccountVanished { account: AccountId },
    /// An account is not in use any more.
    AccountDeactivated { account: AccountId },
    /// An account is in use again.
    AccountActivated { account: AccountId },
    /// An account is in another OU.
    AccountMoved { account: AccountId, from: UnitId, to: UnitId },
    /// An account has another name or other tags.
    AccountChanged { account: AccountId },
    /// A permission set is new.
    PermissionSetAppeared { permission_set: PermissionSetArn },
    /// A permission set is gone.
    PermissionSetVanished { permission_set: PermissionSetArn },
    /// Sessions of a permission set last longer or shorter.
    SessionChanged { permission_set: PermissionSetArn, from: SignedDuration, to: SignedDuration },
    /// A permission set has another name or description.
    PermissionSetChanged { permission_set: PermissionSetArn },
    /// A permission set came into an account.
    Provisioned { permission_set: PermissionSetArn, account: AccountId },
    /// A permission set left an account.
    Unprovisioned { permission_set: PermissionSetArn, account: AccountId },
}

impl Change {
    /// Its kind, for logs and counts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::UserAppeared { .. } => "user_appeared",
            Self::UserVanished { .. } => "user_vanished",
            Self::UserDisabled { .. } => "user_disabled",
            Self::UserEnabled { .. } => "user_enabled",
            Self::UserChanged { .. } => "user_changed",
            Self::UserJoined { .. } => "user_joined",
            Self::UserLeft { .. } => "user_left",
            Self::GroupAppeared { .. } => "group_appeared",
            Self::GroupVanished { .. } => "group_vanished",
            Self::GroupRenamed { .. } => "group_renamed",
            Self::UnitAppeared { .. } => "unit_appeared",
            Self::UnitVanished { .. } => "unit_vanished",
            Self::UnitMoved { .. } => "unit_moved",
            Self::AccountAppeared { .. } => "account_appeared",
            Self::AccountVanished { .. } => "account_vanished",
            Self::AccountDeactivated { .. } => "account_deactivated",
            Self::AccountActivated { .. } => "account_activated",
            Self::AccountMoved { .. } => "account_moved",
            Self::AccountChanged { .. } => "account_changed",
            Self::PermissionSetAppeared { .. } => "permission_set_appeared",
            Self::PermissionSetVanished { .. } => "permission_set_vanished",
            Self::SessionChanged { .. } => "session_changed",
            Self::PermissionSetChanged { .. } => "permission_set_changed",
            Self::Provisioned { .. } => "provisioned",
            Self::Unprovisioned { .. } => "unprovisioned",
        }
    }
}

impl fmt::Display for Change {
    /// By ids, and by names only where names became different: logs are not for personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserAppeared { user }
            | Self::UserVanished { user }
            | Self::UserDisabled { user }
            | Self::UserEnabled { user }
            | Self::UserChanged { user } => write!(f, "{user}"),
            Self::UserJoined { user, group } | Self::UserLeft { user, group } => write!(f, "{user} group {group}"),
            Self::GroupAppeared { group } | Self::GroupVanished { group } => write!(f, "{group}"),
            Self::GroupRenamed { group, from, to } => write!(f, "{group} from `{from}` to `{to}`"),
            Self::UnitAppeared { unit } | Self::UnitVanished { unit } => write!(f, "{unit}"),
            Self::UnitMoved { unit, from, to } => write!(f, "{unit} from {from} to {to}"),
            Self::AccountAppeared { account }
            | Self::AccountVanished { account }
            | Self::AccountDeactivated { account }
            | Self::AccountActivated { account }
            | Self::AccountChanged { account } => write!(f, "{account}"),
            Self::AccountMoved { account, from, to } => write!(f, "{account} from {from} to {to}"),
            Self::PermissionSetAppeared { permission_set }
            | Self::PermissionSetVanished { permission_set }
            | Self::PermissionSetChanged { permission_set } => write!(f, "{permission_set}"),
            Self::SessionChanged { permission_set, from, to } => write!(f, "{permission_set} from {from} to {to}"),
            Self::Provisioned { permission_set, account } | Self::Unprovisioned { permission_set, account } => {
                write!(f, "{permission_set} account {account}")
            }
        }
    }
}

/// What became different, things that vanished first. What appeared is told once, not by its parts.
pub fn changes(before: &Directory, after: &Directory) -> Vec<Change> {
    let mut found = Vec::new();
    let vanished = |unit| Change::UnitVanished { unit };
    compare(&before.units, &after.units, &mut found, vanished, |unit| Change::UnitAppeared { unit });
    for (id, was, is) in both(&before.units, &after.units) {
        let (from, to) = (before.path_of(id), after.path_of(id));
        if was != is || from != to {
            found.push(Change::UnitMoved { unit: id.clone(), from, to });
        }
    }
    let vanished = |account| Change::AccountVanished { account };
    compare(&before.accounts, &after.accounts, &mut found, vanished, |account| Change::AccountAppeared { account });
    both(&before.accounts, &after.accounts).for_each(|(id, was, is)| account(id, was, is, &mut found));
    let vanished = |permission_set| Change::PermissionSetVanished { permission_set };
    compare(&before.permission_sets, &after.permission_sets, &mut found, vanished, |permission_set| {
        Change::PermissionSetAppeared { permission_set }
    });
    both(&before.permission_sets, &after.permission_sets).for_each(|(id, was, is)| set(id, was, is, &mut found));
    let vanished = |group| Change::GroupVanished { group };
    compare(&before.groups, &after.groups, &mut found, vanished, |group| Change::GroupAppeared { group });
    for (id, was, is) in both(&before.groups, &after.groups).filter(|(_, was, is)| was.name != is.name) {
        found.push(Change::GroupRenamed { group: id.clone(), from: was.name.clone(), to: is.name.clone() });
    }
    let vanished = |user| Change::UserVanished { user };
    compare(&before.users, &after.users, &mut found, vanished, |user| Change::UserAppeared { user });
    both(&before.users, &after.users).for_each(|(id, was, is)| user(id, was, is, &mut found));
    found
}

/// What is only in one of two maps: first what vanished, then what appeared.
fn compare<K: Ord + Clone, V>(
    before: &BTreeMap<K, V>,
    after: &BTreeMap<K, V>,
    found: &mut Vec<Change>,
    vanished: impl Fn(K) -> Change,
    appeared: impl Fn(K) -> Change,
) {
    found.extend(before.keys().filter(|key| !after.contains_key(key)).cloned().map(vanished));
    found.extend(after.keys().filter(|key| !before.contains_key(key)).cloned().map(appeared));
}

/// What is in both.
fn both<'a, K: Ord, V>(
    before: &'a BTreeMap<K, V>,
    after: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = (&'a K, &'a V, &'a V)> {
    before.iter().filter_map(|(key, was)| Some((key, was, after.get(key)?)))
}

fn account(id: &AccountId, was: &Account, is: &Account, found: &mut Vec<Change>) {
    let account = || id.clone();
    match (was.active, is.active) {
        (true, false) => found.push(Change::AccountDeactivated { account: account() }),
        (false, true) => found.push(Change::AccountActivated { account: account() }),
        _ => {}
    }
    if was.unit != is.unit {
        found.push(Change::AccountMoved { account: account(), from: was.unit.clone(), to: is.unit.clone() });
    }
    if (&was.name, &was.tags, was.management) != (&is.name, &is.tags, is.management) {
        found.push(Change::AccountChanged { account: account() });
    }
}

fn set(arn: &PermissionSetArn, was: &PermissionSet, is: &PermissionSet, found: &mut Vec<Change>) {
    let permission_set = || arn.clone();
    if was.session != is.session {
        found.push(Change::SessionChanged { permission_set: permission_set(), from: was.session, to: is.session });
    }
    if (&was.name, &was.description) != (&is.name, &is.description) {
        found.push(Change::PermissionSetChanged { permission_set: permission_set() });
    }
    for account in was.provisioned_in.difference(&is.provisioned_in).cloned() {
        found.push(Change::Unprovisioned { permission_set: permission_set(), account });
    }
    for account in is.provisioned_in.difference(&was.provisioned_in).cloned() {
        found.push(Change::Provisioned { permission_set: permission_set(), account });
    }
}

fn user(id: &UserId, was: &User, is: &User, found: &mut Vec<Change>) {
    let user = || id.clone();
    match (was.enabled, is.enabled) {
        (true, false) => found.push(Change::UserDisabled { user: user() }),
        (false, true) => found.push(Change::UserEnabled { user: user() }),
        _ => {}
    }
    let names = (&was.name, &was.display_name, &was.email) == (&is.name, &is.display_name, &is.email);
    if !names || was.manager != is.manager || was.attributes != is.attributes {
        found.push(Change::UserChanged { user: user() });
    }
    for group in was.groups.difference(&is.groups).cloned() {
        found.push(Change::UserLeft { user: user(), group });
    }
    for group in is.groups.difference(&was.groups).cloned() {
        found.push(Change::UserJoined { user: user(), group });
    }
}
