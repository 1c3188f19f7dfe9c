//! People by id, with an index by name and one by group.

use std::collections::{BTreeMap, HashMap};
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use curfew_domain::id::{GroupId, UserId};

use super::User;

/// People by id. Whoever asks for a name or a group first pays for an index (some milliseconds for 12,000 people); whoever
/// changes anything drops it, so that it never tells of somebody else than the map does.
#[derive(Debug, Clone, Default)]
pub struct People {
    by_id: BTreeMap<UserId, User>,
    /// Sorted by name.
    by_name: OnceLock<Vec<UserId>>,
    members: OnceLock<Members>,
}

/// Who is in which group.
#[derive(Debug, Clone)]
struct Members {
    /// Everybody.
    ids: Vec<UserId>,
    /// Positions in `ids`, rising.
    of: HashMap<GroupId, Vec<usize>>,
}

impl People {
    /// Nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// The people of this name, exactly as written; the identity store has one at most.
    pub fn named(&self, name: &str) -> impl Iterator<Item = (&UserId, &User)> {
        let by_name = self.by_name.get_or_init(|| {
            let mut people: Vec<(&UserId, &User)> = self.by_id.iter().collect();
            people.sort_by_key(|(_, user)| user.name.as_str());
            people.into_iter().map(|(id, _)| id.clone()).collect()
        });
        let from = by_name.partition_point(|id| self.by_id.get(id).is_some_and(|user| user.name.as_str() < name));
        let rest = by_name.iter().skip(from).filter_map(|id| self.by_id.get_key_value(id));
        rest.take_while(move |(_, user)| user.name == name)
    }

    /// Who is in this group, by id.
    pub fn members(&self, group: &GroupId) -> impl Iterator<Item = (&UserId, &User)> {
        let Members { ids, of } = self.members.get_or_init(|| {
            let mut of: HashMap<&GroupId, Vec<usize>> = HashMap::new();
            for (position, user) in self.by_id.values().enumerate() {
                for group in &user.groups {
                    of.entry(group).or_default().push(position);
                }
            }
            let of = of.into_iter().map(|(group, positions)| (group.clone(), positions)).collect();
            Members { ids: self.by_id.keys().cloned().collect(), of }
        });
        let positions = of.get(group).map_or(&[][..], Vec::as_slice);
        positions.iter().filter_map(|position| self.by_id.get_key_value(ids.get(*position)?))
    }
}

impl Deref for People {
    type Target = BTreeMap<UserId, User>;

    fn deref(&self) -> &Self::Target {
        &self.by_id
    }
}

impl DerefMut for People {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.by_name.take();
        self.members.take();
        &mut self.by_id
    }
}

impl PartialEq for People {
    fn eq(&self, other: &Self) -> bool {
        self.by_id == other.by_id
    }
}

impl Eq for People {}

impl From<BTreeMap<UserId, User>> for People {
    fn from(by_id: BTreeMap<UserId, User>) -> Self {
        Self { by_id, ..Self::default() }
    }
}

impl FromIterator<(UserId, User)> for People {
    fn from_iter<T: IntoIterator<Item = (UserId, User)>>(people: T) -> Self {
        BTreeMap::from_iter(people).into()
    }
}

impl<'a> IntoIterator for &'a People {
    type Item = (&'a UserId, &'a User);
    type IntoIter = std::collections::btree_map::Iter<'a, UserId, User>;

    fn into_iter(self) -> Self::IntoIter {
        self.by_id.iter()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn id(n: u32) -> UserId {
        UserId::parse(&format!("00000000-0000-4000-8000-{n:012}")).unwrap()
    }

    fn group(n: u32) -> GroupId {
        GroupId::parse(&format!("10000000-0000-4000-8000-{n:012}")).unwrap()
    }

    fn user(name: &str, groups: &[u32]) -> User {
        User {
            name: name.to_owned(),
            display_name: String::new(),
            email: None,
            enabled: true,
            manager: None,
            attributes: BTreeMap::new(),
            groups: groups.iter().map(|n| group(*n)).collect(),
        }
    }

    /// A pass over everybody, as if there were no index.
    fn holds(people: &People) {
        let ids = |found: Vec<(&UserId, &User)>| found.into_iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
        for name in ["", "a", "b", "bb", "zoe", "nobody"] {
            let expected = people.iter().filter(|(_, user)| user.name == name).collect();
            assert_eq!(ids(people.named(name).collect()), ids(expected), "{name}");
        }
        for n in 0..4 {
            let expected = people.iter().filter(|(_, user)| user.groups.contains(&group(n))).collect();
            assert_eq!(ids(people.members(&group(n)).collect()), ids(expected), "{n}");
        }
    }

    #[test]
    fn the_index_always_tells_what_a_pass_over_everybody_would() {
        let mut people = People::new();
        holds(&people);
        people.insert(id(2), user("bb", &[1, 2]));
        people.insert(id(1), user("b", &[2]));
        // A name twice: the identity store says that it cannot be, and then both are meant.
        people.extend([(id(3), user("b", &[])), (id(4), user("a", &[1]))]);
        holds(&people);
        if let Some(renamed) = people.get_mut(&id(1)) {
            renamed.name = "zoe".to_owned();
            renamed.groups = BTreeSet::from([group(3)]);
        }
        holds(&people);
        let copy = people.clone();
        people.remove(&id(2));
        holds(&people);
        holds(&copy);
        assert_ne!(people, copy);
    }
}
