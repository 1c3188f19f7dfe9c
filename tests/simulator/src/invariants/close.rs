//! I14: a request closes only when its access is truly gone, kept for another grant, or was never ours.

use curfew_domain::id::RequestId;
use curfew_domain::request::{Gone, Request, State as S};

use super::{Book, Broken, key};
use crate::World;
use crate::key::key_of;

/// Whether the end of a request is justified by what is really there.
pub(super) fn check(world: &World, book: &Book, before: &Request, after: &Request) -> Option<Broken> {
    let Some(key) = key_of(before) else { return by_hand(book, after) };
    let absent = || !world.key_is_assigned(&key) && !key::is_being_created(world, book, &key);
    let standing = || book.standing.contains(&key) || book.foreign.contains(&key);
    let holds = |id: &RequestId| {
        let held = world.assignment(&key).holds.iter().any(|hold| hold.request == *id);
        held && book.last.get(id).is_some_and(|other| !other.state.stage().is_terminal())
    };
    let others = || book.last.keys().filter(|id| **id != after.ask.id).any(holds);
    let justified = match &after.state {
        S::Ended { gone: Gone::Absent, .. } => absent(),
        S::Ended { gone: Gone::KeptFor(other), .. } => holds(other),
        S::Ended { gone: Gone::Standing, .. } => standing(),
        // Failed before it began: nothing of its own can be there.
        S::Failed { .. } if matches!(before.state, S::Ending { .. }) => absent() || standing() || others(),
        _ => true,
    };
    (!justified).then(|| Broken::new("I14", format!("{} closed unconfirmed: {:?}", after.ask.id, after.state)))
}

/// I14: what was given by hand is over when it was taken by hand.
fn by_hand(book: &Book, after: &Request) -> Option<Broken> {
    let left = after.state.stage().is_terminal() && book.by_hand.contains(&after.ask.key());
    left.then(|| {
        Broken::new("I14", format!("{} closed, and nobody has taken the access: {:?}", after.ask.id, after.state))
    })
}
