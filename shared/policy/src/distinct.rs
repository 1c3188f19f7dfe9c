//! Whether a sequence of steps can be approved at all, where some steps want people who approved none before them.

use std::collections::{BTreeMap, BTreeSet};

use curfew_domain::id::UserId;
use curfew_domain::verdict::Step;

/// Most ways of handing out people that are followed at once; beyond that, the answer is no.
const MOST_STATES: usize = 20_000;

/// Approvals that each step of a sequence still lacks.
type Lacking = Vec<usize>;

/// Whether people can be found such that every step of this sequence reaches its quorum. A person may approve several
/// steps, but a distinct one only if none of the sequence before it.
///
/// Exact, but for sequences so entangled that more than [`MOST_STATES`] ways would have to be followed: then `false`,
/// since what cannot be shown to be reachable must not be waited for.
pub(crate) fn reachable(steps: &[&Step]) -> bool {
    if steps.iter().any(|step| step.approvers.len() < quorum(step)) {
        return false;
    }
    // Steps after the last distinct one exclude nobody and are excluded by nobody.
    let Some(last) = steps.iter().rposition(|step| step.distinct) else { return true };
    let needed: usize = steps.iter().take(last + 1).map(|step| quorum(step)).sum();
    // Who has so many approvers can always be given ones that nobody else needs.
    let scarce: Vec<&Step> =
        steps.iter().take(last + 1).copied().filter(|step| step.approvers.len() < needed).collect();
    let mut states: BTreeSet<Lacking> = BTreeSet::from([scarce.iter().map(|step| quorum(step)).collect()]);
    for choices in choices(&scarce) {
        let mut next = BTreeSet::new();
        for state in states {
            for choice in &choices {
                let mut after = state.clone();
                for step in choice {
                    if let Some(lacking) = after.get_mut(*step) {
                        *lacking = lacking.saturating_sub(1);
                    }
                }
                next.insert(after);
            }
        }
        if next.iter().any(|state| state.iter().all(|lacking| *lacking == 0)) {
            return true;
        }
        if next.len() > MOST_STATES {
            return false;
        }
        states = next;
    }
    scarce.is_empty()
}

fn quorum(step: &Step) -> usize {
    usize::from(step.quorum.max(1))
}

/// For each person the sets of steps that are worth approving: all that are not distinct, or a distinct one with all
/// after it that are not.
fn choices(steps: &[&Step]) -> Vec<Vec<Vec<usize>>> {
    let mut named: BTreeMap<&UserId, Vec<usize>> = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        for person in &step.approvers {
            named.entry(person).or_default().push(index);
        }
    }
    let distinct = |index: &usize| steps.get(*index).is_some_and(|step| step.distinct);
    let of_person = |named: Vec<usize>| {
        let plain: Vec<usize> = named.iter().copied().filter(|index| !distinct(index)).collect();
        let beginning_with = |first: usize| {
            let after = plain.iter().copied().filter(move |index| *index > first);
            std::iter::once(first).chain(after).collect::<Vec<usize>>()
        };
        let distinct = named.iter().copied().filter(distinct).map(beginning_with).collect::<Vec<_>>();
        std::iter::once(plain.clone()).chain(distinct).collect()
    };
    named.into_values().map(of_person).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use curfew_domain::time::SignedDuration;
    use curfew_domain::verdict::OnTimeout;
    use proptest::prelude::*;

    fn person(n: u8) -> UserId {
        UserId::parse(&format!("00000000-0000-4000-8000-0000000000{n:02x}")).unwrap()
    }

    fn step((people, quorum, distinct): &(BTreeSet<u8>, u8, bool)) -> Step {
        Step {
            name: "step".into(),
            approvers: people.iter().map(|n| person(*n)).collect(),
            quorum: *quorum,
            timeout: SignedDuration::from_hours(1),
            on_timeout: OnTimeout::Lapse,
            then: None,
            self_approval: false,
            distinct: *distinct,
            comment_on_denial: false,
        }
    }

    /// The rule as it is written, by trying every choice of approvers.
    fn by_trying(steps: &[(BTreeSet<u8>, u8, bool)], before: &BTreeSet<u8>) -> bool {
        let Some(((people, quorum, distinct), rest)) = steps.split_first() else { return true };
        let able: Vec<u8> = people.iter().copied().filter(|who| !distinct || !before.contains(who)).collect();
        (0_u32..1 << able.len()).filter(|chosen| chosen.count_ones() == u32::from(*quorum)).any(|chosen| {
            let chosen = able.iter().enumerate().filter(|(at, _)| chosen & (1 << at) != 0).map(|(_, who)| *who);
            by_trying(rest, &before.iter().copied().chain(chosen).collect())
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn a_sequence_is_reachable_exactly_if_some_choice_of_people_reaches_it(
            steps in prop::collection::vec((prop::collection::btree_set(0_u8..6, 0..5), 1_u8..4, any::<bool>()), 0..5),
        ) {
            let real: Vec<Step> = steps.iter().map(step).collect();
            let real: Vec<&Step> = real.iter().collect();
            prop_assert_eq!(reachable(&real), by_trying(&steps, &BTreeSet::new()));
        }
    }
}
