//! Whether a snapshot can be believed. What goes wrong outside looks like an empty organisation: rights that were taken
//! away, a wrong identity store, a synchronisation of the identity provider that failed half-way.

use std::fmt;

use curfew_policy::directory::{Counts, Directory};

/// So many of a kind may go between two snapshots, even if it is more than half; but not all.
const A_HANDFUL: usize = 5;

/// More than half of something is gone since the last snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// Of what.
    pub what: &'static str,
    /// How many there were.
    pub before: usize,
    /// How many of those are gone.
    pub gone: usize,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} {} are gone", self.gone, self.before, self.what)
    }
}

/// Everything that makes a snapshot doubtful, by what the last one had. Disabled people and closed accounts count as gone.
pub(super) fn doubts(before: &Directory, after: &Directory) -> Vec<Doubt> {
    let users = before.users.iter().filter(|(_, user)| user.enabled);
    let users = users.map(|(id, _)| after.users.get(id).is_some_and(|user| user.enabled));
    let accounts = before.accounts.iter().filter(|(_, account)| account.active);
    let accounts = accounts.map(|(id, _)| after.accounts.get(id).is_some_and(|account| account.active));
    let memberships = before.users.iter().flat_map(|(id, user)| {
        let now = after.users.get(id);
        user.groups.iter().map(move |group| now.is_some_and(|user| user.groups.contains(group)))
    });
    let found = [
        doubt("enabled users", users),
        doubt("active accounts", accounts),
        doubt("groups", before.groups.keys().map(|id| after.groups.contains_key(id))),
        doubt("memberships", memberships),
        doubt("permission sets", before.permission_sets.keys().map(|arn| after.permission_sets.contains_key(arn))),
    ];
    found.into_iter().flatten().collect()
}

/// The same by counts alone, where what there was cannot be read.
pub(super) fn fewer(before: &Counts, after: &Counts) -> Vec<Doubt> {
    let found = [
        ("users", before.users, after.users),
        ("accounts", before.accounts, after.accounts),
        ("groups", before.groups, after.groups),
        ("memberships", before.memberships, after.memberships),
        ("permission sets", before.permission_sets, after.permission_sets),
    ];
    found.into_iter().filter_map(|(what, before, after)| doubt(what, (0..before).map(|n| n < after))).collect()
}

/// By whether each of those that were there still is.
fn doubt(what: &'static str, still_there: impl Iterator<Item = bool>) -> Option<Doubt> {
    let (mut before, mut gone) = (0, 0);
    for there in still_there {
        before += 1;
        gone += usize::from(!there);
    }
    let most = gone * 2 > before && (gone > A_HANDFUL || gone == before);
    most.then_some(Doubt { what, before, gone })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_doubtful(before: usize, gone: usize) -> bool {
        doubt("things", (0..before).map(|n| n >= gone)).is_some()
    }

    #[test]
    fn what_loses_more_than_half_is_doubted_unless_it_is_a_handful() {
        assert!(!is_doubtful(0, 0), "nothing was there");
        assert!(!is_doubtful(12_000, 6_000));
        assert!(is_doubtful(12_000, 6_001));
        assert!(is_doubtful(12_000, 12_000));
        assert!(!is_doubtful(6, 5), "a handful may go");
        assert!(is_doubtful(7, 6));
        assert!(is_doubtful(1, 1) && is_doubtful(3, 3), "but not all");
    }
}
